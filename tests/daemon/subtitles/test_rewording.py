"""Words of edited texts: whence they come, and when they are said."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from steno.plugins.contract import Word
from steno.subtitles import rewording, script
from steno.subtitles.rewording import Token, divide, rewrite, timed, tokens_of


def words(text: str, start: float = 10.0) -> list[Word]:
    """A word a second, each of them sure."""
    return [Word(w, start + i, start + i + 1, 0.9) for i, w in enumerate(text.split())]


def heard(said: Sequence[Word]) -> rewording.Heard:
    return lambda segment, n: said


def rewritten(before: str, after: str) -> list[tuple[str, int | None, bool]]:
    """Words of `after`, the word of `before` that each was, and whether it still is."""
    tokens = rewrite(after, tokens_of(words(before), 0, 0))
    return [
        (t.text, t.origin.index if t.origin else None, bool(t.origin and t.origin.exact))
        for t in tokens
    ]


def bare(text: str) -> str:
    return "".join(text.split())


def test_words_keep_their_origin_through_case_and_punctuation() -> None:
    assert rewritten("the quick fox", "The quick, fox!") == [
        ("The", 0, True), ("quick,", 1, True), ("fox!", 2, True),
    ]  # fmt: skip


def test_a_word_in_place_of_another_takes_its_time_and_not_its_score() -> None:
    assert rewritten("the quick fox", "the slow fox")[1] == ("slow", 1, False)
    said = words("the quick fox")
    (_, slow, _) = timed(rewrite("the slow fox", tokens_of(said, 0, 0)), heard(said), 10, 13)
    assert slow == Word("slow", 11, 12, None, True)


def test_more_words_than_there_were_are_placed_between_their_neighbours() -> None:
    assert [t[1] for t in rewritten("one two four", "one two and three four")] == [
        0, 1, None, None, 2,
    ]  # fmt: skip
    said = [Word("one", 0, 1, 0.9), Word("four", 3, 4, 0.9)]
    found = timed(rewrite("one two three four", tokens_of(said, 0, 0)), heard(said), 0, 4)
    assert [(w.start, w.end) for w in found] == [(0, 1), (1, 1.75), (1.75, 3), (3, 4)]
    assert [w.interpolated for w in found] == [False, True, True, False]


def test_words_of_scripts_without_spaces_stay_whole() -> None:
    said = [Word("カメラ", 0, 1, 0.9), Word("は", 1, 2, 0.9), Word("雨が", 2, 3, 0.9)]
    tokens = rewrite("新カメラは雨", tokens_of(said, 0, 0))
    assert [t.text for t in tokens] == ["新", "カメラ", "は", "雨"]
    _, whole, _, part = timed(tokens, heard(said), 0, 3)
    assert (whole.start, whole.end, whole.score) == (0, 1, 0.9)
    assert (part.start, part.end, part.score, part.interpolated) == (2, 2.5, None, True)


def test_a_word_that_is_cut_has_its_part_of_the_time_on_either_side() -> None:
    said = words("handbook")
    left, right = divide("handbook", tokens_of(said, 0, 0), 4)
    assert timed(left, heard(said), 10, 11) == (Word("hand", 10, 10.5, None, True),)
    assert timed(right, heard(said), 10, 11) == (Word("book", 10.5, 11, None, True),)


def test_words_said_outside_a_cue_that_was_moved_are_spread_over_it() -> None:
    said = words("one two")
    found = timed(tokens_of(said, 0, 0), heard(said), 20, 22)
    assert [(w.start, w.end, w.interpolated) for w in found] == [(20, 21, True), (21, 22, True)]


def test_very_long_texts_are_rewritten_without_comparing_everything() -> None:
    before, after = " ".join("ab" * 1200), " ".join("ba" * 1200)
    tokens = rewrite(f"{after} x", tokens_of(words(before), 0, 0))
    assert len(tokens) == 2401


TEXT = st.text(alphabet="ab,. \n漢字カ、é\u0301Z-", max_size=40)


@settings(max_examples=150, deadline=None)
@given(TEXT, TEXT, TEXT, st.integers(0, 40))
def test_any_text_is_told_by_its_words_in_order(a: str, b: str, c: str, at: int) -> None:
    said = [w for w in words(a) if script.clean(w.text)]
    tokens: Sequence[Token] = tokens_of(said, 0, 0)
    for text in (b, c):
        tokens = rewrite(text, tokens)
        assert "".join(bare(t.text) for t in tokens) == bare(text)
        assert rewrite(text, tokens) == tokens, "nothing changes where nothing was changed"
    left, right = divide(c, tokens, at)
    assert "".join(bare(t.text) for t in left) == bare(c[:at])
    assert "".join(bare(t.text) for t in right) == bare(c[at:])
    found = timed([*left, *right], heard(said), 11.5, 14.0)
    assert all(11.5 <= w.start <= w.end <= 14.0 for w in found)
    assert all(x.start <= y.start for x, y in pairwise(found))
