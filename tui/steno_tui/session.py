"""A command's way to the daemon."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from steno import __version__, paths
from steno.client import Client
from steno_tui import output, starter
from steno_tui.texts import _


@asynccontextmanager
async def connected() -> AsyncIterator[Client]:
    """A client whose daemon is started where none answers, at once or later."""
    where = paths.default()
    async with Client(paths.answering(where), revive=partial(starter.start, where)) as client:
        health = await client.health()
        if health.status == "stopping":
            health = await starter.start(where)  # waits for its end
        compare(health.version)
        yield client


@asynccontextmanager
async def present() -> AsyncIterator[Client]:
    """A client that starts nothing."""
    async with Client(paths.answering(paths.default())) as client:
        yield client


def compare(version: str) -> None:
    """Says so if the daemon is of another version."""
    if version != __version__:
        text = _(
            "the running daemon is version {theirs}, this command {ours}; `steno daemon stop` lets"
            " the next command start the new one."
        )
        output.note(text.format(theirs=version, ours=__version__))
