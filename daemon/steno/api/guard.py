"""Who may come in, at either door.

At the Unix socket it is the user whose daemon this is. At the TCP door, where every user of the
machine and every web page can knock, it is who

1. names this door in `Host`, exactly: a page whose name was rebound to this address does not;
2. is no web page, or one that is listed: a browser tells of them in `Origin` and `Sec-Fetch-Site`;
3. sends the token.

A page that cannot be told from a program at one door is refused at both.
"""

import hmac
import os
import re
import socket
import struct

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from steno.api.keys import DAEMON, LOCAL
from steno.api.refusal import refusal
from steno.errors import StenoError
from steno.tcp import TcpDoor

CREDENTIALS = struct.Struct("3i")
"""pid, uid and gid, as SO_PEERCRED gives them."""
OWN_SITE = ("none", "same-origin")
"""Values of `Sec-Fetch-Site` that no page of somebody else causes. Pages of other ports of this
machine are `same-site`."""
LISTED: web.RequestKey[str] = web.RequestKey("listed", str)
"""The listed origin a request comes from."""

PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Max-Age": "600",
}
FIELDS = (
    "Authorization", "Content-Range", "Content-Type", "If-Match", "If-None-Match",
    "Last-Event-ID", "Repr-Digest",
)  # fmt: skip
"""Headers of requests that a page may send."""
OF_OPENAI = re.compile(r"x-stainless-[a-z-]{1,40}|openai-[a-z-]{1,40}|user-agent")
"""Those that OpenAI's own client sends beside them; their names change with its versions."""
EXPOSED = "ETag, Location, Retry-After, Steno-Job, Steno-Known, X-Should-Retry"
"""Headers of answers that a page may read."""


@web.middleware
async def admitted(request: web.Request, handler: Handler) -> web.StreamResponse:
    return admit(request) or await handler(request)


async def expected(request: web.Request) -> web.Response | None:
    """Answers `Expect: 100-continue`, which aiohttp does before anything else: who is refused
    need not send the body."""
    try:
        if answer := admit(request):
            return answer
    except StenoError as error:
        return refusal(request, error.problem)
    if request.headers[hdrs.EXPECT].lower() == "100-continue" and request.version >= (1, 1):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun
    return None


def admit(request: web.Request) -> web.Response | None:
    """Raises StenoError unless the request may pass. A preflight is answered here."""
    daemon = request.app[DAEMON]
    local = request[LOCAL] = over_unix(request)
    if local:
        check_peer(request)
    else:
        check_host(request, daemon.tcp)
    check_page(request, daemon.config.tcp.origins)
    if LISTED in request and is_preflight(request):
        return web.Response(status=204, headers=PREFLIGHT | fields_allowed(request))
    if not local:
        check_token(request, daemon.tcp)
    if not request.raw_path.isascii():  # as aiohttp's parser in Python lets it through
        raise StenoError("bad_request", why="The address must be percent-encoded.")
    check_encoding(request)
    return None


def over_unix(request: web.Request) -> bool:
    connection = request.get_extra_info("socket")
    return connection is not None and connection.family == socket.AF_UNIX


def check_peer(request: web.Request) -> None:
    """The socket's folder keeps others out; this holds where its modes were changed."""
    peer = peer_uid(request)
    if peer is not None and peer not in (os.getuid(), 0):
        raise StenoError("forbidden_peer", owner=os.getuid(), peer=peer)


def peer_uid(request: web.Request) -> int | None:
    """User id at the other end of a Unix socket, where the system tells it."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    connection = request.get_extra_info("socket")
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    return int(CREDENTIALS.unpack(raw)[1])


def check_host(request: web.Request, door: TcpDoor | None) -> None:
    named = request.headers.getall(hdrs.HOST, [])
    if not request.raw_path.startswith("/"):  # a proxy's request line names a host, too
        named = [request.raw_path]
    if door is None or len(named) != 1 or named[0] not in door.hosts:
        raise StenoError("forbidden_host", host=", ".join(named) or "an address without a name")


def check_page(request: web.Request, listed: tuple[str, ...]) -> None:
    origins = request.headers.getall(hdrs.ORIGIN, [])
    if len(origins) == 1 and origins[0] in listed:
        request[LISTED] = origins[0]
        return
    sites = request.headers.getall("Sec-Fetch-Site", [])
    if origins or any(site not in OWN_SITE for site in sites):
        raise StenoError("forbidden_origin", origin=", ".join(origins) or "another site")


def is_preflight(request: web.Request) -> bool:
    return request.method == "OPTIONS" and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers


def fields_allowed(request: web.Request) -> dict[str, str]:
    """Which headers a page may send of those it asks for."""
    asked = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_HEADERS, "").lower().split(",")
    known = dict.fromkeys(name for name in map(str.strip, asked) if OF_OPENAI.fullmatch(name))
    return {"Access-Control-Allow-Headers": ", ".join([*FIELDS, *known])}


def check_token(request: web.Request, door: TcpDoor | None) -> None:
    given = request.headers.getall(hdrs.AUTHORIZATION, [])
    scheme, _, secret = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    known = door is not None and hmac.compare_digest(
        secret.strip().encode("utf-8", "surrogateescape"), door.token
    )
    if scheme.lower() != "bearer" or not known:
        raise StenoError("unauthorized")


def check_encoding(request: web.Request) -> None:
    """Nothing is inflated, as a small body could be a huge one."""
    for name in request.headers.getall(hdrs.CONTENT_ENCODING, []):
        if name.strip().lower() not in ("", "identity"):
            raise StenoError("encoding_unsupported", name=name)


async def dress(request: web.Request, response: web.StreamResponse) -> None:
    """What browsers must know of an answer; for `on_response_prepare`."""
    if request.get(LOCAL, False):
        return
    headers = response.headers
    headers.setdefault("Cache-Control", "no-store")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers.add("Vary", "Origin")
    if origin := request.get(LISTED):
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = EXPOSED
