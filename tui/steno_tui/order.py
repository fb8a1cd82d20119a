"""Text in the order of the media, though workers finish in turn."""

from bisect import bisect_left, insort

from steno.wire import FragmentEvent

MOST_HELD = 64
"""Fragments that wait for earlier ones; more of them are let go."""


class Order:
    """The fragments of one job: each is held back while a segment before it is to come.

    Which segments were done before anybody watched is not told, only how many. They are taken to
    be the first ones, so that at worst a fragment comes early, and none waits for a segment that
    nobody will tell of.
    """

    def __init__(self) -> None:
        self._told: list[int] = []
        """Indices of the segments that were told of, ascending."""
        self._before = 0
        """Segments that are done and were never told of."""
        self._held: dict[int, FragmentEvent] = {}

    def done(self, count: int) -> None:
        """The daemon counts `count` segments that have text or were given up."""
        self._before = max(self._before, count - len(self._told))

    def gap(self, index: int) -> list[FragmentEvent]:
        """A segment was given up; returns what need not wait for it any longer."""
        self._note(index)
        return self._ready()

    def take(self, fragment: FragmentEvent) -> list[FragmentEvent]:
        """A fragment came; returns what is to be shown now."""
        index = fragment.segment_index
        if not self._note(index) and index not in self._held:
            return [fragment]  # told again, with other words
        self._held[index] = fragment
        return self._ready() if len(self._held) <= MOST_HELD else self.flush()

    def flush(self) -> list[FragmentEvent]:
        """All that is held; nothing waits for a segment before it."""
        if self._held:
            last = max(self._held)
            self._before = max(self._before, last - bisect_left(self._told, last))
        return self._ready()

    def _note(self, index: int) -> bool:
        """Whether it is the first that is told of this segment."""
        place = bisect_left(self._told, index)
        if self._told[place : place + 1] == [index]:
            return False
        insort(self._told, index)
        return True

    def _ready(self) -> list[FragmentEvent]:
        ready = []
        for index in sorted(self._held):
            if bisect_left(self._told, index) + self._before < index:
                break
            ready.append(self._held.pop(index))
        return ready
