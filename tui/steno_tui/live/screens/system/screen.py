"""The daemon, its plugins, its log and its settings."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from steno_tui.live.keys import key, quiet
from steno_tui.live.screens.system.daemon import DaemonSection
from steno_tui.live.screens.system.log import LogSection
from steno_tui.live.screens.system.plugins import PluginsSection
from steno_tui.live.screens.system.section import Section
from steno_tui.live.screens.system.settings import SettingsSection
from steno_tui.live.screens.view import View
from steno_tui.live.widgets.chips import Chip, Chips
from steno_tui.live.world import World
from steno_tui.texts import _

SECTIONS = (
    Chip("state", _("Daemon")),
    Chip("offers", _("Plugins")),
    Chip("records", _("Log")),
    Chip("config", _("Configuration")),
)


class SystemScreen(View):
    """Four sections, of which one is seen."""

    MODE = "system"
    ABOUT = _(
        "What the daemon does and has: workers and memory, plugins and what they lack, its log, "
        "and its settings, which you can change here."
    )
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("system.section", "f,right", "section(1)", _("Section"), _("The next section")),
        quiet("system.section_back", "F,left", "section(-1)", _("Section back")),
    ]
    _was = ""
    """How the connection was."""

    def body(self) -> Iterable[Widget]:
        yield Chips(SECTIONS, "state", id="sections")
        with ContentSwitcher(initial="state"):
            yield DaemonSection(id="state")
            yield PluginsSection(id="offers")
            yield LogSection(id="records")
            yield SettingsSection(id="config")

    def on_mount(self) -> None:
        super().on_mount()
        self.section.enter()

    @property
    def section(self) -> Section:
        """The one that is seen."""
        return self.query_one(f"#{self.query_one('#sections', Chips).chosen}", Section)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.section.look()

    def show(self, world: World) -> None:
        if world.link.status != self._was:
            self._was = world.link.status
            self.section.draw()
            self.section.look()

    def action_section(self, by: int) -> None:
        self._go(self.query_one("#sections", Chips).step(by))

    @on(Chips.Chosen, "#sections")
    def chosen(self, event: Chips.Chosen) -> None:
        self._go(event.key)

    def _go(self, key: str) -> None:
        self.query_one("#sections", Chips).chosen = key
        self.query_one(ContentSwitcher).current = key
        self.section.enter()
