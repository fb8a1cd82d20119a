"""What clients send: not waited for without end, and not beyond the end of the daemon."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from steno.errors import StenoError

T = TypeVar("T")


class Intake:
    """Used on the loop's thread only. `timeout`: seconds a client may send nothing."""

    def __init__(self, timeout: float) -> None:
        self.closed = False
        self._timeout = timeout
        self._waiting: set[asyncio.Timeout] = set()

    def check(self) -> None:
        """Raises `stopping` once it is closed."""
        if self.closed:
            raise StenoError("stopping")

    async def read(self, reading: Callable[[], Awaitable[T]]) -> T:
        """What is read next. Raises `too_slow` if it does not come, or `stopping`."""
        self.check()
        try:
            async with asyncio.timeout(self._timeout) as patience:
                self._waiting.add(patience)
                try:
                    return await reading()
                finally:
                    self._waiting.discard(patience)
        except TimeoutError as error:
            self.check()
            raise StenoError("too_slow", limit=f"{self._timeout:g}") from error

    def close(self) -> None:
        """Takes nothing any more, and ends all waiting at once."""
        self.closed = True
        for patience in self._waiting:
            if not patience.expired():
                patience.reschedule(asyncio.get_running_loop().time())
