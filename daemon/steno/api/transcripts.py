"""What was said: by range as JSON, or whole as a subtitle file."""

import asyncio
import re
from pathlib import PurePosixPath
from typing import Annotated
from urllib.parse import quote

from aiohttp import web
from msgspec import Meta, Struct

from steno.api.codec import conditional
from steno.api.jobs import NAMED
from steno.api.keys import Daemon
from steno.api.route import Routes
from steno.api.sending import finish, send
from steno.errors import StenoError
from steno.wire import FORMATS, Format, Moment, Transcript

routes = Routes("What was said")

TYPES: dict[Format, str] = {
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "txt": "text/plain",
    "json": "application/json",
    "tsv": "text/tab-separated-values",
    "lrc": "application/x-lrc",
    "ass": "text/x-ssa",
}
CHUNK = 64 * 2**10
"""Bytes of a subtitle file sent at a time."""
CURSOR = r"^[0-9]{1,9}(\.[0-9]{1,20})?(e-[0-9]{1,3})?:[0-9]{1,9}\.[0-9]{1,9}$"


class CuesWanted(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"start": "from", "end": "to"},
):
    """Query of `GET …/transcript`."""

    start: Annotated[Moment, Meta(description="seconds; cues that end later")] | None = None
    end: Annotated[Moment, Meta(description="seconds; cues that begin earlier")] | None = None
    words: Annotated[bool, Meta(description="with the words of each cue")] = True
    limit: Annotated[int, Meta(ge=1, le=5000)] = 500
    cursor: Annotated[str, Meta(pattern=CURSOR, description="`next` of a page")] | None = None


@routes.get(
    "/api/jobs/{job}/transcript",
    gives=Transcript,
    reads={"If-None-Match": "`ETag` of an answer that is at hand."},
    headers={"ETag": "the same for the same answer, but for `as_of`"},
    refuses=NAMED,
    curl="?from=0&to=60",
)
async def transcript(
    daemon: Daemon, request: web.Request, job: str, query: CuesWanted
) -> web.Response:
    """What was said, by range: all that a client needs to know anew after a reconnection.

    Cues that touch `from` to `to` (seconds), in the order of their start. `source` is `aligned`,
    `checkpoint` (what is committed so far) or `none`; a cue's id never changes. `as_of` is the
    newest event that the answer contains.
    """
    found = await daemon.jobs.transcript(
        job,
        start=query.start,
        end=query.end,
        words=query.words,
        after=query.cursor,
        limit=query.limit,
    )
    return conditional(request, found.body, found.tag)


@routes.get(
    "/api/jobs/{job}/output.{format}",
    media={kind: form for form, kind in TYPES.items()},
    headers={"Content-Disposition": "the media's name with the format's ending"},
    refuses=(*NAMED, "format_unknown", "disk_full"),
)
async def output(daemon: Daemon, request: web.Request, job: str, format: str) -> web.StreamResponse:  # noqa: A002
    """The subtitles as a file, rendered from what is committed, also while the job runs."""
    form = next((f for f in FORMATS if f == format), None)
    if form is None:
        raise StenoError("format_unknown", name=format, known=", ".join(FORMATS))
    found = await daemon.jobs.get(job)
    async with daemon.results.file(found.id, form) as file:
        response = web.StreamResponse()
        response.content_type = TYPES[form]
        response.charset = "utf-8"
        response.headers["Content-Disposition"] = attachment(found.name, form)
        await response.prepare(request)
        while request.method != "HEAD" and (data := await asyncio.to_thread(file.read, CHUNK)):
            await send(response, data)
        await finish(response)
    return response


def attachment(name: str, form: Format) -> str:
    """`Content-Disposition` (RFC 6266) of the subtitles of the media `name`."""
    plain = "".join(c if c.isprintable() and c not in "/\\" else "_" for c in name)
    stem = PurePosixPath(plain).stem.strip(" .") or "subtitles"
    ascii_only = re.sub(r"[^A-Za-z0-9 ._()-]", "_", stem)
    return (
        f'attachment; filename="{ascii_only}.{form}"'
        f"; filename*=UTF-8''{quote(f'{stem}.{form}', safe='')}"
    )
