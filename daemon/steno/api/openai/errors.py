"""Errors in OpenAI's shape."""

import re

import msgspec
from aiohttp import web
from msgspec import Struct

from steno.errors import Problem

STATUSES = {422: 400}
"""OpenAI's own service answers 400 to what cannot be processed."""
CODES = {"unauthorized": "invalid_api_key"}
PARAMETERS = {
    "media": "file", "file": "file", "upload": "file", "uploads": "file", "model": "model",
    "backend": "model", "language": "language",
}  # fmt: skip
"""Which field is to blame, by the beginning of the code."""


class FailureDetail(Struct, frozen=True, kw_only=True):
    message: str
    type: str
    """`invalid_request_error`, `rate_limit_error` or `server_error`."""
    param: str | None
    """Name of the field that is to blame."""
    code: str
    """As in docs/errors.md, but for `invalid_api_key`."""


class Failure(Struct, frozen=True, kw_only=True):
    """Answer to a request that was refused or failed."""

    error: FailureDetail


def failure(found: Problem) -> Failure:
    return Failure(
        error=FailureDetail(
            message=f"{found.detail} {found.hint}".strip(),
            type=kind(found.status),
            param=parameter(found),
            code=CODES.get(found.code, found.code),
        )
    )


def response(found: Problem, *, headers: dict[str, str] | None = None) -> web.Response:
    # OpenAI's own clients try again by themselves after 409 and 5xx unless told not to.
    again = {"X-Should-Retry": "true" if found.retryable else "false"}
    return web.Response(
        body=msgspec.json.encode(failure(found)),
        status=STATUSES.get(found.status, found.status),
        content_type="application/json",
        headers=again | (headers or {}),
    )


def kind(status: int) -> str:
    if status == 429:
        return "rate_limit_error"
    return "server_error" if status >= 500 else "invalid_request_error"


def parameter(found: Problem) -> str | None:
    if found.status >= 500:
        return None
    if found.code == "bad_request":  # `response_format: invalid enum value …`
        name, colon, _ = found.detail.partition(": ")
        return re.sub(r"\[\d+\]$", "", name) if colon and " " not in name else None
    return PARAMETERS.get(found.code.partition("_")[0])
