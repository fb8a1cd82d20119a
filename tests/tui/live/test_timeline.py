"""The timeline on a screen, and what it asks the daemon."""

import asyncio
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.app import ComposeResult
from textual.pilot import Pilot

from harness import fake, new_home, running, until
from steno import wire
from steno.client import Client
from steno.errors import StenoError
from steno_tui.live.host import Host
from steno_tui.live.preferences import Preferences
from steno_tui.live.stretch import Stretch
from steno_tui.live.widgets import timeline
from steno_tui.live.widgets.timeline import Timeline


class Telling(Client):
    """Tells of a recording of which `available` seconds are known."""

    def __init__(self, duration: float = 600.0) -> None:
        super().__init__(Path("nowhere"))
        self.duration = self.available = duration
        self.error: StenoError | None = None
        self.asked: list[tuple[float, float, int]] = []

    async def waveform(
        self,
        job: str,
        start: float | None = None,
        end: float | None = None,
        columns: int | None = None,
    ) -> wire.Waveform:
        assert start is not None
        assert end is not None
        assert columns is not None
        self.asked.append((start, end, columns))
        if self.error is not None:
            raise self.error
        complete = self.available >= self.duration
        end = min(end, self.duration) if complete else end
        size = (end - start) / columns
        return wire.Waveform(
            job_id=job,
            start=start,
            end=end,
            columns=[200 if start + n * size < self.available else None for n in range(columns)],
            available=self.available,
            complete=complete,
            duration=self.duration if complete else None,
            speech=[[0.0, 5.0]],
        )


class Demo(Host):
    """A timeline alone."""

    def __init__(self, client: Client, preferences: Preferences | None = None) -> None:
        super().__init__()
        self._told = client
        self.preferences = preferences or Preferences()
        self.sought: list[float] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"dim": "#8a8f99"}

    @property
    def client(self) -> Client:
        return self._told

    def compose(self) -> ComposeResult:
        yield Timeline()

    def on_timeline_sought(self, event: Timeline.Sought) -> None:
        assert event.control is self.query_one(Timeline)
        self.sought.append(event.seconds)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a person's pace."""
    for name in ("PAUSE", "SOON", "LATER"):
        monkeypatch.setattr(timeline, name, 0.01)


@asynccontextmanager
async def shown(
    client: Client, width: int = 60, preferences: Preferences | None = None
) -> AsyncIterator[tuple[Timeline, Pilot[int]]]:
    app = Demo(client, preferences)
    async with app.run_test(size=(width, 8)) as pilot:
        widget = app.query_one(Timeline)
        widget.cues = CUES
        widget.job = "j1"
        widget.focus()
        yield widget, pilot


CUES = [wire.Cue(id=f"{n}.0", start=10.0 * n, end=10.0 * n + 8, text=f"cue {n}") for n in range(60)]


def lines(widget: Timeline) -> list[str]:
    return widget.render().plain.split("\n")


async def drawn(widget: Timeline, sign: str = "⣿") -> None:
    await until(lambda: sign in lines(widget)[2], what=f"{sign} is drawn")


async def test_it_asks_for_what_is_seen_once_and_draws_it() -> None:
    client = Telling()
    async with shown(client) as (widget, pilot):
        await drawn(widget)
        assert client.asked == [(0.0, 60.0, 120)]
        await pilot.press("plus")
        assert widget.seen == Stretch(0.0, 30.0)
        await until(lambda: len(client.asked) == 2, what="the closer part is asked for")
        await pilot.press("minus")
        await pilot.pause(0.05)  # what is known still is not asked for
        await pilot.press("right")
        await until(lambda: len(client.asked) == 3, what="the later part is asked for")
        assert client.asked[1:] == [(0.0, 30.0, 120), (15.0, 75.0, 120)]


async def test_many_moves_are_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "PAUSE", 0.1)
    client = Telling()
    async with shown(client) as (widget, pilot):
        await pilot.press("right", "right", "right", "plus")
        await until(lambda: client.asked, what="a question")
        assert client.asked == [(widget.seen.start, widget.seen.end, 120)]


async def test_keys_show_more_less_all_and_other_parts() -> None:
    async with shown(Telling()) as (widget, pilot):
        await drawn(widget)
        await pilot.press("end")
        assert widget.seen == Stretch(540.0, 600.0)
        await pilot.press("home", "left")
        assert widget.seen == Stretch(0.0, 60.0)
        await pilot.press("0", "right")
        assert widget.seen == Stretch(0.0, 600.0)
        await pilot.press("minus")
        assert widget.view is None
        widget.position = 450.0
        await pilot.press("equals_sign")
        assert widget.seen == Stretch(225.0, 525.0)


async def test_it_follows_the_selection_only_where_that_is_not_seen() -> None:
    async with shown(Telling()) as (widget, pilot):
        await drawn(widget)
        widget.selected = "3.0"
        assert (widget.position, widget.seen) == (30.0, Stretch(0.0, 60.0))
        assert "▶cue 3" in lines(widget)[-1]
        widget.selected = "20.0"
        assert (widget.position, widget.seen) == (200.0, Stretch(174.0, 234.0))
        widget.position = 203.0
        widget.selected = "20.0"
        assert widget.position == 203.0
        widget.playing = 250.0
        assert widget.seen.holds(250.0)
        assert not widget.seen.holds(200.0)
        await pilot.pause()


async def test_a_recording_that_is_not_yet_long_may_grow() -> None:
    client = Telling()
    client.available = 5.0
    async with shown(client) as (widget, pilot):
        widget.cues = CUES[:2]
        widget.selected = "1.0"
        await pilot.press("right", "left")
        assert widget.seen == Stretch(0.0, 18.0)
        widget.duration = 600.0
        assert widget.seen == Stretch(0.0, 60.0)


async def test_a_selection_that_came_before_its_cue_is_followed_then() -> None:
    async with shown(Telling()) as (widget, _):
        widget.selected = "60.0"
        assert widget.position == 0.0
        more = [*CUES, wire.Cue(id="60.0", start=595.0, end=599.0, text="last")]
        widget.cues = more
        assert widget.position == 595.0
        assert widget.seen.holds(595.0)


async def test_the_mouse_seeks_and_zooms() -> None:
    async with shown(Telling()) as (widget, pilot):
        await drawn(widget)
        await pilot.click(Timeline, offset=(30, 2))
        assert isinstance(pilot.app, Demo)
        assert pilot.app.sought == [30.5]
        assert widget.position == 30.5
        screen = widget.region.offset
        wheel = events.MouseScrollUp(
            widget, 15, 2, 0, -1, 0, False, False, False, screen.x + 15, screen.y + 2
        )  # fmt: skip
        widget.post_message(wheel)
        await until(lambda: widget.seen.length < 60, what="the wheel zooms")
        assert widget.seen.length == 30.0
        assert widget.seen.start == 7.75


async def test_what_is_missing_is_asked_for_until_all_is_there() -> None:
    client = Telling()
    client.available = 20.0
    async with shown(client) as (widget, _):
        await until(lambda: "not read yet" in "".join(lines(widget)), what="a part is missing")
        asked = len(client.asked)
        client.available = 600.0
        widget.grown()
        await until(lambda: len(client.asked) > asked, what="it asks again")
        await until(lambda: "not read yet" not in "".join(lines(widget)), what="all is drawn")
        assert set(client.asked) == {(0.0, 60.0, 120)}


async def test_it_asks_again_also_where_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "AGAIN", 0.01)
    client = Telling()
    client.available = 20.0
    async with shown(client):
        await until(lambda: len(client.asked) > 3, what="it asks again and again")


async def test_why_there_is_none_is_said_and_cues_are_there_all_the_same() -> None:
    client = Telling()
    client.error = StenoError("waveform_gone", job="j1", why="/m/j1.wav is missing.")
    async with shown(client) as (widget, _):
        await until(lambda: "✖" in "".join(lines(widget)), what="the error is said")
        assert "is missing" in "".join(lines(widget))
        assert "cue 2" in lines(widget)[-1]
        client.error = None
        widget.grown()
        await drawn(widget)


async def test_a_short_recording_is_seen_as_a_whole_without_another_question() -> None:
    client = Telling(30.0)
    async with shown(client) as (widget, _):
        await drawn(widget)
        assert widget.seen == Stretch(0.0, 30.0)
        await asyncio.sleep(0)
        assert client.asked == [(0.0, 60.0, 120)]


async def test_blocks_are_drawn_where_a_person_wants_them() -> None:
    client = Telling()
    async with shown(client, 40, Preferences(waveform="blocks")) as (widget, _):
        await drawn(widget, "█")
        assert client.asked == [(0.0, 60.0, 40)]


async def test_another_job_is_asked_for_anew() -> None:
    client = Telling()
    async with shown(client) as (widget, _):
        await drawn(widget)
        widget.job = "j2"
        assert "⣿" not in "".join(lines(widget))
        await until(lambda: len(client.asked) == 2, what="the other one is asked for")


async def test_a_daemon_tells_it() -> None:
    with new_home() as home:
        media = home.media / "a.wav"
        with wave.open(str(media), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes(b"\x00\x70\xff\x8f" * 16000)
        async with running(home) as (_, client):
            job = await client.add_job(str(media), fake(formats=[]), start=False)
            async with shown(client) as (widget, _):
                widget.job = job.id
                await drawn(widget, "⣿")
                assert widget.seen == Stretch(0.0, 2.0)
