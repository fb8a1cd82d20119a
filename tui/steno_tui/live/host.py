"""What screens may ask of the application: what is known, requests, and words on their outcome."""

from collections.abc import Awaitable, Sequence
from typing import ClassVar, TypeVar

from textual.app import App
from textual.reactive import reactive

from steno import wire
from steno.client import Client
from steno.errors import Problem, StenoError
from steno_tui.live.feed import Feed
from steno_tui.live.preferences import Preferences
from steno_tui.live.removals import Removals
from steno_tui.live.world import World
from steno_tui.problems import told

T = TypeVar("T")


class Host(App[int]):
    """The application as its screens see it. `StenoApp` is the one that there is.

    Screens name it as `app = getters.app(Host)` and follow `world` with
    `self.watch(self.app, "world", self.show)`.
    """

    world: reactive[World] = reactive(World(), init=False, layout=False, repaint=False)
    """What is known of the daemon, set at most ten times a second."""
    client: Client
    feed: Feed
    preferences: Preferences
    removals: Removals
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = True

    async def attempt(self, request: Awaitable[T]) -> T | None:
        """The answer to `request`, or None after its error was shown."""
        try:
            return await request
        except StenoError as error:
            self.say(error.problem)
            return None

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
