"""How long a download waits, and for what. Times are seconds of one steadily rising clock."""

import random
from collections.abc import Callable

from steno.transfer.trouble import Kind, Trouble

FIRST_WAIT = 0.1
LONGEST_BACKOFF = 30.0
TRIES: dict[Kind, int] = {
    "tls": 3, "proxy": 3, "elsewhere": 3, "refused": 1, "gated": 1, "not_found": 1,
    "offline": 1,
}  # fmt: skip
"""How often in a row what hardly passes is tried; the others until patience is at its end."""
SILENCE = 30.0
"""Longest time without a byte on one connection."""
SLOWEST = 100.0
"""Bytes a second that must come on the average of all connections."""
LEAST = 1024.0
"""Bytes a second below which another connection is tried."""
PIECE = 384 * 2**10
"""Bytes between two pauses at most. While they are summed and written, whoever else needs that
processor waits for it."""
BREATH = 0.0005
"""Seconds of a pause. Beyond 2 Gbit/s this slows a download."""


class Patience:
    """Decides whether to try again. It ends `timeout` seconds after the last new bytes, of which
    there must be some: one now and then would keep a download alive for years."""

    def __init__(
        self, timeout: float, now: float, chance: Callable[[], float] = random.random
    ) -> None:
        self.timeout = timeout
        self.least = timeout * SLOWEST
        """New bytes that renew it."""
        self._since = now
        self._tries = 0
        self._chance = chance

    @property
    def silence(self) -> float:
        """Longest wait for the next bytes of one connection, so that several are tried."""
        return min(SILENCE, self.timeout / 4)

    def heard(self, now: float) -> None:
        """New bytes came."""
        self._since = now
        self._tries = 0

    def left(self, now: float) -> float:
        """Until its end; negative after."""
        return self._since + self.timeout - now

    def wait(self, trouble: Trouble, now: float) -> float | None:
        """Seconds after which to try again, at its very end for the last time; None: give up."""
        self._tries += 1
        if (left := self.left(now)) <= 0 or self._tries >= TRIES.get(trouble.kind, self._tries + 1):
            return None
        wait = min(LONGEST_BACKOFF, FIRST_WAIT * 2.0 ** min(self._tries - 1, 20))
        wait *= 0.5 + self._chance() / 2
        return min(max(wait, trouble.retry_after or 0.0), left)


class Pace:
    """Watches a connection for bringing too little. `span`: seconds over which it is measured;
    `rate`: most bytes a second that are wanted, 0: any number."""

    def __init__(self, span: float, rate: int, now: float) -> None:
        self._span = span
        self._least = span * (min(LEAST, rate / 4) if rate else LEAST)
        self._begun = now
        self._size = 0

    def slow(self, size: int, now: float) -> bool:
        """`size` more bytes came: are they too few by now?"""
        self._size += size
        if now - self._begun < self._span:
            return False
        few = self._size < self._least
        self._begun, self._size = now, 0
        return few


class Throttle:
    """Lets `rate` bytes a second through, evenly; 0: any number, with pauses. A tenth of a second
    that was not used is made up for."""

    def __init__(self, rate: int, now: float) -> None:
        self.rate = rate
        self._paid = now
        """Until when the rate is used up."""
        self._unpaused = 0
        """Bytes since the last pause."""

    @property
    def piece(self) -> int:
        """Bytes to take at once at most, so that they come evenly."""
        left = PIECE - self._unpaused
        return max(1, min(left, self.rate // 20)) if self.rate else left

    def wait(self, size: int, now: float) -> float:
        """Seconds to wait after `size` bytes."""
        self._unpaused += size
        wait = BREATH if self._unpaused >= PIECE else 0.0
        if self.rate:
            self._paid = max(self._paid, now - 0.1) + size / self.rate
            wait = max(wait, self._paid - now)
        if wait:
            self._unpaused = 0
        return wait
