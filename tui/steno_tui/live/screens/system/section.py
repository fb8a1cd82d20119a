"""A part of the screen that asks the daemon, again and again while it is seen."""

from typing import ClassVar

from textual import getters, work
from textual.containers import Vertical
from textual.widgets import Static

from steno.errors import Problem, StenoError
from steno_tui.live.host import Host
from steno_tui.problems import told


class Section(Vertical):
    """`ask` fetches, `draw` shows what is known; what was known stays when nothing can be had."""

    app = getters.app(Host)
    EVERY: ClassVar[float | None] = None
    """Seconds between two looks."""
    MAIN: ClassVar[str]
    """Selector of the widget that keys go to."""
    problem: Problem | None = None
    """Why the last question was in vain."""
    _asking = False

    def on_mount(self) -> None:
        if self.EVERY is not None:
            self.set_interval(self.EVERY, self.look)

    @property
    def seen(self) -> bool:
        return self.display and self.screen.is_current

    @property
    def known(self) -> bool:
        """Whether there is anything to show."""
        raise NotImplementedError

    async def ask(self) -> None:
        raise NotImplementedError

    def draw(self) -> None:
        raise NotImplementedError

    def enter(self) -> None:
        """It is the one that is seen from now on."""
        self.query_one(self.MAIN).focus()
        self.draw()
        self.look()

    def look(self) -> None:
        """Asks, unless nobody looks or an answer is awaited."""
        if self.seen and not self._asking:
            self._asking = True
            self._look()

    @work
    async def _look(self) -> None:
        # Not by `attempt`: what fails each second is written down here, not told each second.
        try:
            await self.ask()
            self.problem = None
        except StenoError as error:
            self.problem = error.problem
        finally:
            self._asking = False
        self.draw()

    def say(self, note: str = "") -> None:
        """Writes `note`, or what is wrong, above everything. The top tells of a lost daemon."""
        if self.problem and (self.app.world.link.status == "live" or not self.known):
            problem = told(self.problem)
            note = f"✖ {problem.detail} {problem.hint}"
        line = self.query_one(".note", Static)
        line.update(note)
        line.display = bool(note)
