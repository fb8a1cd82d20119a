"""The newest records of the daemon's log that fit a filter, and what comes after them."""

from typing import NamedTuple

from steno import wire
from steno.client import Client

FIRST = 1000
"""Records asked for at once."""
KEPT = 5000
"""Records that are kept, of a log that is followed for long."""


class Filter(NamedTuple):
    level: str = "INFO"
    text: str = ""


class Tail:
    """Records, the newest last."""

    def __init__(self) -> None:
        self.wanted = Filter()
        self.records: list[wire.LogRecord] = []
        self.loaded = False
        self._next: int | None = None

    def choose(self, wanted: Filter) -> None:
        """Another filter from now on; what is there stays until its records come."""
        self.wanted, self._next = wanted, None

    async def ask(self, client: Client) -> int:
        """Fetches what is new; how many records at the beginning went for it. Raises what the
        daemon says."""
        wanted, after = self.wanted, self._next
        page = await client.logs(lines=FIRST, level=wanted.level, text=wanted.text, after=after)
        if (wanted, after) != (self.wanted, self._next):
            return 0  # another filter was chosen meanwhile
        return self.put(page, anew=after is None)

    def put(self, page: wire.LogPage, *, anew: bool) -> int:
        self.records = list(page.records) if anew else [*self.records, *page.records]
        gone = max(0, len(self.records) - KEPT)
        del self.records[:gone]
        self._next, self.loaded = page.next, True
        return gone
