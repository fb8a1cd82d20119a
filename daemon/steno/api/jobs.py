"""Jobs: add, list, look, steer, remove."""

from typing import get_args

from aiohttp import web

from steno.api.codec import answer, body, number
from steno.api.keys import DAEMON
from steno.errors import StenoError
from steno.jobs.states import Action
from steno.wire import Changes, NewJob, State

routes = web.RouteTableDef()

STATES = get_args(State)


@routes.post("/api/jobs")
async def add(request: web.Request) -> web.Response:
    job = await request.app[DAEMON].jobs.add(await body(request, NewJob))
    response = answer(job, status=201)
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return response


@routes.get("/api/jobs")
async def page(request: web.Request) -> web.Response:
    states = tuple(s for s in request.query.get("state", "").split(",") if s)
    for state in states:
        if state not in STATES:
            raise StenoError(
                "bad_request", why=f"{state} is no state; they are {', '.join(STATES)}."
            )
    return answer(
        await request.app[DAEMON].jobs.page(
            states=states,
            text=request.query.get("q", ""),
            cursor=request.query.get("cursor"),
            limit=number(request, "limit", 50, 1, 500),
        )
    )


@routes.get("/api/jobs/{job}")
async def get(request: web.Request) -> web.Response:
    return answer(await request.app[DAEMON].jobs.get(request.match_info["job"]))


@routes.delete("/api/jobs/{job}")
async def remove(request: web.Request) -> web.Response:
    await request.app[DAEMON].jobs.remove(request.match_info["job"])
    return web.Response(status=204)


@routes.post("/api/jobs/{job}/resume/validate")
async def validate(request: web.Request) -> web.Response:
    changes = await body(request, Changes, default=Changes())
    return answer(await request.app[DAEMON].jobs.validate(request.match_info["job"], changes))


@routes.post("/api/jobs/{job}/{action:start|pause|resume|cancel|retry}")
async def act(request: web.Request) -> web.Response:
    changes = await body(request, Changes, default=Changes())
    action: Action = request.match_info["action"]  # type: ignore[assignment]  # the route says so
    if changes.settings and action != "resume":
        raise StenoError("bad_request", why="Settings can be changed with resume only.")
    return answer(await request.app[DAEMON].jobs.act(request.match_info["job"], action, changes))


@routes.get("/api/jobs/{job}/checkpoint")
async def checkpoint(request: web.Request) -> web.Response:
    return answer(await request.app[DAEMON].jobs.checkpoint(request.match_info["job"]))
