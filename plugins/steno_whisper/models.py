"""Whisper's models for CTranslate2, at the repositories where faster-whisper finds them.

Where a sum is lacking, there is only the one that the repository states.
"""

from steno.plugins import Model, ModelFile
from steno_whisper.languages import MULTILINGUAL as LANGUAGES
from steno_whisper.languages import THIRD as THIRD_LANGUAGES

SELECT = (
    "config.json",
    "model.bin",
    "tokenizer.json",
    "vocabulary.json|vocabulary.txt",
    # Where it is lacking, it is the one of the first models.
    "preprocessor_config*.json",
)

MULTILINGUAL = (
    ModelFile(
        path="tokenizer.json",
        size=2_203_239,
        sha256="fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    ),
    ModelFile(
        path="vocabulary.txt",
        size=459_861,
        sha256="34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    ),
)
ENGLISH = (
    ModelFile(
        path="tokenizer.json",
        size=2_128_466,
        sha256="929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
    ),
    ModelFile(
        path="vocabulary.txt",
        size=422_309,
        sha256="ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
    ),
)
THIRD = (
    ModelFile(
        path="preprocessor_config.json",
        size=340,
        sha256="7ccc62c6f2765af1f3b46c00c9b5894426835a05021c8b9c01eecb6dfb542711",
    ),
    ModelFile(
        path="vocabulary.json",
        size=1_068_114,
        sha256="c69260f2ab26d659b7c398f9a2b2b48ed0df16c3b47d7326782fd9cba71690c1",
    ),
)
THIRD_TOKENIZER = ModelFile(
    path="tokenizer.json",
    size=2_480_617,
    sha256="6d8cbd7cd0d8d5815e478dac67b85a26bbe77c1f5e0c6d76d1ce2abc0e5f21ca",
)


ENGLISH_ONLY = ("en",)


def whisper(
    id: str,
    repository: str,
    revision: str,
    config: tuple[int, str | None],
    weights: tuple[int, str | None],
    *others: ModelFile,
    title: str = "",
    languages: tuple[str, ...] = LANGUAGES,
    translates: bool = True,
) -> Model:
    """`config`, `weights`: sizes in bytes and sums of `config.json` and `model.bin`."""
    files = (
        ModelFile(path="config.json", size=config[0], sha256=config[1]),
        ModelFile(path="model.bin", size=weights[0], sha256=weights[1]),
        *others,
    )
    name = title or f"Whisper {id.removesuffix('.en')}"
    return Model(
        kind="whisper",
        id=id,
        title=f"{name}, English only" if languages == ENGLISH_ONLY else name,
        languages=languages,
        translates=translates and languages != ENGLISH_ONLY,
        repository=repository,
        revision=revision,
        select=SELECT,
        files=files,
        size=sum(file.size or 0 for file in files),
    )


WHISPER = (
    whisper(
        "small",
        "Systran/faster-whisper-small",
        "536b0662742c02347bc0e980a01041f333bce120",
        (2_370, "b55496ac7940a7ae47d2c01eab40edfd8701feec1229d9cce3b40014383fb828"),
        (483_546_902, "3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671"),
        *MULTILINGUAL,
    ),
    whisper(
        "tiny",
        "Systran/faster-whisper-tiny",
        "d90ca5fe260221311c53c58e660288d3deb8d356",
        (2_249, "a73a28cdfe1c43ccc7202fa333d1f89c202477271407ae9a7f19afa52039cac8"),
        (75_538_270, "dcb76c6586fc06cbdac6dd21f14cfd129cc4cdd9dce19bf4ffa62e59cbe6e6d1"),
        *MULTILINGUAL,
    ),
    whisper(
        "base",
        "Systran/faster-whisper-base",
        "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
        (2_309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
        (145_217_532, "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"),
        *MULTILINGUAL,
    ),
    whisper(
        "medium",
        "Systran/faster-whisper-medium",
        "08e178d48790749d25932bbc082711ddcfdfbc4f",
        (2_257, "3622a2ddc41ec0e0fd4e68c13c6830f03b90c38d89aaad184de02c8c642cf807"),
        (1_527_906_378, "9b45e1009dcc4ab601eff815b61d80e60ce3fd8c74c1a14f4a282258286b51ae"),
        *MULTILINGUAL,
    ),
    whisper(
        "large-v2",
        "Systran/faster-whisper-large-v2",
        "f0fe81560cb8b68660e564f55dd99207059c092e",
        (2_796, "d86b7a7664a12559d644aa210a32ce9a7e03913e794b7ea4fb7182de69e273a7"),
        (3_086_912_962, "bf2a9746382e1aa7ffff6b3a0d137ed9edbd9670c3b87e5d35f5e85e70d0333a"),
        *MULTILINGUAL,
    ),
    whisper(
        "large-v3",
        "Systran/faster-whisper-large-v3",
        "edaa852ec7e145841d8ffdb056a99866b5f0a478",
        (2_394, "a9306624f5ec14270a014b647e5c316b6e03a662c369758d1b90697a7b0655b9"),
        (3_087_284_237, "69f74147e3334731bc3a76048724833325d2ec74642fb52620eda87352e3d4f1"),
        THIRD_TOKENIZER,
        *THIRD,
        languages=THIRD_LANGUAGES,
    ),
    whisper(
        "large-v3-turbo",
        "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
        "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf",
        (2_263, "b0253ea6c0d3bea6b1e19e91a02acfd3b53f4467362efcb5a3e6b16c9b3a9b7e"),
        (1_617_884_929, "e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da"),
        ModelFile(
            path="tokenizer.json",
            size=2_710_337,
            sha256="297b13372ac43916285644fb9687add3cc62ee2a1adb60da3dc25cc94c1871fd",
        ),
        *THIRD,
        languages=THIRD_LANGUAGES,
        translates=False,
    ),
    whisper(
        "tiny.en",
        "Systran/faster-whisper-tiny.en",
        "0d3d19a32d3338f10357c0889762bd8d64bbdeba",
        (2_317, "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5"),
        (75_537_502, "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"),
        *ENGLISH,
        languages=ENGLISH_ONLY,
    ),
    whisper(
        "base.en",
        "Systran/faster-whisper-base.en",
        "3d3d5dee26484f91867d81cb899cfcf72b96be6c",
        (2_227, "f3bc3821e9fc76a27bae538e11ae5b677dcdd352b4600429ce7951d398569aeb"),
        (145_216_508, "2a166925539a16005f14ff328359f9b9adb9dc4fb631bb3b227526862e93e2ef"),
        *ENGLISH,
        languages=ENGLISH_ONLY,
    ),
    whisper(
        "small.en",
        "Systran/faster-whisper-small.en",
        "d1d751a5f8271d482d14ca55d9e2deeebbae577f",
        (2_657, "666a9605530ac1f61fa8177f3702b4dacec9966749e42610839fcc32661d5fae"),
        (483_545_366, "62b2a45b05ee59acb4a5341b33ee35e041395d378d418a18acfe4c9e768ee37a"),
        *ENGLISH,
        languages=ENGLISH_ONLY,
    ),
    whisper(
        "medium.en",
        "Systran/faster-whisper-medium.en",
        "a29b04bd15381511a9af671baec01072039215e3",
        (2_643, "4a1848ebabe7938d9797c15a2e8e4ce1d36e6fd4a43d096ae5955257c67c7962"),
        (1_527_904_330, "11b220779aea4c6f3ce9d2549c8a95ea869ed84066864b999531ef53e594fe5b"),
        *ENGLISH,
        languages=ENGLISH_ONLY,
    ),
    whisper(
        "distil-large-v3",
        "Systran/faster-distil-whisper-large-v3",
        "c3058b475261292e64a0412df1d2681c06260fab",
        (2_690, "90c55f775cc4e0bb17293d0bf12f96557a486f20dea886fabd8e6075a3588b21"),
        (1_512_927_867, "b79368e19b6623813609431a6e5ee309a71506701ebc49fd7820e692dec7c5f5"),
        THIRD_TOKENIZER,
        *THIRD,
        title="Distil-Whisper large-v3",
        languages=ENGLISH_ONLY,
    ),
    whisper(
        "distil-large-v3.5",
        "distil-whisper/distil-large-v3.5-ct2",
        "9793ccc07920e0f830e1dba0343efcdf0ef8c903",
        (2_690, None),
        (1_512_927_867, None),
        ModelFile(path="tokenizer.json", size=2_480_645),
        ModelFile(path="preprocessor_config.json", size=340),
        ModelFile(path="vocabulary.json", size=1_068_114),
        title="Distil-Whisper large-v3.5",
        languages=ENGLISH_ONLY,
    ),
    whisper(
        "distil-medium.en",
        "Systran/faster-distil-whisper-medium.en",
        "80ddfce281f77766d8943d63109199fc8145dfa5",
        (2_574, None),
        (788_826_555, "d4cb75d823dcd2647191064da76f026774c06c036908f38456165368d0e2d66a"),
        ModelFile(path="tokenizer.json", size=2_405_678),
        ModelFile(path="preprocessor_config.json", size=339),
        ModelFile(path="vocabulary.json", size=825_480),
        title="Distil-Whisper medium",
        languages=ENGLISH_ONLY,
    ),
    whisper(
        "distil-small.en",
        "Systran/faster-distil-whisper-small.en",
        "ef77d90526ccd62cde3808ee70626a01e5cf83e4",
        (2_812, None),
        (332_308_257, "1187de3982cdcf962a2fb8f797e429fb4651b875b18fe9ce50b58b52fc9072b7"),
        ModelFile(path="tokenizer.json", size=2_405_466),
        ModelFile(path="preprocessor_config.json", size=339),
        ModelFile(path="vocabulary.json", size=825_480),
        title="Distil-Whisper small",
        languages=ENGLISH_ONLY,
    ),
)
