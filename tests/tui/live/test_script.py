"""Lines of a transcript: cues, and among them drafts and gaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steno import wire
from steno.client import Cues, JobState
from steno.plugins import Word
from steno_tui.live.screens.transcript import heading, line, script, times, words
from steno_tui.live.screens.transcript.edits import moved
from steno_tui.live.screens.transcript.script import Script
from tui.standin import job


def cue(segment: int, n: int, start: float, text: str = "so it is") -> wire.Cue:
    return wire.Cue(id=f"{segment}.{n}", start=start, end=start + 1, text=text)


def draft(segment: int, start: float, text: str = "hm") -> wire.DraftEvent:
    return wire.DraftEvent(
        job_id="j1", segment_index=segment, text=text, start=start, end=start + 1
    )


def gap(segment: int, start: float) -> wire.Gap:
    return wire.Gap(job_id="j1", segment_index=segment, start=start, end=start + 9, reason="died")


def made(cues: list[wire.Cue], drafts: list[wire.DraftEvent], gaps: list[wire.Gap]) -> Script:
    state = JobState(
        job(),
        cues=Cues(cues),
        drafts={one.segment_index: one for one in drafts},
        gaps={one.segment_index: one for one in gaps},
        text_as_of="db-1",
    )
    return script.of(state, None)


starts = st.lists(st.integers(0, 50).map(float), max_size=12, unique=True)


@given(starts, starts, starts)
def test_lines_stand_in_the_order_of_their_start(
    cues: list[float], drafts: list[float], gaps: list[float]
) -> None:
    found = made(
        [cue(0, n, at) for n, at in enumerate(cues)],
        [draft(100 + n, at) for n, at in enumerate(drafts)],
        [gap(200 + n, at) for n, at in enumerate(gaps)],
    )
    lines = [found[row] for row in range(len(found))]
    assert len(lines) == len(cues) + len(drafts) + len(gaps)
    assert [one.start for one in lines] == sorted([*cues, *drafts, *gaps])
    assert [found.row(one.id) for one in lines] == list(range(len(lines)))


@given(starts, starts, st.floats(0, 60))
def test_the_line_of_a_moment_has_begun(cues: list[float], drafts: list[float], at: float) -> None:
    found = made([cue(0, n, s) for n, s in enumerate(cues)], [draft(9, s) for s in drafts[:1]], [])
    if cues:
        shown = found[found.at(at)]
        assert shown.start <= at or shown.start == min(cues)


def test_a_line_that_is_not_there_has_no_number() -> None:
    found = made([cue(0, 0, 1)], [], [])
    assert found.row("0.5") is None
    assert found.row("draft 3") is None


def test_the_first_cues_stand_for_all_until_these_come() -> None:
    state = JobState(job())
    assert len(script.of(state, None)) == 0
    early = script.of(state, [cue(0, 0, 1)])
    assert (len(early), early.complete) == (1, False)


def test_a_search_leaves_case_and_line_breaks_out_of_account() -> None:
    found = made([cue(0, 0, 1, "So It\nIs"), cue(0, 1, 2, "no")], [], [])
    assert found.search("it is") == ["0.0"]
    assert found.search("") == []
    assert list(script.matches("So so", "SO")) == [(0, 2), (3, 5)]


def test_the_next_cue_is_no_draft() -> None:
    found = made([cue(0, 0, 1), cue(1, 0, 9)], [draft(5, 4)], [gap(6, 5)])
    after = found.next_cue("0.0")
    assert after is not None
    assert after.id == "1.0"
    assert found.next_cue("1.0") is None


@given(st.integers(0, 359_999_999))
def test_a_time_is_read_as_it_is_written(milliseconds: int) -> None:
    read = times.read(times.written(milliseconds / 1000))
    assert read == pytest.approx(milliseconds / 1000)
    assert not moved(read or 0.0, milliseconds / 1000)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1:02:03.4", 3723.4), ("62:03,4", 3723.4), ("3723.4", 3723.4), (" 0:00:07 ", 7.0)],
)
def test_a_time_may_be_written_in_several_ways(text: str, seconds: float) -> None:
    assert times.read(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "1:75", "1:2:3:4", "-3", "1.2.3", "٣"])
def test_what_is_no_time_is_not_read(text: str) -> None:
    assert times.read(text) is None


def test_signs_tell_edits_drafts_and_gaps_apart() -> None:
    edited = replace_modified(cue(0, 0, 1))
    assert line.row(edited).cells[0].text == line.EDITED  # type: ignore[union-attr]
    assert line.row(script.Draft(draft(1, 2))).cells[0] == line.DRAFTED
    hole = line.row(script.Hole(gap(2, 3)))
    assert hole.cells[0] == line.MISSING
    assert "died" in str(hole.cells[3])


def replace_modified(one: wire.Cue) -> wire.Cue:
    return wire.Cue(id=one.id, start=one.start, end=one.end, text=one.text, modified=["text"])


def test_words_show_how_sure_they_are() -> None:
    said = [Word("so", 0, 1, 0.93), Word("eh", 1, 2, 0.2, True), Word("far", 2, 3)]
    found = words.words(wire.Cue(id="0.0", start=0, end=3, text="so eh far", words=said)).plain
    assert "so 93%  eh 20%?~  far   " in found


def test_words_that_are_not_there_are_explained() -> None:
    assert "No words" in words.words(cue(0, 0, 1)).plain


def test_the_heading_tells_how_far_a_job_is() -> None:
    progress = wire.Progress(job_id="j1", phase="transcribe", percent=41.7, speed=7.25, eta_s=75.0)
    running = job(state="running", progress=progress, language="en", name="a\x1b.wav")
    said = heading.heading(running, following=True, lines=2).plain
    for part in ("▶ running", "41%", "7.2×", "1:15 left", "2 lines", "en", "following"):
        assert part in said
    assert "\x1b" not in said


def test_a_new_line_takes_the_room_there_is() -> None:
    first, second = cue(0, 0, 1.0), cue(0, 1, 2.5)
    assert times.free(None, first, 10.0) == (0.0, 1.0)
    assert times.free(first, second, 10.0) == (2.0, 2.5)
    assert times.free(second, None, 10.0) == (3.5, 5.5)
    assert times.free(second, None, 4.0) == (3.5, 4.0)
    assert times.free(second, None, 3.5) == (3.4, 3.5)
    assert times.free(None, None, None) == (0.0, 2.0)
