"""Requests to structs and structs to answers."""

import re
from typing import Any, TypeVar

import msgspec
from aiohttp import ETag, web
from aiohttp.helpers import ETAG_ANY

from steno.api.keys import DAEMON
from steno.errors import Problem, StenoError, sentence

T = TypeVar("T")
MOST_BODY = 2**20
"""Bytes of a JSON body."""
HALF_PAIR = re.compile(
    rb"\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]"
)
"""In JSON, which names characters beyond U+FFFF by two halves."""


async def body(request: web.Request, kind: type[T], *, default: T | None = None) -> T:
    """The JSON body as a `kind`; an empty one is `default` where that is given.

    Raises `bad_request`, `setting_invalid`, `too_large`, `too_slow` or
    `stopping`.
    """
    raw = await request.app[DAEMON].intake.read(request.read)
    if not raw and default is not None:
        return default
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise StenoError("bad_request", why=sentence(error, kind)) from error
    except RecursionError as error:
        raise StenoError("bad_request", why="The body is nested too deeply.") from error
    except UnicodeDecodeError as error:
        raise StenoError("bad_request", why="The body is not UTF-8.") from error
    except msgspec.DecodeError as error:
        why = f"The body is not the JSON expected: {error}."
        if HALF_PAIR.search(raw):
            why = "The body has half a surrogate pair, \\uD800 to \\uDFFF, which is not Unicode."
        raise StenoError("bad_request", why=why) from error


def answer(value: Any, *, status: int = 200) -> web.Response:
    return encoded(msgspec.json.encode(value), status=status)


def encoded(body: bytes, *, status: int = 200) -> web.Response:
    """An answer that was encoded elsewhere, so that the loop's thread is not held."""
    return web.Response(body=body, status=status, content_type="application/json")


def conditional(request: web.Request, body: bytes, tag: str) -> web.Response:
    """An answer that was encoded elsewhere; 304 if the client has one of this `tag` at hand."""
    known = any(one.value in (tag, ETAG_ANY) for one in request.if_none_match or ())
    response = web.Response(status=304) if known else encoded(body)
    response.etag = ETag(tag, is_weak=True)
    return response


def problem(found: Problem, *, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(found),
        status=found.status,
        content_type="application/problem+json",
        headers=headers,
    )
