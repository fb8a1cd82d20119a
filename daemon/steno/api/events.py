"""Server-Sent Events: the state first, what was missed, then what happens."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import msgspec
from aiohttp import web
from aiohttp_sse import EventSourceResponse
from msgspec import Meta, Struct

from steno.api.codec import encoded
from steno.api.jobs import NAMED
from steno.api.keys import Daemon
from steno.api.route import Routes
from steno.errors import StenoError
from steno.events.hub import Subscription, carried_by, encode, passing
from steno.jobs.queries import Live
from steno.store import events, jobs
from steno.store.database import Reader, StoredEvent
from steno.wire import JOBS_CHANNEL, History, InitialState, SignalEvent, job_channel

log = logging.getLogger(__name__)
routes = Routes("Events", "[events.md](events.md) tells what is in them.")

RETRY = b"retry: 1000\n\n"
SEND_TIMEOUT = 10.0
"""Seconds a write may stall before the client is given up."""
PAGE = 500
"""Stored events read at a time."""
ACTIVE = 100
"""Jobs shown in the first event of the channel `jobs`."""


STREAM = {"text/event-stream": "Server-Sent Events"}
REFUSED = (*NAMED, "too_many_streams", "stopping")
EVENT_ID = "^[0-9a-f]{1,16}-[0-9]{1,18}$"
Since = Annotated[str, Meta(max_length=100, description="id of an event")]


class Ping(msgspec.Struct):
    pass


class ChannelsWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query of `GET /api/events`."""

    channel: Annotated[
        tuple[str, ...], Meta(min_length=1, max_length=100, description="`jobs`, `job:ID`")
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
    """Several channels on one connection; `jobs` alone if none is named."""
    channels = []
    for channel in dict.fromkeys(query.channel):
        kind, _, name = channel.partition(":")
        if kind == "job" and name:
            channels.append(job_channel(await daemon.jobs.find(name)))
        elif channel == JOBS_CHANNEL:
            channels.append(channel)
        else:
            raise StenoError("bad_request", why=f"{channel} is no channel; use jobs or job:ID.")
    return await stream(daemon, request, channels, query.since)


@routes.get(
    "/api/jobs/{job}/events/history",
    gives=History,
    refuses=(*NAMED, "events_gone"),
    curl="?types=job,gap&limit=100",
)
async def history(daemon: Daemon, job: str, query: HistoryWanted) -> web.Response:
    """Stored events of one job as one answer, those after the event `since`."""
    job = await daemon.jobs.find(job)
    since = daemon.hub.number(query.since) if query.since else 0
    if since is None:  # of another database
        raise StenoError("events_gone", since=query.since)

    def read(db: Reader) -> bytes:
        found = events.since(
            db, since, channel=job_channel(job), types=tuple(query.types), limit=query.limit
        )
        shown = [
            {"type": e.type, "data": msgspec.Raw(e.data), "id": daemon.hub.id_of(e.seq)}
            for e in found
        ]
        return msgspec.json.encode({"job_id": job, "events": shown, "count": len(shown)})

    return encoded(await daemon.db.read(read))


async def stream(
    daemon: Daemon, request: web.Request, channels: Sequence[str], since: str
) -> web.StreamResponse:
    """Listens first, then reads the state and what was missed, then sends what has come since, so
    that nothing falls between."""
    if daemon.hub.closing:
        raise StenoError("stopping")
    given = request.headers.get("Last-Event-ID") or since
    subscription = daemon.hub.subscribe(channels)
    log.debug("stream of %s opened after %s, %d are open", channels, given, len(daemon.hub))
    try:
        response = Stream()
        await response.prepare(request)
        response.stop_streaming()  # its pings go by the clock; ours are sent in silence only
        live = daemon.jobs.live()
        cursor, first = await daemon.db.read(lambda db: opening(db, daemon, channels, live))
        await response.send_bytes(RETRY + first)
        if given:
            await replay(daemon, response, channels, given, cursor)
        await follow(daemon, response, subscription, cursor)
    finally:
        daemon.hub.unsubscribe(subscription)
        log.debug("stream of %s closed, %d are open", channels, len(daemon.hub))
    return response


class Stream(EventSourceResponse):
    """aiohttp-sse's response, sending events that are encoded already."""

    async def send_bytes(self, data: bytes) -> None:
        """Raises TimeoutError if the client takes nothing, ConnectionError if it is gone."""
        async with asyncio.timeout(SEND_TIMEOUT):
            await self.write(data)


def opening(db: Reader, daemon: Daemon, channels: Sequence[str], live: Live) -> tuple[int, bytes]:
    """The newest event's number and the state it leads to, encoded."""
    cursor = events.last(db)
    as_of = daemon.hub.id_of(cursor)
    parts = []
    for channel in channels:
        if channel == JOBS_CHANNEL:
            active = jobs.in_state(db, "created", "queued", "running", "paused", limit=ACTIVE)
            state = InitialState(
                channel=channel,
                as_of=as_of,
                jobs=[daemon.jobs.seen(db, job, live) for job in active],
                counts=jobs.counts(db),
            )
        else:
            job = jobs.get(db, channel.partition(":")[2])
            seen = daemon.jobs.seen(db, job, live) if job else None
            state = InitialState(channel=channel, as_of=as_of, job=seen)
        parts.append(passing("initial_state", state))
    return cursor, b"".join(parts)


async def replay(
    daemon: Daemon, response: Stream, channels: Sequence[str], given: str, cursor: int
) -> None:
    """Sends stored events after `given` up to `cursor`, or says that they are gone."""
    seen = daemon.hub.number(given)
    oldest = await daemon.db.read(events.first_kept)
    if seen is None or seen > cursor or seen < oldest - 1:
        await response.send_bytes(resync("What was missed is no longer stored."))
        return
    while True:
        page = await daemon.db.read(partial(events.since, after=seen, until=cursor, limit=PAGE))
        wanted = [event for event in page if concerns(event, channels)]
        await response.send_bytes(
            b"".join(encode(e.type, e.data, daemon.hub.id_of(e.seq)) for e in wanted)
        )
        if len(page) < PAGE:
            return
        seen = page[-1].seq


def concerns(event: StoredEvent, channels: Sequence[str]) -> bool:
    if not event.channel:
        return True
    return any(channel in channels for channel in carried_by(event.channel, event.type))


async def follow(daemon: Daemon, response: Stream, subscription: Subscription, cursor: int) -> None:
    """Sends what happens until the client or the daemon goes."""
    heartbeat = daemon.config.events.heartbeat
    while not daemon.hub.closing:
        waiting = await subscription.next(heartbeat)
        if subscription.overrun:
            await response.send_bytes(resync("Too much happened while this client was busy."))
            return
        data = b"".join(data for seq, data in waiting if seq is None or seq > cursor)
        if not (waiting or daemon.hub.closing):
            data = passing("ping", Ping())
        if data:
            await response.send_bytes(data)


def resync(why: str) -> bytes:
    return passing("signal", SignalEvent(code="resync", message=f"{why} Fetch the state anew."))
