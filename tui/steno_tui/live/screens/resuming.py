"""Going on with a job."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from steno import wire
from steno_tui.live.screens.dialog import Dialog
from steno_tui.texts import _


class Resuming(Dialog[None]):
    """Going on with a job."""

    def __init__(self, job: wire.Job) -> None:
        super().__init__(_("Going on with a job."))
        self._job = job

    def body(self) -> Iterable[Widget]:
        yield Static("")
