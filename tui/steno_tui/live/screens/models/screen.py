"""Models."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from steno_tui.live.screens.view import View


class ModelsScreen(View):
    MODE = "models"

    def body(self) -> Iterable[Widget]:
        yield Static("")
