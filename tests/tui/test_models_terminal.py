"""`steno models pull` in a real terminal."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Home, new_home, started, until
from hub import Hub, add_toys
from terminal import NEEDED, Terminal

pytestmark = NEEDED
STENO = f"{sys.executable} -m steno_tui models"
BAR = re.compile(r"^toy/large (━*)╺* +(\d+)% ", re.MULTILINE)


async def bar(terminal: Terminal, least: int = 0) -> int:
    """The percent of the bar once it is beyond `least`."""

    def beyond() -> int:
        found = BAR.search(terminal.screen)
        return int(found[2]) if found and int(found[2]) > least else 0

    try:
        return await until(beyond, what=f"a bar beyond {least}%")
    except AssertionError as error:
        raise AssertionError(terminal.screen) from error


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Home, Hub]]:
    with new_home() as home, Hub() as hub:
        add_toys(hub)
        home.extra = hub.environment | {"HF_HOME": str(home.root / "hf")}
        with started(home):
            yield home, hub


async def test_a_bar_moves_is_left_is_attached_to_again_and_ends(place: tuple[Home, Hub]) -> None:
    home, hub = place
    hub.pace = 0.005
    terminal = Terminal(home, 80)
    try:
        terminal.type(f"{STENO} pull toy/large")
        seen = await bar(terminal)
        seen = await bar(terminal, seen)
        await terminal.shows(" of 4.6 MB ", "B/s ")
        terminal.interrupt()
        await terminal.shows("the daemon goes on", "`steno models cancel toy/large` ends it.")
        await terminal.clear()
        terminal.type(f"{STENO} pull toy/large; echo code $?")
        assert await bar(terminal) >= seen
        hub.pace = 0.0
        screen = await terminal.shows("toy/large (4.6 MB) is ready: ", "code 0")
        assert not BAR.search(screen), "the bar gave way to what became of it"
        await terminal.clear()
        terminal.type(f"{STENO} list --kind toy")
        screen = await terminal.shows("MODEL", " are here, 4.6 MB in ")
        assert re.search(r"^toy/large +ready +4\.6 MB ", screen, re.MULTILINE)
    finally:
        hub.pace = 0.0
        terminal.close()


@pytest.mark.parametrize(("columns", "more"), [(40, {}), (60, {"NO_COLOR": "1"})])
async def test_interrupted_screens_are_left_in_order(
    place: tuple[Home, Hub], columns: int, more: dict[str, str]
) -> None:
    """The `^C` that the terminal echoes breaks no line in two, so that no bar stays behind."""
    home, hub = place
    folder = Path(home.paths.models / "toy" / "large")
    terminal = Terminal(home, columns, 20, **more)
    try:
        terminal.type(f"{STENO} rm -y toy/large")
        await until(lambda: not folder.exists() or not os.listdir(folder), what="it is gone")
        hub.pace = 0.005
        await terminal.clear()
        terminal.type(f"{STENO} pull toy/large --cancel")
        await bar(terminal)
        terminal.interrupt()
        screen = await terminal.shows("toy/large  incomplete", "was cancelled")
        assert not BAR.search(screen), screen
    finally:
        hub.pace = 0.0
        terminal.close()


async def test_what_is_brought_is_checked_under_a_bar_that_gives_way(
    place: tuple[Home, Hub],
) -> None:
    home, _ = place
    stick = home.root / "stick"
    stick.mkdir()
    (stick / "weights.bin").write_bytes(os.urandom(50_000_000))
    terminal = Terminal(home, 80)
    try:
        terminal.type(f"{STENO} import toy/small {stick}")
        await terminal.shows("toy/small (50.0 MB, unverified) is ready: ")
        terminal.type(f"{STENO} verify toy/small")
        screen = await terminal.shows("toy/small: all files are as they should be")
        assert "━" not in screen
        await terminal.clear()
        terminal.type(f"{STENO} list --kind toy")
        await terminal.shows("unverified, as nobody states their checksums: toy/small")
    finally:
        terminal.close()
