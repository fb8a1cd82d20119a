"""A table of any length, of which only the lines that are seen are made."""

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollTo
from textual.strip import Strip

from steno_tui.live.keys import quiet
from steno_tui.live.widgets.layout import GAP, Cell, Column, fit, fitted
from steno_tui.texts import _

ROLES = ("dim", "ok", "busy", "warn", "bad", "accent", "strong", "match")


class Row(NamedTuple):
    """A line: its cells, and a role for those without one of their own."""

    cells: Sequence[Cell]
    role: str = ""


class Rows(ScrollView, can_focus=True):
    """Lines of `source(row)`, `count` of them, with a cursor.

    `source` is asked for lines that are seen, on every paint; it must be quick and may give None
    for what is not there yet. `changed` says that what it gives is another now.
    """

    DEFAULT_CSS = """
    Rows {
        height: 1fr;
        background: $surface;
        color: $foreground;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        & > .rows--head { color: $dim; background: $panel; text-style: bold; }
        & > .rows--cursor { background: $block-cursor-blurred-background; }
        &:focus > .rows--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground;
            text-style: bold;
        }
        & > .rows--dim { color: $dim; }
        & > .rows--ok { color: $text-success; }
        & > .rows--busy { color: $text-primary; }
        & > .rows--warn { color: $text-warning; }
        & > .rows--bad { color: $text-error; }
        & > .rows--accent { color: $text-accent; }
        & > .rows--strong { text-style: bold; }
        & > .rows--match { background: $warning-muted; text-style: underline; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--head", "rows--cursor", *(f"rows--{role}" for role in ROLES)
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("rows.up", "up,k", "move(-1)", _("Up")),
        quiet("rows.down", "down,j", "move(1)", _("Down")),
        quiet("rows.page_up", "pageup", "page(-1)", _("Page up")),
        quiet("rows.page_down", "pagedown", "page(1)", _("Page down")),
        quiet("rows.first", "home,g", "first", _("First")),
        quiet("rows.last", "end,G", "last", _("Last")),
        quiet("rows.choose", "enter", "choose", _("Open")),
    ]

    class Moved(Message):
        """The cursor is on another row. `by_person`: by a key or the mouse."""

        def __init__(self, rows: "Rows", row: int, *, by_person: bool) -> None:
            super().__init__()
            self.rows, self.row, self.by_person = rows, row, by_person

        @property
        def control(self) -> "Rows":
            return self.rows

    class Chosen(Message):
        """Enter, or a second click on a row."""

        def __init__(self, rows: "Rows", row: int) -> None:
            super().__init__()
            self.rows, self.row = rows, row

        @property
        def control(self) -> "Rows":
            return self.rows

    class Scrolled(Message):
        """Other rows are seen; `by_person`: because a person scrolled or moved."""

        def __init__(self, rows: "Rows", *, by_person: bool) -> None:
            super().__init__()
            self.rows, self.by_person = rows, by_person

        @property
        def control(self) -> "Rows":
            return self.rows

    count: reactive[int] = reactive(0, layout=False, repaint=True)
    cursor: reactive[int] = reactive(0, layout=False, repaint=False)

    def __init__(
        self,
        columns: Sequence[Column],
        source: Callable[[int], Row | None],
        *,
        head: bool = True,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = columns
        self.source = source
        self.head = int(head)
        self._by_person = False
        self._page = 0
        """Rows that fitted when its size was last told."""

    # What is seen

    @property
    def seen(self) -> range:
        """The rows that are on the screen."""
        first = round(self.scroll_y)
        return range(first, min(self.count, first + self.page))

    @property
    def page(self) -> int:
        """Rows that fit on the screen."""
        return max(1, self.scrollable_content_region.height - self.head)

    def changed(self) -> None:
        """What `source` gives is another by now."""
        self.refresh()

    def show(self, row: int, *, center: bool = False) -> None:
        """Moves the cursor to `row`, without a person."""
        self._by_person = False
        self.cursor = row
        self._reveal(self.cursor, center=center)

    def keep(self, row: int) -> None:
        """Moves the cursor to `row`, to which its line moved: what is seen moves with it."""
        by = row - self.cursor
        self._by_person = False
        self.cursor = row
        self.scroll_to(y=max(0, round(self.scroll_y) + by), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if y < self.head:
            cells = [column.title for column in self.columns]
            return self._line(Row(cells), width, self.get_component_rich_style("rows--head"))
        row = round(self.scroll_y) + y - self.head
        base = self.rich_style
        if not 0 <= row < self.count:
            return Strip.blank(width, base)
        line = self.source(row) or Row(["…"])
        if row == self.cursor:
            base += self.get_component_rich_style("rows--cursor", partial=True)
            return self._line(line, width, base, plain=self.has_focus)
        return self._line(line, width, base)

    def _line(self, row: Row, width: int, base: Style, *, plain: bool = False) -> Strip:
        """`plain`: the cursor's colours stand for those of roles, which might not be read."""
        segments: list[Segment] = []
        for place, (number, size) in enumerate(fitted(self.columns, width)):
            if place:
                segments.append(Segment(" " * GAP, base))
            cell = row.cells[number] if number < len(row.cells) else ""
            for text, role in fit(cell, size, right=self.columns[number].right):
                segments.append(Segment(text, base + self._role(role or row.role, plain=plain)))
        return Strip(segments).adjust_cell_length(width, base)

    def _role(self, role: str, *, plain: bool) -> Style:
        if not role or (plain and role not in ("strong", "match")):
            return Style.null()
        return self.get_component_rich_style(f"rows--{role}", partial=True)

    # Moving

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, self.count - 1))

    def watch_count(self) -> None:
        self.virtual_size = Size(0, self.count + self.head)
        self.cursor = self.validate_cursor(self.cursor)

    def watch_cursor(self, before: int, after: int) -> None:
        for row in (before, after):
            y = row - round(self.scroll_y) + self.head
            if y >= self.head:
                self.refresh(Region(0, y, self.size.width, 1))
        self.post_message(self.Moved(self, after, by_person=self._by_person))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.Scrolled(self, by_person=self._by_person))

    def _reveal(self, row: int, *, center: bool = False) -> None:
        first, page = round(self.scroll_y), self.page
        if center and not first <= row < first + page:
            first = row - page // 2
        elif row < first:
            first = row
        elif row >= first + page:
            first = row - page + 1
        self.scroll_to(y=max(0, first), animate=False, force=True)

    def _go(self, row: int) -> None:
        self._by_person = True
        self.cursor = row
        self._reveal(self.cursor)

    def on_resize(self) -> None:
        """A cursor that was in sight stays there."""
        before, self._page = self._page, self.page
        if 0 <= self.cursor - round(self.scroll_y) < before:
            self._by_person = False
            self._reveal(self.cursor)

    def action_move(self, step: int) -> None:
        self._go(self.cursor + step)

    def action_page(self, step: int) -> None:
        self._go(self.cursor + step * max(1, self.page - 1))

    def action_first(self) -> None:
        self._go(0)

    def action_last(self) -> None:
        self._go(self.count - 1)

    def action_choose(self) -> None:
        if self.count:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        row = round(self.scroll_y) + event.y - self.head
        if event.y < self.head or not 0 <= row < self.count:
            return
        self.focus()
        self._go(row)
        if event.chain == 2:
            self.action_choose()

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._by_person = True
        super()._on_mouse_scroll_down(event)

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._by_person = True
        super()._on_mouse_scroll_up(event)

    def _on_scroll_to(self, message: ScrollTo) -> None:
        """The scroll bar is dragged."""
        self._by_person = True
        super()._on_scroll_to(message)
