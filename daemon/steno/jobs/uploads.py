"""Files that clients send, whole or in parts, and go on sending where they broke off."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from steno.errors import StenoError, printable
from steno.jobs.receiving import Landing, sha256_of
from steno.jobs.upload_folder import MIB, Part, UploadFolder
from steno.paths import Paths
from steno.settings import Settings
from steno.store import uploads
from steno.store.database import Database, Transaction
from steno.store.uploads import UploadRecord
from steno.unbroken import whole
from steno.wire import Upload

LONGEST_NAME = 255
"""Bytes of a name."""
KEPT = ("upload_incomplete", "too_slow", "stopping")
"""Errors after which what came stays; after any other it is a refused upload's."""


class Span(NamedTuple):
    """Which bytes of the whole a request brings: `start` up to `end` of `total`."""

    start: int | None
    """None: none at all, whatever is there is to be finished."""
    end: int
    total: int


class Uploads:
    """Every method raises StenoError."""

    def __init__(self, db: Database, paths: Paths, settings: Settings) -> None:
        self.folder = UploadFolder(paths.uploads, settings)
        self.busy: set[str] = set()
        """Names that are being sent."""
        self.ready = asyncio.Event()
        """What lies in the folder is known."""
        self._db = db
        self._settings = settings

    def file(self, upload: str) -> Path:
        """The file of the upload with this id."""
        return self.folder.file(upload)

    async def put(
        self,
        name: str,
        chunks: AsyncIterator[bytes],
        *,
        span: Span | None = None,
        length: int | None = None,
        sha256: str | None = None,
    ) -> Upload:
        """Takes the file `name`, or its part `span`. What came stays if the connection breaks;
        nothing of it stays if it is refused.

        `length`: bytes that were announced; `sha256`: what the whole must have, hex.
        """
        await self.ready.wait()
        name = shown_name(name)
        if name in self.busy:
            raise StenoError("upload_busy", name=name)
        self.busy.add(name)
        try:
            part, start = await self._begin(name, span, length)
            end = length if span is None else span.end if span.start is not None else start
            size = await self._receive(part, chunks, start=start, end=end)
            if span is None or size == span.total:
                return await whole(self._finish(part, size, sha256))
            return unfinished(part, size)
        finally:
            await whole(self._let_go(name))

    async def _let_go(self, name: str) -> None:
        try:
            await self.folder.rest(name)
        finally:
            self.busy.discard(name)

    async def take(self, name: str, chunks: AsyncIterator[bytes]) -> Upload:
        """Takes a file whole: nothing is left of it if it breaks off. Its name is for display."""
        await self.ready.wait()
        part = Part(secrets.token_hex(8), shown_name(name), None)
        self.folder.reserve(part.id, 0)
        try:
            size = await self._receive(part, chunks, start=0, end=None)
            return await whole(self._finish(part, size, None))
        except BaseException:
            await self.discard(part.id)
            raise

    async def _begin(self, name: str, span: Span | None, length: int | None) -> tuple[Part, int]:
        """What is to be written, and from which byte."""
        part = self.folder.parts.get(name)
        received = await self.folder.received(part) if part else 0
        if span is None:
            size, start = length, 0
        else:
            check_span(name, span, part, received, length)
            size, start = span.total, received
        if part is not None and start > 0:
            return await self.folder.go_on(part, size), start
        if part is not None:
            await self.folder.drop(part)
        return await self.folder.begin(name, size), 0

    async def _receive(
        self, part: Part, chunks: AsyncIterator[bytes], *, start: int, end: int | None
    ) -> int:
        """Writes what comes up to byte `end` and puts it on the disk. Returns the file's size."""
        min_free = self._settings.current.storage.min_free_mib * MIB
        landing = Landing(self.file(part.id), start=start, min_free=min_free)
        try:
            await asyncio.to_thread(landing.open)
            await self._fill(landing, part, chunks, end)
        except StenoError as error:
            if error.code not in KEPT:
                await whole(asyncio.to_thread(landing.take_back))
            raise
        finally:
            await whole(asyncio.to_thread(landing.close))
        return landing.size

    async def _fill(
        self, landing: Landing, part: Part, chunks: AsyncIterator[bytes], end: int | None
    ) -> None:
        async for chunk in chunks:
            size = landing.size + len(chunk)
            if end is not None and size > end:
                raise StenoError("upload_range", why=f"More came than the {end} bytes announced.")
            self.folder.reserve(part.id, max(size, part.size or 0))
            await asyncio.to_thread(landing.write, chunk)
        if end is not None and landing.size < end:
            raise StenoError("upload_incomplete", received=landing.size, size=end, name=part.name)
        await asyncio.to_thread(landing.settle)

    async def _finish(self, part: Part, size: int, wanted: str | None) -> Upload:
        """Makes a row of what is whole."""
        found = await asyncio.to_thread(sha256_of, self.file(part.id))
        if size == 0 or (wanted is not None and wanted != found):
            await self.folder.drop(part)
            if size == 0:
                raise StenoError("media_empty", name=part.name)
            raise StenoError("upload_damaged", name=part.name, found=found, wanted=wanted)
        record = UploadRecord(part.id, part.name, size, found, time.time())
        await self._db.write(lambda tx: uploads.insert(tx, record))
        await self.folder.ended(part, size)
        return finished(record)

    async def find(self, reference: str) -> Upload:
        """The upload with this id, or that of this name which is still being sent or is newest.

        Raises `upload_not_found`.
        """
        await self.ready.wait()
        name = plain(reference)
        found = await self._db.read(lambda db: uploads.get(db, reference))
        part = self.folder.parts.get(name)
        if found is None and part is None:
            found = await self._db.read(lambda db: uploads.named(db, name))
        if found is not None:
            return finished(found)
        if part is not None:
            return unfinished(part, await self.folder.received(part))
        raise StenoError("upload_not_found", upload=reference)

    async def all(self) -> list[Upload]:
        """Those still being sent, then the others, newest first."""
        await self.ready.wait()
        parts = list(self.folder.parts.values())
        begun = [unfinished(part, await self.folder.received(part)) for part in parts]
        return begun + [finished(one) for one in await self._db.read(uploads.everything)]

    async def remove(self, reference: str) -> None:
        """Raises `upload_not_found`, `upload_busy`, or `upload_in_use` while a job needs it."""
        found = await self.find(reference)
        if found.id is not None:
            await whole(self._remove(found.id))
        elif found.name in self.busy:
            raise StenoError("upload_busy", name=found.name)
        elif part := self.folder.parts.get(found.name):
            await self.folder.drop(part)

    async def discard(self, upload: str) -> None:
        """Removes what came of an upload, unless a job needs it."""
        with contextlib.suppress(StenoError):
            await whole(self._remove(upload))

    async def _remove(self, upload: str) -> None:
        def change(tx: Transaction) -> None:
            record = uploads.get(tx.connection, upload)
            job = uploads.needed_by(tx.connection, record) if record else None
            if job is not None:
                raise StenoError("upload_in_use", job=job, upload=upload)
            uploads.delete(tx, upload)

        await self._db.write(change)
        await self.folder.forget(upload)


def check_span(name: str, span: Span, part: Part | None, received: int, length: int | None) -> None:
    """Raises `upload_range` unless `span` goes on where `part` ends."""
    if part is not None and part.size is not None and part.size != span.total:
        why = f"{name} was announced with {part.size} bytes, not {span.total}."
    elif span.start is None:
        if part is not None:
            return
        raise StenoError("upload_not_found", upload=name)
    elif span.start != received:
        why = f"{received} bytes of {name} were received; the next part begins there."
    elif length is not None and length != span.end - span.start:
        why = f"The range has {span.end - span.start} bytes, the body {length}."
    else:
        return
    raise StenoError("upload_range", why=why)


def shown_name(name: str) -> str:
    """The name as it is kept: printable, on one line. Raises `bad_request` if it is too long."""
    text = plain(name)
    if not text or len(text.encode()) > LONGEST_NAME:
        raise StenoError("bad_request", why=f"A name has 1 to {LONGEST_NAME} bytes.")
    return text


def plain(name: str) -> str:
    return printable(name).replace("\n", "\N{REPLACEMENT CHARACTER}")


def finished(record: UploadRecord) -> Upload:
    return Upload(
        id=record.id,
        name=record.name,
        received=record.size,
        size=record.size,
        complete=True,
        sha256=record.sha256,
    )


def unfinished(part: Part, received: int) -> Upload:
    return Upload(id=None, name=part.name, received=received, size=part.size, complete=False)
