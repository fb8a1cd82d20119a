"""Errors as answers."""

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from steno.api.refusal import refusal
from steno.errors import StenoError

log = logging.getLogger(__name__)

HEADERS: dict[int, dict[str, str]] = {
    401: {"WWW-Authenticate": "Bearer"},
    429: {"Retry-After": "5"},
    503: {"Retry-After": "5"},
}
"""Of answers with these states."""
BEGUN: web.RequestKey[web.StreamResponse] = web.RequestKey("begun", web.StreamResponse)
"""The answer whose head is sent, so that there can be no other."""


async def note(request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`."""
    request[BEGUN] = response


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await unbroken(request, handler)
    except StenoError as error:
        return refusal(request, error.problem, headers=HEADERS.get(error.problem.status))
    except web.HTTPNotFound:
        return refusal(request, StenoError("not_found", what=request.path).problem)
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        found = StenoError(
            "method_not_allowed", method=error.method, what=request.path, allowed=allowed
        )
        return refusal(request, found.problem, headers={"Allow": allowed})
    except web.HTTPRequestEntityTooLarge:
        large = StenoError("too_large", what="The body", limit=request.client_max_size)
        return refusal(request, large.problem)
    except (web.RequestPayloadError, HttpProcessingError):
        return refusal(
            request, StenoError("bad_request", why="The body is not sent as HTTP asks.").problem
        )
    except web.HTTPException:
        raise
    except ConnectionResetError:
        raise  # the client went away; there is nobody to answer
    except Exception as error:
        log.exception("%s %s broke", request.method, request.path)
        why = f"{type(error).__name__}."
        return refusal(request, StenoError("internal", why=why).problem)


async def unbroken(request: web.Request, handler: Handler) -> web.StreamResponse:
    """An answer that breaks off ends its connection: no other can follow, and the client sees that
    it is not whole."""
    try:
        return await handler(request)
    except Exception as error:
        if BEGUN not in request:
            raise
        if isinstance(error, ConnectionError):
            log.debug("%s %s was not sent whole: %s", request.method, request.path, error)
        else:
            log.exception("%s %s broke off", request.method, request.path)
        if request.transport is not None:
            request.transport.abort()  # closing would wait for a client that takes nothing
        return request[BEGUN]
