"""The models screen, told by a test what the daemon would tell."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from steno import wire
from steno.errors import Problem, StenoError
from steno.paths import Paths
from steno.wire.models import ModelPage, ModelProgressEvent, Preloads, Unloaded
from steno_tui.live.app import StenoApp
from steno_tui.live.feed import Feed
from steno_tui.live.preferences import Preferences
from steno_tui.live.screens.dialog import Confirm
from steno_tui.live.screens.models import ModelsScreen
from steno_tui.live.screens.models.asking import Importing, Speaking
from steno_tui.live.world import Link
from tui.live.test_models_pure import cached, coming, model, text, workers

MODELS = (
    model(),
    model("toy/big", title="Großes"),
    model("toy/own", repository=None),
    model("toy/here", status="ready", size_on_disk=5),
    model("align/de", languages=["de"]),
)


class Daemon:
    """Answers of a client that has no daemon."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.gate = asyncio.Event()
        self.error: StenoError | None = None
        self.said: list[Problem] = []
        self.told: list[str] = []

    def answers(self, name: str, value: Any) -> Callable[..., Awaitable[Any]]:
        async def answer(*args: Any, **more: Any) -> Any:
            self.asked.append((name, *args, *more.values()))
            await self.gate.wait()
            if self.error is not None:
                raise self.error
            return value

        return answer


@asynccontextmanager
async def opened(
    home: Path, patch: pytest.MonkeyPatch, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[tuple[Pilot[int], ModelsScreen, Daemon]]:
    """The screen, with `MODELS`; nothing is heard of a daemon but what the test says."""
    patch.setattr(Feed, "run", Feed._paint)
    app, daemon = StenoApp(Paths(home, home, home, home), Preferences()), Daemon()
    daemon.gate.set()
    here = model("toy/here", status="ready")
    cache = workers(cached("toy/here"), cached("toy/other"))
    for name, value in {
        "download": coming(status="waiting", position=2),
        "cancel_download": model(status="incomplete"),
        "remove_model": None,
        "model": here,
        "import_model": model(status="ready"),
        "cache": cache,
        "preloads": Preloads(models=[]),
        "models": ModelPage(models=[], total=0, folder="/m"),
        "unload": Unloaded(later=[], workers=[]),
        "jobs": wire.JobPage(jobs=[], total=0),
    }.items():
        patch.setattr(app.client, name, daemon.answers(name, value))
    patch.setattr(app, "say", daemon.said.append)
    patch.setattr(app, "tell", lambda told, *_, **__: daemon.told.append(told))
    async with app.run_test(size=size) as pilot:
        app.feed.take(Link("live", version="1"))
        app.feed.take(wire.InitialState(channel="models", as_of="", models=list(MODELS)))
        await pilot.press("2")
        await seen(pilot, lambda: isinstance(app.screen, ModelsScreen) and app.screen.rows.count)
        screen = app.screen
        assert isinstance(screen, ModelsScreen)
        daemon.asked.clear()
        yield pilot, screen, daemon


async def seen(pilot: Pilot[int], condition: Callable[[], object]) -> None:
    """Waits until it is so."""
    for _ in range(100):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError("never came")


async def asks(pilot: Pilot[int], dialog: type[Screen[Any]]) -> None:
    """Waits until this dialog can be answered."""
    app = pilot.app
    await seen(pilot, lambda: isinstance(app.screen, dialog) and app.screen.focused)


def row(screen: ModelsScreen, at: int | None = None) -> str:
    return text(screen.rows.source(screen.rows.cursor if at is None else at))


async def test_a_pull_is_refused_then_waits_at_once_is_asked_once_and_goes_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(home, monkeypatch) as (pilot, screen, daemon):
        daemon.error = StenoError("download_cancelled", name="toy/small")
        await pilot.press("p")
        await seen(pilot, lambda: daemon.said)
        assert daemon.said == [daemon.error.problem]
        assert "not here" in row(screen)

        daemon.error = None
        daemon.gate.clear()
        daemon.asked.clear()
        await pilot.press("p", "p")
        assert "waiting" in row(screen)
        assert ("download", "toy/small", None) in daemon.asked
        assert sum(asked[0] == "download" for asked in daemon.asked) == 1
        daemon.gate.set()
        await seen(pilot, lambda: "place 2" in row(screen))
        assert not screen.deeds.pending
        assert not screen.check_action("pull", ())

        await pilot.press("1")
        event = ModelProgressEvent(
            type="toy", model_id="small", status="downloading", progress=42.0, downloaded_bytes=42,
            total_bytes=100, speed_mbps=8.0, eta_s=58.0,
        )  # fmt: skip
        screen.app.feed.take(event)
        await pilot.press("2")
        await seen(pilot, lambda: "42%" in row(screen) and "1.0 MB/s" in row(screen))


async def test_the_chosen_model_stays_chosen_and_search_finds(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(home, monkeypatch) as (pilot, screen, _):
        await pilot.press("down")
        moved = [model("toy/new"), *MODELS]
        screen.app.feed.take(wire.InitialState(channel="models", as_of="", models=moved))
        await seen(pilot, lambda: screen.rows.cursor == 2)
        await pilot.press("slash", *"Gro", "enter")
        await seen(pilot, lambda: screen.rows.count == 1)
        await pilot.press("escape", "f")
        assert screen.rows.count == 1
        assert "align/de" in row(screen)
        await pilot.press("slash", *"zz")
        await seen(pilot, lambda: screen.query_one("#empty").display)


async def test_why_it_cannot_be_fetched_and_whether_to_delete(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(home, monkeypatch) as (pilot, screen, daemon):
        await pilot.press("down", "down", "p")
        assert "nowhere to be fetched from" in daemon.told[0]
        assert ("download", "toy/own", None) not in daemon.asked
        await pilot.press("down", "delete")
        await asks(pilot, Confirm)
        await pilot.press("n")
        await seen(pilot, lambda: screen.app.screen is screen)
        assert ("remove_model", "toy/here") not in daemon.asked
        await pilot.press("delete")
        await asks(pilot, Confirm)
        await pilot.press("y")
        await seen(pilot, lambda: ("remove_model", "toy/here") in daemon.asked)


async def test_what_is_asked_in_dialogs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(home, monkeypatch, (80, 24)) as (pilot, screen, daemon):
        every = model(languages=[])
        screen.app.feed.take(
            wire.InitialState(channel="models", as_of="", models=[every, MODELS[4]])
        )
        await seen(pilot, lambda: screen.rows.count == 1)
        await pilot.press("P")
        await asks(pilot, Speaking)
        assert screen.app.screen.query_one(Input).value == "de", "there is but one"
        await pilot.press("enter")
        await seen(pilot, lambda: ("download", "toy/small", "de") in daemon.asked)
        await pilot.press("i")
        await asks(pilot, Importing)
        await pilot.press("enter")
        assert isinstance(screen.app.screen, Importing), "a path is wanted"
        await pilot.press(*"/m/x", "enter")
        await seen(pilot, lambda: screen.app.screen is screen)
        await seen(pilot, lambda: not screen.deeds.pending)


async def test_memory_is_asked_for_and_let_go(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(home, monkeypatch, (60, 20)) as (pilot, screen, daemon):
        await pilot.press("left")
        await seen(pilot, lambda: screen.rows.count == 4)
        await pilot.press("down", "down")
        screen.look()
        await seen(pilot, lambda: daemon.asked.count(("cache",)) > 1)
        assert screen.rows.cursor == 2, "the same model of another worker is another row"
        await pilot.press("x")
        await seen(pilot, lambda: ("unload", ["toy/here"]) in daemon.asked)


async def test_there_may_be_no_models(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(home, monkeypatch) as (pilot, screen, _):
        screen.app.feed.take(wire.InitialState(channel="models", as_of="", models=[]))
        await seen(pilot, lambda: screen.query_one("#empty").display)
        assert "plugin" in screen._nothing()
        await pilot.press("p", "delete", "v", "l", "x", "enter")
        assert screen.app.screen is screen
