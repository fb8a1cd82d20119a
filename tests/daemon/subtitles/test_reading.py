"""Cues are shown until they are read, where there is time for it."""

from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steno.plugins.contract import Fragment, Word
from steno.subtitles.reading import reading_millis, reading_time, speed
from steno.subtitles.report import Shortfalls
from steno.subtitles.shape import shape
from steno.subtitles.timing import finish
from steno.wire import Cue, SubtitleStyle

Field = Literal["text", "start", "end"]
STYLE = SubtitleStyle(max_cps=20, max_cps_wide=10)


def cue(start: float, end: float, characters: int, *modified: Field) -> Cue:
    return Cue(id="0.0", start=start, end=end, text="x" * characters, modified=list(modified))


def times(
    *cues: Cue, style: SubtitleStyle = STYLE, until: float | None = None
) -> list[tuple[float, float]]:
    return [(cue.start, cue.end) for cue in finish(cues, style, until)]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        ("twenty characters, ok", 1.05),
        ("漢字", 0.2),
        ("漢字 x", 0.3),
        ("é", 0.05),
        ("e\u0301", 0.05),
        ("👨\u200d👩\u200d👧", 0.1),
    ],
)
def test_characters_as_they_are_seen_take_their_time(text: str, seconds: float) -> None:
    assert reading_time(text, STYLE) == pytest.approx(seconds)


def test_a_line_break_takes_none() -> None:
    assert reading_millis("ab\ncd\n\x00\n", STYLE) == reading_millis("abcd", STYLE) == 200


def test_whole_milliseconds_are_enough() -> None:
    for characters in range(1, 500):
        assert reading_millis("x" * characters, STYLE) == characters * 50
    assert reading_millis("x" * 10, SubtitleStyle(max_cps=17)) == 589


@pytest.mark.parametrize(
    ("narrow", "wide", "millis", "said"),
    [
        (0, 10, 100, "10 full-width characters a second"),
        (20, 0, 100, "20 characters a second"),
        (20, 10, 200, "20 characters a second (10 full-width)"),
        (0, 0, 0, None),
    ],
)
def test_either_limit_can_be_off(narrow: float, wide: float, millis: int, said: str | None) -> None:
    style = SubtitleStyle(max_cps=narrow, max_cps_wide=wide)
    assert reading_millis("ab漢", style) == millis
    assert said is None or speed(style) == said
    report = Shortfalls(style)
    report.add(Cue(id="0.0", start=0, end=1, text="ab漢" * 40))
    assert any(n.code == "cues_fast" for n in report.notices()) == (said is not None)


def test_a_quick_cue_lasts_on_into_silence() -> None:
    assert times(cue(1, 2.5, 40), cue(9, 10, 1)) == [(1, 3), (9, 10)]
    assert times(cue(1, 2.5, 40), style=SubtitleStyle(max_cps=0)) == [(1, 2.5)]


def test_a_quick_cue_takes_what_silence_there_is_after_it_and_then_before_it() -> None:
    assert times(cue(0, 1, 1), cue(2, 3, 60), cue(3.5, 5, 1)) == [(0, 1), (1, 3.5), (3.5, 5)]
    assert times(cue(0, 1, 1), cue(2, 3, 40), cue(3.5, 5, 1)) == [(0, 1), (1.5, 3.5), (3.5, 5)]


def test_a_quick_cue_leaves_a_short_one_the_silence_it_may_need() -> None:
    assert times(cue(0, 1, 60), cue(3, 3.2, 1), cue(3.2, 5, 1)) == [(0, 2.2), (2.2, 3.2), (3.2, 5)]
    assert times(cue(0, 1, 60), cue(3, 3.2, 1, "start"), cue(3.2, 5, 1))[0] == (0, 3)


def test_a_quick_cue_lasts_no_longer_than_the_longest() -> None:
    assert times(cue(10, 12, 200)) == [(10, 17)]
    assert times(cue(10, 12, 200), until=13) == [(6, 13)]


def test_a_quick_cue_keeps_the_gap_and_what_a_person_set() -> None:
    style = SubtitleStyle(min_gap=0.2)
    assert times(cue(0, 1, 60), cue(2, 4, 1), style=style) == [(0, 1.8), (2, 4)]
    assert times(cue(0, 1, 1), cue(2, 3, 60, "end"), style=style) == [(0, 1), (1.2, 3)]
    assert times(cue(0, 1, 1), cue(2, 3, 60, "start")) == [(0, 1), (2, 5)]
    assert times(cue(2, 3, 60, "start", "end")) == [(2, 3)]


def test_breaks_leave_time_to_read_where_they_can() -> None:
    clauses = [
        (0.2, "We walked along the river, slowly,"),
        (0.45, "and then it all happened very quickly,"),
        (0.45, "before anybody there could say a word."),
    ]
    words: list[Word] = []
    at = 0.0
    for rate, clause in clauses:
        for text in clause.split():
            words.append(Word(text, at, at + rate))
            at += rate
    said = " ".join(clause for _, clause in clauses)
    fragment = Fragment(index=0, text=said, language="en", words=tuple(words))

    def quick(style: SubtitleStyle) -> list[bool]:
        return [len(c.text) / (c.end - c.start) > 20 for c in shape(fragment, 0, at, style)]

    assert quick(SubtitleStyle(max_cps=0)) == [True, False]
    assert quick(SubtitleStyle(max_cps=20)) == [False, False]


@st.composite
def spoken(draw: st.DrawFn) -> list[Cue]:
    """Cues in order that do not overlap."""
    part = st.tuples(
        st.one_of(st.just(0), st.integers(0, 3000)), st.integers(0, 4000), st.integers(0, 90)
    )
    at, cues = 0, []
    for pause, lasts, characters in draw(st.lists(part, min_size=1, max_size=8)):
        cues.append(cue((at + pause) / 1000, (at + pause + lasts) / 1000, characters))
        at += pause + lasts
    return cues


def lasts(cue: Cue) -> int:
    return round(cue.end * 1000) - round(cue.start * 1000)


@settings(max_examples=100, deadline=None)
@given(spoken(), st.sampled_from([0.0, 0.1]))
def test_reading_makes_no_cue_short(cues: list[Cue], gap: float) -> None:
    style = SubtitleStyle(min_gap=gap)
    read = list(finish(cues, style))
    without = list(finish(cues, SubtitleStyle(min_gap=gap, max_cps=0)))
    for one, other in zip(read, without, strict=True):
        assert lasts(one) >= min(lasts(other), 1000)
    assert read == list(finish(cues, style))


@settings(max_examples=100, deadline=None)
@given(spoken(), st.booleans())
def test_a_cue_is_quick_only_where_there_is_no_room(cues: list[Cue], ends: bool) -> None:
    style = SubtitleStyle()
    until = cues[-1].end if ends else None
    finished = list(finish(cues, style, until))
    report = Shortfalls(style)
    quick = 0
    for n, after in enumerate(finished):
        report.add(after)
        wanted = reading_millis(after.text, style)
        if lasts(after) >= wanted:
            continue
        quick += 1
        if lasts(after) >= 7000:
            continue
        room = finished[n - 1].end if n else 0.0
        assert after.start == room
        if n + 1 < len(cues):
            short = max(1.0 - (cues[n + 1].end - cues[n + 1].start), 0.0)
            assert after.end >= cues[n + 1].start - short - 1e-6
        else:
            assert ends
            assert after.end >= until - 1e-6 if until else True
    notices = [n.message for n in report.notices() if n.code == "cues_fast"]
    assert len(notices) == (quick > 0)
    assert all(message.startswith(f"{quick} subtitle") for message in notices)
