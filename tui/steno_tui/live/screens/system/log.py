"""What the daemon wrote into its log lately."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, Static

from steno import wire
from steno_tui.live.keys import key, quiet
from steno_tui.live.screens.system import record
from steno_tui.live.screens.system.paint import painted
from steno_tui.live.screens.system.section import Section
from steno_tui.live.screens.system.tail import Filter, Tail
from steno_tui.live.widgets.rows import Row, Rows
from steno_tui.texts import _, some


class LogSection(Section):
    EVERY = 1.0
    MAIN: ClassVar[str] = "#log"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("system.level", "l", "level(1)", _("Level"), _("From which level on: debug to error")),
        quiet("system.level_back", "L", "level(-1)", _("Level back")),
        key("system.search", "slash", "search", _("Search"), _("Search in messages"), sign="/"),
        key("system.copy_record", "y", "copy", _("Copy"), _("Copy the message with its traceback")),
        quiet("system.clear", "escape", "clear", _("Clear the search")),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.tail = Tail()
        self.following = True

    def compose(self) -> ComposeResult:
        yield Static("", classes="note", markup=False)
        yield Input(placeholder=_("Part of a message"), classes="search", max_length=200)
        yield Static("", id="filter", markup=False)
        with Vertical(classes="content"):
            yield Rows(record.COLUMNS, self._row, id="log")
            with VerticalScroll(classes="about"):
                yield Static("", id="record")

    @property
    def known(self) -> bool:
        return self.tail.loaded

    @property
    def rows(self) -> Rows:
        return self.query_one("#log", Rows)

    @property
    def record(self) -> wire.LogRecord | None:
        """The one under the cursor."""
        records = self.tail.records
        return records[self.rows.cursor] if self.rows.cursor < len(records) else None

    async def ask(self) -> None:
        rows = self.rows
        gone = await self.tail.ask(self.app.client)
        if gone and not self.following:
            place = rows.scroll_y - gone
            rows.show(rows.cursor - gone)
            rows.scroll_to(y=max(0, place), animate=False)

    def draw(self) -> None:
        nothing = self.tail.loaded and not self.tail.records
        self.say(_("No record fits. l and / show others.") if nothing else "")
        rows = self.rows
        stays = rows.cursor < rows.count - 1  # moved by a key whose message is on its way
        rows.count = len(self.tail.records)
        if self.following and not stays:
            rows.show(rows.count - 1)
        rows.changed()
        self._tell()

    def _row(self, row: int) -> Row | None:
        return record.line(self.tail.records[row]) if row < len(self.tail.records) else None

    def _tell(self) -> None:
        wanted = self.tail.wanted
        parts = [
            _("From {level} on").format(level=record.LEVELS[wanted.level][1]),
            some("{n} record", "{n} records", len(self.tail.records)),
            "▼ " + _("following") if self.following else "‖ " + _("not following; end goes on"),
        ]
        if wanted.text:
            parts.insert(1, _("with “{text}”").format(text=wanted.text))
        self.query_one("#filter", Static).update(" · ".join(parts))
        shown = self.record
        self.query_one("#record", Static).update(painted(record.about(shown)) if shown else "")

    # Following

    @on(Rows.Moved, "#log")
    def moved(self, event: Rows.Moved) -> None:
        if event.by_person:
            self.following = event.row >= self.rows.count - 1
        self._tell()

    @on(Rows.Scrolled, "#log")
    def scrolled(self, event: Rows.Scrolled) -> None:
        """Away from the newest lets go; to it, with the cursor there, goes on."""
        if event.by_person:
            last = self.rows.count - 1
            seen = last < self.rows.seen.stop
            self.following = seen and (self.following or self.rows.cursor == last)
            self._tell()

    # Filters

    def action_level(self, by: int) -> None:
        place = record.FILTERS.index(self.tail.wanted.level) + by
        self._choose(self.tail.wanted._replace(level=record.FILTERS[place % len(record.FILTERS)]))

    def action_search(self) -> None:
        search = self.query_one(Input)
        search.add_class("-shown")
        search.focus()

    @on(Input.Changed)
    def searched(self, event: Input.Changed) -> None:
        self._choose(self.tail.wanted._replace(text=event.value))

    @on(Input.Submitted)
    def done_searching(self) -> None:
        self.rows.focus()

    def action_clear(self) -> None:
        search = self.query_one(Input)
        search.value = ""
        search.remove_class("-shown")
        self.rows.focus()

    def _choose(self, wanted: Filter) -> None:
        if wanted != self.tail.wanted:
            self.tail.choose(wanted)
            self.following = True
            self.rows.show(self.rows.count - 1)
            self._tell()
            self.look()

    def action_copy(self) -> None:
        if (shown := self.record) is not None:
            self.app.copy_to_clipboard(shown.message)
            self.app.tell(_("The message is copied."))
