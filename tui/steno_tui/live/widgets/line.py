"""A field of a form on a line of its own, with what is wrong with it below."""

from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, ItemGrid, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Select, Static
from textual.widgets._select import SelectOverlay  # it has no public name

from steno_tui.live.forms import Field
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
        if note != self._note:
            self._note = note
            self._tell()

    def wrong(self, why: str) -> None:
        if why != self._wrong:
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
        self.post_message(self.Looked(self.field))

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
            self.post_message(self.Changed(self.field))
