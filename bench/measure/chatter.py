"""`python chatter.py SOCKET RATE`: a daemon that does nothing but tell: of four jobs that run,
`RATE` events a second, drafts and progress and fragments, as one with many workers would."""

import asyncio
import json
import sys
from itertools import count
from typing import Any

import msgspec
from aiohttp import web

from steno import __version__, wire

JOBS = 4
EVERY = 20
"""One event in so many is a fragment."""


def job(number: int) -> wire.Job:
    name = f"talk{number}"
    return wire.Job(
        id=name,
        name=f"{name}.mkv",
        path=f"/m/{name}.mkv",
        uri=f"file:///m/{name}.mkv",
        state="running",
        revision=2,
        created_at=1.0,
        started_at=1.0,
        duration=36000.0,
        language="en",
        settings=wire.JobSettings(backend="fake"),
        progress=progress(name, 0),
    )


def progress(name: str, n: int) -> wire.Progress:
    done = min(99.0, n / 1000)
    return wire.Progress(
        job_id=name,
        phase="transcribe",
        percent=done,
        processed=360 * done,
        total=36000.0,
        speed=7.5 + n % 10,
        eta_s=36000 - 360 * done,
    )


def told(kind: str, data: Any, ident: str | None = None) -> bytes:
    body = json.dumps({"ts": 1.0} | msgspec.to_builtins(data))
    head = f"id: {ident}\n" if ident else ""
    return f"event: {kind}\n{head}data: {body}\n\n".encode()


def event(n: int) -> bytes:
    """The event of this number."""
    name = f"talk{n % JOBS}"
    if n % EVERY == 0:
        index = n // EVERY
        cue = wire.CueText(
            id=f"{index}.0", start=index * 2.0, end=index * 2.0 + 2, text=f"line {index} of it"
        )
        fragment = wire.FragmentEvent(
            job_id=name, segment_index=index, language="en", segments=[cue]
        )
        return told("fragment", fragment, f"db-{n}")
    if n % 2:
        return told("progress", progress(name, n))
    index = n // EVERY + 1 + n % 3
    draft = wire.DraftEvent(
        job_id=name, segment_index=index, text=f"word {n}", start=index * 2.0, end=index * 2.0 + 2
    )
    return told("draft", draft)


def opening() -> bytes:
    shown = [job(number) for number in range(JOBS)]
    states = (
        wire.InitialState(channel="jobs", as_of="db-0", jobs=shown, counts={"running": JOBS}),
        wire.InitialState(channel="transcripts", as_of="db-0"),
        wire.InitialState(channel="models", as_of="db-0", models=[]),
    )
    return b"".join(told("initial_state", state) for state in states)


async def serve(path: str, rate: float) -> None:
    async def events(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(opening())
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for n in count(1):
            await asyncio.sleep(max(0.0, begun + n / rate - loop.time()))
            await response.write(event(n))
        return response

    async def jobs(_: web.Request) -> web.Response:
        page = wire.JobPage(jobs=[job(number) for number in range(JOBS)], total=JOBS)
        return web.Response(body=msgspec.json.encode(page), content_type="application/json")

    async def health(_: web.Request) -> web.Response:
        found = wire.Health(status="ok", version=__version__, pid=1)
        return web.Response(body=msgspec.json.encode(found), content_type="application/json")

    app = web.Application()
    app.router.add_get("/api/events", events)
    app.router.add_get("/api/jobs", jobs)
    app.router.add_get("/api/health", health)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, path).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], float(sys.argv[2])))
