"""Steno live without a terminal, before a real daemon or a stand-in."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from harness import until
from steno.paths import Paths
from steno_tui.live.app import StenoApp
from steno_tui.live.preferences import Preferences
from steno_tui.live.screens.transcript import TranscriptScreen


class Live:
    """The application, and what a person sees and does."""

    def __init__(self, app: StenoApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> Screen[Any]:
        return self.app.screen

    @property
    def lines(self) -> list[str]:
        """What is on the screen."""
        strips = self.app.screen._compositor.render_strips()
        return [strip.text.rstrip() for strip in strips]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def line(self, part: str) -> str:
        """The first line that has `part`."""
        return next(line for line in self.lines if part in line)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, condition: Callable[[], Any], what: str = "") -> None:
        """Waits, at most half a minute."""

        async def met() -> bool:
            await self.pilot.pause()
            return bool(condition())

        try:
            await until(met, what=what or "it comes")
        except AssertionError as error:
            raise AssertionError(f"{what}; the screen:\n{self.text}") from error

    async def seen(self, *parts: str) -> None:
        """Waits until all of `parts` are on the screen."""
        await self.until(lambda: all(part in self.text for part in parts), f"{parts} is seen")

    async def unseen(self, part: str) -> None:
        await self.until(lambda: part not in self.text, f"{part} is gone")

    async def open(self, name: str) -> TranscriptScreen:
        """Opens the transcript of the job under the cursor, whose name is `name`."""
        await self.seen(name)
        await self.press("enter")
        await self.until(lambda: isinstance(self.screen, TranscriptScreen), "it opens")
        screen = self.screen
        assert isinstance(screen, TranscriptScreen)
        await self.until(lambda: screen.script.complete, "all of it is there")
        return screen


@contextlib.asynccontextmanager
async def opened(
    paths: Paths, *, size: tuple[int, int] = (100, 30), **wanted: Any
) -> AsyncIterator[Live]:
    """The application of the person whose folders are `paths`, once it is connected."""
    app = StenoApp(paths, Preferences(**wanted))
    async with app.run_test(size=size, notifications=True) as pilot:
        live = Live(app, pilot)
        await live.until(lambda: app.world.link.status == "live", "the daemon is there")
        yield live
