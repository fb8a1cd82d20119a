"""What one connection is still to be sent: bounded, in order, never waited for.

Durable events keep their order and are never dropped silently: a subscriber that falls behind on
them is told to fetch the state anew. Passing ones (drafts, progress) coalesce: the latest of a key
wins. Used on the loop's thread only.
"""

import asyncio
import sys
from collections.abc import Callable, Hashable

Send = Callable[[bytes], bool]
"""Sends without waiting; returns whether all of it left this process."""

AT_ONCE = 64 * 2**10
"""Bytes after which no further event is put into one write: what a client that does not read can
cost beside its queue, which holds bytes that all subscribers share."""


class Subscription:
    """A queue of at most `limit` durable events. `due` is called when there is something to send,
    `lost` when nothing more can be.

    What it has to say besides events, that it stalls, fell behind or is to end, its reader hears
    by `attention`.
    """

    def __init__(
        self,
        channels: frozenset[str],
        limit: int,
        due: Callable[["Subscription"], None],
        lost: Callable[["Subscription"], None],
    ) -> None:
        self.channels = channels
        self.overrun = False
        """It fell behind: durable events were left out, it must be told to resync."""
        self.stalled = False
        """Its client does not take what was sent; nothing more is until `flow`."""
        self.ending = asyncio.Event()
        self.in_line = False
        """The hub is to flush it."""
        self._limit = limit
        self._due = due
        self._lost = lost
        self._durable = 0
        self._waiting: dict[Hashable, tuple[int | None, bytes]] = {}
        self._send: Send | None = None
        self._after = 0
        self._attention = asyncio.Event()
        self._sent_at = asyncio.get_running_loop().time()

    def offer_durable(self, seq: int, encoded: bytes, replaces: Hashable = None) -> None:
        """An event for this client, and the key of the passing one that it outdates."""
        if replaces is not None:
            self._waiting.pop(replaces, None)
        if self._durable >= self._limit:
            self.fall_behind()
        elif not self.overrun:
            self._waiting[seq] = (seq, encoded)
            self._durable += 1
            if not self.in_line:
                self._due(self)

    def offer_passing(self, key: Hashable, encoded: bytes) -> None:
        if not self.overrun:
            self._waiting.pop(key, None)
            self._waiting[key] = (None, encoded)
            if not self.in_line:
                self._due(self)

    def fall_behind(self) -> None:
        """Something durable cannot be delivered."""
        self.overrun = True
        self._waiting.clear()
        self._durable = 0
        self._attention.set()
        self._lost(self)

    def end(self) -> None:
        """Nothing more is sent."""
        self.ending.set()
        self._attention.set()

    def flow(self, send: Send, after: int | None = None) -> None:
        """From now on events go out by `send`; durable ones those after number `after`."""
        self._after = self._after if after is None else after
        self._send = send
        self.stalled = False
        if self._waiting and not self.in_line:
            self._due(self)

    def flush(self) -> None:
        """Sends some of what waits, unless the client stalls."""
        if self._send is None or not self._waiting:
            return
        if data := self._take(AT_ONCE):
            self.sent()
            if not self._send(data):
                self._send = None
                self.stalled = True
                self._attention.set()
        if self._waiting and not self.in_line:
            self._due(self)

    def sent(self) -> None:
        """Something was sent in this moment."""
        self._sent_at = asyncio.get_running_loop().time()

    async def attention(self, silence: float) -> bool:
        """Waits until there is something but events to see to, and returns True; or until nothing
        was sent for `silence` seconds, and returns False."""
        loop = asyncio.get_running_loop()
        while True:
            left = self._sent_at + silence - loop.time()
            if left <= 0 and not self._attention.is_set():
                return False
            try:
                async with asyncio.timeout(max(left, 0)):
                    await self._attention.wait()
            except TimeoutError:
                continue
            self._attention.clear()
            return True

    def rest(self) -> bytes:
        """All that waits."""
        return self._take(sys.maxsize)

    def _take(self, most: int) -> bytes:
        """The oldest events, `most` bytes or one event more."""
        taken: list[bytes] = []
        size = 0
        while self._waiting and size < most:
            key = next(iter(self._waiting))
            seq, encoded = self._waiting.pop(key)
            if seq is not None:
                self._durable -= 1
                if seq <= self._after:
                    continue
            taken.append(encoded)
            size += len(encoded)
        return taken[0] if len(taken) == 1 else b"".join(taken)
