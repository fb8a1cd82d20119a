"""What edits make of a cue, and what they refuse."""

from typing import Any

import pytest

from steno.errors import StenoError
from steno.plugins.contract import Word
from steno.subtitles import layers
from steno.subtitles.layers import Layer, Standing
from steno.subtitles.rewording import Heard, tokens_of
from steno.wire import (
    LONGEST_CUE,
    LONGEST_TEXT,
    Cue,
    CueChange,
    CueSplit,
    NewCue,
    SubtitleStyle,
)

SAID = [Word(text, float(i), i + 1.0, 0.9) for i, text in enumerate("one two three four".split())]


def standing(text: str = "one two three four", start: float = 0.0, end: float = 4.0) -> Standing:
    return Standing(Cue(id="0.0", start=start, end=end, text=text), Layer(), tokens_of(SAID, 0, 0))


HEARD: Heard = lambda segment, n: SAID  # noqa: E731


def refused(call: Any, *args: Any) -> str:
    with pytest.raises(StenoError) as caught:
        call(*args)
    assert caught.value.code == "edit_invalid"
    return caught.value.problem.detail


def test_only_what_differs_is_set() -> None:
    wanted = CueChange(text="one two three  four", start=0.0004, end=5.0)
    assert layers.change(standing(), wanted) == Layer(end=5.0)
    assert layers.change(standing(), CueChange(start=0.0)) == Layer()


def test_a_text_is_clean_and_never_empty() -> None:
    layer = layers.change(standing(), CueChange(text=" a\x00b \n\n\u202e c\t"))
    assert layer.text == "a b\nc"
    for text in ("", " \n", "\u200b", "\x07"):
        assert "delete" in refused(layers.change, standing(), CueChange(text=text))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (4.0, None),
        (None, 0.0),
        (3.0, 2.0),
        (None, LONGEST_CUE + 1),
        (1e-8, 2e-8),
        (1.0, 1.0094),
    ],
)
def test_impossible_times_are_refused(start: float | None, end: float | None) -> None:
    refused(layers.change, standing(), CueChange(start=start, end=end))


def test_times_are_whole_milliseconds() -> None:
    layer = layers.change(standing(), CueChange(start=1.00049, end=1.0104))
    assert (layer.start, layer.end) == (1.0, 1.01)
    left, right = layers.split(standing(), CueSplit(at=8, time=1.23456789), HEARD)
    assert (left.end, right.start) == (1.235, 1.235)
    own = layers.insert(NewCue(start=1.00049, end=2.3456789, text="x"))
    assert (own.start, own.end) == (1.0, 2.346)


def test_nothing_is_set_beyond_the_end_of_the_audio() -> None:
    wanted = CueChange(start=359_930, end=359_940)
    assert "33.012 s" in refused(layers.change, standing(), wanted, 33.0123)
    refused(layers.change, standing(), CueChange(end=33.02), 33.0123)
    assert layers.change(standing(), CueChange(end=33.013), 33.0123).end == 33.013
    refused(layers.insert, NewCue(start=33.02, end=34, text="x"), 33.0123)
    refused(layers.insert, NewCue(start=32, end=34, text="x"), 33.0123)
    assert layers.insert(NewCue(start=32, end=33, text="x"), 33.0123).end == 33
    late = standing(start=40.0, end=41.0)
    assert layers.change(late, CueChange(text="x", start=40.0, end=41.0), 33.0).text == "x"


def test_a_change_of_nothing_is_refused() -> None:
    refused(layers.change, standing(), CueChange())


def test_a_text_can_be_mended_where_the_machine_gave_no_time() -> None:
    assert layers.change(standing(end=0.0), CueChange(text="x")).text == "x"


def test_a_split_is_where_the_next_word_begins() -> None:
    left, right = layers.split(standing(), CueSplit(at=8), HEARD)
    assert (left.text, left.start, left.end) == ("one two", None, 2.0)
    assert (right.text, right.start, right.end) == ("three four", 2.0, 4.0)
    assert right.words is not None
    assert [t.text for t in right.words] == ["three", "four"]


def test_a_split_where_words_do_not_tell_is_by_the_length_of_the_texts() -> None:
    moved = standing(start=10.0, end=11.0)
    left, _ = layers.split(moved, CueSplit(at=8), lambda segment, n: [])
    assert left.end == 10.4


def test_impossible_splits_are_refused() -> None:
    for at, time in ((18, None), (9999, None), (8, 0.0), (8, 4.0), (8, 7.0)):
        refused(layers.split, standing(), CueSplit(at=at, time=time), HEARD)
    refused(layers.split, standing(text=" a", end=0.0), CueSplit(at=1), HEARD)
    refused(layers.split, standing(end=0.0), CueSplit(at=8), HEARD)


def test_a_merge_reads_well_in_its_script() -> None:
    style = SubtitleStyle()
    for one, other, merged in (
        ("short", "text", "short text"),
        ("漢字", "カナ", "漢字カナ"),
        ("x" * 30, "y" * 30, f"{'x' * 30}\n{'y' * 30}"),
        ("two\nlines", "one", "two\nlines\none"),
    ):
        layer = layers.merge(standing(one, 0, 2), standing(other, 2.5, 4), style)
        assert (layer.text, layer.start, layer.end) == (merged, None, 4)


def test_a_merge_with_a_cue_inside_leaves_the_end_free() -> None:
    layer = layers.merge(standing("a", 0, 5), standing("b", 2, 3), SubtitleStyle())
    assert layer.end is None


def test_too_large_merges_are_refused() -> None:
    far = standing("b", LONGEST_CUE, LONGEST_CUE + 1)
    refused(layers.merge, standing("a"), far, SubtitleStyle())
    long = standing("x" * LONGEST_TEXT)
    refused(layers.merge, long, standing("y", 5, 6), SubtitleStyle())


def test_an_own_cue_needs_text_and_time() -> None:
    assert layers.insert(NewCue(start=1, end=2, text=" hi ")).text == "hi"
    refused(layers.insert, NewCue(start=2, end=2, text="hi"))
    refused(layers.insert, NewCue(start=0, end=LONGEST_CUE + 1, text="hi"))
    refused(layers.insert, NewCue(start=1e-8, end=2e-8, text="hi"))
    assert "delete" not in refused(layers.insert, NewCue(start=1, end=2, text="\n"))
