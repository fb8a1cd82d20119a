"""What was said: by range as JSON, or whole as a subtitle file."""

import asyncio
from collections.abc import Iterator

from aiohttp import ETag, web

from steno.api.codec import answer, flag, number, seconds
from steno.api.keys import DAEMON
from steno.errors import StenoError
from steno.jobs.writing import rendered
from steno.store import jobs
from steno.store.cues import CueKey
from steno.wire import FORMATS, Format

routes = web.RouteTableDef()

TYPES: dict[Format, str] = {
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "txt": "text/plain",
    "json": "application/json",
}
SEND_TIMEOUT = 60.0
"""Seconds a client may take for `CHUNK`."""
CHUNK = 64 * 2**10
"""Characters rendered at a time on a thread."""


@routes.get("/api/jobs/{job}/transcript")
async def transcript(request: web.Request) -> web.Response:
    found = await request.app[DAEMON].jobs.transcript(
        request.match_info["job"],
        start=seconds(request, "from"),
        end=seconds(request, "to"),
        words=flag(request, "words", default=True),
        after=read_key(request.query.get("cursor")),
        limit=number(request, "limit", 500, 1, 5000),
    )
    response = answer(found)
    response.etag = ETag(f"{found.job_id}-{found.revision}")
    return response


@routes.get("/api/jobs/{job}/output.{format}")
async def output(request: web.Request) -> web.StreamResponse:
    """Rendered from what is committed, also while the job runs."""
    form = next((f for f in FORMATS if f == request.match_info["format"]), None)
    if form is None:
        known = ", ".join(FORMATS)
        raise StenoError("format_unknown", name=request.match_info["format"], known=known)
    daemon = request.app[DAEMON]
    job_id = await daemon.jobs.find(request.match_info["job"])
    job = await daemon.db.read(lambda db: jobs.get(db, job_id))
    if job is None:
        raise StenoError("job_not_found", job=job_id)
    async with daemon.db.snapshot() as reader:
        text = rendered(reader, job, form)
        first = await asyncio.to_thread(some, text)
        response = web.StreamResponse()
        response.content_type = TYPES[form]
        response.charset = "utf-8"
        await response.prepare(request)
        while first:
            async with asyncio.timeout(SEND_TIMEOUT):  # the view of the database must not stay open
                await response.write(first)
            first = await asyncio.to_thread(some, text)
        await response.write_eof()
    return response


def some(text: Iterator[str]) -> bytes:
    """The next `CHUNK` characters or so."""
    parts, size = [], 0
    for part in text:
        parts.append(part)
        size += len(part)
        if size >= CHUNK:
            break
    return "".join(parts).encode()


def read_key(cursor: str | None) -> CueKey | None:
    if cursor is None:
        return None
    segment, _, n = cursor.partition(".")
    if not (segment.isdecimal() and n.isdecimal() and len(cursor) < 20):
        raise StenoError("bad_request", why=f"{cursor!r} is not a cursor of this transcript.")
    return CueKey(int(segment), int(n))
