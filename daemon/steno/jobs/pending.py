"""Segments that wait for a lane, lowest first."""

import asyncio
import heapq
from collections.abc import Callable


class Pending:
    """Hands out segments to lanes until all are finished and no more will come."""

    def __init__(self) -> None:
        self._heap: list[int] = []
        self._alone: set[int] = set()
        self._in_hand = 0
        self._closed = False
        self._stopped = False
        self._changed = asyncio.Event()

    def add(self, index: int, *, alone: bool = False) -> None:
        """Lets `index` be taken; `alone` means never together with others."""
        if alone:
            self._alone.add(index)
        heapq.heappush(self._heap, index)
        self._changed.set()

    def close(self) -> None:
        """No new segments will come, though one in hand may come back."""
        self._closed = True
        self._changed.set()

    def stop(self) -> None:
        """Hands out nothing more."""
        self._stopped = True
        self._changed.set()

    def stir(self) -> None:
        """Has those who wait look again, as something else has changed."""
        self._changed.set()

    async def gathered(self, enough: Callable[[], bool]) -> bool:
        """Waits until `enough` was added, or all. False: nothing more is handed out."""
        while not (enough() or self._closed or self._stopped):
            self._changed.clear()
            await self._changed.wait()
        return not self._stopped

    async def take(self, most: int) -> list[int]:
        """The lowest segments, at most `most`; empty once all are finished."""
        while not self._heap and not self._stopped:
            if self._closed and not self._in_hand:
                return []
            self._changed.clear()
            await self._changed.wait()
        if self._stopped:
            return []
        batch = [heapq.heappop(self._heap)]
        if batch[0] not in self._alone:
            while self._heap and len(batch) < most and self._heap[0] not in self._alone:
                batch.append(heapq.heappop(self._heap))
        self._in_hand += len(batch)
        return batch

    def put_down(self, count: int) -> None:
        """Says that `count` taken segments are no longer in hand (finished, or added again)."""
        self._in_hand -= count
        self._changed.set()
