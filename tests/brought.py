"""Models as a person brings them on a stick, sound and otherwise."""

import hashlib
import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from steno.plugins.contract import Model, ModelFile
from steno.transfer.importing import take
from steno.worker import protocol as p
from steno.worker.channel import Interrupted

FILES = {
    "config.json": b'{"layers": 4}\n',
    "model.bin": bytes(range(256)) * 5,  # a whole number of a tar's blocks, unlike the others
    "vocabulary.txt": b"a\nb\n" * 100,
    "deep/er/weights.bin": hashlib.sha256(b"weights").digest() * 40,
}
"""A small model."""


class Told:
    """A channel that keeps what was told, and cancels at the `cancel`-th look."""

    def __init__(self, cancel: int | None = None) -> None:
        self.answers: list[p.Answers] = []
        self.looks = 0
        self.cancel = cancel

    def send(self, answer: p.Answers) -> None:
        self.heed()
        self.answers.append(answer)

    def heed(self) -> None:
        self.looks += 1
        if self.cancel is not None and self.looks >= self.cancel:
            raise Interrupted

    @property
    def progress(self) -> list[int]:
        return [answer.done for answer in self.answers if isinstance(answer, p.Fetching)]


def model(
    *select: str, sums: dict[str, bytes] | None = None, sizes: dict[str, int] | None = None
) -> Model:
    """`whisper/small`, of which the sums of the files `sums` are known, and the sizes `sizes`."""
    known = [
        ModelFile(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for path, data in (sums or {}).items()
    ] + [ModelFile(path=path, size=size) for path, size in (sizes or {}).items()]
    return Model(
        kind="whisper",
        id="small",
        title="Small",
        repository="org/small",
        select=select,
        files=tuple(known),
    )


def bring(
    source: Path | bytes,
    folder: Path,
    wanted: Model | None = None,
    *,
    channel: Told | None = None,
    min_free: int = 0,
) -> p.Manifest:
    """Imports `source` into the new folder `folder`."""
    folder.mkdir(exist_ok=True)
    request = p.Import(
        id=1,
        source=os.fsencode(source),
        model=wanted or model(),
        folder=os.fsencode(folder),
        min_free=min_free,
    )
    return take(request, channel or Told()).manifest


def held(folder: Path) -> dict[str, bytes]:
    """All files below `folder` but its manifest."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != p.MANIFEST
    }


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def tar(files: dict[str, bytes], kind: str = "") -> bytes:
    """A tar of `files`; `kind` is gz, bz2 or xz."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{kind}") as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def members(*infos: tarfile.TarInfo) -> bytes:
    """A tar of members without content."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for info in infos:
            archive.addfile(info)
    return out.getvalue()


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


PACKERS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "tar": tar,
    "tar.gz": lambda files: tar(files, "gz"),
    "tar.bz2": lambda files: tar(files, "bz2"),
    "tar.xz": lambda files: tar(files, "xz"),
    "zip": zipped,
}
