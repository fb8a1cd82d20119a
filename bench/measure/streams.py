"""Clients of event streams that cost next to nothing, and what they notice."""

import asyncio
import contextlib
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from measure.sources import JOB

NUMBER = re.compile(rb"^id: \w+-(\d+)", re.MULTILINE)


class Crowd:
    """`count` streams at a Unix socket."""

    def __init__(self) -> None:
        self.open = 0
        self.heard = 0
        """Stored events that came, all together."""
        self.events = 0
        """All events that came, those that are not stored too."""
        self.moments: list[tuple[int, int]] = []
        """Number and moment (ns) of each, where they are `timed`."""
        self.timed = False
        self.wanted = 0
        self.enough = asyncio.Event()
        self._transports: list[asyncio.Transport] = []

    async def join(
        self,
        path: str,
        count: int,
        *,
        job: str = JOB,
        reading: bool = True,
        listening: int | None = None,
    ) -> None:
        """Opens the streams and waits until each has begun. Only the first `listening` look at
        what they read, if that is given."""
        loop = asyncio.get_running_loop()
        request = f"GET /api/jobs/{job}/events HTTP/1.1\r\nHost: steno\r\n\r\n".encode()
        for number in range(count):
            deaf = listening is not None and number >= listening
            made = partial(Deaf if deaf else Listener, self)
            transport, _ = await loop.create_unix_connection(made, path)
            if not reading:
                transport.pause_reading()
            transport.write(request)
            self._transports.append(transport)
            if reading:
                while self.open < len(self._transports):
                    await asyncio.sleep(0)

    def leave(self) -> None:
        for transport in self._transports:
            transport.abort()

    async def hear(self, count: int) -> None:
        """Waits for `count` more events."""
        self.wanted = self.heard + count
        self.enough.clear()
        async with asyncio.timeout(120):
            await self.enough.wait()


class Listener(asyncio.Protocol):
    """Counts what comes. An id is never cut where chunks are whole writes; a cut one counts with
    the rest of it."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.begun = False
        self.rest = b""

    def data_received(self, data: bytes) -> None:
        crowd = self.crowd
        if not self.begun:
            self.begun = True
            crowd.open += 1
        data = self.rest + data
        end = data.rfind(b"\n") + 1
        self.rest = data[end:]
        crowd.events += data.count(b"event: ", 0, end)
        if crowd.timed:
            now = time.monotonic_ns()
            found = NUMBER.findall(data, 0, end)
            crowd.moments += [(int(number), now) for number in found]
            crowd.heard += len(found)
        else:
            crowd.heard += data.count(b"\nid: ", 0, end)
        if crowd.wanted and crowd.heard >= crowd.wanted:
            crowd.wanted = 0
            crowd.enough.set()


class Deaf(asyncio.BufferedProtocol):
    """Reads, and nothing else: the processors are for those who are measured."""

    buffer = bytearray(2**16)

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.begun = False

    def get_buffer(self, sizehint: int) -> bytearray:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        if not self.begun:
            self.begun = True
            self.crowd.open += 1


class Source:
    """A server of events in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, path: str) -> None:
        self.process = process
        self.path = path

    def send(self, count: int, rate: int, burst: int = 1) -> None:
        """Asks for `count` events, `rate` a second; 0: as fast as they go, `burst` at a time."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{count} {rate} {burst}\n".encode())

    async def moments(self) -> list[int]:
        """When each was there to be sent (ns), once all are."""
        assert self.process.stdout is not None
        return [int(word) for word in (await self.process.stdout.readline()).split()]


@contextlib.asynccontextmanager
async def source(kind: str) -> AsyncIterator[Source]:
    """A running server: `steno`, `bare` or `starlette`."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = f"{folder}/socket"
        script = Path(__file__).with_name("sources.py")
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(script), kind, path,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**22,
        )  # fmt: skip
        try:
            found = Source(process, path)
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n", f"{kind} does not start"
            yield found
        finally:
            process.kill()
            await process.wait()
