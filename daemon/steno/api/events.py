"""Events: streams of them, and those that are stored."""

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from steno.api.codec import encoded
from steno.api.jobs import NAMED
from steno.api.keys import Daemon
from steno.api.route import Routes
from steno.api.stream import stream
from steno.errors import StenoError
from steno.wire import JOBS_CHANNEL, TRANSCRIPTS_CHANNEL, History, job_channel
from steno.wire.models import MODELS_CHANNEL, model_channel

routes = Routes("Events", "[events.md](events.md) tells what is in them.")

STREAM = {"text/event-stream": "Server-Sent Events"}
REFUSED = (*NAMED, "model_not_found", "too_many_streams", "stopping")
EVENT_ID = "^[0-9a-f]{1,16}-[0-9]{1,18}$"
Since = Annotated[str, Meta(max_length=100, description="id of an event")]


class ChannelsWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query of `GET /api/events`."""

    channel: Annotated[
        tuple[str, ...],
        Meta(
            min_length=1,
            max_length=100,
            description="`jobs`, `transcripts`, `job:ID`, `models`, `models:KIND/ID`",
        ),
    ] = (JOBS_CHANNEL,)
    since: Since = ""


class SinceWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query of `GET …/events`."""

    since: Since = ""


class HistoryWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query of `GET …/events/history`."""

    since: Annotated[str, Meta(pattern=EVENT_ID, description="id of an event")] | None = None
    types: list[str] = []
    """Kinds of events wanted; all without it."""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 1000


@routes.get("/api/jobs/{job}/events", media=STREAM, refuses=REFUSED, curl="-N")
async def of_job(
    daemon: Daemon, request: web.Request, job: str, query: SinceWanted
) -> web.StreamResponse:
    """The events of one job as they happen."""
    channel = job_channel(await daemon.jobs.find(job))
    return await stream(daemon, request, [channel], query.since)


@routes.get(
    "/api/events", media=STREAM, refuses=REFUSED, curl="-N '?channel=jobs&channel=job:$JOB'"
)
async def of_channels(
    daemon: Daemon, request: web.Request, query: ChannelsWanted
) -> web.StreamResponse:
    """Several channels on one connection; `jobs` alone if none is named. `jobs` and `transcripts`
    together carry all that is told of any job."""
    channels = []
    for channel in dict.fromkeys(query.channel):
        kind, _, name = channel.partition(":")
        if kind == "job" and name:
            channels.append(job_channel(await daemon.jobs.find(name)))
        elif channel in (JOBS_CHANNEL, TRANSCRIPTS_CHANNEL):
            channels.append(channel)
        elif channel == MODELS_CHANNEL or (kind == MODELS_CHANNEL and name):
            await daemon.installed.known()
            channels.append(channel)
            if name:
                channels[-1] = model_channel(daemon.library.find(name).model.name)
        else:
            names = "jobs, transcripts, job:ID, models or models:KIND/ID"
            why = f"There is no channel “{channel}”; use {names}."
            raise StenoError("bad_request", why=why)
    return await stream(daemon, request, channels, query.since)


@routes.get(
    "/api/jobs/{job}/events/history",
    gives=History,
    refuses=(*NAMED, "events_gone"),
    curl="?types=job,gap&limit=100",
)
async def history(daemon: Daemon, job: str, query: HistoryWanted) -> web.Response:
    """Stored events of one job as one answer, those after the event `since`."""
    found = await daemon.replay.history(
        await daemon.jobs.find(job), query.since, types=tuple(query.types), limit=query.limit
    )
    return encoded(found)
