"""Playing a cue: with which program, and that it never stays behind."""

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from textual import work
from textual.app import App

from harness import until
from steno import wire
from steno_tui.live.playing import Playing, absent, command, player
from tui.standin import job

SCRIPT = """#!/bin/sh
printf '%s\\n' "$@" >> "$TOLD/arguments"
sleep 60 &
echo $! $$ >> "$TOLD/pids"
wait
"""


class Machine:
    """One with players of a kind, and a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = os.fsencode(folder) + b"/a \xff b.wav"
        with open(self.file, "wb"):
            pass

    def install(self, name: str, script: str = SCRIPT) -> None:
        path = self.folder / "bin" / name
        path.write_text(script)
        path.chmod(0o755)

    def job(self, **more: Any) -> wire.Job:
        return job(uri="file://" + quote(self.file), **more)

    @property
    def arguments(self) -> list[bytes]:
        path = self.folder / "arguments"
        return path.read_bytes().splitlines() if path.exists() else []

    @property
    def pids(self) -> list[int]:
        path = self.folder / "pids"
        return [int(pid) for pid in path.read_text().split()] if path.exists() else []

    async def plays(self, times: int = 1) -> None:
        await until(lambda: len(self.pids) == 2 * times, what="it plays", timeout=10)

    async def silent(self) -> None:
        await until(lambda: not any(map(alive, self.pids)), what="nothing plays", timeout=10)


def alive(pid: int) -> bool:
    """Whether it runs; those that nobody has waited for do not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.setenv("TOLD", str(tmp_path))
    return Machine(tmp_path)


def test_mpv_comes_first_and_a_person_may_want_another() -> None:
    here = {"mpv": "/b/mpv", "ffplay": "/b/ffplay", "/own/mpv": "/own/mpv", "vlc": "/b/vlc"}
    assert player("", here.get) == "/b/mpv"
    assert player("", {"ffplay": "/b/ffplay"}.get) == "/b/ffplay"
    assert player("ffplay", here.get) == "/b/ffplay"
    assert player("/own/mpv", here.get) == "/own/mpv"
    assert player("vlc", here.get) is None
    assert player("mpv", lambda _: None) is None
    assert "mpv or ffmpeg" in absent("")
    assert "vlc" in absent("vlc")


def test_each_is_told_the_part_its_own_way_and_opens_no_window() -> None:
    mpv = command("/b/mpv", "/m/a.wav", 1.5, 3.25)
    assert {"--no-video", "--really-quiet", "--start=1.500", "--end=3.250"} <= {*mpv}
    assert mpv[-2:] == ["--", "/m/a.wav"]
    ffplay = " ".join(command("ffplay", "/m/a.wav", 1.5, 3.25))
    assert ffplay.startswith("ffplay -nodisp -autoexit")
    assert ffplay.endswith("-ss 1.500 -t 1.750 -i /m/a.wav")


async def test_a_cue_is_played_until_it_is_stopped(machine: Machine) -> None:
    machine.install("mpv")
    playing = Playing()
    heard = asyncio.create_task(playing.play(machine.job(), 2.0, 4.0))
    await machine.plays()
    assert machine.arguments[-1] == machine.file
    assert b"--start=2.000" in machine.arguments
    assert playing.position is not None
    assert playing.position >= 2.0
    playing.stop()
    assert playing.position is None
    assert await heard == ""
    await machine.silent()


async def test_the_next_one_ends_the_one_before(machine: Machine) -> None:
    machine.install("ffplay")
    playing = Playing("ffplay")
    first = asyncio.create_task(playing.play(machine.job(), 0.0, 1.0))
    await machine.plays()
    second = asyncio.create_task(playing.play(machine.job(), 5.0, 6.0))
    assert await first == ""
    await machine.plays(2)
    assert [alive(pid) for pid in machine.pids] == [False, False, True, True]
    position = await until(lambda: playing.position, what="it is heard")
    assert position is not None
    assert position >= 5.0
    second.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await second
    await machine.silent()


async def test_stopped_before_it_started_it_stays_silent(machine: Machine) -> None:
    machine.install("mpv")
    playing = Playing()
    heard = asyncio.create_task(playing.play(machine.job(), 0.0, 1.0))
    await asyncio.sleep(0)
    playing.stop()
    assert await heard == ""
    await machine.silent()
    assert playing.position is None


async def test_it_does_not_outlive_the_application(machine: Machine) -> None:
    machine.install("mpv")

    class Player(App[None]):
        @work
        async def on_mount(self) -> None:
            await Playing().play(machine.job(), 0.0, 1.0)

    async with Player().run_test():
        await machine.plays()
    await machine.silent()


async def test_why_it_cannot_be_heard_is_said(machine: Machine) -> None:
    playing, found = Playing("mpv"), machine.job()
    machine.install("mpv", "#!/bin/sh\nexit 2\n")
    assert await playing.play(found, 0.0, 1.0) == "mpv could not play it (exit code 2)."
    assert playing.position is None
    machine.install("mpv", "#!/nowhere/sh\n")
    assert "does not start" in await playing.play(found, 0.0, 1.0)
    os.unlink(machine.file)
    assert await playing.play(found, 0.0, 1.0) == f"The file is no longer there: {found.path}"
    uploaded = await playing.play(machine.job(upload="u1"), 0.0, 1.0)
    assert "was uploaded" in uploaded
    assert await Playing("vlc").play(found, 0.0, 1.0) == absent("vlc")


async def test_what_was_heard_to_its_end_is_well(machine: Machine) -> None:
    machine.install("mpv", "#!/bin/sh\nsleep 0.1\n")
    assert await Playing().play(machine.job(), 0.0, 0.1) == ""


async def test_a_player_that_ends_at_once_is_told_of(machine: Machine) -> None:
    """As one does where there is no sound device."""
    machine.install("mpv", "#!/bin/sh\n")
    assert "sound device" in await Playing().play(machine.job(), 0.0, 600.0)
