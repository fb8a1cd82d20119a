"""A form: a line for each field, with what is wrong with it below."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, ItemGrid, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Select, Static
from textual.widgets._select import SelectOverlay  # it has no public name

from steno_tui.live.forms import Field, Section
from steno_tui.live.widgets.layout import Span


class Note(NamedTuple):
    """What is said of a field."""

    mark: Span = Span("")
    """Beside it: a sign and a word."""
    text: str = ""
    """Below it."""
    locked: bool = False
    """It cannot be changed."""


class Drop(Select[str]):
    """A choice. Its dialog may be left while it is still being made."""

    def _setup_options_renderables(self) -> None:
        if self.query(SelectOverlay):
            super()._setup_options_renderables()


class Tick(Checkbox):
    """A sign where it is ticked and none where it is not: colour alone would not tell."""

    def render(self) -> Content:
        self.BUTTON_INNER = "✔" if self.value else " "
        return super().render()


class Line(Vertical):
    """One field."""

    DEFAULT_CSS = """
    Line {
        height: auto;
        & > Horizontal { height: auto; }
        & .label { width: 20; color: $text-muted; }
        & .mark { display: none; width: 11; padding-left: 1; }
        & .mark.-shown { display: block; }
        & .mark.-ok { color: $text-success; }
        & .mark.-warn { color: $text-warning; }
        & .mark.-bad { color: $text-error; }
        & .mark.-dim { color: $dim; }
        & .note { display: none; height: auto; padding-left: 20; color: $dim; }
        & .note.-shown { display: block; }
        & .note.-wrong { color: $text-error; }
        & Input, & Drop, & ItemGrid { width: 1fr; }
        & Input { background: $panel; &:focus { background: $boost; } }
        & ItemGrid { height: auto; }
        & Checkbox {
            width: auto;
            & > .toggle--button { color: $panel; background: $panel; }
            &.-on > .toggle--button { color: $text-success; background: $panel; }
        }
        & SelectCurrent { background: $panel; }
        & Drop > SelectOverlay { max-height: 10; }
        & .fixed { width: 1fr; color: $dim; height: auto; }
        &.-here .label { color: $text-primary; text-style: bold; }
    }
    """

    def __init__(self, field: Field, typed: str, note: Note) -> None:
        super().__init__()
        self.field, self.typed, self._note = field, typed, note
        self._wrong = ""
        self._composed = False

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(self.field.label, classes="label", markup=False)
            yield self._control()
            yield Static("", classes="mark", markup=False)
        yield Static("", classes="note", markup=False)

    def on_mount(self) -> None:
        self._composed = True
        self._tell()

    def _control(self) -> Widget:
        field, typed = self.field, self.typed
        if self._note.locked:
            names = {choice.key: choice.label for choice in field.choices}
            return Static(names.get(typed, typed) or field.default, classes="fixed", markup=False)
        match field.kind:
            case "choice" | "switch":
                known = [choice.key for choice in field.choices]
                return Drop(
                    [(choice.label, choice.key) for choice in field.choices],
                    prompt=field.default,
                    allow_blank=field.optional or not field.start,
                    value=typed if typed in known else Select.NULL,
                    compact=True,
                )
            case "many":
                ticked = typed.split(",")
                boxes = (
                    Tick(choice.label, choice.key in ticked, name=choice.key, compact=True)
                    for choice in field.choices
                )
                return ItemGrid(*boxes, min_column_width=9)
        return Input(typed, placeholder=field.default, compact=True)

    # What is said of it

    def note(self, note: Note) -> None:
        self._note = note
        self._tell()

    def wrong(self, why: str) -> None:
        self._wrong = why
        self._tell()

    @property
    def locked(self) -> bool:
        return self._note.locked

    def _tell(self) -> None:
        if not self._composed:
            return
        mark, text, _ = self._note
        shown = self.query_one(".mark", Static)
        shown.update(mark.text)
        shown.set_classes(f"mark -{mark.role}" + " -shown" * bool(mark.text))
        below = self.query_one(".note", Static)
        below.update(f"✖ {self._wrong}" if self._wrong else text)
        below.set_class(bool(self._wrong), "-wrong")
        below.set_class(bool(self._wrong or text), "-shown")

    def on_descendant_focus(self) -> None:
        self.add_class("-here")
        self.post_message(Fields.Looked(self.field))

    def on_descendant_blur(self) -> None:
        self.remove_class("-here")

    # What is typed

    @on(Input.Changed)
    def lettered(self, event: Input.Changed) -> None:
        event.stop()
        self._type(event.value)

    @on(Select.Changed)
    def selected(self, event: Select.Changed) -> None:
        event.stop()
        self._type("" if event.value is Select.NULL else str(event.value))

    @on(Checkbox.Changed)
    def ticked(self, event: Checkbox.Changed) -> None:
        event.stop()
        self._type(",".join(box.name or "" for box in self.query(Checkbox) if box.value))

    def _type(self, text: str) -> None:
        if text != self.typed:
            self.typed = text
            self.post_message(Fields.Changed(self.field))


class Fields(VerticalScroll, can_focus=False):
    """Sections of fields; `typed` is what stands in them."""

    DEFAULT_CSS = """
    Fields {
        height: 1fr;
        scrollbar-size-vertical: 1;
        & > .heading { width: 1fr; margin-top: 1; color: $text-primary; text-style: bold; }
    }
    """

    class Changed(Message):
        """Something else is typed."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    class Looked(Message):
        """Another field has the focus."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: dict[str, Line] = {}
        self._headings: list[Static] = []
        self._wanted: tuple[Sequence[Section], Mapping[str, Note]] | None = None
        self._building = asyncio.Lock()

    @property
    def fields(self) -> list[Field]:
        return [line.field for line in self._lines.values()]

    @property
    def settled(self) -> bool:
        """Whether all lines are there."""
        return self._wanted is None and bool(self._lines) and not self._building.locked()

    @property
    def typed(self) -> dict[str, str]:
        return {name: line.typed for name, line in self._lines.items()}

    def show(self, sections: Iterable[Section], notes: Mapping[str, Note] | None = None) -> None:
        """Other fields. Those that are the same stay, and what is typed stays where it fits."""
        self._wanted = tuple(sections), notes or {}
        self._build()

    @work
    async def _build(self) -> None:
        """Brings the lines up to what is wanted. One change after another: a line that is taken
        away before it is there breaks."""
        async with self._building:
            if self._wanted is not None:
                (sections, notes), self._wanted = self._wanted, None
                fresh = self._arranged(sections, notes)
                for widget, last in fresh:
                    place = {"after": last} if last else {"before": 0} if self.children else {}
                    await self.mount(widget, **place)

    def _arranged(
        self, sections: Iterable[Section], notes: Mapping[str, Note]
    ) -> list[tuple[Widget, Widget | None]]:
        """Takes away what is no longer wanted; returns what is new, and what each comes after."""
        before, self._lines = self._lines, {}
        for heading in self._headings:
            heading.remove()
        self._headings = []
        fresh: list[tuple[Widget, Widget | None]] = []
        last: Widget | None = None
        for section in sections:
            if section.title:
                heading = Static(section.title, classes="heading", markup=False)
                self._headings.append(heading)
                fresh.append((heading, last))
                last = heading
            for field in section.fields:
                note = notes.get(field.name, Note())
                line = before.pop(field.name, None)
                if line is not None and line.field == field and line.locked == note.locked:
                    line.note(note)
                else:
                    line = renewed(field, line, note)
                    fresh.append((line, last))
                self._lines[field.name] = last = line
        for line in before.values():
            line.remove()
        return fresh

    def enter(self) -> None:
        """Goes to the first field."""
        for widget in self.query("Line Input, Line Drop, Line Checkbox"):
            widget.focus()
            return

    def tell(self, notes: Mapping[str, Note]) -> None:
        for name, note in notes.items():
            if name in self._lines:
                self._lines[name].note(note)

    def blame(self, wrong: Mapping[str, str]) -> None:
        """Shows what is wrong, and of all others that nothing is."""
        for name, line in self._lines.items():
            line.wrong(wrong.get(name, ""))


def renewed(field: Field, before: Line | None, note: Note) -> Line:
    """A line for `field` with what was typed in the one before, where it still can be."""
    typed = field.start
    if before is not None:
        if before.typed != before.field.start and fits(field, before.typed):
            typed = before.typed
        before.remove()
    return Line(field, typed, note)


def fits(field: Field, typed: str) -> bool:
    keys: Sequence[str] = [choice.key for choice in field.choices]
    return field.kind not in ("choice", "switch") or not typed or typed in keys
