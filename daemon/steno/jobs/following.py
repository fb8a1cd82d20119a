"""A job followed to its end."""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from typing import NamedTuple

from steno.errors import StenoError
from steno.jobs.view import duration
from steno.jobs.watchers import Watchers
from steno.store import jobs, said
from steno.store.database import Database, Reader
from steno.store.jobs import JobRecord


class State(NamedTuple):
    """A job as it is now."""

    complete: bool
    duration: float | None
    """Seconds of audio."""
    texts: list[str]
    """Of cues not seen before, in the order of the media."""


class Look(NamedTuple):
    job: JobRecord
    texts: list[str]
    until: int
    """The first segment that is not among the texts."""


class Following:
    """Used on the loop's thread only."""

    def __init__(self, db: Database, watchers: Watchers) -> None:
        self._db = db
        self._watchers = watchers

    def close(self) -> None:
        self._watchers.close()

    async def states(self, job: str, every: float) -> AsyncGenerator[State | None, None]:
        """What a job has come to, each time something was committed, until it is complete; None
        after `every` seconds in which nothing was. Raises why there will be no result."""
        seen = 0
        with self._watchers.of(job) as changed:
            while True:
                changed.clear()
                found = await self._db.read(partial(look, job=job, first=seen))
                seen = found.until
                complete = found.job.state == "completed"
                yield State(complete, duration(found.job), found.texts)
                if complete:
                    return
                check(found.job)
                while not await happened(changed, every):
                    yield None
                if self._watchers.closing:
                    raise StenoError("stopping")


async def happened(changed: asyncio.Event, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            return await changed.wait()
    except TimeoutError:
        return False


def look(db: Reader, job: str, first: int) -> Look:
    """The job, and its texts from segment `first` on. Raises `job_stopped`."""
    found = jobs.get(db, job)
    if found is None:
        raise StenoError("job_stopped", job=job, at="removed")
    until = said.settled(db, found.seq, first)
    return Look(found, said.texts(db, found.seq, first, until), until)


def check(job: JobRecord) -> None:
    """Raises why a job will have no result."""
    if job.state == "failed" and job.problem is not None:
        raise StenoError.of(job.problem)
    if job.state in ("failed", "cancelled"):
        raise StenoError("job_stopped", job=job.id, at=job.state)
