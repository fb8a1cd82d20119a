"""A stand-in daemon that has an answer to everything the screens ask."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web

from steno import wire
from steno.errors import StenoError
from steno.wire import models
from tui.live.pictures import machine
from tui.standin import SILENT, StandIn, Step, answer, event, problems


class Teller(StandIn):
    """Tells of `jobs` and all that `machine` has, and of what `happens` once `go` is set."""

    def __init__(self, jobs: Sequence[wire.Job] = (), happens: Sequence[Step] = ()) -> None:
        super().__init__()
        self.jobs = {one.id: one for one in jobs}
        self.said: dict[str, wire.Transcript] = {}
        """Transcripts by job."""
        self.cues: dict[str, wire.Cue] = {}
        """Cues as they are by now, with words; of whichever job."""
        self.plugins = machine.PLUGINS
        self.cache, self.preloads = machine.CACHE, machine.PRELOADS
        self.version = machine.VERSION
        self.go = asyncio.Event()
        self.answering = 0
        """Requests without an answer so far, streams apart."""
        self.away: StenoError | None = None
        """What it says to everything."""
        self.scripts = [[*self._begins(), self._gone_on, *happens, SILENT]]

    def _begins(self) -> list[bytes]:
        active = [one for one in self.jobs.values() if one.state not in wire.FINAL]
        states = (
            wire.InitialState(channel="jobs", as_of="db-0", jobs=active, counts=self.counts),
            wire.InitialState(channel="transcripts", as_of="db-0"),
            wire.InitialState(channel="models", as_of="db-0", models=machine.MODELS),
        )
        return [event("initial_state", one) for one in states]

    async def _gone_on(self) -> None:
        await self.go.wait()

    @property
    def counts(self) -> dict[str, int]:
        states = [one.state for one in self.jobs.values()]
        return {state: states.count(state) for state in dict.fromkeys(states)}

    def app(self) -> web.Application:
        app = super().app()
        app.middlewares.append(self._count)
        get = app.router.add_get
        get("/api/status", self._status)
        get("/api/config", self._config)
        get("/api/logs", self._logs)
        get("/api/models", self._models)
        get("/api/models/cache", self._cache)
        get("/api/models/preload", self._preloads)
        get("/api/jobs/{id}/waveform", self._waveform)
        get("/api/jobs/{id}/cues/{cue}", self._cue)
        app.router.add_patch("/api/jobs/{id}/cues/{cue}", self._change)
        return app

    @web.middleware
    async def _count(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.away is not None:
            return await problems(request, self._refuse)
        if request.path == "/api/events":
            return await handler(request)  # type: ignore[no-any-return]
        self.answering += 1
        try:
            return await handler(request)  # type: ignore[no-any-return]
        finally:
            self.answering -= 1

    async def _refuse(self, _: web.Request) -> web.StreamResponse:
        assert self.away is not None
        raise self.away

    async def _list(self, request: web.Request) -> web.Response:
        states = request.query.get("state", "")
        found = [
            one for one in self.jobs.values()
            if (not states or one.state in states.split(","))
            and request.query.get("q", "").casefold() in one.name.casefold()
        ]  # fmt: skip
        at, limit = int(request.query.get("offset", "0")), int(request.query["limit"])
        return answer(wire.JobPage(jobs=found[at : at + limit], total=len(found)))

    async def _transcript(self, request: web.Request) -> web.Response:
        return answer(self.said[self.find(request).id])

    async def _waveform(self, request: web.Request) -> web.Response:
        found = self.find(request)
        start, end = float(request.query["from"]), float(request.query["to"])
        columns = int(request.query["columns"])
        cues = self.said[found.id].cues
        known: list[int | None] = [
            wave(start + (n + 0.5) * (end - start) / columns, cues) for n in range(columns)
        ]
        return answer(wire.Waveform(
            job_id=found.id, start=start, end=end, columns=known, available=found.duration or 0.0,
            complete=True, duration=found.duration,
            speech=[[one.start, one.end] for one in cues if one.end > start and one.start < end],
        ))  # fmt: skip

    async def _cue(self, request: web.Request) -> web.Response:
        return answer(self.cues[request.match_info["cue"]])

    async def _change(self, request: web.Request) -> web.Response:
        cue = self.cues[request.match_info["cue"]]
        raise StenoError("cue_changed", cue=cue.id, found=cue.revision, wanted=0)

    async def _checkpoint(self, request: web.Request) -> web.Response:
        found = self.find(request)
        remaining = found.segments.planned - found.segments.done
        return answer(wire.Checkpoint(
            job_id=found.id, settings=found.settings, segments=found.segments, gaps=self.gaps,
            versions={"asr/faster-whisper": "steno 1.0.0", "splitter/silero": "steno 1.0.0"},
            plan_complete=True, remaining=remaining,
        ))  # fmt: skip

    async def _status(self, _: web.Request) -> web.Response:
        return answer(msgspec.structs.replace(machine.STATUS, jobs=self.counts))

    async def _config(self, _: web.Request) -> web.Response:
        return answer(machine.configuration())

    async def _logs(self, request: web.Request) -> web.Response:
        new = "after" not in request.query
        return answer(wire.LogPage(records=machine.LOG if new else [], next=len(machine.LOG)))

    async def _models(self, request: web.Request) -> web.Response:
        found = machine.MODELS[: int(request.query.get("limit", "100"))]
        folder = machine.FOLDER
        return answer(models.ModelPage(models=found, total=len(machine.MODELS), folder=folder))

    async def _cache(self, _: web.Request) -> web.Response:
        return answer(self.cache)

    async def _preloads(self, _: web.Request) -> web.Response:
        return answer(self.preloads)


def wave(moment: float, cues: Sequence[wire.Cue]) -> int:
    """Something like the loudness of a voice that says `cues`; 0 to 255."""
    n = int(moment * 7)
    for cue in cues:
        if cue.start <= moment < cue.end:
            inside = min(moment - cue.start, cue.end - moment)
            return min(255, int((60 + (n * n * 31 + n * 17) % 150) * min(1.0, 0.35 + inside)))
    return 4 + n * 7 % 9
