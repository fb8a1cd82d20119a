"""Where one cue is edited: its text and its times."""

from typing import ClassVar, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, Static, TextArea

from steno import wire
from steno_tui.live.keys import key, quiet
from steno_tui.live.screens.transcript.times import read, written
from steno_tui.texts import _


class Entry(NamedTuple):
    """What a person made of a cue."""

    text: str
    start: float
    end: float


class Text(TextArea):
    """The lines of a cue. Enter is the editor's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("edit.line", "ctrl+j,shift+enter,alt+enter", "line", _("New line")),
    ]

    async def _on_key(self, event: events.Key) -> None:
        """Keys that the editor has are no text. They wait for their turn behind what was typed
        before, which keys with priority do not."""
        if event.key == "enter" or not event.is_printable:
            active = self.screen.active_bindings.get(event.key)
            if active is not None and (active.binding.id or "").startswith("edit."):
                event.prevent_default()

    def action_line(self) -> None:
        self.insert("\n")


class Editor(Widget):
    """One cue, or a new one, until it is saved or left. What other clients do to it meanwhile is
    shown beside it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("edit.save", "enter", "save", _("Save")),
        key("edit.split", "ctrl+t", "split", _("Split here"), _("Two cues, cut at the cursor")),
        key("edit.leave", "escape", "leave", _("Leave"), _("Drop what was typed")),
    ]
    DEFAULT_CSS = """
    Editor {
        height: auto; background: $panel; border-top: solid $primary; padding: 0 1;
        & Horizontal { height: 1; }
        & Label { width: auto; color: $dim; }
        & Input {
            width: 15; height: 1; border: none; padding: 0 1; margin: 0 2 0 1;
            background: $surface;
        }
        & Input.-wrong { background: $error-muted; }
        & #reading { width: 1fr; text-align: right; color: $dim; }
        & TextArea, & TextArea:focus {
            height: 4; border: none; padding: 0 1; background: $surface;
        }
        & #theirs { display: none; color: $text-warning; height: auto; }
        & #theirs.-shown { display: block; }
    }
    """

    class Saved(Message):
        def __init__(self, cue: wire.Cue | None, entry: Entry) -> None:
            super().__init__()
            self.cue, self.entry = cue, entry

    class Split(Message):
        """Also saved; `at`: characters of its text that stay."""

        def __init__(self, cue: wire.Cue, entry: Entry, at: int) -> None:
            super().__init__()
            self.cue, self.entry, self.at = cue, entry, at

    class Left(Message):
        pass

    def __init__(self) -> None:
        super().__init__(id="editor")
        self.display = False
        self.cue: wire.Cue | None = None
        """As it was when it was opened; None: a new one."""
        self._begun: Entry | None = None
        self._leaving = False
        """Escape was pressed, and means it the next time."""

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label(_("Start"))
            yield Input(id="start", compact=True)
            yield Label(_("End"))
            yield Input(id="end", compact=True)
            yield Label("", id="reading")
        yield Text(id="text", soft_wrap=True, show_line_numbers=False, tab_behavior="focus")
        yield Static("", id="theirs", markup=False)

    @property
    def is_open(self) -> bool:
        return bool(self.display)

    def open(self, cue: wire.Cue | None, entry: Entry, *, times: bool = False) -> None:
        """Begins with `entry`; `times`: at the times rather than at the text."""
        self.cue, self._leaving = cue, False
        self._begun = entry if cue is None else Entry(cue.text, cue.start, cue.end)
        text = self.query_one(Text)
        text.text = entry.text
        text.move_cursor(text.document.end)
        self.query_one("#start", Input).value = written(entry.start)
        self.query_one("#end", Input).value = written(entry.end)
        self.query_one("#theirs", Static).remove_class("-shown")
        self.display = True
        # At once: what is typed next is meant for it.
        self.screen.set_focus(self.query_one("#start", Input) if times else text)

    def close(self) -> None:
        self.display = False

    @property
    def typed_anew(self) -> bool:
        """Whether something would be lost if it were left now."""
        if not self.is_open or self._begun is None:
            return False
        return self.query_one(Text).text != self._begun.text

    def noticed(self, now: wire.Cue | None) -> None:
        """The cue as it is by now; None where it is gone."""
        if not self.is_open or self.cue is None:
            return
        said = ""
        if now is None:
            said = _("! Somebody deleted this cue. Saving asks what to do.")
        elif now.revision != self.cue.revision:
            said = _("! Somebody changed this cue to: {text}").format(text=now.text)
        theirs = self.query_one("#theirs", Static)
        theirs.update(said)
        theirs.set_class(bool(said), "-shown")

    @property
    def entry(self) -> Entry | None:
        """What was typed; None where a time is none."""
        start = read(self.query_one("#start", Input).value)
        end = read(self.query_one("#end", Input).value)
        if start is None or end is None:
            return None
        return Entry(self.query_one(Text).text, start, end)

    @on(Input.Changed)
    @on(TextArea.Changed)
    def typed(self) -> None:
        self._leaving = False
        for field in self.query(Input):
            field.set_class(read(field.value) is None, "-wrong")
        self.query_one("#reading", Label).update(reading(self.entry))

    @on(Input.Submitted)
    def submitted(self) -> None:
        self.action_save()

    def action_save(self) -> None:
        if (entry := self.entry) is not None:
            self.post_message(self.Saved(self.cue, entry))

    def action_split(self) -> None:
        entry, text = self.entry, self.query_one(Text)
        if entry is None or self.cue is None:
            return
        row, column = text.cursor_location
        at = sum(len(line) + 1 for line in entry.text.split("\n")[:row]) + column
        self.post_message(self.Split(self.cue, entry, at))

    def action_leave(self) -> None:
        if self.typed_anew and not self._leaving:
            self._leaving = True
            self.app.notify(_("Escape once more drops what you typed."), severity="warning")
            return
        self.post_message(self.Left())


def reading(entry: Entry | None) -> str:
    """How long the cue is, and how fast one has to read it."""
    if entry is None:
        return _("a time is written 0:01:02.5")
    seconds = entry.end - entry.start
    if seconds <= 0:
        return _("it ends before it starts")
    speed = len(entry.text.replace("\n", "")) / seconds
    return _("{seconds:.1f} s, {speed:.0f} characters a second").format(
        seconds=seconds, speed=speed
    )
