"""A long list that is fetched by range: what is there of it, and what is to be fetched."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

PAGE = 100
"""Rows fetched at once."""
KEPT = 20
"""Pages that are kept; those looked at longest ago go first."""


class Window(Generic[T]):
    """Rows by number, of which pages are there. What was there stays until it comes anew."""

    def __init__(self) -> None:
        self.total = 0
        """Rows in all, as last told."""
        self.loaded = False
        """Whether anything was told at all."""
        self._pages: dict[int, Sequence[T]] = {}
        self._stale: set[int] = set()

    def __getitem__(self, row: int) -> T | None:
        """The row, or None while it is not there."""
        page = self._pages.get(row // PAGE)
        place = row % PAGE
        return page[place] if page is not None and place < len(page) else None

    def clear(self) -> None:
        """It is another list from now on."""
        self.total, self.loaded = 0, False
        self._pages.clear()
        self._stale.clear()

    def expire(self) -> None:
        """Rows may have moved: each page is to be fetched anew when it is looked at."""
        self._stale.update(self._pages)

    def wanted(self, first: int, last: int) -> int | None:
        """The first page that is to be fetched so that the rows `first` to `last` are there."""
        limit = max(0, self.total - 1) if self.loaded else 0
        for page in range(max(0, first) // PAGE, min(max(last, 0), limit) // PAGE + 1):
            if page not in self._pages or page in self._stale:
                return page
        return None

    def put(self, page: int, rows: Sequence[T], total: int) -> None:
        """The rows of a page, as they are now."""
        if total != self.total:
            self.expire()
        self.total, self.loaded = total, True
        self._pages.pop(page, None)
        self._pages[page] = rows
        self._stale.discard(page)
        while len(self._pages) > KEPT:
            oldest = next(iter(self._pages))
            del self._pages[oldest]
            self._stale.discard(oldest)

    def find(self, wanted: Callable[[T], bool]) -> int | None:
        """The number of the first row that is there and fits."""
        for page in sorted(self._pages):
            for place, row in enumerate(self._pages[page]):
                if wanted(row):
                    return page * PAGE + place
        return None
