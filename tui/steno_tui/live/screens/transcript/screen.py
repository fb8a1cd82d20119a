"""The transcript of a job."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from steno import wire
from steno_tui.live.screens.view import View


class TranscriptScreen(View):
    MODE = "jobs"

    def __init__(self, job: wire.Job) -> None:
        super().__init__()
        self.job = job

    def body(self) -> Iterable[Widget]:
        yield Static("")
