"""The dialog that adds files, on a stand-in daemon."""

import os
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input, Select, Static

from steno.errors import StenoError
from steno_tui.live.app import StenoApp
from steno_tui.live.screens.adding import Adding
from steno_tui.live.screens.adding.picker import Picker
from tui.live.dialogs import bodies, line, live, said, settled, until
from tui.standin import StandIn


@pytest.fixture
def shelf(home: Path) -> Path:
    for name in ("shelf/1.mp3", "shelf/notes.txt", "shelf/Films/2.mkv", "shelf/Films/3.mkv"):
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return home / "shelf"


def screen(app: StenoApp) -> Adding:
    assert isinstance(app.screen, Adding)
    return app.screen


async def opened(app: StenoApp, entries: int = 1) -> Adding:
    """The dialog, once it shows this many entries at least."""
    await until(lambda: isinstance(app.screen, Adding), what="the dialog is there")
    found = screen(app)
    await until(
        lambda: (
            found.query(Picker)
            and len(found.picker.entries) >= entries
            and found.picker.rows.has_focus
        ),
        what="the folder is there",
    )
    return found


def chosen(app: StenoApp, shelf: Path) -> list[str]:
    return [os.path.relpath(path, shelf) for path in screen(app)._files]


async def test_files_of_the_command_line_are_added_as_they_are(
    standin: StandIn, home: Path, shelf: Path
) -> None:
    name = os.fsdecode(os.fsencode(shelf) + b"/caf\xe9.mp3")
    async with live(standin, home, [name, os.path.relpath(shelf / "1.mp3")]) as (app, pilot):
        await opened(app)
        await until(lambda: len(screen(app)._files) == 2, what="both are chosen")
        await pilot.press("f5")
        await until(lambda: not isinstance(app.screen, Adding), what="the dialog is left")
        assert bodies(standin, "/api/jobs") == [
            {"path": f"file://{shelf}/caf%E9.mp3", "settings": {}, "start": True},
            {"path": str(shelf / "1.mp3"), "settings": {}, "start": True},
        ]
        assert "2 jobs are added." in said(app)


async def test_the_picker_chooses_files_and_whole_folders(
    standin: StandIn, home: Path, shelf: Path
) -> None:
    async with live(standin, home) as (app, pilot):
        app.folder = str(shelf)
        app.add_files([])
        dialog = await opened(app, 3)
        assert [entry.name for entry in dialog.picker.entries] == ["..", "Films", "1.mp3"]
        await pilot.press("down", "space")
        await until(lambda: len(dialog._files) == 2, what="the folder is chosen")
        await pilot.press("enter")
        await until(lambda: len(dialog._files) == 3, what="the file is chosen")
        assert chosen(app, shelf) == ["Films/2.mkv", "Films/3.mkv", "1.mp3"]
        await pilot.press("space")
        await until(lambda: len(dialog._files) == 2, what="the file is left out again")
        dialog.rows.focus()
        await until(lambda: dialog.rows.has_focus, what="the list has the focus")
        await pilot.press("delete")
        await until(lambda: chosen(app, shelf) == ["Films/3.mkv"], what="one is left out")
        await pilot.press("f6")
        await until(lambda: app.screen is not dialog, what="the dialog is left")
        assert [body["start"] for body in bodies(standin, "/api/jobs")] == [False]
        assert app.folder == str(shelf)


async def test_only_settings_that_were_chosen_are_sent(
    standin: StandIn, home: Path, shelf: Path
) -> None:
    async with live(standin, home, [str(shelf / "1.mp3")]) as (app, pilot):
        dialog = await opened(app)
        await pilot.press("f4")
        await until(
            lambda: len(dialog.fields.fields) > 20 and settled(app), what="all settings are shown"
        )
        line(app, "model").query_one(Select).value = "toy/small"
        line(app, "output_dir").query_one(Input).value = str(shelf)
        line(app, "options.asr.beam").query_one(Input).value = "10"
        await pilot.pause()
        await pilot.press("f5")
        await until(lambda: said(app), what="the wrong one is told")
        below = line(app, "options.asr.beam").query_one(".note", Static)
        assert str(below.render()) == "✖ It must be from 1 to 9."
        assert not bodies(standin, "/api/jobs")
        line(app, "options.asr.beam").query_one(Input).value = "9"
        await pilot.pause()
        await pilot.press("f5")
        await until(lambda: bodies(standin, "/api/jobs"), what="it is added")
        assert bodies(standin, "/api/jobs")[0]["settings"] == {
            "model": "toy/small", "output_dir": str(shelf), "options": {"asr": {"beam": 9}},
        }  # fmt: skip


async def test_the_form_follows_what_is_chosen_and_keeps_what_was_typed(
    standin: StandIn, home: Path
) -> None:
    async with live(standin, home) as (app, pilot):
        app.add_files([])
        dialog = await opened(app)
        await pilot.press("f3")
        await until(lambda: settled(app), what="the form is there")
        line(app, "prompt").query_one(Input).value = "Names"
        line(app, "backend").query_one(Select).value = "heavy"
        await until(
            lambda: settled(app) and line(app, "model").field.kind == "text",
            what="it has no models",
        )
        below = line(app, "backend").query_one(".note", Static)
        await pilot.pause()
        assert "pip install heavy" in str(below.render())
        assert dialog.fields.typed["prompt"] == "Names"


async def test_refused_files_stay_with_the_daemons_words(
    standin: StandIn, home: Path, shelf: Path
) -> None:
    bad = str(shelf / "Films" / "2.mkv")
    standin.refuse = {bad: StenoError("file_not_found", name=bad)}
    async with live(standin, home, [bad, str(shelf / "1.mp3")]) as (app, pilot):
        dialog = await opened(app)
        await until(lambda: len(dialog._files) == 2, what="both are chosen")
        await pilot.press("f5")
        await until(lambda: chosen(app, shelf) == ["Films/2.mkv"], what="the good one is gone")
        problem = standin.refuse[bad].problem
        words = dialog.query_one("#words", Static)
        assert str(words.render()) == f"✖ {problem.detail}\n{problem.hint}".strip()
        assert app.screen is dialog


async def test_a_refused_setting_is_said_once(standin: StandIn, home: Path, shelf: Path) -> None:
    files = [str(shelf / "Films" / name) for name in ("2.mkv", "3.mkv")]
    standin.refuse = dict.fromkeys(files, StenoError("setting_invalid", why="Not so."))
    async with live(standin, home, files) as (app, pilot):
        dialog = await opened(app)
        await until(lambda: len(dialog._files) == 2, what="both are chosen")
        await pilot.press("f5")
        await until(lambda: said(app), what="it is said")
        await until(lambda: not dialog._busy, what="it is over")
        assert len(bodies(standin, "/api/jobs")) == 1
        assert list(dialog._files.values()) == [None, None]


async def test_dropped_files_open_the_dialog_and_are_chosen_in_it(
    standin: StandIn, home: Path, shelf: Path
) -> None:
    async with live(standin, home) as (app, _pilot):
        app.post_message(events.Paste("just words"))
        await until(lambda: said(app), what="a word on what names no file")
        app.post_message(events.Paste(f"'{shelf}/1.mp3' {shelf}/none.mp3"))
        dialog = await opened(app)
        await until(lambda: chosen(app, shelf) == ["1.mp3"], what="the one that exists is chosen")
        dialog.query_one("#path").focus()
        await until(lambda: dialog.query_one("#path").has_focus, what="it has the focus")
        app.post_message(events.Paste(f"file://{shelf}/Films"))
        await until(lambda: len(dialog._files) == 3, what="the folder's files are chosen")
        assert dialog.query_one("#path", Input).value == ""


async def test_a_typed_path_is_completed_and_taken(
    standin: StandIn, home: Path, shelf: Path
) -> None:
    async with live(standin, home) as (app, pilot):
        app.folder = str(shelf)
        app.add_files([])
        dialog = await opened(app, 3)
        path = dialog.query_one("#path", Input)
        path.focus()
        await until(lambda: path.has_focus, what="it has the focus")
        path.value = "Fi"
        await pilot.press("tab")
        await until(lambda: path.value == "Films/", what="it is completed")
        await pilot.press("enter")
        await until(lambda: dialog.picker.folder == str(shelf / "Films"), what="it is shown")
        path.focus()
        await until(lambda: path.has_focus, what="it has the focus again")
        path.value = "2.mkv"
        await pilot.press("enter")
        await until(lambda: chosen(app, shelf) == ["Films/2.mkv"], what="the file is chosen")
