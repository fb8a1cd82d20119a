"""A dialog that changes one setting."""

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList, Static, Switch, TextArea

from steno import wire
from steno.errors import StenoError
from steno_tui.live.keys import quiet
from steno_tui.live.screens.dialog import Dialog
from steno_tui.live.screens.system import schema
from steno_tui.live.screens.system.several import Several
from steno_tui.problems import told
from steno_tui.texts import _


class Change(Dialog[wire.ConfigState]):
    """Asks for another value and has the daemon take it; it stays where the daemon refuses."""

    DEFAULT_CSS = """
    Change {
        & #about { color: $dim; margin-bottom: 1; }
        & #wrong { color: $text-error; display: none; }
        & .field { height: auto; max-height: 12; }
        & TextArea.field { height: 6; }
        & #word { padding: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("system.save", "ctrl+s", "save", _("Save")),
    ]

    def __init__(self, setting: wire.Setting) -> None:
        super().__init__(setting.name)
        self._setting = setting
        self._schema: schema.Schema = setting.json_schema
        self._kind = schema.kind(self._schema)

    def body(self) -> Iterable[Widget]:
        one = self._setting
        lines = [one.description, _("May be: {bounds}").format(bounds=schema.bounds(self._schema))]
        lines += [HOW[self._kind]] if self._kind in HOW else []
        lines += ["! " + _("It counts after a restart.")] if one.applies == "restart" else []
        yield Static("\n".join(lines), id="about", markup=False)
        with Horizontal(classes="field"):
            yield self._field()
            if self._kind == "switch":
                yield Static(schema.written(one.value), id="word", markup=False)
        yield Static("", id="wrong", markup=False)
        yield Horizontal(
            Button(_("Leave it"), id="leave"),
            Button(_("Save"), variant="primary", id="save"),
            id="buttons",
        )

    def _field(self) -> Widget:
        value = self._setting.value
        match self._kind:
            case "switch":
                return Switch(value, id="field")
            case "choice":
                words = schema.choices(self._schema)
                return OptionList(*(Content(word) for word in words), id="field")
            case "choices":
                return Several(schema.choices(self._schema["items"]), value, id="field")
            case "list":
                return TextArea("\n".join(value), id="field")
            case _:
                return Input(str(value), id="field", select_on_focus=True)

    def on_mount(self) -> None:
        field = self.query_one("#field")
        field.add_class("field")
        if self._kind == "choice" and isinstance(field, OptionList):
            field.highlighted = schema.choices(self._schema).index(str(self._setting.value))
        field.focus()

    @on(Switch.Changed)
    def switched(self, event: Switch.Changed) -> None:
        self.query_one("#word", Static).update(schema.written(event.value))

    def _value(self) -> Any:
        """What the field says. Raises `ValueError`."""
        match self.query_one("#field"):
            case Switch(value=value):
                return value
            case Several(chosen=chosen):
                return chosen
            case OptionList(highlighted=int(place)):
                return schema.choices(self._schema)[place]
            case TextArea(text=text) | Input(value=text):
                return schema.meant(self._schema, text)
        raise ValueError

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    @on(OptionList.OptionSelected)
    def action_save(self) -> None:
        try:
            value = self._value()
        except ValueError:
            bounds = schema.bounds(self._schema)
            self._refuse(_("This is not {bounds}.").format(bounds=bounds))
        else:
            self._save(value)

    @on(Button.Pressed, "#leave")
    def left(self) -> None:
        self.action_leave()

    @work(exclusive=True)
    async def _save(self, value: Any) -> None:
        # Not by `attempt`: what is wrong with the value is read beside it, for as long as needed.
        try:
            after = await self.app.client.change_config({self._setting.name: value})
        except StenoError as error:
            problem = told(error.problem)
            self._refuse(f"{problem.detail} {problem.hint}")
        else:
            self.dismiss(after)

    def _refuse(self, why: str) -> None:
        wrong = self.query_one("#wrong", Static)
        wrong.update(f"✖ {why}")
        wrong.display = True


HOW = {
    "switch": _("Space switches, ctrl+s saves."),
    "choice": _("Enter takes one."),
    "choices": _("Space takes a word or leaves it, ctrl+s saves."),
    "list": _("One a line; ctrl+s saves."),
}
"""What one does in a field, where it is more than writing."""
