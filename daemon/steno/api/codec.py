"""Requests to structs and structs to answers."""

import asyncio
import math
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from steno.api.keys import DAEMON
from steno.errors import Problem, StenoError, sentence

T = TypeVar("T")
MOST_BODY = 2**20
"""Bytes of a JSON body."""


async def body(request: web.Request, kind: type[T], *, default: T | None = None) -> T:
    """The JSON body as a `kind`; an empty one is `default` where that is given.

    Raises `bad_request`, `setting_invalid`, `too_large` or `too_slow`.
    """
    limit = request.app[DAEMON].config.requests.timeout
    try:
        async with asyncio.timeout(limit):
            raw = await request.read()
    except TimeoutError as error:
        raise StenoError("too_slow", limit=f"{limit:g}") from error
    if not raw and default is not None:
        return default
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise StenoError("bad_request", why=sentence(error)) from error
    except RecursionError as error:
        raise StenoError("bad_request", why="The body is nested too deeply.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StenoError(
            "bad_request", why=f"The body is not the JSON expected: {error}."
        ) from error


def answer(value: Any, *, status: int = 200) -> web.Response:
    return encoded(msgspec.json.encode(value), status=status)


def encoded(body: bytes, *, status: int = 200) -> web.Response:
    """An answer that was encoded elsewhere, so that the loop's thread is not held."""
    return web.Response(body=body, status=status, content_type="application/json")


def problem(found: Problem, *, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(found),
        status=found.status,
        content_type="application/problem+json",
        headers=headers,
    )


def number(request: web.Request, name: str, default: int, low: int, high: int) -> int:
    """A whole number of the query. Raises `bad_request`."""
    raw = request.query.get(name)
    if raw is None:
        return default
    if not raw.isdecimal() or len(raw) > 9 or not low <= int(raw) <= high:
        raise StenoError("bad_request", why=f"{name} must be a number from {low} to {high}.")
    return int(raw)


def seconds(request: web.Request, name: str) -> float | None:
    """A moment of the media in the query. Raises `bad_request`."""
    raw = request.query.get(name)
    if raw is None:
        return None
    try:
        value = float(raw)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise StenoError("bad_request", why=f"{name} must be a number of seconds.")
    return value


def flag(request: web.Request, name: str, *, default: bool) -> bool:
    """A yes or no of the query. Raises `bad_request`."""
    raw = request.query.get(name)
    if raw is None:
        return default
    if raw not in ("true", "false", "1", "0"):
        raise StenoError("bad_request", why=f"{name} must be true or false.")
    return raw in ("true", "1")
