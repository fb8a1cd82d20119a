"""Jobs that are there for clients who wait for them."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from steno.errors import StenoError
from steno.jobs.service import JobService
from steno.jobs.uploads import Uploads
from steno.jobs.watchers import Watchers
from steno.store import jobs
from steno.store.database import Database
from steno.unbroken import whole
from steno.wire import NewJob, Upload

log = logging.getLogger(__name__)


class Asked(NamedTuple):
    """The job that a client waits for."""

    job: str
    known: bool
    """It was complete before; there is nothing to wait for."""


class Attendance:
    """Clients who ask for the same wait for one job. Used on the loop's thread only."""

    def __init__(
        self, db: Database, service: JobService, uploads: Uploads, watchers: Watchers
    ) -> None:
        self._db = db
        self._jobs = service
        self._uploads = uploads
        self._watchers = watchers
        self._waiting: dict[str, int] = {}
        """How many wait for each job that is there for nobody else."""
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Of files, by their sums: who comes and who goes take turns."""

    @contextlib.asynccontextmanager
    async def of(
        self, upload: Upload, settings: Mapping[str, Any], *, keep: bool
    ) -> AsyncIterator[Asked]:
        """The job of the same bytes and settings, complete or under way, or else a new one, while
        its client is answered. The upload stays only with a new job.

        A job that was made here goes with its last client, unless one of them asked to `keep` it.
        The end of the daemon is no such case: the job goes on when it starts again, and is then a
        job like any other. Raises what is wrong with the file or the settings.
        """
        asked = await self._ask(upload, settings, keep=keep)
        gone = False
        try:
            yield asked
        except (asyncio.CancelledError, OSError):  # a timeout is an OSError, too
            gone = True
            raise
        finally:
            await whole(self._leave(upload, asked.job, gone=gone))

    async def _ask(self, upload: Upload, settings: Mapping[str, Any], *, keep: bool) -> Asked:
        try:
            async with self._turn(upload):
                found = await self._found(upload, settings, keep=keep)
                return found or await self._made(upload, settings, keep=keep)
        except BaseException:
            await self._uploads.discard(upload.id or "")
            raise

    def _turn(self, upload: Upload) -> asyncio.Lock:
        return self._locks.setdefault(upload.sha256 or "", asyncio.Lock())

    async def _found(
        self, upload: Upload, settings: Mapping[str, Any], *, keep: bool
    ) -> Asked | None:
        job = await self._jobs.alike(upload.sha256 or "", settings)
        if job is None:
            return None
        await self._uploads.discard(upload.id or "")
        if keep:
            self._waiting.pop(job.id, None)
        elif job.id in self._waiting:
            self._waiting[job.id] += 1
        return Asked(job.id, known=job.state == "completed")

    async def _made(self, upload: Upload, settings: Mapping[str, Any], *, keep: bool) -> Asked:
        new = NewJob(upload=upload.id, settings=dict(settings))
        try:
            job = await whole(self._jobs.add(new))
        except asyncio.CancelledError:
            if not keep:
                await whole(self._give_up_of(upload))
            raise
        if not keep:
            self._waiting[job.id] = 1
        return Asked(job.id, known=False)

    async def _leave(self, upload: Upload, job: str, *, gone: bool) -> None:
        async with self._turn(upload):
            if job not in self._waiting:
                return
            self._waiting[job] -= 1
            if self._waiting[job] == 0:
                del self._waiting[job]
                if gone:
                    await self._give_up(job)

    async def _give_up_of(self, upload: Upload) -> None:
        """Gives up the job that was made of the upload, if one was."""
        made = await self._db.read(lambda db: jobs.of_upload(db, upload.id or ""))
        if made is not None:
            await self._give_up(made)

    async def _give_up(self, job: str) -> None:
        if self._watchers.closing:
            return
        log.info("nobody waits for job %s any more", job)
        with contextlib.suppress(StenoError):
            await self._jobs.abandon(job)
