"""What screens may ask of the application: what is known, requests, and words on their outcome."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import App
from textual.reactive import reactive

from steno import wire
from steno.errors import Problem, StenoError
from steno_tui.live.feed import Feed
from steno_tui.live.preferences import Preferences
from steno_tui.live.removals import Removals
from steno_tui.live.world import World
from steno_tui.problems import told

if TYPE_CHECKING:
    from steno.client import Client

T = TypeVar("T")


class Host(App[int]):
    """The application as its screens see it. `StenoApp` is the one that there is.

    Screens name it as `app = getters.app(Host)` and follow `world` with
    `self.watch(self.app, "world", self.show)`.
    """

    world: reactive[World] = reactive(
        World(), init=False, layout=False, repaint=False, always_update=True
    )
    """What is known of the daemon, set at most ten times a second, and only where it is another;
    nothing is compared."""
    feed: Feed
    preferences: Preferences
    removals: Removals
    glance: wire.JobPage | None
    """The newest jobs as they were at the start, where a daemon was there."""
    ready: asyncio.Event
    """The client is loaded."""
    folder: str = ""
    """Where files were looked for last."""
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = True

    @property
    def client(self) -> "Client":
        """Requests to the daemon."""
        raise NotImplementedError

    async def attempt(self, request: Awaitable[T]) -> T | None:
        """The answer to `request`, or None after its error was shown. Where the application ends
        meanwhile, so does who asked."""
        try:
            answer = await request
        except StenoError as error:
            if self.is_running:
                self.say(error.problem)
            return None
        if not self.is_running:
            raise asyncio.CancelledError
        return answer

    def say(self, problem: Problem) -> None:
        """Shows what went wrong and what to do next."""
        shown = told(problem)
        text = f"{shown.detail}\n{shown.hint}" if shown.hint else shown.detail
        self.notify(text, title=shown.title, severity="error", timeout=10, markup=False)

    def tell(self, text: str, title: str = "", *, warning: bool = False) -> None:
        """Shows a notice for some seconds."""
        self.notify(
            text,
            title=title,
            severity="warning" if warning else "information",
            markup=False,
        )

    # Screens beside the one that asks

    def action_mode(self, mode: str) -> None:
        """Shows the jobs, the models or the system."""
        raise NotImplementedError

    def open_transcript(self, job: wire.Job) -> object:
        """Shows what was said in a job."""
        raise NotImplementedError

    def add_files(self, files: Sequence[str]) -> object:
        """Asks for media files and settings, `files` being chosen already."""
        raise NotImplementedError

    def resume_job(self, job: wire.Job) -> object:
        """Asks with which settings a job goes on."""
        raise NotImplementedError
