"""The folder of uploads and what lies in it.

Each upload is one file under a generated name. While it is being sent, a file beside it tells what
it is to become; once it is whole, a row of the database does. So what lies here is the truth, also
after a crash.
"""

import asyncio
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from steno.disk import sync_folder
from steno.errors import StenoError
from steno.jobs.receiving import explained
from steno.settings import Settings
from steno.unbroken import whole

MOST = 1000
"""Uploads at a time."""
MIB = 2**20
ENDING = ".part"
"""Of the file beside one that is still being sent."""


class Part(Struct, frozen=True):
    """An upload that is not whole yet; the file beside it holds this as JSON."""

    id: str
    name: str
    size: int | None
    """Bytes it is to have; None while that is not known."""


class UploadFolder:
    """Used on the loop's thread only; what touches the disk runs on others. Raises StenoError.

    A change is made to its end also if the caller is cancelled: what is known here is what lies
    there.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self.parts: dict[str, Part] = {}
        """Uploads that are not whole, by name."""
        self._path = path
        self._settings = settings
        self._held: dict[str, int] = {}
        """Bytes of every upload by id; of one that is being sent those that are to come, too."""

    def file(self, upload: str) -> Path:
        return self._path / upload

    async def take_up(self, rows: Mapping[str, int]) -> None:
        """Learns what is there; `rows` has the bytes of whole uploads. What belongs to nothing is
        removed."""
        try:
            found = await asyncio.to_thread(learn, self._path, rows)
        except OSError as error:
            raise explained(error, self._path) from error
        self.parts = {part.name: part for part, _ in found}
        self._held = dict(rows) | {part.id: size for part, size in found}

    async def received(self, part: Part) -> int:
        """Bytes that came."""
        return await asyncio.to_thread(size_of, self.file(part.id))

    async def begin(self, name: str, size: int | None) -> Part:
        """Makes place for a file of `size` bytes."""
        part = Part(secrets.token_hex(8), name, size)
        self.reserve(part.id, size or 0)
        try:
            await whole(self._describe(part))
        except StenoError:
            await self.forget(part.id)
            raise
        return part

    async def go_on(self, part: Part, size: int | None) -> Part:
        """Makes place for what is to follow of `size` bytes."""
        self.reserve(part.id, size or 0)
        if part.size != size:
            part = msgspec.structs.replace(part, size=size)
            await whole(self._describe(part))
        return part

    async def _describe(self, part: Part) -> None:
        try:
            await asyncio.to_thread(describe, self._path, part)
        except OSError as error:
            raise explained(error, self._path) from error
        self.parts[part.name] = part

    async def rest(self, name: str) -> None:
        """Notes that nobody sends it any more: what came is kept, and nothing if nothing came."""
        part = self.parts.get(name)
        if part is not None:
            size = await self.received(part)
            if size > 0:
                self._held[part.id] = size
            else:
                await self.drop(part)

    async def ended(self, part: Part, size: int) -> None:
        """Notes that it is whole, and has a row."""
        self._held[part.id] = size
        self._left_out(part)
        await whole(asyncio.to_thread(remove, self.file(part.id + ENDING)))

    async def drop(self, part: Part) -> None:
        """Removes one that is not whole."""
        self._left_out(part)
        await self.forget(part.id)

    def _left_out(self, part: Part) -> None:
        if self.parts.get(part.name) == part:
            del self.parts[part.name]

    async def drop_old(self, part: Part, before: float) -> None:
        """The same, if nothing of it came since `before` (seconds since the epoch)."""
        if (
            await asyncio.to_thread(touched, self.file(part.id + ENDING), self.file(part.id))
            < before
        ):
            await self.drop(part)

    async def forget(self, upload: str) -> None:
        """Removes the file of one that has no row."""
        self._held.pop(upload, None)
        await whole(asyncio.to_thread(remove, self.file(upload + ENDING), self.file(upload)))

    def reserve(self, upload: str, size: int) -> None:
        """Raises `upload_too_large` or `uploads_full` where there is no place for `size` bytes."""
        limits = self._settings.current.uploads
        if size > limits.max_mib * MIB:
            raise StenoError("upload_too_large", limit=limits.max_mib * MIB)
        others = sum(self._held.values()) - self._held.get(upload, 0)
        most = limits.max_total_mib * MIB
        if others + size > most or (upload not in self._held and len(self._held) >= MOST):
            raise StenoError("uploads_full", size=others >> 20, count=len(self._held))
        self._held[upload] = size


def learn(folder: Path, rows: Mapping[str, int]) -> list[tuple[Part, int]]:
    """Uploads that are not whole, and how many bytes of each came. Raises OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    names, found = os.listdir(folder), dict[str, tuple[Part, int]]()
    for name in names:
        part = described(folder / name) if name.endswith(ENDING) else None
        if part is not None and part.id + ENDING == name and part.id not in rows:
            found[part.id] = (part, size_of(folder / part.id))
    for name in names:
        if name not in rows and name.removesuffix(ENDING) not in found:
            remove(folder / name)
    return list(found.values())


def described(path: Path) -> Part | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Part)
    except (OSError, msgspec.MsgspecError):
        return None


def describe(folder: Path, part: Part) -> None:
    """Writes the file beside an upload, for good. Raises OSError."""
    path = folder / (part.id + ENDING)
    temporary = path.with_suffix(".new")
    with open(temporary, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(msgspec.json.encode(part))
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, path)
    sync_folder(folder)


def size_of(path: Path) -> int:
    """Bytes; 0 where there is no file."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def touched(*paths: Path) -> float:
    """When one of the files was last written, seconds since the epoch."""
    return max((path.stat().st_mtime for path in paths if path.exists()), default=0.0)


def remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
