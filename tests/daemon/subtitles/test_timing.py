from collections.abc import Iterator
from typing import Literal

import pytest

from steno.subtitles.timing import finish
from steno.wire import Cue, SubtitleStyle

Field = Literal["text", "start", "end"]


def times(
    *cues: tuple[float, float] | tuple[float, float, list[Field]],
    style: SubtitleStyle | None = None,
    until: float | None = None,
) -> list[tuple[float, float]]:
    """Finished times of cues given as start, end and what a person set."""
    given = [
        Cue(id="0.0", start=start, end=end, text="x", modified=modified[0] if modified else [])
        for start, end, *modified in cues
    ]
    return [(cue.start, cue.end) for cue in finish(given, style or SubtitleStyle(), until)]


def test_a_short_cue_lasts_on_into_silence() -> None:
    assert times((1, 1.2), (5, 6)) == [(1, 2), (5, 6)]


def test_a_short_cue_takes_what_silence_there_is_after_it_and_then_before_it() -> None:
    assert times((0, 2), (3, 3.2), (3.5, 5)) == [(0, 2), (2.5, 3.5), (3.5, 5)]


def test_a_short_cue_does_not_last_on_beyond_the_audio() -> None:
    assert times((9.27, 10), until=10.0) == [(9.0, 10)]
    assert times((8.2, 9), (9.27, 9.9), until=10.0) == [(8.2, 9.2), (9.2, 10)]
    assert times((0, 9.5), (9.5, 9.7), until=10.0) == [(0, 7), (9.0, 10)]
    assert times((3, 9.5), (9.5, 9.7), until=10.0) == [(3, 9.5), (9.5, 10)]
    assert times((0.1, 0.4), until=0.5) == [(0, 0.5)]


def test_an_end_beyond_the_audio_stays() -> None:
    assert times((8, 10.3), until=10.0) == [(8, 10.3)]
    assert times((9.5, 12, ["end"]), until=10.0) == [(9.5, 12)]


def test_a_cue_without_room_before_the_end_of_the_audio_comes_after_it() -> None:
    assert times((9, 10), (10, 10), until=10.0) == [(9, 10), (10, 11)]


def test_a_short_cue_between_neighbours_stays_short() -> None:
    assert times((0, 2), (2, 2.3), (2.3, 5)) == [(0, 2), (2, 2.3), (2.3, 5)]


def test_the_gap_is_kept() -> None:
    style = SubtitleStyle(min_gap=0.1)
    assert times((0, 2), (2, 4), (4.5, 6), style=style) == [(0, 1.9), (2, 4), (4.5, 6)]


def test_a_gap_yields_where_it_would_leave_nothing() -> None:
    style = SubtitleStyle(min_gap=0.5)
    assert times((0, 1), (1.2, 1.3, ["start"]), (1.4, 3, ["start"]), style=style)[1] == (1.2, 1.4)


def test_a_cue_shorter_than_the_gap_does_not_make_the_next_wait() -> None:
    style = SubtitleStyle(min_gap=0.1)
    assert times((0, 2), (2, 2.02), (2.02, 4), style=style) == [(0, 1.9), (1.9, 2.02), (2.12, 4)]
    both: list[Field] = ["start", "end"]
    assert times((0, 2, both), (2.01, 2.06), (2.06, 4), style=style) == [
        (0, 2),
        (2, 2.06),
        (2.16, 4),
    ]


def test_a_long_cue_is_cut() -> None:
    assert times((0, 9), (9, 10)) == [(0, 7), (9, 10)]


def test_overlaps_are_cut_at_the_later_start() -> None:
    assert times((0, 5), (3, 6)) == [(0, 3), (3, 6)]


def test_cues_that_begin_together_share_their_time() -> None:
    assert times((0, 4), (0, 6)) == [(0, 2), (2, 6)]


def test_a_cue_under_one_a_person_set_keeps_its_time() -> None:
    both: list[Field] = ["start", "end"]
    assert times((0, 9, ["end"]), (3, 5), (10, 12)) == [(0, 9), (3, 5), (10, 12)]
    assert times((0, 6, both), (2, 3, both), (4, 5)) == [(0, 6), (2, 3), (4, 5)]
    assert times((5, 10, both), (9.9, 9.95), until=10.0) == [(5, 10), (9.9, 10)]


@pytest.mark.parametrize("gap", [0.0, 0.1])
def test_a_cue_around_one_a_person_set_keeps_its_time(gap: float) -> None:
    style = SubtitleStyle(min_gap=gap)
    both: list[Field] = ["start", "end"]
    inside = (0.39, 4.04), (1.0, 2.5, both), (5, 7)
    assert times(*inside, style=style) == [(0.39, 4.04), (1, 2.5), (5, 7)]
    text: list[Field] = ["text"]
    assert times((0.39, 4.04, text), *inside[1:], style=style) == times(*inside, style=style)
    assert times((1, 4), (1, 2, both), style=style) == [(1, 4), (1, 2)]
    assert times((1, 4), (3.5, 6, both), (4.2, 7), style=style) == [(1, 4), (3.5, 6), (4.2, 7)]


def test_what_a_person_set_ends_how_long_others_last_on() -> None:
    both: list[Field] = ["start", "end"]
    assert times((0, 0.5), (0.7, 1, both), (1.1, 1.2)) == [(0, 0.7), (0.7, 1), (1.1, 2.1)]
    style = SubtitleStyle(min_duration=2)
    assert times((0, 3, both), (3.4, 4), (4, 9), style=style)[1] == (3, 4)
    assert times((0, 3, both), (2.4, 4), (4, 9), style=style)[1] == (2.4, 4)


def test_what_a_person_set_stays_even_when_it_overlaps() -> None:
    both: list[Field] = ["start", "end"]
    assert times((0, 5, both), (3, 6, both)) == [(0, 5), (3, 6)]
    assert times((0, 5), (3, 6, both)) == [(0, 5), (3, 6)]
    assert times((0, 0.2, both), (5, 6)) == [(0, 0.2), (5, 6)]


def test_a_cue_without_room_between_two_a_person_set_keeps_its_place() -> None:
    assert times((0, 5, ["end"]), (3, 4), (4, 6, ["start"])) == [(0, 5), (3, 4), (4, 6)]


def test_times_are_whole_milliseconds() -> None:
    assert times((1.00049, 3.99951), (4.1234567, 6.0)) == [(1.0, 4.0), (4.123, 6.0)]


def test_one_cue_is_read_ahead_and_no_more() -> None:
    taken = []

    def cues() -> Iterator[Cue]:
        for n in range(10):
            taken.append(n)
            yield Cue(id=f"0.{n}", start=n, end=n + 1, text="x")

    shown = finish(cues(), SubtitleStyle())
    next(shown)
    assert taken == [0, 1]
