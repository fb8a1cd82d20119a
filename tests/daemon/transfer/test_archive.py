"""Archives of strangers: the whole right model, or an error, and nothing but bounded memory."""

import gzip
import io
import os
import random
import struct
import subprocess
import sys
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from brought import FILES, PACKERS, bring, held, lay, members, model, tar, zipped
from steno.errors import StenoError
from steno.worker.protocol import MANIFEST


def packed(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "given"
    path.write_bytes(data)
    return path


def refused(tmp_path: Path, data: bytes) -> StenoError:
    """The error of an import, after which nothing is left, in the folder or beside it."""
    folder = tmp_path / "models" / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    with pytest.raises(StenoError) as caught:
        bring(packed(tmp_path, data), folder)
    assert sorted(tmp_path.rglob("*")) == sorted([folder.parent, folder, tmp_path / "given"])
    return caught.value


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("above", ["", "./", "small/", "a/b/", "./small/"])
def test_an_archive_becomes_a_model(tmp_path: Path, packer: str, above: str) -> None:
    data = PACKERS[packer]({above + name: data for name, data in FILES.items()})
    bring(packed(tmp_path, data), tmp_path / "incoming")
    assert held(tmp_path / "incoming") == FILES


@pytest.mark.parametrize(
    "command", [["tar", "-cf"], ["tar", "-czf"], ["tar", "--format=v7", "-cf"]]
)
def test_what_tar_makes_is_read(tmp_path: Path, command: list[str]) -> None:
    lay(tmp_path / "small", FILES)
    for last in (["-C", str(tmp_path), "small"], ["-C", str(tmp_path / "small"), "."]):
        subprocess.run([*command, str(tmp_path / "given"), *last], check=True)
        folder = tmp_path / last[-1].replace(".", "dot") / "incoming"
        folder.parent.mkdir(exist_ok=True)
        bring(tmp_path / "given", folder)
        assert held(folder) == FILES


def test_only_what_is_selected_is_unpacked(tmp_path: Path) -> None:
    data = tar({"small/" + name: data for name, data in FILES.items()}, "gz")
    wanted = model("model.bin", "vocabulary.json|vocabulary.txt")
    bring(packed(tmp_path, data), tmp_path / "incoming", wanted)
    assert set(held(tmp_path / "incoming")) == {"model.bin", "vocabulary.txt"}


def test_what_a_finder_leaves_is_not_taken(tmp_path: Path) -> None:
    files = {"small/" + name: data for name, data in FILES.items()}
    files |= {"__MACOSX/small/._model.bin": b"", "small/.DS_Store": b""}
    bring(packed(tmp_path, zipped(files)), tmp_path / "incoming")
    assert held(tmp_path / "incoming") == FILES


def test_a_stored_zip_and_several_streams_in_one(tmp_path: Path) -> None:
    data = zipped(FILES, zipfile.ZIP_STORED)
    bring(packed(tmp_path, data), tmp_path / "zip")
    assert held(tmp_path / "zip") == FILES
    whole = tar(FILES)
    for name, pack in {"gz": gzip.compress, "xz": __import__("lzma").compress}.items():
        bring(packed(tmp_path, pack(whole[:3000]) + pack(whole[3000:])), tmp_path / name)
        assert held(tmp_path / name) == FILES


# Names and kinds ----------------------------------------------------------------------------------

EVIL = [
    "../evil", "a/../../evil", "/tmp/evil", "//evil", "..", "a/./b", "a//b", "evil\\..\\x",
    "x.part", "C:\\evil", "x" * 300, "evil\nname", MANIFEST + "/x",
]  # fmt: skip


@pytest.mark.parametrize("pack", [tar, zipped])
@pytest.mark.parametrize("name", EVIL)
def test_names_that_lead_elsewhere(
    tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes], name: str
) -> None:
    assert refused(tmp_path, pack({**FILES, name: b"evil"})).code == "download_unsafe"
    assert refused(tmp_path, pack({name: b"evil"})).code == "download_unsafe"


def test_a_name_with_a_nul(tmp_path: Path) -> None:
    data = zipped({**FILES, "evil?x": b"evil"}).replace(b"evil?x", b"evil\0x")
    assert refused(tmp_path, data).code == "download_unsafe"


@pytest.mark.parametrize("name", ["../evil/", "/evil/"])
def test_folders_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    info = tarfile.TarInfo(name)
    info.type = tarfile.DIRTYPE
    assert refused(tmp_path, members(info)).code == "download_unsafe"
    assert refused(tmp_path, zipped({**FILES, name: b""})).code == "download_unsafe"


@pytest.mark.parametrize("twice", [("a", "a"), ("a", "A"), ("é", "e\u0301"), ("a", "a/b")])
def test_members_that_lie_on_one_another(tmp_path: Path, twice: tuple[str, str]) -> None:
    one, other = twice
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in (one, "model.bin", other):
            archive.addfile(tarfile.TarInfo(name))
    assert refused(tmp_path, out.getvalue()).code == "download_unsafe"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zip_file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in (one, "model.bin", other):
            zip_file.writestr(name, b"x")
    assert refused(tmp_path, out.getvalue()).code == "download_unsafe"


def test_two_manifests(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in (MANIFEST, "model.bin", MANIFEST):
            archive.addfile(tarfile.TarInfo(name))
    assert refused(tmp_path, out.getvalue()).code == "download_unsafe"


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices(tmp_path: Path, kind: bytes) -> None:
    """Also a link to a folder elsewhere, and then a file through it."""
    info = tarfile.TarInfo("link")
    info.type, info.linkname = kind, "/etc/passwd"
    through = tarfile.TarInfo("link/evil")
    for data in (members(info), members(info, through), members(through, info)):
        assert refused(tmp_path, data).code == "download_unsafe"


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o010644, 0o140644, 0o060666])
def test_links_and_devices_in_a_zip(tmp_path: Path, mode: int) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = mode << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert refused(tmp_path, out.getvalue()).code == "download_unsafe"


@pytest.mark.parametrize("pack", [tar, zipped])
@pytest.mark.parametrize("name", ["{}", "{}/"])
def test_too_many_members(
    tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes], name: str
) -> None:
    many = {name.format(n): b"" for n in range(4001)}
    if pack is tar and name.endswith("/"):
        infos = [tarfile.TarInfo(one) for one in many]
        for info in infos:
            info.type = tarfile.DIRTYPE
        data = members(*infos)
    else:
        data = pack(many)
    error = refused(tmp_path, data)
    assert error.code == "download_unsafe"
    assert "more than" in str(error)


# Bombs --------------------------------------------------------------------------------------------


def header(size: int, name: str = "bomb", kind: bytes = tarfile.REGTYPE) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_header_that_announces_too_much(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    data = pack(header(2**62) + bytes(2**20))
    assert refused(tmp_path, data).code == "download_no_room"


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steno.transfer.room.free", lambda _: 16 * 2**20)


@pytest.mark.usefixtures("small_disk")
def test_many_members_that_announce_too_much_together(tmp_path: Path) -> None:
    files = {str(n): bytes(2**20) for n in range(17)}
    for data in (tar(files, "gz"), zipped(files)):
        assert len(data) < 2**20
        assert refused(tmp_path, data).code == "download_no_room"


@pytest.mark.usefixtures("small_disk")
def test_a_zip_that_announces_too_much(tmp_path: Path) -> None:
    """The directory's size of the file is the one that counts."""
    data = zipped({"bomb": bytes(1000)})
    at = data.index(b"PK\1\2") + 24
    data = data[:at] + struct.pack("<I", 2**32 - 2) + data[at + 4 :]
    assert refused(tmp_path, data).code == "download_no_room"


def test_a_zip_that_holds_more_than_it_announces(tmp_path: Path) -> None:
    data = zipped({"bomb": bytes(2**24)})
    assert len(data) < 2**16
    for at in (data.index(b"PK\1\2") + 24, 22):
        data = data[:at] + struct.pack("<I", 1000) + data[at + 4 :]
    assert refused(tmp_path, data).code == "import_unreadable"


MEASURED = """
import sys
from pathlib import Path
from brought import bring
from steno.errors import StenoError
try:
    bring(Path(sys.argv[1]), Path(sys.argv[2]))
    print("ok")
except StenoError as error:
    print(error.code)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) >> 10)
"""


def measured(source: Path, folder: Path) -> tuple[str, int]:
    """How an import ends, and the most memory that its process had, MiB."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(source), str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    code, memory = done.stdout.split()
    return code, int(memory)


def zeros(size: int, head: bytes = b"") -> bytes:
    """`head` and zeros, packed."""
    packer = zlib.compressobj(1, wbits=31)
    parts = [packer.compress(head)]
    block = bytes(2**20)
    parts += [packer.compress(block) for _ in range(size >> 20)]
    return b"".join([*parts, packer.flush()])


@pytest.mark.parametrize(
    "kind", ["pax", "longname", "longnames", "sparse", "directory", "large", "gzip name"]
)
def test_memory_does_not_grow(tmp_path: Path, kind: str) -> None:
    """Headers that claim, and have, hundreds of MiB; a large file."""
    expected = "import_unreadable"
    size = 200 * 2**20
    given = tmp_path / "given"
    match kind:
        case "pax":
            given.write_bytes(zeros(size, header(size, kind=tarfile.XHDTYPE)))
        case "longname":
            given.write_bytes(zeros(size, header(size, kind=tarfile.GNUTYPE_LONGNAME)))
        case "longnames":
            one = header(512, kind=tarfile.GNUTYPE_LONGNAME) + b"x" * 511 + b"\0"
            given.write_bytes(gzip.compress(one * 50_000, 1))
        case "sparse":
            sparse = bytearray(header(0, kind=tarfile.GNUTYPE_SPARSE))
            sparse[482] = 1  # more follows, and again
            sparse[148:156] = b"%06o\0 " % (sum(sparse) - sum(sparse[148:156]) + 8 * 32)
            block = b"%011o\0" % 1 * 42
            given.write_bytes(
                gzip.compress(bytes(sparse) + (block + b"\1" + bytes(7)) * 100_000, 1)
            )
        case "directory":
            with open(given, "wb") as file:
                file.write(b"PK\3\4")
                file.seek(size)
                end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, size - 4, 4, 0)
                file.write(end)
        case "gzip name":
            given.write_bytes(b"\x1f\x8b\x08\x08" + bytes(6) + b"x" * 2**19)
        case "large":
            expected = "ok"
            with zipfile.ZipFile(given, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                with archive.open("model.bin", "w") as target:
                    for _ in range(size >> 20):
                        target.write(bytes(2**20))
    code, memory = measured(given, tmp_path / "incoming")
    assert code == expected
    assert memory < 80


# Damage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packer", PACKERS)
def test_cut_off_anywhere(tmp_path: Path, packer: str) -> None:
    """Nothing is known of the files, so that only the archive itself can tell."""
    data = PACKERS[packer](FILES)
    step = 512 if packer == "tar" else max(len(data) // 40, 1)
    whole = 0
    for size in sorted({*range(0, len(data), step), *range(len(data) - 40, len(data))}):
        folder = tmp_path / str(size)
        try:
            bring(packed(tmp_path, data[:size]), folder)
        except StenoError as error:
            assert error.code == "import_unreadable"
            assert list(folder.iterdir()) == []
        else:
            whole += 1
            assert held(folder) == FILES
    assert whole == 0 or packer == "tar"  # which ends with more zeros than are needed


@pytest.mark.parametrize("packer", sorted(set(PACKERS) - {"tar"}))
def test_a_flipped_bit_is_noticed_or_does_not_matter(tmp_path: Path, packer: str) -> None:
    data = PACKERS[packer](FILES)
    chance = random.Random(4)
    for n in range(60):
        at = chance.randrange(len(data))
        bad = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        folder = tmp_path / str(n)
        try:
            bring(packed(tmp_path, bad), folder)
        except StenoError as error:
            assert error.code in ("import_unreadable", "download_unsafe", "download_no_room")
            assert list(folder.iterdir()) == []
        else:
            assert sorted(held(folder).values()) == sorted(FILES.values())


@pytest.mark.parametrize("seed", range(40))
def test_rubbish_ends_in_an_error(tmp_path: Path, seed: int) -> None:
    """Whatever the libraries make of it."""
    chance = random.Random(seed)
    data = bytearray(list(PACKERS.values())[seed % len(PACKERS)](FILES))
    for _ in range(chance.randrange(1, 200)):
        at = chance.randrange(6, len(data))
        data[at : at + chance.randrange(4)] = chance.randbytes(chance.randrange(4))
    folder = tmp_path / "incoming"
    try:
        bring(packed(tmp_path, bytes(data)), folder, model(sums=FILES))
    except StenoError as error:
        assert error.code != "internal"
        assert list(folder.iterdir()) == []
    else:
        assert held(folder) == FILES


def test_an_encrypted_zip(tmp_path: Path) -> None:
    data = bytearray(zipped(FILES))
    for magic, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        found = data.find(magic)
        while found >= 0:
            data[found + at] |= 1
            found = data.find(magic, found + 1)
    error = refused(tmp_path, bytes(data))
    assert error.code == "import_unreadable"
    assert "it is encrypted" in str(error)


NO_MODELS = [
    b"", b"x", bytes(10240), b"PK\3\4", b"PK\5\6" + bytes(18), b"\x1f\x8b", b"BZh9",
    b"7z\xbc\xaf", b"\xfd7zXZ\0", gzip.compress(b"not a tar", mtime=0),
    b"(\xb5/\xfd" + bytes(100), tar({}), zipped({}),
    zipped(FILES, zipfile.ZIP_BZIP2), zipped(FILES, zipfile.ZIP_LZMA),
    header(-1), header(10),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(NO_MODELS)))
def test_what_is_no_archive_of_a_model(tmp_path: Path, number: int) -> None:
    """By number: some of them differ from one process to the next."""
    assert refused(tmp_path, NO_MODELS[number]).code == "import_unreadable"
