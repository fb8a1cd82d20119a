"""The models screen and a daemon that fetches."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from harness import new_home, running
from hub import Hub, add_toys, toy
from steno_tui.live.app import StenoApp
from steno_tui.live.preferences import Preferences
from steno_tui.live.screens.dialog import Confirm
from steno_tui.live.screens.models import ModelsScreen
from steno_tui.live.screens.models.asking import Importing
from tui.live.test_models_pure import text


async def seen(pilot: Pilot[int], condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await pilot.pause(0.02)


async def test_a_model_is_fetched_left_cancelled_checked_deleted_and_imported(
    tmp_path: Path,
) -> None:
    for path, data in toy("large", 4_000_000).items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    with new_home() as home, Hub() as hub:
        add_toys(hub)
        hub.pace = 0.005
        home.extra = hub.environment | {"HF_HOME": str(home.root / "hf")}
        app = StenoApp(home.paths, Preferences())
        async with running(home), app.run_test(size=(100, 30)) as pilot:
            await pilot.press("2")
            await seen(pilot, lambda: isinstance(app.screen, ModelsScreen))
            screen = app.screen
            assert isinstance(screen, ModelsScreen)

            def shows(*parts: str) -> Callable[[], bool]:
                def there() -> bool:
                    line = text(screen.rows.source(screen.rows.cursor))
                    return all(part in line for part in ("toy/large", *parts))

                return there

            await seen(pilot, lambda: screen.rows.count)
            await pilot.press("slash")
            screen.query_one("#search", Input).value = "toy/large"
            await seen(pilot, shows("not here"))
            await pilot.press("enter", "p")
            assert shows("waiting")() or shows("fetching")()
            await seen(pilot, shows("fetching", "%"))
            await pilot.press("1", "2")
            assert shows("fetching", "%")()
            await pilot.press("c")
            await seen(pilot, shows("in part"))
            hub.pace = 0.0
            await pilot.press("p")
            await seen(pilot, shows("ready"))

            await pilot.press("v")
            assert shows("checking")()
            await seen(pilot, shows("ready"))
            await pilot.press("delete")
            await seen(pilot, lambda: isinstance(app.screen, Confirm) and app.screen.focused)
            await pilot.press("y")
            await seen(pilot, shows("not here"))

            await pilot.press("i")
            await seen(pilot, lambda: isinstance(app.screen, Importing) and app.screen.focused)
            app.screen.query_one("#path", Input).value = str(tmp_path)
            await pilot.press("enter")
            await seen(pilot, shows("ready"))
            await pilot.press("l")
            await seen(pilot, lambda: not screen.deeds.pending)
            await pilot.press("escape", "left")
            await seen(pilot, lambda: screen.memory.holds("toy/large"))
            await seen(pilot, shows("kept"))
            await pilot.press("x")
            await seen(pilot, lambda: not screen.memory.holds("toy/large"))
