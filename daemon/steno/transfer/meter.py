"""How far a download is, and what it waits for."""

from collections.abc import Mapping

from steno.worker.protocol import Fetching

QUIET = 1.0
"""Seconds without a byte after which it is said what is waited for."""
OFTEN = 0.1
"""Seconds between two tellings at least."""
SELDOM = 0.5
"""Seconds between two tellings at most."""


class Meter:
    """Seconds are those of one steadily rising clock."""

    def __init__(self, request: int) -> None:
        self.total: int | None = None
        self._request = request
        self._done: dict[str, int] = {}
        self._sum = 0
        self._waits: dict[str, tuple[str, float | None]] = {}
        self._moved = float("-inf")
        self._told = float("-inf")
        self._last: Fetching | None = None

    @property
    def done(self) -> int:
        """Bytes."""
        return self._sum

    def begins(self, there: Mapping[str, int]) -> None:
        """These bytes of files, and no others, came before: they count, but are no news."""
        self._done = dict(there)
        self._sum = sum(there.values())

    def of(self, path: str) -> int:
        """Bytes of the file that count as there."""
        return self._done.get(path, 0)

    def at(self, path: str, size: int, now: float) -> None:
        """`size` bytes of the file are there."""
        before = self.of(path)
        self._done[path] = size
        self._sum += size - before
        if size > before:
            self._moved = now

    def waits(self, path: str, what: str, until: float | None = None) -> None:
        """`what` keeps it; `until`: when it goes on."""
        self._waits[path] = (what, until)

    def goes_on(self, path: str) -> None:
        """Nothing keeps it any more."""
        self._waits.pop(path, None)

    def due(self, now: float) -> Fetching | None:
        """What is to be told now, if anything is."""
        passed = now - self._told
        if passed < OFTEN:
            return None
        news = Fetching(id=self._request, done=self._sum, total=self.total, note=self._note(now))
        if news == self._last and passed < SELDOM:
            return None
        self._told, self._last = now, news
        return news

    def _note(self, now: float) -> str:
        if now - self._moved < QUIET or not self._waits:
            return ""
        what, until = next(reversed(self._waits.values()))
        if until is None:
            return what
        seconds = round(until - now)
        return f"{what}; trying again in {seconds} s" if seconds >= 1 else f"{what}; trying again"
