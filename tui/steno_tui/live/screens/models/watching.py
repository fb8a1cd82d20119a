"""What is in memory, asked for while it is looked at: no event tells of it."""

from collections.abc import Callable, Sequence

from steno.errors import StenoError
from steno.wire.models import CacheState, Preloads
from steno_tui.live.host import Host
from steno_tui.live.screens.models.memory import Held, held

AGAIN = 2.0
"""Seconds between two looks."""


class Watching:
    """`rows` as last told. `arrived` is called when they came."""

    def __init__(self, host: Host, arrived: Callable[[], None]) -> None:
        self.rows: Sequence[Held] = []
        self.cache: CacheState | None = None
        self.problem: StenoError | None = None
        """Why the last question was in vain."""
        self.folder = ""
        """Where models lie, once it is known."""
        self._host = host
        self._arrived = arrived

    async def look(self) -> None:
        """Asks once, unless there is no daemon."""
        if self._host.world.link.status != "live":
            return
        client = self._host.client
        try:
            if not self.folder:
                self.folder = (await client.models(limit=1)).folder
            self.take(await client.cache(), await client.preloads())
        except StenoError as error:  # shown where the rows would be: it comes every other second
            self.problem = error
        self._arrived()

    def take(self, cache: CacheState, preloads: Preloads) -> None:
        self.problem = None
        self.cache, self.rows = cache, held(cache, preloads)

    def place(self, ident: str | None) -> int | None:
        """The row of what is called so."""
        return next((row for row, one in enumerate(self.rows) if one.ident == ident), None)

    def holds(self, name: str) -> bool:
        return any(one.name == name and one.model is not None for one in self.rows)

    def failed(self, name: str) -> bool:
        """Whether it was to be loaded ahead and could not be."""
        found = (one.preload for one in self.rows if one.name == name)
        return any(one is not None and one.status == "failed" for one in found)
