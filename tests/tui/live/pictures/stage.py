"""What scenes are, and how they are drawn."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from rich.segment import Segment
from textual._compositor import LayoutUpdate
from textual.pilot import Pilot

from steno.paths import Paths
from steno_tui.live.app import StenoApp
from steno_tui.live.preferences import Preferences
from tui.live.opened import Live
from tui.live.pictures.svg import svg
from tui.live.pictures.teller import Teller
from tui.standin import serving

Size = tuple[int, int]
"""Columns and rows."""
MAIN: Sequence[Size] = ((80, 24), (100, 30), (140, 40))
ONE: Sequence[Size] = ((100, 30),)
LOOKS = 3
"""How often in a row a picture must be the same."""
BETWEEN = 0.02
"""Seconds between two looks."""


class Stage(Live):
    """The application before a daemon of few words."""

    def __init__(self, app: StenoApp, pilot: Pilot[int], daemon: Teller) -> None:
        super().__init__(app, pilot)
        self.daemon = daemon


Step = str | Callable[[Stage], Awaitable[object]]
"""A key, or what is waited for or done."""


class Scene(NamedTuple):
    """A screen and its state."""

    name: str
    steps: Sequence[Step]
    """What leads there from the scene before, and what must be seen then."""
    sizes: Sequence[Size] = ONE
    readme: Size | None = None
    """It is one of the README's pictures, in this size."""

    @property
    def pictures(self) -> dict[str, Size]:
        """Their sizes by their names: `jobs-80x24`, and `jobs` for the README."""
        found = {f"{self.name}-{wide}x{high}": (wide, high) for wide, high in self.sizes}
        return found | ({self.name: self.readme} if self.readme else {})


class Play(NamedTuple):
    """Scenes that follow one another while the application is open: each start costs time."""

    daemon: Callable[[], Teller]
    scenes: Sequence[Scene]


def seen(*parts: str) -> Step:
    """Waits until these texts are there. They are names and numbers, the same in all languages."""

    async def step(stage: Stage) -> None:
        await stage.seen(*parts)

    return step


def until(condition: Callable[[Stage], object]) -> Step:
    """Waits until it is so."""

    async def step(stage: Stage) -> None:
        await stage.until(lambda: condition(stage), "the scene goes on")

    return step


async def go(stage: Stage) -> None:
    """What the daemon keeps back happens now."""
    stage.daemon.go.set()


async def draw(play: Play) -> AsyncIterator[tuple[str, str]]:
    """Names and pictures."""
    with tempfile.TemporaryDirectory(prefix="st") as folder:
        home = Path(folder)
        async with serving(play.daemon(), home / "steno.sock") as daemon:
            assert isinstance(daemon, Teller)
            app = StenoApp(Paths(home, home, home, home), Preferences())
            app.folder = "/films"
            async with app.run_test() as pilot:
                stage = Stage(app, pilot, daemon)
                for scene in play.scenes:
                    await pilot.resize_terminal(*scene.sizes[0])
                    for step in scene.steps:
                        await (pilot.press(step) if isinstance(step, str) else step(stage))
                    for name, size in scene.pictures.items():
                        await pilot.resize_terminal(*size)
                        yield name, svg(await still(stage), size[0])


async def still(stage: Stage) -> list[list[Segment]]:
    """What is seen once nothing is asked for and nothing changes any more."""
    same, before = 0, rows(stage)
    for _ in range(500):
        await stage.pilot.pause(BETWEEN)
        after = rows(stage)
        same = same + 1 if after == before and not stage.daemon.answering else 0
        if same == LOOKS:
            return after
        before = after
    raise AssertionError(f"it never comes to rest:\n{stage.text}")


def rows(stage: Stage) -> list[list[Segment]]:
    app = stage.app
    update = app.screen._compositor.render_update(
        full=True, screen_stack=app._background_screens, simplify=True
    )
    assert isinstance(update, LayoutUpdate)
    return [list(chain.from_iterable(strips)) for strips in update.strips]
