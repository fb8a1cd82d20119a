"""All routes, in the order of the documentation, and their description."""

import asyncio
import functools
import threading

import msgspec
from aiohttp import web

from steno.api import (
    config,
    cues,
    events,
    jobs,
    model_cache,
    models,
    system,
    transcripts,
    uploads,
    waveforms,
)
from steno.api.codec import encoded
from steno.api.openai import audio
from steno.api.openapi import document
from steno.api.route import Routes

GROUPS: tuple[Routes, ...] = (
    system.routes,
    config.routes,
    jobs.routes,
    model_cache.routes,
    models.routes,
    uploads.routes,
    transcripts.routes,
    waveforms.routes,
    cues.routes,
    events.routes,
    audio.routes,
)


ONE_AT_A_TIME = threading.Lock()
"""Python 3.11 fails where two threads parse at once, and one description is enough."""


def description() -> bytes:
    """OpenAPI 3.1 as JSON. Made when it is first asked for, which takes some 20 ms."""
    with ONE_AT_A_TIME:
        return made()


@functools.cache
def made() -> bytes:
    return msgspec.json.encode(document(GROUPS))


@system.routes.get("/api/openapi.json", media={"application/json": "OpenAPI 3.1"})
async def openapi() -> web.Response:
    """This interface, described for programs: what this page is made of."""
    return encoded(await asyncio.to_thread(description))
