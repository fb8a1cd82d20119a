"""Questions before everything else: a dialog in the middle, answered or left with escape."""

from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Static

from steno_tui.live.host import Host
from steno_tui.live.keys import key, quiet
from steno_tui.texts import _

T = TypeVar("T")


class Dialog(ModalScreen[T | None], Generic[T]):
    """A box with a title; its result is None where it is left."""

    app = getters.app(Host)
    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        background: $background 60%;
        & > #box {
            width: 76; max-width: 100%; height: auto; max-height: 95%;
            background: $surface; border: round $primary; padding: 0 1;
            border-title-color: $text-primary; border-title-style: bold;
        }
        & #buttons { height: auto; align-horizontal: right; margin-top: 1; }
        & #buttons Button { margin-left: 1; min-width: 12; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("dialog.quit", "ctrl+q", "app.quit", _("Quit")),
        key("dialog.leave", "escape", "leave", _("Close")),
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = self._title
            yield from self.body()

    def body(self) -> Iterable[Widget]:
        raise NotImplementedError

    def action_leave(self) -> None:
        self.dismiss(None)


class Confirm(Dialog[bool]):
    """A question before something that cannot easily be undone. Enter on `no` is harmless."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("dialog.yes", "y", "yes", _("Yes")),
        key("dialog.no", "n", "leave", _("No")),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, question: str, yes: str) -> None:
        super().__init__(title)
        self._question, self._yes = question, yes

    def body(self) -> Iterable[Widget]:
        yield Static(self._question, markup=False)
        yield Horizontal(
            Button(_("Keep it"), id="no"),
            Button(self._yes, variant="error", id="yes"),
            id="buttons",
        )

    def action_yes(self) -> None:
        self.dismiss(True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes" or None)
