"""A folder: the folders and the media files in it, of which some are chosen."""

import asyncio
import os
from collections.abc import Collection
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from steno.errors import printable
from steno_tui.live.folders import Entry, listed
from steno_tui.live.host import Host
from steno_tui.live.keys import key, quiet
from steno_tui.live.media import size
from steno_tui.live.widgets.layout import Column, Span
from steno_tui.live.widgets.rows import Row, Rows
from steno_tui.texts import _

COLUMNS = (Column("", 16, flexible=True), Column("", 7, right=True, rank=1))
PARENT = ".."


class Picker(Vertical):
    """Enter opens a folder or chooses a file; space chooses, folders as a whole."""

    app = getters.app(Host)
    DEFAULT_CSS = """
    Picker {
        height: 1fr;
        & > #where { height: 1; color: $text-primary; background: $panel; text-style: bold; }
        & > #nothing { display: none; height: auto; padding: 0 2; color: $dim; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("picker.choose", "space", "choose", _("Choose"), _("A file, or all of a folder")),
        key("picker.all", "a", "all", _("All here"), _("All media files of this folder")),
        quiet("picker.up", "backspace,left,h", "up", _("Folder above")),
        quiet("picker.open", "right,l", "open", _("Open the folder")),
        key("picker.hidden", "full_stop", "everything", _("Every file"), sign="."),
    ]

    class Picked(Message):
        """These are wanted; folders as a whole. `again`: a file that is chosen already."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder
        self.entries: list[Entry] = []
        self._chosen: Collection[str] = ()
        self._everything = False

    def compose(self) -> ComposeResult:
        yield Static("", id="where", markup=False)
        yield Rows(COLUMNS, self._row, head=False, id="entries")
        yield Static("", id="nothing", markup=False)

    def on_mount(self) -> None:
        self.go(self.folder)

    @property
    def rows(self) -> Rows:
        return self.query_one("#entries", Rows)

    def mark(self, chosen: Collection[str]) -> None:
        """These files are chosen."""
        self._chosen = chosen
        if self.is_mounted:
            self.rows.changed()

    @work(exclusive=True)
    async def go(self, folder: str) -> None:
        """Shows another folder, or the same anew."""
        try:
            found = await asyncio.to_thread(listed, folder, everything=self._everything)
        except OSError as error:
            why = error.strerror or str(error)
            self.app.tell(printable(f"{folder}: {why}"), _("It cannot be opened"), warning=True)
            if self.entries or folder == "/":
                return
            found = []
        before, self.folder = self.folder, folder
        self.app.folder = folder
        above = os.path.dirname(folder)
        self.entries = [Entry(PARENT, above, True), *found] if above != folder else found
        self._tell(empty=not found)
        place = next((n for n, one in enumerate(self.entries) if one.path == before), 0)
        self.rows.show(place, center=True)

    def _tell(self, *, empty: bool) -> None:
        self.query_one("#where", Static).update(shortened(self.folder, max(20, self.size.width)))
        self.rows.count = len(self.entries)
        self.rows.changed()
        nothing = self.query_one("#nothing", Static)
        nothing.display = empty
        nothing.update(_("No films or recordings here; a point shows every file."))

    def _row(self, row: int) -> Row | None:
        if row >= len(self.entries):
            return None
        entry = self.entries[row]
        if entry.folder:
            return Row((Span(f"▸ {entry.name}/" if entry.name != PARENT else "▴ ..", "accent"), ""))
        if entry.path in self._chosen:
            return Row((Span(f"✔ {entry.name}", "ok"), Span(size(entry.size), "dim")))
        return Row((f"  {entry.name}", Span(size(entry.size), "dim")))

    @property
    def entry(self) -> Entry | None:
        row = self.rows.cursor
        return self.entries[row] if row < len(self.entries) else None

    @on(Rows.Chosen, "#entries")
    def entered(self, event: Rows.Chosen) -> None:
        event.stop()
        if self.entry is not None and self.entry.folder:
            self.go(self.entry.path)
        else:
            self.action_choose()

    def action_choose(self) -> None:
        if self.entry is not None and self.entry.name != PARENT:
            self.post_message(self.Picked(self.entry.path))
            self.rows.action_move(1)

    def action_open(self) -> None:
        if self.entry is not None and self.entry.folder:
            self.go(self.entry.path)

    def action_all(self) -> None:
        self.post_message(self.Picked(self.folder))

    def action_up(self) -> None:
        above = os.path.dirname(self.folder)
        if above != self.folder:
            self.go(above)

    def action_everything(self) -> None:
        self._everything = not self._everything
        self.go(self.folder)


def shortened(folder: str, room: int) -> str:
    """The end of it says where one is."""
    text = printable(folder).replace("\n", " ")
    return text if len(text) <= room else "…" + text[1 - room :]
