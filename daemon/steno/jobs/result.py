"""What a job found so far, read as it is asked for."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cached_property
from typing import IO, NamedTuple, TypeVar

import msgspec

from steno.disk import FULL
from steno.errors import StenoError
from steno.jobs import view
from steno.jobs.queries import stored
from steno.jobs.writing import rendered, shown
from steno.plugins.contract import Fragment
from steno.store import segments
from steno.store.database import Database, Reader
from steno.store.jobs import JobRecord
from steno.store.segments import SegmentRecord
from steno.unbroken import whole
from steno.wire import Cue, Format, Task

T = TypeVar("T")

IN_MEMORY = 2**20
"""Bytes of subtitles above which they lie on the disk until they are sent."""


class Heard(NamedTuple):
    """A segment."""

    start: int
    """Sample of the media."""
    fragment: Fragment | None
    """None: it was not recognised."""


class Result:
    """Synchronous: for threads, within `Results.read`."""

    def __init__(self, reader: Reader, job: JobRecord) -> None:
        self._reader = reader
        self._job = job

    @property
    def task(self) -> Task:
        return self._job.settings.task

    @property
    def language(self) -> str | None:
        """ISO 639 code of what is spoken."""
        return self._job.language

    @property
    def duration(self) -> float | None:
        """Seconds of audio."""
        return view.duration(self._job)

    def cues(self, *, words: bool) -> Iterator[Cue]:
        """As a subtitle file has them."""
        return shown(self._reader, self._job, words=words)

    def subtitles(self, form: Format) -> Iterator[str]:
        """The text of a subtitle file, piece by piece."""
        return rendered(self._reader, self._job, form)

    def heard(self, index: int) -> Heard:
        """What was heard in a segment. Raises `data_damaged`."""
        segment = self._plan.get(index)
        if segment is None:
            return Heard(0, None)
        if not segment.transcribed:
            return Heard(segment.start, None)
        raw = segments.fragment(self._reader, self._job.seq, index)
        return Heard(segment.start, msgspec.json.decode(raw, type=Fragment))

    @cached_property
    def _plan(self) -> dict[int, SegmentRecord]:
        return {one.index: one for one in segments.plan(self._reader, self._job.seq)}


class Results:
    """The results of all jobs, by the id of the job."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def read(self, job: str, make: Callable[[Result], T]) -> T:
        """What `make` makes of a result, on a thread. Raises `job_not_found`."""

        async def work() -> T:
            async with self._db.snapshot() as reader:
                return await asyncio.to_thread(lambda: make(Result(reader, stored(reader, job))))

        return await whole(work())

    @contextlib.asynccontextmanager
    async def file(self, job: str, form: Format) -> AsyncIterator[IO[bytes]]:
        """The subtitles as a file at its beginning, which is nowhere once it is closed: whoever is
        slow to read it keeps nothing of the database from being tidied up.

        Raises `job_not_found` or `disk_full`.
        """
        file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed on a thread
        try:
            await self.read(job, lambda result: fill(file, result.subtitles(form)))
            yield file
        finally:
            await asyncio.to_thread(file.close)


def fill(file: IO[bytes], text: Iterator[str]) -> None:
    """Raises `disk_full`."""
    try:
        for part in text:
            file.write(part.encode())
        file.seek(0)
    except OSError as error:
        if error.errno not in FULL:
            raise
        hint = "Free some room and ask again."
        raise StenoError("disk_full", folder=tempfile.gettempdir(), hint=hint) from error
