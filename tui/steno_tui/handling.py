"""What the daemon does with the files of a model that is here: a bar on a terminal."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

import msgspec
from rich.text import Text

from steno.client import Client
from steno.errors import StenoError
from steno.wire.models import Download, ModelProgressEvent, model_channel
from steno_tui import bars, output
from steno_tui.screen import Block


class Screen(Block):
    """`what` is done with one model, and how far it is."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__()
        self._name = name
        self.now = Download(status="downloading", revision=None, message=what)
        self.done = False

    def lines(self, columns: int, rows: int, symbols: str) -> Sequence[Text]:
        if self.done:
            return []
        names = min(output.width(self._name), bars.NAME_COLUMNS, columns)
        line = bars.running(self._name, self.now, names, columns, symbols)
        said = Text("  " + output.start(self.now.message, columns - 2), style="dim", no_wrap=True)
        return [line, said][:rows]


@asynccontextmanager
async def shown(client: Client, name: str, what: str) -> AsyncIterator[None]:
    """Shows how far it is while a block waits for it."""
    if not output.is_terminal(stderr=True) or output.is_dumb():
        yield
        return
    with Screen(name, what) as screen:
        following = asyncio.create_task(follow(client, name, screen))
        try:
            yield
        finally:
            screen.done = True  # what became of it is told instead
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


async def follow(client: Client, name: str, screen: Screen) -> None:
    """Without events the bar stands still, and nobody is kept from the end."""
    try:
        async with aclosing(client.events([model_channel(name)])) as events:
            async for event in events:
                if event.type == "model_progress":
                    news = msgspec.convert(event.data, ModelProgressEvent)
                    screen.now = Download(
                        status="downloading",
                        revision=None,
                        downloaded_bytes=news.downloaded_bytes,
                        total_bytes=news.total_bytes,
                        progress=news.progress,
                        speed_mbps=news.speed_mbps,
                        eta_s=news.eta_s,
                        message=news.message,
                    )
    except StenoError:
        return
