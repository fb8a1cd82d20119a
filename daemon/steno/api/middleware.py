"""What every request passes: whose it is, and errors as problem+json."""

import logging
import os
import socket
import struct

from aiohttp import web
from aiohttp.typedefs import Handler

from steno.api.codec import problem
from steno.api.keys import LOCAL
from steno.errors import StenoError

log = logging.getLogger(__name__)

CREDENTIALS = struct.Struct("3i")
"""pid, uid and gid, as SO_PEERCRED gives them."""


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except StenoError as error:
        retry = {"Retry-After": "5"} if error.problem.status in (429, 503) else None
        return problem(error.problem, headers=retry)
    except web.HTTPNotFound:
        return problem(StenoError("not_found", what=request.path).problem)
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        found = StenoError(
            "method_not_allowed", method=error.method, what=request.path, allowed=allowed
        )
        return problem(found.problem, headers={"Allow": allowed})
    except web.HTTPRequestEntityTooLarge:
        return problem(StenoError("too_large", limit=request.client_max_size).problem)
    except web.HTTPException:
        raise
    except ConnectionResetError:
        raise  # the client went away; there is nobody to answer
    except Exception as error:
        log.exception("%s %s broke", request.method, request.path)
        why = f"{type(error).__name__}."
        return problem(StenoError("internal", why=why).problem)


@web.middleware
async def own_user_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The socket's folder keeps others out; this holds where its modes were changed."""
    request[LOCAL] = over_unix(request)
    peer = peer_uid(request)
    if peer is not None and peer not in (os.getuid(), 0):
        raise StenoError("forbidden_peer", owner=os.getuid(), peer=peer)
    return await handler(request)


def over_unix(request: web.Request) -> bool:
    connection = request.get_extra_info("socket")
    return connection is not None and connection.family == socket.AF_UNIX


def peer_uid(request: web.Request) -> int | None:
    """User id at the other end of a Unix socket, where the system tells it."""
    if not over_unix(request):
        return None
    connection = request.get_extra_info("socket")
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    return int(CREDENTIALS.unpack(raw)[1])
