"""When files are written anew: soon after the last of a row of edits, and again later where that
could not be."""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from steno.errors import StenoError
from steno.jobs.renewal import renew
from steno.store import outputs
from steno.store.database import Database, StoredEvent
from steno.unbroken import whole
from steno.wire import JobEvent

log = logging.getLogger(__name__)

QUIET = 1.5
"""Seconds without an edit after which files are written."""
MOST = 10.0
"""Seconds after the first edit of a row in which they are written at the latest."""
RETRY = 5.0
"""Seconds until the next try where files could not be written; they double each time."""
RETRY_MAX = 300.0
LAST = 3.0
"""Seconds for what is due when the daemon stops; the next start does the rest."""


class Due(NamedTuple):
    """When to write, in seconds of a monotonic clock."""

    at: float
    latest: float = math.inf
    """No edit puts it off beyond that."""
    tries: int = 0
    """In vain, since the last edit."""


def edited(due: Due | None, now: float) -> Due:
    """After an edit."""
    row = due is not None and not due.tries
    latest = min(due.latest, now + MOST) if due and row else now + MOST
    return Due(min(now + QUIET, latest), latest)


def again(due: Due, now: float) -> Due:
    """After a try in vain."""
    wait = min(RETRY * 2.0 ** min(due.tries, 30), RETRY_MAX)
    return Due(now + wait, tries=due.tries + 1)


class Rewriting:
    """Used on the loop's thread only. Writes files of one job at a time."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._due: dict[str, Due] = {}
        self._wake = asyncio.Event()
        self._ended = asyncio.Event()
        self._stopping = False

    def notice(self, told: Sequence[StoredEvent]) -> None:
        """Hears of what was committed: an edit, or the end of a job that was edited meanwhile."""
        now = time.monotonic()
        for event in told:
            job = event.channel.removeprefix("job:")
            if event.type == "edit":
                self._due[job] = edited(self._due.get(job), now)
                self._wake.set()
            elif event.type == "job":
                change = msgspec.json.decode(event.data, type=JobEvent)
                if change.state == "completed":
                    self._due[job] = Due(now)
                    self._wake.set()

    async def run(self) -> None:
        """Writes what the last daemon left, then what is due, until it is to stop."""
        try:
            await self._take_up()
            while job := await self._next():
                await self._renew(job)
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Has written at once what edits made due, for `LAST` seconds."""
        self._stopping = True
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST):
                await self._ended.wait()

    async def _take_up(self) -> None:
        try:
            left = await self._db.read(outputs.behind)
        except StenoError as error:
            log.warning("files that lack edits cannot be looked for: %s", error)
            return
        for job in left:
            self._due.setdefault(job, Due(time.monotonic()))

    async def _next(self) -> str | None:
        """The job whose files are to be written next, once they are due; None: nothing is left to
        be done before the end."""
        while True:
            self._wake.clear()
            job = min(self._due, key=lambda job: self._due[job].at, default=None)
            if self._stopping:
                return next((job for job, due in self._due.items() if not due.tries), None)
            wait = self._due[job].at - time.monotonic() if job else None
            if job and wait is not None and wait <= 0:
                return job
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()

    async def _renew(self, job: str) -> None:
        due, right = self._due.pop(job), False
        try:
            right = await whole(renew(self._db, job))
        except StenoError as error:
            log.warning("files of job %s cannot be written anew: %s", job, error)
        except Exception:  # whatever it is: files that lack edits do not take the daemon down
            log.exception("files of job %s cannot be written anew", job)
        if not right and not self._stopping:
            self._due.setdefault(job, again(due, time.monotonic()))
