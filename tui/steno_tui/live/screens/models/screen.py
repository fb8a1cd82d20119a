"""Models."""

import time
from collections.abc import Iterable
from typing import ClassVar, get_args

from rich.text import Text
from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Static

from steno.wire.models import ModelInfo
from steno_tui.live.keys import key, quiet
from steno_tui.live.screens.models import about, line, memory
from steno_tui.live.screens.models.asking import Details
from steno_tui.live.screens.models.deeds import Deeds
from steno_tui.live.screens.models.doing import Doing
from steno_tui.live.screens.models.shelf import Shelf, Tab, of_tab
from steno_tui.live.screens.models.watching import AGAIN, Watching
from steno_tui.live.widgets.chips import Chip, Chips
from steno_tui.live.widgets.rows import Row, Rows
from steno_tui.live.world import World
from steno_tui.problems import told
from steno_tui.texts import _


class ModelsScreen(Doing):
    """All models, and what is in memory, with the chosen one beside them."""

    MODE = "models"
    ABOUT = _(
        "Recognition needs a model, and so do exact word times. A job fetches what it lacks; here "
        "you fetch ahead, check, and make room. Downloads go on when you leave."
    )
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("models.search", "slash", "search", _("Search"), _("In names and languages"), sign="/"),
        key("models.tab", "f,tab,right", "tab(1)", _("Tab"), _("The next tab"), sign="f"),
        quiet("models.tab_back", "F,shift+tab,left", "tab(-1)", _("The tab before")),
        quiet("models.clear", "escape", "clear", _("Clear the search")),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.shelf = Shelf()
        self.memory = Watching(self.app, self.show_now)
        self.deeds = Deeds(self.app, self.show_now)
        self._chosen: str | None = None
        """The row under the cursor: it stays chosen when rows move."""

    def body(self) -> Iterable[Widget]:
        yield Chips((), "recognition", id="tabs")
        yield Input(placeholder=_("Part of a name, or a language: whisper de"), id="search")
        with Horizontal(id="content"):
            with Vertical(id="list"):
                yield Rows(line.COLUMNS, self._row, id="models", classes="-shown")
                yield Rows(memory.COLUMNS, self._held_row, id="held")
                yield Static("", id="sum", markup=False)
                yield Static("", id="empty", markup=False)
            with VerticalScroll(id="about", can_focus=False):
                yield Static("", id="facts")

    def on_mount(self) -> None:
        super().on_mount()
        self.rows.focus()
        self.set_interval(AGAIN, self._again)
        self.set_interval(30, self._age)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.look()

    # What is shown

    @property
    def loaded(self) -> bool:
        """Whether what is in memory is looked at."""
        return self.shelf.tab == "loaded"

    @property
    def rows(self) -> Rows:
        return self.query_one("#held" if self.loaded else "#models", Rows)

    @property
    def held(self) -> memory.Held | None:
        """The row under the cursor of what is in memory."""
        row = self.rows.cursor
        return self.memory.rows[row] if self.loaded and row < len(self.memory.rows) else None

    @property
    def model(self) -> ModelInfo | None:
        """The one under the cursor; None also where it is in memory and has no files."""
        if self.loaded:
            held = self.held
            return self.app.world.models.models.get(held.name) if held else None
        row = self.rows.cursor
        return self.shelf.rows[row] if row < len(self.shelf.rows) else None

    def show_now(self) -> None:
        if self.is_mounted and self.is_current:
            self.show(self.app.world)

    def show(self, world: World) -> None:
        self.deeds.settle(world.models.models)
        self.shelf.look(world.models.models)
        self.query_one("#tabs", Chips).chips = self._chips(world)
        rows = self.rows
        rows.count = len(self.memory.rows if self.loaded else self.shelf.rows)
        place = (self.memory if self.loaded else self.shelf).place(self._chosen)
        if place is not None and place != rows.cursor:
            rows.show(place)
        rows.changed()
        self._tell()

    def _chips(self, world: World) -> tuple[Chip, ...]:
        models = world.models.models.values()
        names = {
            "recognition": (_("Recognition"), len(of_tab(models, "recognition"))),
            "alignment": (_("Alignment"), len(of_tab(models, "alignment"))),
            "loaded": (_("Loaded"), len(self.memory.rows)),
        }
        return tuple(Chip(key, f"{name} {count}") for key, (name, count) in names.items())

    def _row(self, row: int) -> Row | None:
        if row >= len(self.shelf.rows):
            return None
        model = self.shelf.rows[row]
        return line.line(model, self.deeds.pending.get(model.name), time.time())

    def _held_row(self, row: int) -> Row | None:
        return memory.line(self.memory.rows[row]) if row < len(self.memory.rows) else None

    def _tell(self) -> None:
        """Brings what is said beside and below the list up to date."""
        self.query_one("#facts", Static).update(self._about())
        self.query_one("#sum", Static).update(self._sum())
        empty = self.query_one("#empty", Static)
        empty.display = not self.rows.count
        empty.update("" if self.rows.count else self._nothing())
        self.refresh_bindings()

    def _about(self) -> Text:
        held, cache, model = self.held, self.memory.cache, self.model
        if held is not None and cache is not None:
            return memory.about(held, cache)
        if self.loaded or model is None:
            return Text()
        asked = self.deeds.pending.get(model.name)
        return about.about(
            model, asked, self.memory.folder, time.time(), loaded=self.memory.holds(model.name)
        )

    def _sum(self) -> str:
        if not self.rows.count:
            return ""
        if self.loaded:
            return memory.total(self.memory.rows)
        return about.shelf(self.shelf.rows, self.memory.folder)

    def _nothing(self) -> str:
        if self.app.world.link.status != "live" and not self.app.world.models.models:
            return _("No daemon has told yet which models there are.")
        if self.loaded:
            if self.memory.problem is not None:
                return told(self.memory.problem.problem).detail
            return _(
                "Nothing is in memory. Jobs load what they need; l, at a model of the other tabs, "
                "loads it ahead."
            )
        if self.shelf.text:
            return _(
                "No model has “{text}” in its name, its title or its languages. Escape shows all."
            ).format(text=self.shelf.text)
        return _(
            "No plugin that is installed here has models of this sort. “steno plugins” tells what "
            "there is and what it lacks."
        )

    @on(Rows.Moved)
    def moved(self, event: Rows.Moved) -> None:
        if event.rows is not self.rows:
            return
        if event.by_person or self._chosen is None:
            held, model = self.held, self.model
            self._chosen = held.ident if held else model.name if model else None
        self._tell()

    # Tabs and search

    def action_tab(self, by: int) -> None:
        self._go(self.query_one("#tabs", Chips).step(by))

    @on(Chips.Chosen, "#tabs")
    def tabbed(self, event: Chips.Chosen) -> None:
        self._go(event.key)

    def _go(self, key: str) -> None:
        """To another tab."""
        self.shelf.tab = next(tab for tab in get_args(Tab) if tab == key)
        self.query_one("#tabs", Chips).chosen = key
        self._chosen = None
        for rows in self.query(Rows):
            rows.set_class(rows is self.rows, "-shown")
        self.rows.focus()
        self.show(self.app.world)
        self.rows.show(0)
        self.look()

    def action_search(self) -> None:
        if self.loaded:
            self._go("recognition")
        search = self.query_one("#search", Input)
        search.add_class("-shown")
        search.focus()

    @on(Input.Changed, "#search")
    def searched(self, event: Input.Changed) -> None:
        self.shelf.text = event.value
        self._chosen = None
        self.show(self.app.world)
        self.rows.show(0)

    @on(Input.Submitted, "#search")
    def done_searching(self) -> None:
        self.rows.focus()

    def action_clear(self) -> None:
        search = self.query_one("#search", Input)
        search.value = ""
        search.remove_class("-shown")
        self.rows.focus()

    # What is in memory

    def _again(self) -> None:
        if self.loaded and self.is_current:
            self.look()

    def _age(self) -> None:
        """Minutes went by."""
        if self.is_current:
            self.look()

    @work(exclusive=True, group="memory")
    async def look(self) -> None:
        await self.memory.look()

    @on(Rows.Chosen)
    def chosen(self) -> None:
        found = self.held or self.model
        if found is not None:
            self.app.push_screen(Details(found.name, self._about()))
