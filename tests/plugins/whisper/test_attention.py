"""Words out of tokens with times."""

from hypothesis import given
from hypothesis import strategies as st

from steno.plugins import Segment
from steno_whisper.recognizing.attention import Part, words

SEGMENT = Segment(4, 100.0, memoryview(bytes(2 * 16_000 * 10)).cast("h"))


def test_what_lies_between_spaces_is_a_word() -> None:
    parts = [
        Part(" co", 0.2, 0.4, 0.9),
        Part("-", 0.4, 0.4, 0.7),
        Part("op", 0.4, 0.6, 0.8),
        Part(" “don’t”", 0.6, 1.0, 0.5),
        Part("?!", 1.0, 1.1, 0.5),
        Part(" ", 1.1, 1.1, 0.5),
    ]
    first, second = words(parts, SEGMENT, spaced=True)
    assert (first.text, first.start, first.end, first.score) == ("co-op", 100.2, 100.6, 0.8)
    assert (second.text, second.start, second.end) == ("“don’t”?!", 100.6, 101.1)
    assert not first.interpolated


def test_without_spaces_each_part_is_one_with_the_signs_after_it() -> None:
    parts = [Part("「", 0.0, 0.1, 1.0), Part("今日", 0.1, 0.5, 1.0), Part("は", 0.5, 0.7, 1.0),
             Part("。」", 0.7, 0.8, 1.0)]  # fmt: skip
    found = words(parts, SEGMENT, spaced=False)
    assert [word.text for word in found] == ["「今日", "は。」"]
    parts = [Part(text, 0.1, 0.1, 1.0) for text in ("は", "「", "散", "歩", "」", "と")]
    found = words(parts, SEGMENT, spaced=False)
    assert [word.text for word in found] == ["は", "「散", "歩」", "と"]
    assert all(word.end - word.start > 0.015 for word in found), "none has no length"


def test_pauses_belong_to_no_word() -> None:
    """Attention gives the pause before a sentence to its first word, and that after to the last."""
    parts = [
        Part(" Well.", 0.0, 3.0, 1.0),
        Part(" I", 3.0, 3.3, 1.0),
        Part(" am", 3.3, 3.6, 1.0),
        Part(" here.", 3.6, 9.0, 1.0),
        Part(" Now", 9.0, 9.3, 1.0),
    ]
    found = words(parts, SEGMENT, spaced=True)
    assert (found[0].start, found[0].end) == (102.4, 103.0)
    assert (found[3].start, found[3].end) == (103.6, 104.2)
    assert found[4].start == 109.0


times = st.floats(-1, 40, allow_nan=False)


@given(st.lists(st.builds(Part, st.sampled_from([" a", "b", ".", " ", " —"]), times, times,
                          st.floats(-0.1, 1.1))), st.booleans())  # fmt: skip
def test_words_are_in_order_and_within_the_segment(parts: list[Part], spaced: bool) -> None:
    at = SEGMENT.start
    for word in words(parts, SEGMENT, spaced=spaced):
        assert at <= word.start <= word.end <= SEGMENT.end
        assert word.score is not None
        assert 0 <= word.score <= 1
        at = word.end
