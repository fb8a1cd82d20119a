"""What every screen of the application has: the top, its own body, the keys at the bottom."""

from collections.abc import Iterable
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from steno_tui.live.host import Host
from steno_tui.live.widgets.hints import Hints
from steno_tui.live.widgets.top import Top
from steno_tui.live.world import World


class View(Screen[None]):
    """A screen under the top. `body` gives its widgets; `show` is called with what is known now
    and whenever it changes, while the screen is the one that is seen."""

    app = getters.app(Host)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (112, "-wide")]  # noqa: RUF012 - as Textual has it
    VERTICAL_BREAKPOINTS = [(0, "-low"), (28, "-high"), (36, "-tall")]  # noqa: RUF012
    MODE: ClassVar[str]
    """The mode it belongs to."""
    _facts: tuple[object, ...] = ()
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
        self.show(self.app.world)

    def _show(self, world: World) -> None:
        if self.app.is_running and self.is_current:
            self.show(world)

    def offer(self, *facts: object) -> None:
        """Keys are offered anew where `facts`, on which they depend, are others by now: making the
        bottom of the screen costs more than all that is above it."""
        if facts != self._facts:
            self._facts = facts
            self.refresh_bindings()

    def show(self, world: World) -> None:
        """Brings what is seen up to `world`."""
