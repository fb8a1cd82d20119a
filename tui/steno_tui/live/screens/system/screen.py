"""System."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from steno_tui.live.screens.view import View


class SystemScreen(View):
    MODE = "system"

    def body(self) -> Iterable[Widget]:
        yield Static("")
