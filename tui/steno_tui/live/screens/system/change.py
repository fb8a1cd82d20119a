"""A dialog that changes one setting."""

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Checkbox, Input, OptionList, SelectionList, Static, TextArea
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from steno import wire
from steno_tui.live.keys import quiet
from steno_tui.live.screens.dialog import Dialog
from steno_tui.live.screens.system import schema
from steno_tui.texts import _


class Change(Dialog[wire.ConfigState]):
    """Asks for another value and has the daemon take it; it stays where the daemon refuses."""

    DEFAULT_CSS = """
    Change {
        & #about { color: $dim; margin-bottom: 1; }
        & #wrong { color: $text-error; display: none; }
        & #field { height: auto; max-height: 12; }
        & TextArea#field { height: 6; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("system.save", "ctrl+enter", "save", _("Save")),
    ]

    def __init__(self, setting: wire.Setting) -> None:
        super().__init__(setting.name)
        self._setting = setting
        self._kind = schema.kind(setting.json_schema)

    def body(self) -> Iterable[Widget]:
        one = self._setting
        lines = [
            one.description,
            _("May be: {bounds}").format(bounds=schema.bounds(one.json_schema)),
        ]
        if self._kind == "list":
            lines.append(_("One a line."))
        if one.applies == "restart":
            lines.append("! " + _("It counts after a restart of the daemon."))
        yield Static("\n".join(lines), id="about", markup=False)
        yield self._field()
        yield Static("", id="wrong", markup=False)
        yield Horizontal(
            Button(_("Leave it"), id="leave"),
            Button(_("Save"), variant="primary", id="save"),
            id="buttons",
        )

    def _field(self) -> Widget:
        value, found = self._setting.value, self._setting.json_schema
        match self._kind:
            case "switch":
                return Checkbox(_("on"), value, id="field")
            case "choice":
                return OptionList(*(Option(word) for word in schema.choices(found)), id="field")
            case "choices":
                words = schema.choices(found["items"])
                return SelectionList(*(Selection(w, w, w in value) for w in words), id="field")
            case "list":
                return TextArea("\n".join(value), id="field")
            case _:
                return Input(str(value), id="field", select_on_focus=True)

    def on_mount(self) -> None:
        field = self.query_one("#field")
        if isinstance(field, OptionList) and self._kind == "choice":
            words = schema.choices(self._setting.json_schema)
            field.highlighted = words.index(str(self._setting.value))
        field.focus()

    def _value(self) -> Any:
        """What the field says. Raises `ValueError`."""
        match self.query_one("#field"):
            case Checkbox(value=value):
                return value
            case SelectionList() as chosen:
                return [word for word in schema.choices(self._items) if word in chosen.selected]
            case OptionList(highlighted=int(place)):
                return schema.choices(self._setting.json_schema)[place]
            case TextArea(text=text) | Input(value=text):
                return schema.meant(self._setting.json_schema, text)
        raise ValueError

    @property
    def _items(self) -> schema.Schema:
        found: schema.Schema = self._setting.json_schema["items"]
        return found

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    @on(OptionList.OptionSelected)
    def action_save(self) -> None:
        try:
            value = self._value()
        except ValueError:
            wrong = self.query_one("#wrong", Static)
            bounds = schema.bounds(self._setting.json_schema)
            wrong.update(_("✖ This is not {bounds}.").format(bounds=bounds))
            wrong.display = True
            return
        self._save(value)

    @on(Button.Pressed, "#leave")
    def left(self) -> None:
        self.action_leave()

    @work(exclusive=True)
    async def _save(self, value: Any) -> None:
        changes = {self._setting.name: value}
        after = await self.app.attempt(self.app.client.change_config(changes))
        if after is not None:
            self.dismiss(after)
