"""What the audio looks like."""

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from steno.api.codec import conditional
from steno.api.jobs import NAMED
from steno.api.keys import Daemon
from steno.api.route import Routes
from steno.wire import MOST_COLUMNS, Moment, Waveform

routes = Routes("What it looks like")


class Drawing(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"start": "from", "end": "to"},
):
    """Query of `GET …/waveform`."""

    start: Annotated[Moment, Meta(description="seconds; the beginning without it")] | None = None
    end: Annotated[Moment, Meta(description="seconds; the end without it")] | None = None
    columns: Annotated[
        int, Meta(ge=1, le=MOST_COLUMNS, description="parts of the range, for example pixels")
    ] = 400


@routes.get(
    "/api/jobs/{job}/waveform",
    gives=Waveform,
    reads={"If-None-Match": "`ETag` of an answer that is at hand."},
    headers={"ETag": "the same for the same answer"},
    refuses=(
        *NAMED, "range_invalid", "waveform_gone", "disk_full", "worker_died", "worker_stuck",
        "worker_unavailable", "stopping",
    ),
    curl="?from=0&to=60&columns=400",
)  # fmt: skip
async def waveform(daemon: Daemon, request: web.Request, job: str, query: Drawing) -> web.Response:
    """How loud the audio is, for drawing, and where somebody speaks.

    `from` to `to` (seconds) in equal `columns`, each the loudest sample in it, to 10 ms. It grows
    while the job's file is being decoded: `available` says how far it is, and what is not known
    yet is null. Where it is not stored (a job that was only added, or made by an older Steno) a
    worker makes it once from the file; the answer waits for that two seconds at most and then says
    how far it is. Ask again until `complete`.
    """
    found = await daemon.waveforms.read(
        job, start=query.start, end=query.end, columns=query.columns
    )
    return conditional(request, found.body, found.tag)
