"""Servers of events, each a process of its own: Steno's, a bare aiohttp loop, and sse-starlette.

    python sources.py KIND SOCKET

For each line `COUNT RATE BURST` on stdin it sends COUNT events to all who listen: RATE a second, or
(0) as fast as they go, BURST at a time before their delivery is waited for. Then it prints when
each of them was there to be sent: nanoseconds of the monotonic clock. Steno's are committed first
and the clock runs from the end of the commit, but for RATE 0, where all sides do nothing but send.
"""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from steno.events.encoding import encode
from steno.plugins import Word
from steno.store.database import StoredEvent, stamped
from steno.wire import CueText, FragmentEvent, JobSettings, job_channel

JOB = "benchjob"
Publish = Callable[[int], Awaitable[int]]
"""Makes the next event, sends it, and returns when it was there to be sent."""


def event(n: int) -> FragmentEvent:
    """A fragment of some seconds of speech, about 800 bytes."""
    words = [Word(f"word{i}", n + i / 3, n + i / 3 + 0.25, 0.9) for i in range(8)]
    cue = CueText(id=f"{n}.0", start=n, end=n + 3, text=" ".join(word.text for word in words))
    return FragmentEvent(job_id=JOB, segment_index=n, language="en", segments=[cue], words=words)


def data(n: int) -> bytes:
    return stamped(msgspec.json.encode(event(n)), time.time())


def raise_limit() -> None:
    """As many open connections as the system allows this process."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def obey(publish: Publish, rush: Callable[[int, int], Awaitable[None]]) -> None:
    """Does what stdin says until it ends."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("ready", flush=True)
    made = 0
    while line := await reader.readline():
        count, rate, burst = (int(word) for word in line.split())
        began = loop.time()
        moments = []
        if not rate:
            await rush(count, burst)
        for n in range(count if rate else 0):
            await asyncio.sleep(began + n / rate - loop.time())
            moments.append(await publish(made + n))
        made += count
        print(*moments, flush=True)


async def steno(path: str) -> None:
    """The daemon's own parts, without its workers."""
    from steno import door
    from steno.app import application, assemble
    from steno.config import Config, Events
    from steno.paths import Paths
    from steno.store import jobs
    from steno.store.database import Transaction
    from steno.store.jobs import NewRecord

    class Clocked:
        """The loop as the database sees it: what a commit told is handed over right after it."""

        def call_soon_threadsafe(self, call: Callable[..., None], *args: Any) -> None:
            moments.append(time.monotonic_ns())
            loop.call_soon_threadsafe(call, *args)

        def __getattr__(self, name: str) -> Any:
            return getattr(loop, name)

    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        paths = Paths(*(Path(folder, name) for name in "cdsr"))
        door.make_folders(paths)
        daemon = assemble(Config(events=Events(max_streams_per_job=2000)), paths)
        await daemon.db.open()
        daemon.hub.database = daemon.db.id
        record = NewRecord(
            id=JOB, path=b"/a", name="a", source_size=1, source_mtime=1, state="created",
            settings=JobSettings(), versions={}, announced=None, language=None,
        )  # fmt: skip
        await daemon.db.write(lambda tx: jobs.insert(tx, record))
        loop, moments = asyncio.get_running_loop(), list[int]()
        daemon.db._loop = Clocked()  # type: ignore[assignment]
        runner = web.AppRunner(application(daemon), handler_cancellation=True, access_log=None)
        await runner.setup()
        await web.UnixSite(runner, path).start()

        async def publish(n: int) -> int:
            def change(tx: Transaction) -> None:
                tx.tell("fragment", event(n), job_channel(JOB))

            await daemon.db.write(change)
            return moments.pop()

        async def rush(count: int, burst: int) -> None:
            for first in range(0, count, burst):
                for n in range(first, min(first + burst, count)):
                    told = StoredEvent(10**6 + n, job_channel(JOB), "fragment", data(n))
                    daemon.hub.publish([told])
                while not daemon.hub.delivery.done:
                    await asyncio.sleep(0)

        await obey(publish, rush)
        await runner.cleanup()
        await daemon.db.close()


async def bare(path: str) -> None:
    """As little as can be between the bytes and aiohttp."""
    listeners: list[web.StreamResponse] = []

    async def listen(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"retry: 1000\n\n")
        listeners.append(response)
        await asyncio.Event().wait()
        return response

    async def publish(n: int) -> int:
        encoded = encode("fragment", data(n), f"db-{n}")
        moment = time.monotonic_ns()
        for response in listeners:
            await response.write(encoded)
        return moment

    async def rush(count: int, burst: int) -> None:
        for n in range(count):
            await publish(n)

    app = web.Application()
    app.router.add_get("/{rest:.*}", listen)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0)
    await runner.setup()
    await web.UnixSite(runner, path).start()
    await obey(publish, rush)
    await runner.cleanup()


async def starlette(path: str) -> None:
    """sse-starlette as its documentation shows it, a queue for each client."""
    import uvicorn
    from sse_starlette import EventSourceResponse, ServerSentEvent
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.routing import Route

    queues: list[asyncio.Queue[ServerSentEvent]] = []

    async def listen(request: Request) -> EventSourceResponse:
        queue: asyncio.Queue[ServerSentEvent] = asyncio.Queue()

        async def events() -> Any:
            queues.append(queue)
            yield ServerSentEvent(comment="here")
            while True:
                yield await queue.get()

        return EventSourceResponse(events())

    async def publish(n: int) -> int:
        one = ServerSentEvent(data=data(n).decode(), event="fragment", id=f"db-{n}")
        moment = time.monotonic_ns()
        for queue in queues:
            queue.put_nowait(one)
        return moment

    async def rush(count: int, burst: int) -> None:
        for first in range(0, count, burst):
            for n in range(first, min(first + burst, count)):
                await publish(n)
            while any(queue.qsize() for queue in queues):
                await asyncio.sleep(0)

    app = Starlette(routes=[Route("/{rest:path}", listen)])
    server = uvicorn.Server(uvicorn.Config(app, uds=path, log_level="warning", access_log=False))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    await obey(publish, rush)
    serving.cancel()


if __name__ == "__main__":
    raise_limit()
    asyncio.run({"steno": steno, "bare": bare, "starlette": starlette}[sys.argv[1]](sys.argv[2]))
