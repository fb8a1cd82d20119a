"""The manifest on disk, and sums of files."""

import hashlib
import os
from pathlib import Path

import msgspec
import pytest

from steno.errors import StenoError
from steno.plugins.contract import ModelFile
from steno.transfer import manifest
from steno.transfer.folder import Folder
from steno.worker.channel import Interrupted
from steno.worker.protocol import MANIFEST, Manifest

SUM = "0" * 64
ONE = Manifest(
    name="whisper/small",
    repository="org/small",
    revision="abc",
    files=[ModelFile(path="日本/a.bin", size=3, sha256=SUM)],
    verified="repository",
)


def written(folder: Path, what: Manifest) -> None:
    with Folder(os.fsencode(folder)) as opened:
        manifest.write(opened, what)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    assert manifest.read(folder) is None
    written(tmp_path, ONE)
    written(tmp_path, msgspec.structs.replace(ONE, revision=None))
    assert manifest.read(folder) == msgspec.structs.replace(ONE, revision=None)
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"null", b"[]", b"{}", b'{"name": "a/b"}', b"[" * 10**6, b"\xff\xfe", b"\0",
        b" " * (manifest.LARGEST + 1) + msgspec.json.encode(ONE),
        msgspec.json.encode(ONE).replace(b'"repository"}', b'"somebody"}'),
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_none(tmp_path: Path, text: bytes) -> None:
    (tmp_path / MANIFEST).write_bytes(text)
    assert manifest.read(os.fsencode(tmp_path)) is None


def test_names_that_lead_elsewhere_are_refused(tmp_path: Path) -> None:
    for path in ("../a.bin", "/a.bin", "", MANIFEST):
        file = ModelFile(path=path, size=1, sha256=SUM)
        written(tmp_path, msgspec.structs.replace(ONE, files=[file]))
        with pytest.raises(StenoError) as caught:
            manifest.read(os.fsencode(tmp_path))
        assert caught.value.code == "download_unsafe"


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        manifest.read(os.fsencode(tmp_path / "gone"))


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / MANIFEST)
    with pytest.raises(OSError, match="not a regular file"):
        manifest.read(os.fsencode(tmp_path))


@pytest.mark.parametrize("size", [0, 1, manifest.BLOCK, manifest.BLOCK * 2 + 1])
def test_a_sum_is_told_of_and_heeds(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    path = tmp_path / "file"
    path.write_bytes(data)
    told: list[int] = []
    looks: list[int] = []
    found = manifest.tallied(os.fsencode(path), lambda: looks.append(1), told.append)
    assert (found.size, found.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert sum(told) == size
    assert max(told, default=0) <= manifest.BLOCK
    assert len(looks) == len(told) + 1


def test_a_sum_is_cancelled_before_the_first_block(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")

    def heed() -> None:
        raise Interrupted

    told: list[int] = []
    with pytest.raises(Interrupted):
        manifest.tallied(os.fsencode(tmp_path / "file"), heed, told.append)
    assert told == []
