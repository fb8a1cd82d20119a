"""The daemon's settings: where each value comes from, and changing them."""

from collections.abc import Awaitable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from steno import wire
from steno_tui.live.keys import key
from steno_tui.live.screens.system import setting
from steno_tui.live.screens.system.change import Change
from steno_tui.live.screens.system.paint import painted
from steno_tui.live.screens.system.section import Section
from steno_tui.live.screens.system.setting import Entry
from steno_tui.live.widgets.rows import Row, Rows
from steno_tui.texts import _


class SettingsSection(Section):
    MAIN: ClassVar[str] = "#settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("system.change", "e", "change", _("Change"), _("Give the setting another value")),
        key(
            "system.reset",
            "d",
            "reset",
            _("Take back"),
            _("Go back to what the file or default says"),
        ),
        key("system.take_up", "t", "take_up", _("Take up"), _("Use now what was changed in files")),
        key("system.read", "r", "look", _("Read anew"), _("Read the files anew")),
    ]
    state: wire.ConfigState | None = None
    entries: Sequence[Entry] = ()

    def compose(self) -> ComposeResult:
        yield Static("", classes="note", markup=False)
        with Vertical(classes="content"):
            yield Rows(setting.COLUMNS, self._row, id="settings")
            with VerticalScroll(classes="about"):
                yield Static("", id="setting")

    @property
    def known(self) -> bool:
        return self.state is not None

    @property
    def entry(self) -> Entry | None:
        """The one under the cursor."""
        row = self.query_one("#settings", Rows).cursor
        return self.entries[row] if row < len(self.entries) else None

    async def ask(self) -> None:
        self._take(await self.app.client.config())

    def _take(self, state: wire.ConfigState) -> None:
        self.state, self.entries = state, setting.entries(state)

    def draw(self) -> None:
        broken = self.state.problem if self.state is not None else None
        self.say(_("✖ {problem} Until that is mended, this is how it was.").format(problem=broken)
                 if broken else "")  # fmt: skip
        rows = self.query_one("#settings", Rows)
        rows.count = len(self.entries)
        rows.changed()
        self._tell()

    def _row(self, row: int) -> Row | None:
        first = self.query_one("#settings", Rows).seen.start
        return setting.line(self.entries, row, first) if row < len(self.entries) else None

    @on(Rows.Moved, "#settings")
    def _tell(self) -> None:
        entry, state = self.entry, self.state
        shown = painted(setting.about(entry, state)) if entry and state else ""
        self.query_one("#setting", Static).update(shown)
        self.refresh_bindings()

    # Changing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        entry = self.entry if self.is_mounted else None
        one = entry.setting if entry is not None else None
        match action:
            case "change":
                return one is not None
            case "reset":
                return one is not None and one.origin == "overrides"
            case "take_up":
                every = self.state.settings if self.state is not None else []
                return any(other.pending and other.applies == "now" for other in every)
        return True

    def action_look(self) -> None:
        self.look()

    @on(Rows.Chosen, "#settings")
    def action_change(self) -> None:
        self._change()

    @work
    async def _change(self) -> None:
        entry = self.entry
        one = entry.setting if entry is not None else None
        if one is None:
            self.app.tell(_("This is changed in config.toml only."), warning=True)
        elif why := setting.fixed(one):
            self.app.tell(why, one.name, warning=True)
        elif after := await self.app.push_screen_wait(Change(one)):
            self._changed(after, one.name)

    @work(exclusive=True)
    async def action_reset(self) -> None:
        entry = self.entry
        if entry is not None and (one := entry.setting) is not None:
            await self._send(self.app.client.change_config({one.name: None}), one.name)

    @work(exclusive=True)
    async def action_take_up(self) -> None:
        await self._send(self.app.client.change_config({}), "")

    async def _send(self, request: Awaitable[wire.ConfigState], name: str) -> None:
        if (after := await self.app.attempt(request)) is not None:
            self._changed(after, name)

    def _changed(self, after: wire.ConfigState, name: str) -> None:
        """Shows it, and says what became of the setting of this name."""
        self._take(after)
        self.draw()
        one = next((one for one in after.settings if one.name == name), None)
        self.app.tell(setting.became(one) if one is not None else _("Taken up."))
