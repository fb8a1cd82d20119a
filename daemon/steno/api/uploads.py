"""Uploads: send, go on sending, look, remove."""

import base64
import binascii
import re
from collections.abc import AsyncIterator

from aiohttp import hdrs, web

from steno.api.codec import answer
from steno.api.intake import Intake
from steno.api.keys import Daemon
from steno.api.route import Routes
from steno.errors import StenoError
from steno.jobs.uploads import Span
from steno.wire import Upload, Uploads

routes = Routes(
    "Uploads",
    """Who cannot name a file of this machine sends it, and then adds a job with its `upload` in
place of a `path`. Subtitles of such a job are fetched from `output.srt` and the like.

An upload that broke off is kept under its name. `GET` tells how many bytes came, and a `PUT` with
`Content-Range: bytes FIRST-LAST/TOTAL` goes on there; a file may also be sent in parts on purpose.
`Content-Range: bytes */TOTAL` and no body finishes one of which all came. Without `Content-Range`
it begins anew. What is refused leaves nothing behind. An upload goes with its job, and when the job
is complete; incomplete and unused ones go after `[uploads] keep_hours`. One on which
nothing comes for `[requests] timeout` ends with 408 `too_slow`; what came is kept.""",
)

RANGE = re.compile(r"bytes +(?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18})", re.ASCII | re.IGNORECASE)
DIGEST = re.compile(r"(?:^|,)\s*sha-256\s*=\s*:([A-Za-z0-9+/=]*):", re.ASCII)
"""RFC 9530."""


@routes.put(
    "/api/uploads/{name}",
    takes="application/octet-stream",
    gives=Upload,
    status=201,
    also={202: "A part came."},
    reads={
        "Content-Range": "`bytes FIRST-LAST/TOTAL`, or `bytes */TOTAL` without a body.",
        "Repr-Digest": "`sha-256=:BASE64:` of the whole.",
    },
    headers={"Location": "Of the upload, once it is complete."},
    refuses=(
        "upload_busy", "upload_range", "upload_incomplete", "upload_too_large", "uploads_full",
        "upload_damaged", "upload_not_found", "media_empty", "media_type_unsupported", "too_slow",
    ),
    curl='-T "$FILM"',
)  # fmt: skip
async def put(daemon: Daemon, request: web.Request, name: str) -> web.Response:
    """Sends a file, or goes on with it.

    The name is for display only. 201 says that the file is complete and on the disk; 202 says the
    same of a part. `Repr-Digest: sha-256=:BASE64:` (RFC 9530) has the whole compared with what was
    sent.
    """
    if request.content_type.startswith("multipart/"):
        wanted = "the bytes of the file as they are"
        raise StenoError("media_type_unsupported", name=request.content_type, wanted=wanted)
    daemon.intake.check()
    found = await daemon.uploads.put(
        name,
        chunks(daemon.intake, request),
        span=span(request),
        length=request.content_length,
        sha256=digest(request),
    )
    response = answer(found, status=201 if found.complete else 202)
    if found.complete:
        response.headers[hdrs.LOCATION] = f"/api/uploads/{found.id}"
    return response


@routes.get("/api/uploads")
async def all_of_them(daemon: Daemon) -> Uploads:
    """All uploads, at most 1,000: those still being sent, then the others, newest first."""
    return Uploads(uploads=await daemon.uploads.all())


@routes.get("/api/uploads/{name}", refuses=("upload_not_found",))
async def get(daemon: Daemon, name: str) -> Upload:
    """One upload, by id or name; of one name that still being sent, or else the newest."""
    return await daemon.uploads.find(name)


@routes.delete("/api/uploads/{name}", refuses=("upload_not_found", "upload_in_use", "upload_busy"))
async def remove(daemon: Daemon, name: str) -> None:
    """Removes an upload, also one that is not complete. Its jobs must be complete or removed."""
    await daemon.uploads.remove(name)


async def chunks(intake: Intake, request: web.Request) -> AsyncIterator[bytes]:
    """The body as it comes. Raises `too_slow` or `stopping`."""
    while data := await intake.read(request.content.readany):
        yield data


def span(request: web.Request) -> Span | None:
    """What `Content-Range` says. Raises `bad_request`."""
    given = request.headers.get(hdrs.CONTENT_RANGE)
    if given is None:
        return None
    match = RANGE.fullmatch(given.strip())
    if match is None:
        raise StenoError("bad_request", why="Content-Range must be `bytes FIRST-LAST/TOTAL`.")
    first, last, total = (None if part is None else int(part) for part in match.groups())
    assert total is not None
    if first is None or last is None:
        return Span(None, 0, total)
    if not first <= last < total:
        raise StenoError("bad_request", why="Content-Range contradicts itself.")
    return Span(first, last + 1, total)


def digest(request: web.Request) -> str | None:
    """The SHA-256 in `Repr-Digest`, hex. Raises `bad_request`."""
    match = DIGEST.search(request.headers.get("Repr-Digest", ""))
    if match is None:
        return None
    try:
        found = base64.b64decode(match[1], validate=True)
    except binascii.Error:
        found = b""
    if len(found) != 32:
        raise StenoError("bad_request", why="Repr-Digest holds no SHA-256.")
    return found.hex()
