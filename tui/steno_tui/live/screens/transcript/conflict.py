"""Two clients changed the same cue: both texts are shown, and a person chooses."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from rich.text import Text
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Static

from steno import wire
from steno_tui.live.keys import quiet
from steno_tui.live.screens.dialog import Dialog
from steno_tui.live.screens.transcript.editor import Entry
from steno_tui.live.screens.transcript.times import written
from steno_tui.texts import _

Choice = Literal["mine", "theirs", "edit"]


class Conflict(Dialog[Choice]):
    """Escape goes back to editing: nothing typed is lost."""

    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("conflict.edit", "e", "choose('edit')", _("Edit on")),
        quiet("conflict.theirs", "t", "choose('theirs')", _("Keep theirs")),
        quiet("conflict.mine", "m", "choose('mine')", _("Use mine")),
    ]

    def __init__(self, mine: Entry, theirs: wire.Cue | None) -> None:
        super().__init__(_("Somebody else changed this cue"))
        self._mine, self._theirs = mine, theirs

    def body(self) -> Iterable[Widget]:
        yield Static(self._text())
        gone = self._theirs is None
        yield Horizontal(
            Button(_("Edit on (e)"), id="edit"),
            Button(_("Leave it deleted (t)") if gone else _("Keep theirs (t)"), id="theirs"),
            Button(
                _("Insert mine anew (m)") if gone else _("Use mine (m)"),
                variant="primary",
                id="mine",
            ),
            id="buttons",
        )

    def _text(self) -> Text:
        text = Text()
        text.append(
            _("Yours") + f"  {written(self._mine.start)} – {written(self._mine.end)}\n", "bold"
        )
        text.append(self._mine.text + "\n\n")
        if self._theirs is None:
            text.append(_("It was deleted, or merged into another."))
        else:
            times = f"  {written(self._theirs.start)} – {written(self._theirs.end)}\n"
            text.append(_("Theirs") + times, "bold")
            text.append(self._theirs.text)
        return text

    def action_choose(self, choice: Choice) -> None:
        self.dismiss(choice)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        choices: dict[str | None, Choice] = {"mine": "mine", "theirs": "theirs", "edit": "edit"}
        self.dismiss(choices.get(event.button.id))
