"""Jobs that a person removed a moment ago: it can be taken back until the daemon is told."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from steno.errors import StenoError

if TYPE_CHECKING:
    from steno.client import Client

GRACE = 8.0
"""Seconds in which a removal can be taken back."""


class Removals:
    """Hides jobs at once and removes them `GRACE` seconds later, or at the end."""

    def __init__(
        self, client: "Callable[[], Client]", failed: Callable[[StenoError], None]
    ) -> None:
        self._client = client
        self._failed = failed
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def __contains__(self, job: object) -> bool:
        return job in self._waiting

    def add(self, job: str) -> None:
        """Removes the job unless `undo` comes in time."""
        if job in self:
            return
        loop = asyncio.get_running_loop()
        self._waiting[job] = loop.call_later(GRACE, self._begin, job)

    def undo(self) -> str | None:
        """Takes the last removal back; returns its job, None where there is none left."""
        if not self._waiting:
            return None
        job, timer = self._waiting.popitem()
        timer.cancel()
        return job

    async def finish(self) -> None:
        """Removes all that still wait."""
        for job in list(self._waiting):
            self._begin(job)
        await asyncio.gather(*self._under_way)

    def _begin(self, job: str) -> None:
        if timer := self._waiting.get(job):
            timer.cancel()
        task = asyncio.ensure_future(self._remove(job))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _remove(self, job: str) -> None:
        try:
            await self._client().remove(job)
        except StenoError as error:
            if error.code != "job_not_found":
                self._failed(error)
        finally:
            self._waiting.pop(job, None)
