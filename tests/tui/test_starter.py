"""Starting a daemon where none answers."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from steno.client import Client
from steno.errors import StenoError
from steno.paths import Paths
from steno_tui import starter
from tui.standin import StandIn, serving

Child = subprocess.Popen[bytes]


@pytest.fixture
def paths(home: Path) -> Paths:
    return Paths(config=home, data=home, state=home / "state", runtime=home)


def runs(script: str, text: str = "") -> Callable[[Paths], tuple[Child, int]]:
    """A stand-in for `spawn`: a child that printed `text` and runs `script`."""

    def spawn(paths: Paths) -> tuple[Child, int]:
        paths.state.mkdir(exist_ok=True)
        (paths.state / "stenod.out").write_text("of an earlier start\n" + text)
        child = subprocess.Popen([sys.executable, "-c", script])
        starter.children.append(child)
        return child, len("of an earlier start\n")

    return spawn


async def test_a_daemon_that_answers_is_left_alone(
    standin: StandIn, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starter, "spawn", None)
    assert (await starter.start(paths)).status == "ok"


async def test_where_another_was_faster_its_socket_is_waited_for(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first child finds the lock taken; meanwhile the other daemon begins to answer."""
    server = serving(StandIn(), paths.socket)
    answer = starter.answer
    asked = 0

    async def later(client: Client) -> object:
        nonlocal asked
        asked += 1
        if asked == 20:
            await server.__aenter__()
        return await answer(client)

    monkeypatch.setattr(starter, "answer", later)
    monkeypatch.setattr(starter, "spawn", runs("raise SystemExit(7)"))
    assert (await starter.start(paths)).status == "ok"
    await server.__aexit__(None, None, None)


async def test_one_that_fails_is_quoted_without_what_others_printed(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starter, "spawn", runs("raise SystemExit(2)", "config.toml: line 3\n"))
    with pytest.raises(StenoError) as caught:
        await starter.start(paths)
    detail = caught.value.problem.detail
    assert detail == "stenod did not start: it ended with status 2.\nconfig.toml: line 3"


@pytest.mark.parametrize("stuck", [True, False], ids=["stuck itself", "waits for another"])
async def test_waiting_is_bounded(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, stuck: bool
) -> None:
    monkeypatch.setattr(starter, "ENDING", 3600.0 if stuck else 0.1)
    script = "import time; time.sleep(3600)" if stuck else "raise SystemExit(7)"
    monkeypatch.setattr(starter, "spawn", runs(script))
    with pytest.raises(StenoError) as caught:
        await starter.start(paths, timeout=0.1)
    assert "it did not answer in time." in caught.value.problem.detail
    starter.children[-1].kill()
    starter.children.pop().wait()


async def test_a_state_folder_that_cannot_be_made_is_told(home: Path) -> None:
    (home / "file").write_text("")
    paths = Paths(config=home, data=home, state=home / "file" / "state", runtime=home)
    with pytest.raises(StenoError) as caught:
        await starter.start(paths)
    assert caught.value.code == "folder_unusable"
