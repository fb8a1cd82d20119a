"""The rows of the list of jobs, fetched by range as they are looked at."""

import asyncio
from collections.abc import Callable

from steno import wire
from steno.errors import StenoError
from steno_tui.live.host import Host
from steno_tui.live.screens.jobs.line import newer
from steno_tui.live.window import PAGE, Window

FILTERS: dict[str, tuple[wire.State, ...]] = {
    "all": (),
    "active": ("running", "queued", "paused", "created"),
    "done": ("completed",),
    "failed": ("failed", "cancelled"),
}
"""States by the name of a filter."""
BREATH = 0.4
"""Seconds between two looks at the same rows, at least."""


class Listing:
    """Jobs of one filter and search. `arrived` is called when rows came."""

    def __init__(self, host: Host, arrived: Callable[[], None]) -> None:
        self.filter = "all"
        self.text = ""
        self.rows: Window[wire.Job] = Window()
        self.problem: StenoError | None = None
        """Why the last question was in vain."""
        self._host = host
        self._arrived = arrived
        self._seen = range(1)
        if host.glance is not None:
            self.rows.put(0, host.glance.jobs, host.glance.total)
        self._wanted = asyncio.Event()

    def choose(self, *, kind: str | None = None, text: str | None = None) -> None:
        """Another list from now on."""
        self.filter = self.filter if kind is None else kind
        self.text = self.text if text is None else text
        self.rows.clear()
        self._wanted.set()

    def look(self, seen: range) -> None:
        """These rows are on the screen."""
        self._seen = seen
        if self.rows.wanted(seen.start, seen.stop) is not None:
            self._wanted.set()

    def expire(self) -> None:
        """Rows may have moved."""
        self.rows.expire()
        self._wanted.set()

    def __getitem__(self, row: int) -> wire.Job | None:
        """The job of a row as it is now."""
        stored = self.rows[row]
        return None if stored is None else newer(stored, self._host.world.jobs.jobs.get(stored.id))

    async def run(self) -> None:
        """Fetches what is looked at, until it is cancelled."""
        await self._host.ready.wait()
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            while (page := self.rows.wanted(self._seen.start, self._seen.stop)) is not None:
                if not await self._fetch(page):
                    break
            await asyncio.sleep(BREATH)

    async def _fetch(self, page: int) -> bool:
        asked = (self.filter, self.text)
        try:
            found = await self._host.client.jobs(
                FILTERS[self.filter], text=self.text, limit=PAGE, offset=page * PAGE
            )
        except StenoError as error:
            self.problem = error
            self._arrived()
            return False
        self.problem = None
        if asked == (self.filter, self.text):
            self.rows.put(page, found.jobs, found.total)
            for job in found.jobs:
                if job.state not in wire.FINAL:
                    self._host.feed.take(job)
            self._arrived()
        return True
