"""Sees to it that uploads nobody needs do not stay."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from functools import partial

import msgspec

from steno.errors import StenoError
from steno.jobs.uploads import Uploads
from steno.settings import Settings
from steno.store import uploads
from steno.store.database import Database, StoredEvent, Transaction
from steno.wire import JobEvent

log = logging.getLogger(__name__)

LOOK = 600.0
"""Seconds between two looks; a job that is complete causes one, too."""


class UploadCare:
    """Looks after `found`."""

    def __init__(self, db: Database, found: Uploads, settings: Settings) -> None:
        self._db = db
        self._uploads = found
        self._settings = settings
        self._wake = asyncio.Event()

    def notice(self, events: Sequence[StoredEvent]) -> None:
        """Hears of what was committed: a job that is complete no longer needs its upload."""
        for event in events:
            if event.type == "job":
                change = msgspec.json.decode(event.data, type=JobEvent)
                if change.state == "completed":
                    self._wake.set()

    async def tend(self) -> None:
        """Learns what is there, then looks again and again until cancelled."""
        rows = await self._db.read(uploads.everything)
        await self._uploads.folder.take_up({row.id: row.size for row in rows})
        self._uploads.ready.set()
        while True:
            self._wake.clear()
            try:
                await self.look()
            except (StenoError, OSError) as error:
                log.warning("uploads that nobody needs cannot be removed: %s", error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._wake.wait()

    def wake(self) -> None:
        """Looks soon."""
        self._wake.set()

    async def look(self) -> None:
        """Removes what nobody needs. Raises StenoError or OSError."""
        kept = self._settings.current.uploads
        before = time.time() - kept.keep_hours * 3600
        spent = partial(uploads.spent, before=before, keep=kept.keep)

        def change(tx: Transaction) -> list[str]:
            gone = spent(tx.connection)
            for upload in gone:
                uploads.delete(tx, upload)
            return gone

        if await self._db.read(spent):
            for upload in await self._db.write(change):
                await self._uploads.folder.forget(upload)
        for part in list(self._uploads.folder.parts.values()):
            if part.name not in self._uploads.busy:
                await self._uploads.folder.drop_old(part, before)
