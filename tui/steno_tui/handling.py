"""What the daemon does with the files of a model that is here: a bar on a terminal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from msgspec.structs import replace

from steno.client import Client, payload
from steno.client.catalogue import under_way
from steno.errors import StenoError
from steno.wire.models import Download, ModelInfo, ModelProgressEvent, model_channel
from steno_tui import bars, output


@asynccontextmanager
async def shown(client: Client, model: ModelInfo, what: str) -> AsyncIterator[None]:
    """Shows how far `what` is done with `model` while a block waits for it."""
    if not output.is_terminal(stderr=True) or output.is_dumb():
        yield
        return
    begun = Download(status="downloading", revision=None, message=what)
    views = {model.name: replace(model, download=begun)}
    with bars.Screen() as screen:
        screen.begin(views)
        following = asyncio.create_task(follow(client, model.name, views))
        try:
            yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            views.clear()  # what became of it is told instead


async def follow(client: Client, name: str, views: dict[str, ModelInfo]) -> None:
    """Without events the bar stands still, and nobody is kept from the end."""
    try:
        async with aclosing(client.events([model_channel(name)])) as events:
            async for event in events:
                if isinstance(news := payload(event), ModelProgressEvent):
                    views[name] = replace(views[name], download=under_way(views[name], news))
    except StenoError:
        return
