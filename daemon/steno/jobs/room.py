"""Jobs that a full disk stopped, until there is room again."""

import asyncio
import logging
import os
import time
from collections.abc import Container
from typing import NamedTuple

from steno.disk import free
from steno.errors import StenoError
from steno.jobs import states
from steno.jobs.work import Tools
from steno.store import jobs
from steno.store.database import Transaction

log = logging.getLogger(__name__)

LOOK = 2.0
"""Seconds between two looks."""
LOOK_MAX = 60.0
"""The same, at most: they double where jobs went on and found the disk full once more."""
GAIN = 2**20
"""Bytes that must have become free where a job's subtitles found no room."""


class Cramped(NamedTuple):
    """A job whose output folder is on a full disk."""

    folder: bytes
    free: int
    """Bytes, when it failed."""


class Room:
    """Steno's own disk holds all jobs; a full output folder only those that write there."""

    def __init__(self, tools: Tools) -> None:
        self.held: str | None = None
        """Why no job is started: `disk_full`, or a storage that failed."""
        self._tools = tools
        self._cramped: dict[str, Cramped] = {}
        self._patience = LOOK
        self._released_at = time.monotonic()

    def hold(self, error: StenoError) -> None:
        """Lets no job start until there is room."""
        if self.held is None:
            log.error("no job is started: %s", error)
            if time.monotonic() - self._released_at > 2 * LOOK_MAX:
                self._patience = LOOK
        self.held = error.code

    async def cramp(self, job: str, folder: bytes) -> None:
        """Notes that `job` waits for room in `folder`."""
        self._cramped[job] = Cramped(folder, await asyncio.to_thread(free, folder))

    async def watch(self, running: Container[str]) -> None:
        """Looks for room until cancelled. `running`: jobs at work, by id."""
        while True:
            await asyncio.sleep(self._patience)
            if self.held:
                await self._release_all(running)
            for job, cramped in list(self._cramped.items()):
                if await asyncio.to_thread(free, cramped.folder) >= cramped.free + GAIN:
                    del self._cramped[job]
                    await self._requeue(job)

    async def _release_all(self, running: Container[str]) -> None:
        """Lets the jobs go on that a full disk stopped, if there is room."""
        room = await asyncio.to_thread(free, os.fsencode(self._tools.paths.data))
        if room < self._tools.config.storage.min_free_mib << 20:
            return

        def change(tx: Transaction) -> None:
            for job in jobs.in_state(tx.connection, "paused", "running"):
                stranded = job.state == "running" and job.id not in running
                if stranded or job.reason == "disk_full":
                    states.move(tx, job, "queued", reason="room_again")

        held, self.held = self.held, None  # before the commit wakes the scheduler
        try:
            await self._tools.db.write(change)
        except StenoError as error:
            log.debug("still no room: %s", error)
            self.held = held
        else:
            log.info("there is room again")
            self._patience = min(2 * self._patience, LOOK_MAX)
            self._released_at = time.monotonic()

    async def _requeue(self, job_id: str) -> None:
        def change(tx: Transaction) -> None:
            job = jobs.get(tx.connection, job_id)
            if job is not None and job.state == "paused" and job.reason == "output_full":
                states.move(tx, job, "queued", reason="room_again")

        try:
            await self._tools.db.write(change)
        except StenoError as error:
            self.hold(error)
