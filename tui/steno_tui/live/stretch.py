"""The part of a recording that is looked at. Pure."""

import math
from typing import NamedTuple

SHORTEST = 2.0
"""Seconds: more cells than that would only repeat what the daemon knows, 10 ms a peak."""


class Stretch(NamedTuple):
    """From `start` to `end`, seconds; never empty."""

    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start

    def column(self, seconds: float, columns: int) -> int:
        """In which of `columns` equal parts a moment lies; those outside are counted on."""
        return math.floor((seconds - self.start) * columns / self.length + 1e-9)

    def edge(self, seconds: float, columns: int) -> int:
        """The first part in which nothing is left of what ends then."""
        return math.ceil((seconds - self.start) * columns / self.length - 1e-9)

    def time(self, column: float, columns: int) -> float:
        """When a part begins."""
        return self.start + column * self.length / columns

    def holds(self, seconds: float) -> bool:
        return self.start <= seconds < self.end

    def within(self, total: float) -> "Stretch":
        """As much of it as there is, moved rather than cut. `total` is the recording's length."""
        length = min(self.length, total)
        start = max(0.0, min(self.start, total - length))
        return Stretch(start, start + length)

    def moved(self, seconds: float) -> "Stretch":
        return Stretch(self.start + seconds, self.end + seconds)

    def zoomed(self, factor: float, around: float) -> "Stretch":
        """`factor` times as long, and `around` at the place where it was."""
        length = max(SHORTEST, self.length * factor)
        start = around - (around - self.start) * length / self.length
        return Stretch(start, start + length)

    def showing(self, start: float, end: float) -> "Stretch":
        """Itself if `start` to `end` lies in it, else moved so that it does; of what is longer the
        beginning."""
        if self.start <= start and min(end, start + self.length) <= self.end:
            return self
        lead = max(0.05 * self.length, (self.length - (end - start)) / 2)
        return self.moved(start - lead - self.start)
