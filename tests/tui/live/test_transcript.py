"""The transcript: live, followed, edited, by several clients at once."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest

from e2e.asking import noise
from harness import Home, Stenod, ended, fake, new_home, started
from steno import wire
from steno.client import Client
from steno_tui.live.screens.jobs import JobsScreen
from steno_tui.live.screens.transcript import TranscriptScreen
from steno_tui.live.screens.transcript.editor import Editor, Text
from tui.live.opened import Live, opened

PIECES = {"splitter": {"every": 1.0}}


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with new_home() as home:
        yield home


@pytest.fixture(scope="module")
def daemon(home: Home) -> Iterator[Stenod]:
    with started(home) as daemon:
        yield daemon


@pytest.fixture
async def client(home: Home, daemon: Stenod) -> AsyncIterator[Client]:
    async with Client(home.paths.socket) as client:
        yield client


async def said(client: Client, home: Home, name: str, seconds: float = 4.0) -> wire.Job:
    """A job that is done, one line a second."""
    media = noise(home.media / name, seconds)
    return await ended(client, (await client.add_job(media, fake(options=PIECES))).id)


async def texts(client: Client, job: wire.Job) -> list[str]:
    return [cue.text for cue in (await client.transcript(job.id)).cues]


async def write(live: Live, text: str) -> None:
    """Puts `text` into the editor, in place of what is there."""
    await live.until(lambda: live.screen.query_one(Editor).is_open, "the editor is open")
    live.screen.query_one(Text).text = text


def lines_are(screen: TranscriptScreen, count: int) -> bool:
    return len(screen.script) == count


async def test_a_line_is_edited_split_merged_deleted_and_all_is_taken_back(
    client: Client, home: Home
) -> None:
    job = await said(client, home, "edited.wav")
    before = await texts(client, job)
    async with opened(home.paths) as live:
        screen = await live.open("edited.wav")
        await live.press("down", "e")
        await write(live, "first half second half")
        await live.press("enter")
        await live.seen("✎", "first half second half")
        assert (await texts(client, job))[1] == "first half second half"

        await live.press("e")
        await live.until(lambda: screen.editor.is_open)
        live.screen.query_one(Text).move_cursor((0, len("first half")))
        await live.press("ctrl+t")
        await live.until(lambda: len(screen.script) == len(before) + 1, "there is a line more")
        assert (await texts(client, job))[1:3] == ["first half", "second half"]

        await live.press("m")
        await live.until(lambda: len(screen.script) == len(before), "there is a line less")
        assert (await texts(client, job))[1].split() == ["first", "half", "second", "half"]

        await live.press("delete")
        await live.until(lambda: len(screen.script) == len(before) - 1, "it is deleted")
        for left in (len(before), len(before) + 1, len(before), len(before)):
            await live.press("u")
            await live.until(partial(lines_are, screen, left), f"{left} lines")
        await live.until(lambda: "✎" not in live.text, "nothing is edited")
        assert await texts(client, job) == before
        await live.press("U")
        await live.seen("first half second half")


async def test_a_line_is_inserted_and_its_times_are_moved(client: Client, home: Home) -> None:
    job = await said(client, home, "inserted.wav")
    async with opened(home.paths) as live:
        screen = await live.open("inserted.wav")
        await live.press("end", "i")
        await write(live, "what was not heard")
        await live.press("enter")
        await live.seen("what was not heard")
        await live.until(lambda: screen.cue and screen.cue.text == "what was not heard")
        cue = screen.cue
        assert cue is not None
        await live.press("[", "[", "[")  # each counts, however quick
        await live.until(
            lambda: screen.cue is not None and abs(screen.cue.start - cue.start + 0.3) < 1e-6
        )
        await live.press("t")
        await live.until(lambda: screen.editor.is_open)
        live.screen.query_one("#end").value = "0:00:99"  # type: ignore[attr-defined]
        await live.press("enter")
        assert screen.editor.is_open  # that is no time
        live.screen.query_one("#end").value = "0:00:03.99"  # type: ignore[attr-defined]
        await live.press("enter")
        await live.until(lambda: not screen.editor.is_open, "it is saved")
        assert (await client.transcript(job.id)).cues[-1].end == 3.99


@pytest.mark.parametrize(("choice", "kept"), [("mine", "from here"), ("theirs", "from there")])
async def test_two_clients_edit_the_same_line(
    client: Client, home: Home, choice: str, kept: str
) -> None:
    """Both texts are shown, and the person chooses."""
    job = await said(client, home, f"both-{choice}.wav")
    async with opened(home.paths) as live:
        screen = await live.open(f"both-{choice}.wav")
        await live.press("e")
        await write(live, "from here")
        await client.change_cue(job.id, "0.0", None, text="from there")
        await live.seen("Somebody changed this cue to: from there")
        await live.press("enter")
        await live.seen("Somebody else changed this cue", "from here", "from there")
        await live.pilot.click(f"#{choice}")
        await live.until(lambda: live.screen is screen and not screen.editor.is_open, "it is done")
        await live.seen(kept)
        assert (await texts(client, job))[0] == kept


async def test_a_line_that_another_client_deleted_is_not_lost(client: Client, home: Home) -> None:
    job = await said(client, home, "gone.wav")
    async with opened(home.paths) as live:
        screen = await live.open("gone.wav")
        await live.press("e")
        await write(live, "typed for long")
        await client.delete_cue(job.id, "0.0", None)
        await live.press("enter")
        await live.seen("It was deleted")
        await live.press("escape")  # back to editing
        await live.until(lambda: live.screen is screen)
        assert live.screen.query_one(Text).text == "typed for long"
        await live.press("enter")
        await live.seen("Insert mine anew")
        await live.pilot.click("#mine")
        await live.until(lambda: not screen.editor.is_open)
        assert "typed for long" in await texts(client, job)


async def test_lines_come_live_and_the_newest_is_followed_until_a_person_scrolls(
    client: Client, home: Home
) -> None:
    media = noise(home.media / "live.wav", 60.0)
    slow = fake({"delay": 0.25}, options=PIECES, workers=1)
    job = await client.add_job(media, slow)
    async with opened(home.paths, size=(80, 20)) as live:
        await live.seen("live.wav")
        await live.press("enter")
        await live.until(lambda: isinstance(live.screen, TranscriptScreen))
        screen = live.screen
        assert isinstance(screen, TranscriptScreen)
        await live.until(lambda: len(screen.script) > 13, "a page of lines")
        assert screen.following
        await live.until(lambda: screen.rows.cursor == len(screen.script) - 1, "the end is shown")
        await live.press("up", "up")
        assert not screen.following
        here = screen.line
        assert here is not None
        lines = len(screen.script)
        await live.until(lambda: len(screen.script) > lines + 3, "more lines")
        assert screen.line is not None
        assert screen.line.id == here.id
        await live.press("f")
        await live.until(lambda: screen.rows.cursor == len(screen.script) - 1, "the end again")
        await client.cancel(job.id)
        await live.seen("⊘ cancelled")
        assert [one.text for one in screen.script.cues] == await texts(client, job)


async def test_the_text_is_searched(client: Client, home: Home) -> None:
    job = await said(client, home, "searched.wav", 30.0)
    await client.change_cue(job.id, "3.0", None, text="a Needle in here")
    await client.change_cue(job.id, "25.0", None, text="another needle")
    async with opened(home.paths, size=(80, 24)) as live:
        screen = await live.open("searched.wav")
        await live.press("slash", *"needle", "enter")
        await live.until(lambda: screen.cue is not None and screen.cue.id == "3.0")
        await live.seen("1 / 2")
        await live.press("n")
        await live.until(lambda: screen.cue is not None and screen.cue.id == "25.0")
        await live.seen("2 / 2", "another needle")
        await live.press("N")
        await live.until(lambda: screen.cue is not None and screen.cue.id == "3.0")
        await live.press("escape")
        await live.unseen("2 / 2")
        assert live.screen is screen
        await live.press("escape")
        await live.until(lambda: isinstance(live.screen, JobsScreen))
        assert job.id not in live.app.world.texts  # nobody looks at it any more


async def test_words_are_shown_with_their_confidence(client: Client, home: Home) -> None:
    await said(client, home, "worded.wav")
    async with opened(home.paths) as live:
        await live.open("worded.wav")
        await live.press("w")
        await live.seen("%", "not sure")


@pytest.mark.skip(reason="on a busy machine its job was once seen not to end: to be looked into")
async def test_alignment_moves_lines_around_an_edit_and_says_so(client: Client, home: Home) -> None:
    media = noise(home.media / "aligned.wav", 6.0)
    slow: dict[str, Any] = {"aligner": {"delay": 0.3}}
    job = await client.add_job(media, fake({"delay": 0.01}, options=PIECES | slow, workers=1))
    async with opened(home.paths) as live:
        await live.seen("aligned.wav")
        await live.press("enter")
        screen = live.screen
        await live.until(lambda: isinstance(live.screen, TranscriptScreen))
        screen = live.screen
        assert isinstance(screen, TranscriptScreen)
        await live.until(lambda: screen.script.cues.get("5.0") is not None, "the last line")
        cue = screen.script.cues.get("5.0")
        assert cue is not None
        await client.change_cue(job.id, "5.0", None, text="by hand", start=cue.start + 0.2)
        await live.seen("by hand")
        await live.until(
            lambda: any("Aligned: aligned.wav" in one for one in live.told), "a notice"
        )
        after = screen.script.cues.get("5.0")
        assert after is not None
        assert (after.text, after.start) == ("by hand", cue.start + 0.2)
