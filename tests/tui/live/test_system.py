"""The screen of the system: what is asked for, what is seen, and what keys do."""

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from aiohttp import web
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Static

from harness import new_home, running, until
from steno import wire
from steno.errors import StenoError
from steno.paths import Paths
from steno_tui.live.app import StenoApp
from steno_tui.live.preferences import Preferences
from steno_tui.live.screens.jobs import JobsScreen
from steno_tui.live.screens.system import SystemScreen
from steno_tui.live.screens.system.change import Change
from steno_tui.live.screens.system.daemon import DaemonSection
from steno_tui.live.screens.system.log import LogSection
from steno_tui.live.screens.system.plugins import PluginsSection
from steno_tui.live.screens.system.section import Section
from steno_tui.live.screens.system.settings import SettingsSection
from steno_tui.live.widgets.rows import Rows
from tui.live.system_values import PLUGINS, STATE, STATUS, TRACEBACK, entry
from tui.standin import SILENT, StandIn, answer, event, serving

S = TypeVar("S", bound=Section)


class System(StandIn):
    """A stand-in that also tells of itself."""

    def __init__(self) -> None:
        super().__init__()
        self.plugins = PLUGINS
        self.status = STATUS
        self.config = STATE
        self.records: list[wire.LogRecord] = []
        opened = [event("initial_state", wire.InitialState(channel="jobs", as_of="db-0", jobs=[]))]
        self.scripts = [[*opened, SILENT]]

    def app(self) -> web.Application:
        app = super().app()
        app.router.add_get("/api/status", self._status)
        app.router.add_get("/api/logs", self._logs)
        app.router.add_get("/api/config", self._config)
        app.router.add_patch("/api/config", self._config)
        return app

    def asked_for(self, path: str) -> list[str]:
        return [asked for _, asked, _ in self.requests if asked.startswith(path)]

    async def _status(self, request: web.Request) -> web.Response:
        await self._note(request)
        return answer(self.status)

    async def _config(self, request: web.Request) -> web.Response:
        await self._note(request)
        return answer(self.config)

    async def _logs(self, request: web.Request) -> web.Response:
        await self._note(request)
        after = int(request.query.get("after", "0"))
        text = request.query.get("q", "")
        found = [one for one in self.records if one.seq > after and text in one.message]
        return answer(wire.LogPage(records=found, next=max([after, *(r.seq for r in found)])))


@asynccontextmanager
async def screen(paths: Paths) -> AsyncIterator[tuple[StenoApp, Pilot[int]]]:
    app = StenoApp(paths, Preferences())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await until(lambda: app.world.link.status == "live", what="the daemon is there")
        await until(lambda: isinstance(app.screen, SystemScreen), what="the screen is there")
        yield app, pilot


@pytest.fixture
def paths(home: Path) -> Paths:
    return Paths(home, home, home, home)


@pytest.fixture
async def system(paths: Paths) -> AsyncIterator[System]:
    daemon = System()
    async with serving(daemon, paths.socket):
        yield daemon


async def section(app: StenoApp, pilot: Pilot[int], kind: type[S]) -> S:
    """The section of this kind, once it is seen and knows something."""
    while not isinstance(app.screen.section, kind):  # type: ignore[attr-defined]
        await pilot.press("f")
    found = app.screen.query_one(kind)
    await until(lambda: found.known, what=f"{kind.__name__} knows something")
    await pilot.pause()
    return found


def shown(app: StenoApp, selector: str) -> str:
    content = app.screen.query_one(selector, Static).content
    return content.plain if isinstance(content, Content) else str(content)


def note(found: Section) -> str:
    line = found.query_one(".note", Static)
    return str(line.content) if line.display else ""


def complains(found: Section) -> bool:
    return found.problem is not None and "✖" in note(found)


async def test_the_daemon_is_asked_again_only_while_it_is_seen(
    system: System, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DaemonSection, "EVERY", 0.05)
    system.status = msgspec.structs.replace(STATUS, held="the disk is full")
    async with screen(paths) as (app, pilot):
        found = await section(app, pilot, DaemonSection)
        assert note(found) == "! Nothing runs: the disk is full"
        assert "speech-1" in shown(app, "#use")
        asked = len(system.asked_for("/api/status"))
        await until(lambda: len(system.asked_for("/api/status")) > asked + 2, what="asked again")
        await pilot.press("1")
        await until(lambda: isinstance(app.screen, JobsScreen), what="other screen")
        found.look()
        assert not found._asking  # not while another screen is seen
        await pilot.press("3", "f")
        await section(app, pilot, PluginsSection)
        found.look()
        assert not found._asking  # nor another section


async def test_what_is_known_stays_when_the_daemon_goes(system: System, paths: Paths) -> None:
    async with screen(paths) as (app, pilot):
        found = await section(app, pilot, DaemonSection)
        system.lost = StenoError("stopping")
        paths.socket.unlink()
        await app.client.__aexit__(None, None, None)
        await app.client.__aenter__()
        found.look()
        await until(lambda: found.problem is not None, what="the question is in vain")
        assert "speech-1" in shown(app, "#use")


async def test_a_section_that_never_knew_anything_says_why(paths: Paths) -> None:
    app = StenoApp(paths, Preferences())
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("3")
        await until(lambda: isinstance(app.screen, SystemScreen), what="the screen is there")
        for kind in (DaemonSection, PluginsSection, LogSection, SettingsSection):
            found = app.screen.query_one(kind)
            await until(functools.partial(complains, found), what="it says why")
            await pilot.press("right")


async def test_a_command_that_installs_is_copied_and_plugins_are_asked_anew(
    system: System, paths: Paths
) -> None:
    async with screen(paths) as (app, pilot):
        found = await section(app, pilot, PluginsSection)
        assert "ImportError: [no] x" in shown(app, "#plugin")
        await pilot.press("down", "y")
        assert app.clipboard == "pip install x"
        await pilot.press("down")
        assert found.check_action("copy", ()) is False
        system.plugins = wire.Plugins(plugins=[])
        await pilot.press("r")
        await until(lambda: "No plugin" in note(found), what="none is left")
        assert any("refresh" in asked for asked in system.asked_for("/api/plugins"))


async def test_the_log_is_followed_until_one_scrolls(system: System, paths: Paths) -> None:
    system.records = [entry(seq, f"record {seq}") for seq in range(1, 100)]

    async def grow(more: wire.LogRecord, found: LogSection) -> None:
        system.records.append(more)
        found.look()
        await until(lambda: found.tail.records[-1] == more, what="it is told")
        await pilot.pause()

    async with screen(paths) as (app, pilot):
        found = await section(app, pilot, LogSection)
        assert found.rows.cursor == 98
        await grow(entry(100, TRACEBACK, level="ERROR"), found)
        assert found.rows.cursor == 99
        assert shown(app, "#record").endswith(TRACEBACK)
        await pilot.press("up")
        await grow(entry(101), found)
        assert found.rows.cursor == 98
        assert "not following" in shown(app, "#filter")
        await pilot.press("end")
        await grow(entry(102), found)
        assert found.rows.cursor == 101
        found.rows._by_person = True  # as the mouse wheel has it
        found.rows.scroll_to(y=0, animate=False)
        await pilot.pause()
        assert not found.following
        await pilot.press("end")
        await until(lambda: found.following, what="it follows")
        assert all("after=" in asked for asked in system.asked_for("/api/logs")[1:])


async def test_the_log_is_filtered_by_level_and_text(system: System, paths: Paths) -> None:
    system.records = [entry(1, "apple"), entry(2, "pear")]
    async with screen(paths) as (app, pilot):
        found = await section(app, pilot, LogSection)
        await pilot.press("l")
        await until(lambda: "level=WARNING" in system.asked_for("/api/logs")[-1], what="level")
        await pilot.press("slash", *"pear", "enter")
        await until(lambda: [one.seq for one in found.tail.records] == [2], what="text")
        assert "From warning on · with “pear”" in shown(app, "#filter")
        await pilot.press("slash", "x", "enter")
        await until(lambda: "No record fits" in note(found), what="nothing fits")
        await pilot.press("escape")
        await until(lambda: len(found.tail.records) == 2, what="all again")


async def test_what_the_environment_sets_is_not_edited(system: System, paths: Paths) -> None:
    fixed = msgspec.structs.replace(STATE.settings[0], origin="environment")
    system.config = msgspec.structs.replace(STATE, settings=[fixed], problem="config.toml: line 3")
    async with screen(paths) as (app, pilot):
        found = await section(app, pilot, SettingsSection)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, SystemScreen)
        assert "STENO_JOBS_CONCURRENT" in [*app._notifications][-1].message
        assert "config.toml: line 3" in note(found)


async def test_each_kind_of_setting_has_its_field(system: System, paths: Paths) -> None:
    kinds: list[tuple[dict[str, Any], Any, list[str], Any]] = [
        ({"type": "boolean"}, True, ["space", "ctrl+s"], False),
        ({"enum": ["a", "b"]}, "a", ["down", "enter"], "b"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, ["b"], ["space", "ctrl+s"], ["a", "b"]),
        ({"type": "array", "items": {}}, [], ["a", "enter", "b", "ctrl+s"], ["a", "b"]),
        ({"type": "string"}, "old", ["n", "enter"], "n"),
    ]
    async with screen(paths) as (app, pilot):
        for json_schema, before, keys, after in kinds:
            one = msgspec.structs.replace(
                STATE.settings[0], json_schema=json_schema, value=before, applies="restart"
            )
            app.push_screen(Change(one))
            await until(lambda: isinstance(app.screen, Change), what="it is asked")
            await pilot.press(*keys)
            await until(lambda: isinstance(app.screen, SystemScreen), what="it is taken")
            sent = next(body for how, _, body in reversed(system.requests) if how == "PATCH")
            assert sent == {"settings": {"jobs.concurrent": after}}


async def test_a_setting_is_changed_and_taken_back() -> None:
    with new_home() as home:
        home.configure("[jobs]\nconcurrent = 3\n")
        before = home.paths.config_file.read_bytes()
        async with running(home), screen(home.paths) as (app, pilot):
            found = await section(app, pilot, SettingsSection)
            names = [one.name for one in found.entries]
            found.query_one("#settings", Rows).show(names.index("concurrent"))
            await pilot.press("enter")
            await until(lambda: isinstance(app.screen, Change), what="it is asked")
            await pilot.press("x", "enter")
            assert "not a whole number" in shown(app, "#wrong")
            await pilot.press("backspace", "9", "9", "enter")
            await until(lambda: "<= 16" in shown(app, "#wrong"), what="the daemon refuses")
            await pilot.press("backspace", "enter")
            await until(lambda: isinstance(app.screen, SystemScreen), what="it is taken")
            assert found.entry is not None
            assert (found.entry.value, "changed" in shown(app, "#setting")) == ("9", True)
            await pilot.press("d")
            await until(lambda: found.entry and found.entry.value == "3", what="it is taken back")
            assert "config.toml" in shown(app, "#setting")
            assert home.paths.config_file.read_bytes() == before
            home.configure("[jobs]\nconcurrent = 5\n")
            await pilot.press("r")
            await until(lambda: "still uses 3" in shown(app, "#setting"), what="it is read anew")
            await pilot.press("t")
            await until(lambda: "still uses" not in shown(app, "#setting"), what="it is taken up")
            assert found.entry.value == "5"
