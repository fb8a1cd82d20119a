"""How far work on a model's files is, told to the daemon."""

import time

from steno.transfer.meter import OFTEN
from steno.worker import protocol as p
from steno.worker.channel import Channel


class Progress:
    """Bytes done, of `total` where it is known."""

    def __init__(self, channel: Channel, request: int, total: int | None) -> None:
        self.done = 0
        self._channel = channel
        self._request = request
        self._total = total
        self._told = 0.0
        self.tell()

    def add(self, size: int) -> None:
        """`size` more bytes are done; told if the last time is long enough ago."""
        self.done += size
        if time.monotonic() - self._told >= OFTEN:
            self.tell()

    def tell(self) -> None:
        """Raises `Interrupted` if the work is no longer wanted."""
        self._told = time.monotonic()
        self._channel.send(p.Fetching(id=self._request, done=self.done, total=self._total))
