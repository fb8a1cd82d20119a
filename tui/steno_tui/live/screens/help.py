"""What one can do on a screen, and with which keys."""

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

from rich.cells import cell_len
from rich.text import Text
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from steno_tui.live.keys import quiet
from steno_tui.live.screens.dialog import Dialog
from steno_tui.live.screens.view import View
from steno_tui.texts import _


class Help(Dialog[None]):
    """Every key of the screen below, with its name for `tui.toml`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("help.leave", "question_mark,q", "leave", _("Close")),
    ]
    DEFAULT_CSS = """
    Help #keys { height: auto; max-height: 30; }
    """

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__(_("Help"))
        self._about = screen.ABOUT if isinstance(screen, View) else ""
        self._lines = lines(screen)

    def body(self) -> Iterable[Widget]:
        with VerticalScroll(id="keys"):
            yield Static(self._text())

    def _text(self) -> Text:
        text = Text()
        if self._about:
            text.append(self._about + "\n\n")
        keys_wide = max((cell_len(line.keys) for line in self._lines), default=0)
        about_wide = max((cell_len(line.about) for line in self._lines), default=0)
        for line in self._lines:
            text.append(" " * (keys_wide - cell_len(line.keys)) + line.keys, "bold")
            text.append("  " + line.about + " " * (about_wide - cell_len(line.about)))
            text.append(f"  {line.name}\n", "dim")
        text.append("\n" + _("Other keys: [keys] in tui.toml, by the names at the right."), "dim")
        return text


class Line(NamedTuple):
    """One thing that can be done."""

    keys: str
    about: str
    name: str
    """In `tui.toml`."""


def lines(screen: Screen[Any]) -> list[Line]:
    """What can be done on `screen`: first what is its own, then the moving about."""
    found: dict[str, tuple[list[str], str]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.id or not binding.description or binding.system:
            continue
        keys, _about = found.setdefault(binding.id, ([], binding.tooltip or binding.description))
        if (shown := screen.app.get_key_display(binding)) not in keys:
            keys.append(shown)
    made = [Line(" ".join(keys), about, name) for name, (keys, about) in found.items()]
    return sorted(made, key=lambda line: line.name.startswith(("rows.", "app.")))
