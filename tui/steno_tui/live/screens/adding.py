"""Adding files."""

from collections.abc import Iterable, Sequence

from textual.widget import Widget
from textual.widgets import Static

from steno_tui.live.screens.dialog import Dialog
from steno_tui.texts import _


class Adding(Dialog[None]):
    """Adding files."""

    def __init__(self, files: Sequence[str]) -> None:
        super().__init__(_("Adding files."))
        self._files = files

    def body(self) -> Iterable[Widget]:
        yield Static("")
