"""Sending an answer piece by piece to a client that may be slow, or gone."""

import asyncio
from collections.abc import Coroutine

from aiohttp import web

SEND_TIMEOUT = 60.0
"""Seconds a client may take for a piece."""


class SlowClient(ConnectionError):
    """It does not take what it is sent."""


async def send(response: web.StreamResponse, data: bytes) -> None:
    """Raises SlowClient, or another ConnectionError if the client is gone."""
    await within(response.write(data))


async def finish(response: web.StreamResponse) -> None:
    """Raises as `send`."""
    await within(response.write_eof())


async def within(sending: Coroutine[None, None, None]) -> None:
    try:
        async with asyncio.timeout(SEND_TIMEOUT):
            await sending
    except TimeoutError as error:
        raise SlowClient(f"it took nothing for {SEND_TIMEOUT:g} s") from error
