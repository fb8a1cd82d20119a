"""States over broken connections, from a stand-in."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

import pytest

from harness import until
from steno import wire
from steno.client import Client, JobState
from steno.errors import StenoError
from tui.standin import (
    ABORTED,
    SILENT,
    StandIn,
    became,
    event,
    fragment,
    initial,
    job,
    text,
)

T = TypeVar("T")
FAST = b"retry: 5\n\n"


async def take(states: AsyncGenerator[T, None], count: int) -> list[T]:
    """The first `count` states, or all of them if there are fewer."""
    found = []
    async with asyncio.timeout(20):
        async with aclosing(states):
            async for one in states:
                found.append(one)
                if len(found) == count:
                    break
    return found


def said(state: JobState) -> list[str]:
    return [cue.text for cue in state.cues]


def cue(ident: str, start: float, words: str) -> wire.Cue:
    return wire.Cue(id=ident, start=start, end=start + 1, text=words)


def signal(code: str, seq: int | None) -> bytes:
    data = {"code": code, "message": "", "job_id": "j1" if seq else None}
    return event("signal", data, f"db-{seq}" if seq else None)


async def test_the_first_state_has_all_of_the_text(standin: StandIn, socket: Path) -> None:
    standin.jobs["j1"] = job(state="running", revision=2)
    standin.texts = [text(cue("0.0", 0, "one"), as_of=4, next="c"), text(cue("1.0", 9, "two"))]
    standin.scripts = [[initial(job(state="running", revision=2), "db-3"), SILENT]]
    async with Client(socket) as client:
        (state,) = await take(client.watch("j1"), 1)
    assert said(state) == ["one", "two"]
    assert standin.asked == [None, "c"]


async def test_events_are_folded_and_what_the_text_has_is_not_folded_twice(
    standin: StandIn, socket: Path
) -> None:
    state = job(state="running", revision=2)
    standin.jobs["j1"] = state
    standin.texts = [text(cue("0.0", 0, "edited"), as_of=5)]
    edit = wire.EditEvent(
        job_id="j1", edit=2, action="merge", revision=9, cues=[cue("1.0", 10, "mine")],
        removed=["0.0"],
    )  # fmt: skip
    standin.scripts = [
        [
            initial(state, "db-3"),
            fragment("j1", 0, "old", 4),
            fragment("j1", 1, "new", 6),
            event("edit", edit, "db-7"),
            signal("transcript_changed", 8),
            SILENT,
        ]
    ]
    async with Client(socket) as client:
        states = await take(client.watch("j1"), 4)
    assert [said(one) for one in states[1:]] == [["edited"], ["edited", "new"], ["mine"]]
    assert states[-1].revision == 9
    assert standin.asked == [None], "an edit tells all that there is to know"


async def test_text_that_changed_unseen_is_asked_for_anew(standin: StandIn, socket: Path) -> None:
    state = job(state="running", revision=2)
    standin.jobs["j1"] = state
    standin.texts = [text(cue("0.0", 0, "one")), text(cue("0.0", 0.25, "one"), as_of=6)]
    standin.scripts = [
        [initial(state, "db-3"), signal("transcript_changed", 5), signal("job_complete", 6), SILENT]
    ]
    async with Client(socket) as client:
        first, second = await take(client.watch("j1"), 2)
    assert (first.cues[0].start, second.cues[0].start) == (0, 0.25)
    assert not second.stale


async def test_alignment_moves_cues(standin: StandIn, socket: Path) -> None:
    state = job(state="running", revision=2)
    standin.jobs["j1"] = state
    standin.texts = [text(cue("0.0", 0, "one"), cue("1.0", 9, "two"))]
    moved = wire.AlignedEvent(
        job_id="j1", segment_index=0, revision=5, cues=[cue("0.0", 0.25, "one")]
    )
    standin.scripts = [
        [
            initial(state, "db-3"),
            event("aligned", moved, "db-5"),
            signal("alignment_ready", 6),
            SILENT,
        ]
    ]
    async with Client(socket) as client:
        _, second = await take(client.watch("j1"), 2)
    assert [one.start for one in second.cues] == [0.25, 9]
    assert second.revision == 5
    assert standin.asked == [None]


async def test_a_break_is_bridged_by_what_is_told_again(standin: StandIn, socket: Path) -> None:
    state = job(state="running", revision=2)
    standin.jobs["j1"] = state
    standin.texts = [text()]
    standin.scripts = [
        [FAST, initial(state, "db-3"), fragment("j1", 0, "one", 4), ABORTED],
        [
            initial(state, "db-6"),
            fragment("j1", 1, "two", 5),
            fragment("j1", 2, "three", 6),
            SILENT,
        ],
    ]
    async with Client(socket) as client:
        states = await take(client.watch("j1"), 5)
    assert said(states[-1]) == ["one", "two", "three"]
    assert standin.asked == [None]
    assert [last for _, last in standin.streams] == [None, "db-4"]


async def test_after_a_resync_the_text_is_that_of_the_new_connection(
    standin: StandIn, socket: Path
) -> None:
    """Between the two something happened that nobody told."""
    state = job(state="running", revision=2)
    standin.jobs["j1"] = state
    standin.texts = [text(cue("0.0", 0, "one")), text(cue("0.0", 0, "one"), cue("1.0", 9, "two"))]
    opened: list[int] = []

    async def note() -> None:
        opened.append(len(standin.asked))

    standin.scripts = [
        [FAST, initial(state, "db-3"), signal("resync", None), SILENT],
        [note, initial(job(state="running", revision=7), "db-90"), SILENT],
    ]
    async with Client(socket) as client:
        states = await take(client.watch("j1"), 2)
    assert [said(one) for one in states] == [["one"], ["one", "two"]]
    assert states[-1].job.revision == 7
    assert opened == [1], "it was not asked for before"


async def test_text_that_cannot_be_had_now_is_asked_for_again(
    standin: StandIn, socket: Path
) -> None:
    state = job(state="running", revision=2)
    standin.jobs["j1"] = state
    standin.texts = [StenoError("stopping"), text(cue("0.0", 0, "one"))]
    standin.scripts = [[initial(state, "db-3"), event("progress", state.progress), SILENT]]
    async with Client(socket) as client:
        (first,) = await take(client.watch("j1"), 1)
    assert said(first) == ["one"]


async def test_a_change_of_state_brings_what_only_the_job_tells(
    standin: StandIn, socket: Path
) -> None:
    state = job(state="running", revision=2)
    warned = [wire.Notice(code="c", message="m")]
    standin.jobs["j1"] = job(state="completed", revision=3, warnings=warned)
    standin.texts = [text()]
    standin.scripts = [[initial(state, "db-3"), became("j1", "completed", 3, 4), SILENT]]
    async with Client(socket) as client:
        states = await take(client.watch("j1"), 2)
    assert states[-1].job.warnings == warned


@pytest.mark.parametrize("told", [True, False], ids=["told", "between two connections"])
async def test_it_ends_with_the_job(standin: StandIn, socket: Path, told: bool) -> None:
    standin.jobs["j1"] = job()
    standin.texts = [text()]

    async def forget() -> None:
        await until(lambda: standin.asked, what="the text is asked for")
        await asyncio.sleep(0.05)  # its answer is on its way
        del standin.jobs["j1"]

    last = became("j1", "removed", 2, 4) if told else ABORTED
    standin.scripts = [[FAST, initial(job(), "db-3"), forget, last]]
    async with Client(socket) as client:
        states = await take(client.watch("j1"), 9)
    assert [one.removed for one in states] == [False, True]


async def test_all_jobs(standin: StandIn, socket: Path) -> None:
    one, two = job("j1", state="running", revision=2), job("j2")

    def shown(jobs: list[wire.Job], as_of: int, **counts: int) -> bytes:
        data = wire.InitialState(channel="jobs", as_of=f"db-{as_of}", jobs=jobs, counts=counts)
        return event("initial_state", data)

    progress = wire.Progress(job_id="j1", phase="split", percent=7)
    standin.jobs["j2"] = two
    standin.scripts = [
        [
            FAST,
            shown([one], 3, running=1, failed=2),
            event("progress", progress),
            became("j1", "completed", 3, 4),
            became("j2", "queued", 1, 5),
            became("j2", "removed", 2, 6),
            SILENT,
        ],
    ]
    async with Client(socket) as client:
        states = await take(client.watch_jobs(), 5)
    ids = [list(state.jobs) for state in states]
    assert ids == [["j1"], ["j1"], ["j1"], ["j1", "j2"], ["j1"]]
    assert len(standin.streams) == 1
    assert states[1].jobs["j1"].progress.percent == 7
    assert states[2].jobs["j1"].state == "completed"
    assert [dict(state.counts) for state in states[2:]] == [
        {"completed": 1, "failed": 2},
        {"queued": 1, "completed": 1, "failed": 2},
        {"completed": 1, "failed": 2},
    ]
