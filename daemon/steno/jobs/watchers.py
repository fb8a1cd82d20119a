"""Who waits for something to happen to a job."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

from steno.store.database import StoredEvent
from steno.wire import job_channel


class Watchers:
    """Used on the loop's thread only."""

    def __init__(self) -> None:
        self.closing = False
        self._by_channel: dict[str, set[asyncio.Event]] = defaultdict(set)

    @contextlib.contextmanager
    def of(self, job: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever something was committed of the job. Whoever clears it
        looks at the job after that, so that nothing is missed."""
        channel, changed = job_channel(job), asyncio.Event()
        self._by_channel[channel].add(changed)
        try:
            yield changed
        finally:
            self._by_channel[channel].discard(changed)
            if not self._by_channel[channel]:
                del self._by_channel[channel]

    def notice(self, events: Sequence[StoredEvent]) -> None:
        """Hears of what was committed."""
        for event in events:
            for changed in self._by_channel.get(event.channel, ()):
                changed.set()

    def close(self) -> None:
        """Wakes all, for the last time."""
        self.closing = True
        for some in self._by_channel.values():
            for changed in some:
                changed.set()
