"""Steno live in a real terminal: a real daemon, real recordings, keys, and what goes wrong."""

import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.asking import noise
from harness import DATA, Home, Stenod, ended, fake, new_home, running
from steno.client import Client
from steno.errors import StenoError
from terminal import NEEDED, Terminal

pytestmark = NEEDED
LIVE = f"{sys.executable} -m steno_tui"


@pytest.fixture
def home() -> Iterator[Home]:
    with new_home() as home:
        yield home


def recording(home: Home, name: str, of: str = "sample.flac") -> Path:
    return Path(shutil.copy(DATA / of, home.media / name))


async def test_a_session(home: Home) -> None:
    """A recording is dropped on the window, transcribed while one looks on, and corrected."""
    media = recording(home, "my talk.flac")
    async with running(home) as (_, client):
        terminal = Terminal(home, 100, 30)
        try:
            terminal.type(f"{LIVE}; echo left $?")
            await terminal.shows("No jobs yet", "● live")
            terminal.paste(f"'{media}'")
            await terminal.shows("Add films and recordings", "my talk.flac")
            terminal.press("F5")
            await terminal.shows("my talk.flac", "▶ running", without="Add films")
            terminal.press("Enter")
            await terminal.shows("0:00:0", "people often")
            await terminal.shows("✔ done")
            terminal.press("Home", "e")
            await terminal.shows("Start", "End", "characters a second")
            terminal.write(", they do")
            terminal.press("Enter")
            await terminal.shows("✎", "the city, they do", without="characters a second")
            terminal.press("Escape")
            await terminal.shows("▸All 1", "my talk.flac")
            (job,) = (await client.jobs()).jobs
            assert (await client.job(job.id)).state == "completed"
            terminal.press("q")
            await terminal.shows("left 0", without="▸All")
        finally:
            terminal.close()


async def test_the_daemon_dies_and_comes_back_under_it(home: Home) -> None:
    """The screen says so, keeps what it shows, and is right again without a key."""
    stenod = Stenod(home)
    terminal = Terminal(home, 90, 24)
    try:
        await stenod.start()
        async with Client(home.paths.socket) as client:
            slow = fake({"delay": 0.2}, options={"splitter": {"every": 1.0}}, workers=1)
            job = await client.add_job(noise(home.media / "long.wav", 20.0), slow)
            terminal.type(LIVE)
            await terminal.shows("long.wav", "● live", "▶ running")
            stenod.kill()
            screen = await terminal.shows("✖ no daemon", "ctrl+s starts a daemon")
            assert "long.wav" in screen
            await stenod.start()
            await terminal.shows("● live", without="no daemon")
            assert (await ended(client, job.id)).state == "completed"
            await terminal.shows("✔ done", "100%")
            other = await client.add_job(str(recording(home, "other.flac")), start=False)
            await terminal.shows("other.flac", "○ added")
            await client.remove(other.id)
            await terminal.shows("long.wav", without="other.flac")
    finally:
        terminal.close()
        stenod.stop()


async def test_without_a_daemon_it_offers_to_start_one(home: Home) -> None:
    terminal = Terminal(home, 80, 24)
    try:
        terminal.type(f"{LIVE}; echo left $?")
        await terminal.shows("✖ no daemon", "ctrl+s starts a daemon")
        terminal.press("C-s")
        screen = await terminal.shows("● live", "No jobs yet")
        assert not re.search("Traceback", screen)
        async with Client(home.paths.socket) as client:
            assert (await client.status()).subscribers == 1  # one connection carries all
            terminal.press("2")
            await terminal.shows("pocketsphinx/en-us")
            terminal.press("3")
            await terminal.shows("Machine", "Workers")
            terminal.press("1")
            await terminal.shows("No jobs yet")
            assert (await client.status()).subscribers == 1
        terminal.press("C-q")
        await terminal.shows("left 0", without="No jobs yet")
    finally:
        terminal.type(f"clear; {LIVE} stop --now; echo stopped $?")
        await terminal.shows("stopped 0")
        terminal.close()


async def test_small_and_large_windows(home: Home) -> None:
    async with running(home) as (_, client):
        await client.add_job(str(recording(home, "a.flac")), start=False)
        terminal = Terminal(home, 40, 12)
        try:
            terminal.type(LIVE)
            await terminal.shows("a.flac")
            terminal.resize(200, 60)
            await terminal.shows("a.flac", "Recogniser")
            terminal.resize(60, 16)
            await terminal.shows("a.flac", without="Recogniser")
            terminal.press("Enter")
            await terminal.shows("0 lines", "Nothing was recognised")
        finally:
            terminal.close()


async def test_two_people_at_one_line(home: Home) -> None:
    """Two windows edit the same line; nobody's words are lost unseen."""
    async with running(home) as (_, client):
        job = await client.add_job(str(recording(home, "both.flac", "door.flac")))
        await ended(client, job.id)
        windows = [Terminal(home, 90, 24), Terminal(home, 90, 24)]
        try:
            for window in windows:
                window.type(LIVE)
                await window.shows("both.flac", "✔ done")
                window.press("Enter")
                await window.shows("door")
                window.press("e")
                await window.shows("characters a second")
            one, two = windows
            one.write(" one")
            two.write(" two")
            one.press("Enter")
            await one.shows("✎", "room one", without="characters a second")
            await two.shows("Somebody changed this cue to", "room one")
            two.press("Enter")
            await two.shows("Somebody else changed this cue", "Yours", "Theirs")
            two.press("m")
            for window in windows:
                await window.shows("room two", without="Somebody")
            assert "room two" in (await client.transcript(job.id)).cues[0].text
        finally:
            for window in windows:
                window.close()


async def test_whoever_ends_it_the_terminal_is_left_in_order(home: Home) -> None:
    """Pasted bytes that are no text do no harm either."""
    async with running(home):
        terminal = Terminal(home, 80, 24)
        try:
            for number in ("TERM", "HUP"):
                terminal.type(f"clear; {LIVE}; echo left $?")
                await terminal.shows("No jobs yet", "● live")
                terminal.send_bytes(b"/tmp/caf\xe9.flac")
                await terminal.shows("names no file here")
                for pid in terminal.children():
                    os.kill(pid, getattr(signal, f"SIG{number}"))
                await terminal.shows("left 130", without="● live")
                assert terminal.cursor_is_seen
        finally:
            terminal.close()


async def test_it_needs_a_terminal(home: Home) -> None:
    from tui.command import launch

    command = await launch(["live"], home.environment)
    assert await command.end() == 2
    assert "needs a terminal" in command.err
    with pytest.raises(StenoError):
        async with Client(home.paths.socket) as client:
            await client.health()  # nothing was started
