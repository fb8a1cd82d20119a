"""What the daemon does with the files of a model that is here: a bar on a terminal."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

from rich.text import Text

from steno.client import Client, payload
from steno.client.catalogue import under_way
from steno.errors import StenoError
from steno.wire.models import Download, ModelInfo, ModelProgressEvent, model_channel
from steno_tui import bars, output
from steno_tui.screen import Block


class Screen(Block):
    """`what` is done with one model, and how far it is."""

    def __init__(self, model: ModelInfo, what: str) -> None:
        super().__init__()
        self.model = model
        self.now = Download(status="downloading", revision=None, message=what)
        self.done = False

    def lines(self, columns: int, rows: int, symbols: str) -> Sequence[Text]:
        if self.done:
            return []
        names = min(output.width(self.model.name), bars.NAME_COLUMNS, columns)
        line = bars.running(self.model.name, self.now, names, columns, symbols)
        said = Text("  " + output.start(self.now.message, columns - 2), style="dim", no_wrap=True)
        return [line, said][:rows]


@asynccontextmanager
async def shown(client: Client, model: ModelInfo, what: str) -> AsyncIterator[None]:
    """Shows how far it is while a block waits for it."""
    if not output.is_terminal(stderr=True) or output.is_dumb():
        yield
        return
    with Screen(model, what) as screen:
        following = asyncio.create_task(follow(client, screen))
        try:
            yield
        finally:
            screen.done = True  # what became of it is told instead
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


async def follow(client: Client, screen: Screen) -> None:
    """Without events the bar stands still, and nobody is kept from the end."""
    try:
        async with aclosing(client.events([model_channel(screen.model.name)])) as events:
            async for event in events:
                if isinstance(news := payload(event), ModelProgressEvent):
                    screen.now = under_way(screen.model, news)
    except StenoError:
        return
