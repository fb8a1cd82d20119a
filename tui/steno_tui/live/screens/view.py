"""What every screen of the application has: the top, its own body, the keys at the bottom."""

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual import events, getters
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from steno_tui.live.folders import existing
from steno_tui.live.host import Host
from steno_tui.live.pasted import paths_of
from steno_tui.live.widgets.hints import Hints
from steno_tui.live.widgets.top import Top
from steno_tui.live.world import World
from steno_tui.texts import _


class View(Screen[None]):
    """A screen under the top. `body` gives its widgets; `show` is called with what is known now
    and whenever it changes, while the screen is the one that is seen."""

    app = getters.app(Host)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (112, "-wide")]  # noqa: RUF012 - as Textual has it
    VERTICAL_BREAKPOINTS = [(0, "-low"), (28, "-high"), (36, "-tall")]  # noqa: RUF012
    AUTO_FOCUS = ""  # each screen says itself: the first field may be a hidden one
    MODE: ClassVar[str]
    """The mode it belongs to."""
    ABOUT: ClassVar[str] = ""
    """What one can do here, for the help."""

    def compose(self) -> ComposeResult:
        yield Top(self.MODE)
        yield from self.body()
        yield Hints(show_command_palette=False)

    def body(self) -> Iterable[Widget]:
        raise NotImplementedError

    def on_mount(self) -> None:
        self.watch(self.app, "world", self._show)

    def on_screen_resume(self) -> None:
        self._show(self.app.world)

    def _show(self, world: World) -> None:
        if self.app.is_running and self.is_current and self.query(Hints):  # it is all there
            self.show(world)

    @property
    def unsaved(self) -> str:
        """What would be lost if the application ended now; empty: nothing."""
        return ""

    def show(self, world: World) -> None:
        """Brings what is seen up to `world`."""

    async def on_paste(self, event: events.Paste) -> None:
        """Files that are dropped are offered for adding."""
        if found := await asyncio.to_thread(existing, paths_of(event.text)):
            self.app.add_files(found)
        else:
            self.app.tell(_("What was pasted names no file here."), warning=True)
