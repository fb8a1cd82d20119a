"""A daemon of few words on a real Unix socket: it answers what a test told it to."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from steno import __version__, wire
from steno.errors import StenoError

ENDED = "ended"
"""The last step of a script: the stream ends in good order."""
ABORTED = "aborted"
"""The connection breaks in the middle of the stream."""
SILENT = "silent"
"""Nothing more comes."""

Step = bytes | str | Callable[[], Awaitable[None]]


def job(ident: str = "j1", **more: Any) -> wire.Job:
    """A queued job."""
    progress = wire.Progress(job_id=ident, phase="extract", percent=0.0)
    values: dict[str, Any] = {
        "id": ident,
        "name": f"{ident}.wav",
        "path": f"/m/{ident}.wav",
        "uri": f"file:///m/{ident}.wav",
        "state": "queued",
        "revision": 1,
        "created_at": 1.0,
        "settings": wire.JobSettings(),
        "progress": progress,
    }
    return wire.Job(**(values | more))


def event(kind: str, data: Any, ident: str | None = None) -> bytes:
    """One event as the daemon writes it."""
    payload = {"ts": 1.0} | msgspec.to_builtins(data)
    head = f"id: {ident}\n" if ident else ""
    return f"event: {kind}\n{head}data: {json.dumps(payload)}\n\n".encode()


def initial(state: wire.Job, as_of: str = "db-0") -> bytes:
    shown = wire.InitialState(channel=f"job:{state.id}", as_of=as_of, job=state)
    return event("initial_state", shown)


def became(ident: str, state: str, revision: int, seq: int, reason: str | None = None) -> bytes:
    data = {"job_id": ident, "state": state, "reason": reason, "revision": revision}
    return event("job", data, f"db-{seq}")


def fragment(ident: str, index: int, text: str, seq: int) -> bytes:
    cue = wire.CueText(id=f"{index}.0", start=index * 10.0, end=index * 10.0 + 5, text=text)
    data = wire.FragmentEvent(job_id=ident, segment_index=index, language="en", segments=[cue])
    return event("fragment", data, f"db-{seq}")


def text(*cues: wire.Cue, as_of: int = 0, **more: Any) -> wire.Transcript:
    """A page of the text of `j1`."""
    values: dict[str, Any] = {
        "job_id": "j1",
        "state": "running",
        "source": "checkpoint",
        "aligned_at": None,
        "revision": as_of,
        "as_of": f"db-{as_of}",
        "language": "en",
        "progress": job().progress,
        "gaps": [],
        "undo": None,
        "redo": None,
        "cues": list(cues),
    }
    return wire.Transcript(**(values | more))


async def nothing() -> None:
    """Lets a request pass."""


class StandIn:
    """Jobs in a dictionary, and one script for each event stream, the last for all others."""

    def __init__(self) -> None:
        self.jobs: dict[str, wire.Job] = {}
        self.gaps: list[wire.Gap] = []
        self.texts: list[wire.Transcript | StenoError] = []
        """One answer for each question for text, the last for all others."""
        self.asked: list[str | None] = []
        """Cursor of each of these questions."""
        self.refuse: dict[str, StenoError] = {}
        """What `POST /api/jobs` says of a path."""
        self.scripts: list[list[Step]] = []
        self.streams: list[tuple[list[str], str | None]] = []
        """Channels and `Last-Event-ID` of each stream that was opened."""
        self.requests: list[tuple[str, str, Any]] = []
        self.before: Callable[[], Awaitable[None]] = nothing
        """Awaited before a job is added or acted on."""
        self.lost: StenoError | None = None
        """What it says instead of opening an event stream."""
        self.version = __version__
        self.plugins = wire.Plugins(plugins=[])
        self.validation = wire.Validation(allowed=True, verdicts=[])

    def app(self) -> web.Application:
        app = web.Application(middlewares=[problems])
        get, post = app.router.add_get, app.router.add_post
        get("/api/health", self._health)
        get("/api/plugins", self._plugins)
        get("/api/events", self._events)
        get("/api/jobs", self._list)
        post("/api/jobs", self._add)
        get("/api/jobs/{id}", self._job)
        app.router.add_delete("/api/jobs/{id}", self._remove)
        get("/api/jobs/{id}/checkpoint", self._checkpoint)
        get("/api/jobs/{id}/output.{format}", self._output)
        get("/api/jobs/{id}/transcript", self._transcript)
        post("/api/jobs/{id}/{action}", self._action)
        post("/api/jobs/{id}/resume/validate", self._validate)
        return app

    def find(self, request: web.Request) -> wire.Job:
        ident = request.match_info["id"]
        if ident not in self.jobs:
            raise StenoError("job_not_found", job=ident)
        return self.jobs[ident]

    def set(self, ident: str, **more: Any) -> None:
        self.jobs[ident] = msgspec.structs.replace(self.jobs[ident], **more)

    async def _note(self, request: web.Request) -> Any:
        body = await request.read()
        value = json.loads(body) if body else None
        self.requests.append((request.method, request.path_qs, value))
        return value

    async def _health(self, _: web.Request) -> web.Response:
        return answer(wire.Health(status="ok", version=self.version, pid=1))

    async def _validate(self, request: web.Request) -> web.Response:
        await self._note(request)
        return answer(self.validation)

    async def _plugins(self, request: web.Request) -> web.Response:
        await self._note(request)
        return answer(self.plugins)

    async def _list(self, request: web.Request) -> web.Response:
        await self._note(request)
        limit, at = int(request.query["limit"]), int(request.query.get("cursor", "0"))
        found = list(self.jobs.values())
        more = str(at + limit) if at + limit < len(found) else None
        return answer(wire.JobPage(jobs=found[at : at + limit], total=len(found), next=more))

    async def _add(self, request: web.Request) -> web.Response:
        body = await self._note(request)
        await self.before()
        if error := self.refuse.get(body["path"]):
            raise error
        ident = f"j{len(self.jobs) + 1}"
        name = body["path"].rpartition("/")[2]
        self.jobs[ident] = job(ident, name=name)
        return answer(self.jobs[ident], 201)

    async def _job(self, request: web.Request) -> web.Response:
        return answer(self.find(request))

    async def _remove(self, request: web.Request) -> web.Response:
        await self._note(request)
        del self.jobs[self.find(request).id]
        return web.Response(status=204)

    async def _checkpoint(self, request: web.Request) -> web.Response:
        found = self.find(request)
        return answer(
            wire.Checkpoint(
                job_id=found.id, settings=found.settings, versions={}, segments=found.segments,
                plan_complete=True, remaining=0, gaps=self.gaps,
            )
        )  # fmt: skip

    async def _transcript(self, request: web.Request) -> web.Response:
        self.find(request)
        self.asked.append(request.query.get("cursor"))
        found = self.texts[min(len(self.asked), len(self.texts)) - 1]
        if isinstance(found, StenoError):
            raise found
        return answer(found)

    async def _output(self, request: web.Request) -> web.Response:
        self.find(request)
        return web.Response(text=f"{request.match_info['format']} Grüße\n")

    async def _action(self, request: web.Request) -> web.Response:
        await self._note(request)
        await self.before()
        found = self.find(request)
        action = request.match_info["action"]
        state = {"pause": "paused", "cancel": "cancelled"}.get(action, "queued")
        if found.state == "completed":
            raise StenoError(
                "transition_refused",
                state="completed",
                at="completed",
                action=action,
                possible="nothing",
            )
        self.set(found.id, state=state, reason="user", revision=found.revision + 1)
        return answer(self.jobs[found.id])

    async def _events(self, request: web.Request) -> web.StreamResponse:
        channels = request.query.getall("channel")
        for channel in channels:
            if channel.startswith("job:") and channel[4:] not in self.jobs:
                raise StenoError("job_not_found", job=channel[4:])
        if self.lost is not None:
            raise self.lost
        self.streams.append((channels, request.headers.get("Last-Event-ID")))
        script = self.scripts[min(len(self.streams), len(self.scripts)) - 1]
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        for step in script:
            if isinstance(step, bytes):
                await stream.write(step)
            elif callable(step):
                await step()
            elif step == ABORTED:
                assert request.transport is not None
                request.transport.abort()
            elif step == SILENT:
                await asyncio.Event().wait()
        return stream


def answer(value: Any, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json"
    )


@web.middleware
async def problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except StenoError as error:
        return web.Response(
            body=msgspec.json.encode(error.problem),
            status=error.problem.status,
            content_type="application/problem+json",
        )


@contextlib.asynccontextmanager
async def serving(standin: StandIn, socket: Path) -> AsyncIterator[StandIn]:
    """Serves `standin` at `socket`."""
    runner = web.AppRunner(standin.app(), handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    try:
        yield standin
    finally:
        await runner.cleanup()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(socket)
