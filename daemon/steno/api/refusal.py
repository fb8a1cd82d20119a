"""An error in the shape that the client of a route expects."""

from aiohttp import web

from steno.api import codec
from steno.api.openai import errors as openai
from steno.errors import Problem


def refusal(
    request: web.BaseRequest, found: Problem, *, headers: dict[str, str] | None = None
) -> web.Response:
    """problem+json, or OpenAI's shape under `/v1/`."""
    if request.path.startswith("/v1/"):
        return openai.response(found, headers=headers)
    return codec.problem(found, headers=headers)
