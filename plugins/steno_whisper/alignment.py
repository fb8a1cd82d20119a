"""Models that find the time of each word, one for each language, as whisperx 3.8.6 chooses them.

Sizes are those of such models, about.
"""

from typing import NamedTuple

from steno.plugins import Model

SELECT = (
    "config.json",
    "model.safetensors|pytorch_model.bin",
    "preprocessor_config.json",
    "vocab.json",
    # Not every repository has these.
    "tokenizer_config*.json",
    "special_tokens_map*.json",
    "added_tokens*.json",
)
BASE = 378_000_000
LARGE = 1_265_000_000
"""Bytes; those of XLS-R with 300 million parameters have as many."""
HUGE = 3_850_000_000
"""Bytes, of XLS-R with 1,000 million parameters."""


class Aligner(NamedTuple):
    language: str
    name: str
    repository: str
    size: int = LARGE
    revision: str | None = None


PIPELINES = (
    Aligner("en", "English", "WAV2VEC2_ASR_BASE_960H", BASE),
    Aligner("fr", "French", "VOXPOPULI_ASR_BASE_10K_FR", BASE),
    Aligner("de", "German", "VOXPOPULI_ASR_BASE_10K_DE", BASE),
    Aligner("es", "Spanish", "VOXPOPULI_ASR_BASE_10K_ES", BASE),
    Aligner("it", "Italian", "VOXPOPULI_ASR_BASE_10K_IT", BASE),
)
"""Those that torchaudio knows by name."""

GROSMAN = "jonatasgrosman/wav2vec2-large-xlsr-53"

REPOSITORIES = (
    Aligner(
        "ja", "Japanese", f"{GROSMAN}-japanese",
        revision="cf031e020336460d15a417eba710bbc5bb43be9a",
    ),
    Aligner(
        "zh", "Chinese", f"{GROSMAN}-chinese-zh-cn",
        revision="99ccb2737be22b8bb50dcfcc39ad4d567fb90cfd",
    ),
    Aligner("nl", "Dutch", f"{GROSMAN}-dutch"),
    Aligner("uk", "Ukrainian", "Yehor/wav2vec2-xls-r-300m-uk-with-small-lm"),
    Aligner("pt", "Portuguese", f"{GROSMAN}-portuguese"),
    Aligner("ar", "Arabic", f"{GROSMAN}-arabic"),
    Aligner("cs", "Czech", "comodoro/wav2vec2-xls-r-300m-cs-250"),
    Aligner("ru", "Russian", f"{GROSMAN}-russian"),
    Aligner(
        "pl", "Polish", f"{GROSMAN}-polish",
        revision="6b1cea36bd8bc5f65ec8081667cd9c0207d51970",
    ),
    Aligner("hu", "Hungarian", f"{GROSMAN}-hungarian"),
    Aligner("fi", "Finnish", f"{GROSMAN}-finnish"),
    Aligner("fa", "Persian", f"{GROSMAN}-persian"),
    Aligner("el", "Greek", f"{GROSMAN}-greek"),
    Aligner("tr", "Turkish", "mpoyraz/wav2vec2-xls-r-300m-cv7-turkish"),
    Aligner("da", "Danish", "saattrupdan/wav2vec2-xls-r-300m-ftspeech"),
    Aligner("he", "Hebrew", "imvladikon/wav2vec2-xls-r-300m-hebrew"),
    Aligner("vi", "Vietnamese", "nguyenvulebinh/wav2vec2-base-vi-vlsp2020", BASE),
    Aligner("ko", "Korean", "kresnik/wav2vec2-large-xlsr-korean"),
    Aligner("ur", "Urdu", "kingabzpro/wav2vec2-large-xls-r-300m-Urdu"),
    Aligner("te", "Telugu", "anuragshas/wav2vec2-large-xlsr-53-telugu"),
    Aligner("hi", "Hindi", "theainerd/Wav2Vec2-large-xlsr-hindi"),
    Aligner("ca", "Catalan", "softcatala/wav2vec2-large-xlsr-catala"),
    Aligner("ml", "Malayalam", "gvs/wav2vec2-large-xlsr-malayalam"),
    Aligner("no", "Norwegian", "NbAiLab/nb-wav2vec2-1b-bokmaal-v2", HUGE),
    Aligner("nn", "Norwegian Nynorsk", "NbAiLab/nb-wav2vec2-1b-nynorsk", HUGE),
    Aligner("sk", "Slovak", "comodoro/wav2vec2-xls-r-300m-sk-cv8"),
    Aligner("sl", "Slovenian", "anton-l/wav2vec2-large-xlsr-53-slovenian"),
    Aligner("hr", "Croatian", "classla/wav2vec2-xls-r-parlaspeech-hr"),
    Aligner("ro", "Romanian", "gigant/romanian-wav2vec2"),
    Aligner("eu", "Basque", "stefan-it/wav2vec2-large-xlsr-53-basque"),
    Aligner("gl", "Galician", "ifrz/wav2vec2-large-xlsr-galician"),
    Aligner("ka", "Georgian", "xsway/wav2vec2-large-xlsr-georgian"),
    Aligner("lv", "Latvian", "jimregan/wav2vec2-large-xlsr-latvian-cv"),
    Aligner("tl", "Tagalog", "Khalsuu/filipino-wav2vec2-l-xls-r-300m-official"),
    Aligner("sv", "Swedish", "KBLab/wav2vec2-large-voxrex-swedish"),
    Aligner("id", "Indonesian", "cahya/wav2vec2-large-xlsr-indonesian"),
)  # fmt: skip
"""Those that lie in a repository of the hub."""


def model(aligner: Aligner, downloader: str, select: tuple[str, ...] = ()) -> Model:
    return Model(
        kind="align",
        id=aligner.language,
        title=f"Word times, {aligner.name}",
        languages=(aligner.language,),
        repository=aligner.repository,
        revision=aligner.revision,
        downloader=downloader,
        select=select,
        size=aligner.size,
    )


ALIGN = (
    *(model(one, "torchaudio") for one in PIPELINES),
    *(model(one, "huggingface", SELECT) for one in REPOSITORIES),
)
