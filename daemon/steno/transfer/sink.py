"""Writing what comes in without making the connection wait for the disk or the sum."""

import asyncio
from collections.abc import Callable

from steno.transfer.part import Part

MOST = 4 * 2**20
"""Bytes that wait to be written at most."""


class Sink:
    """The way of one answer's body into a part. A thread writes, while what comes meanwhile is
    gathered."""

    def __init__(self, part: Part, offset: int, first: Callable[[], None]) -> None:
        """`offset`: where in the file the body begins. `first` is done in the thread before
        anything is written, and leaves as many bytes in the part."""
        self.size = offset
        """Bytes of the part once all is written."""
        self._part = part
        self._first: Callable[[], None] | None = first
        self._gathered: list[bytes] = []
        self._waiting = 0
        self._writing: asyncio.Future[None] | None = None

    async def put(self, data: bytes) -> None:
        """Raises OSError, perhaps for earlier bytes."""
        self._gathered.append(data)
        self._waiting += len(data)
        self.size += len(data)
        if self._writing is None or self._writing.done() or self._waiting >= MOST:
            await self._write()

    async def _write(self) -> None:
        """Waits for what is being written, and begins to write what was gathered."""
        await self._written()
        if self._gathered:
            blocks, self._gathered, self._waiting = self._gathered, [], 0
            loop = asyncio.get_running_loop()
            self._writing = loop.run_in_executor(None, self._put, blocks)

    def _put(self, blocks: list[bytes]) -> None:
        if self._first is not None:
            self._first()
            self._first = None
        for block in blocks:
            self._part.write(block)

    async def _written(self) -> None:
        if self._writing is not None:
            writing, self._writing = self._writing, None
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                await asyncio.gather(writing, return_exceptions=True)
                raise

    async def close(self) -> None:
        """All is written when it returns. Raises OSError."""
        await self._write()
        await self._written()
