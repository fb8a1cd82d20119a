"""The pure parts of the wav2vec2 aligner: letters, batches, and times of words."""

from collections.abc import Sequence

import pytest

from steno.plugins import Segment, Word
from steno.plugins.sound import silence
from steno_whisper.aligning.batches import next_batches, ordered
from steno_whisper.aligning.letters import NONE, WILDCARD, Alphabet, alphabet, gaps, spell

np = pytest.importorskip("numpy")

KNOWN = Alphabet({"|": 1, "a": 2, "b": 3, "i": 4, "'": 5}, 0)
SEGMENT = Segment(0, 10.0, silence(2.0))


def test_the_blank_is_the_padding_or_the_first() -> None:
    assert alphabet({"A": 1, "[PAD]": 7, "ab": 3}, 8) == Alphabet({"a": 1, "[pad]": 7, "ab": 3}, 7)
    assert alphabet({"a": 1, "<pad>": 9}, 8) == Alphabet({"a": 1}, 0)


@pytest.mark.parametrize("vocabulary", [{}, {"<pad>": 0, "ab": 1}, {"a": 8}, {"a": -1}])
def test_a_model_without_letters(vocabulary: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="no letters"):
        alphabet(vocabulary, 8)


@pytest.mark.parametrize(
    ("words", "tokens", "owners"),
    [
        (["Ab", "3"], [2, 3, 1, WILDCARD], [0, 0, NONE, 1]),
        (["a b"], [2, 1, 3], [0, NONE, 0]),
        (["İ", "", "|"], [4, 1, 1], [0, NONE, 2]),
        ([], [], []),
    ],
)
def test_spelling(words: list[str], tokens: list[int], owners: list[int]) -> None:
    spelling = spell(words, " ".join(words), "en", KNOWN)
    assert (spelling.tokens, spelling.owners) == (tuple(tokens), tuple(owners))


def test_spelling_without_spaces() -> None:
    for text, language in (("a b", "ja"), ("ab", "th")):
        assert spell(["a", "b"], text, language, KNOWN).tokens == (2, 3)
    assert spell(["a", "b"], "a b", "en", Alphabet({"a": 2, "b": 3}, 0)).tokens == (2, 3)
    assert spell(["|"], "|", "en", Alphabet({"a": 2}, 0)).tokens == ()


@pytest.mark.parametrize(
    ("words", "text", "wanted"),
    [
        (["a", "b"], "a  b", [False, True]),
        (["a", "b"], " ab", [False, False]),
        (["a", "c"], "a b", [False, True]),
        (["a", "a"], "a", [False, True]),
    ],
)
def test_gaps(words: list[str], text: str, wanted: list[bool]) -> None:
    assert gaps(words, text) == wanted


def test_batches_are_of_like_lengths_and_not_too_long() -> None:
    lengths = [30, 5, 80, 30, 0]
    order = ordered(lengths)
    assert order == [2, 0, 3, 1, 4]
    assert next_batches(order, lengths, 79, 1) == [[2]]
    assert next_batches(order[1:], lengths, 60, 1) == [[0, 3]]
    assert next_batches(order[1:], lengths, 10**9, 1) == [[0, 3, 1, 4]]
    assert next_batches([4], lengths, 1, 1) == [[4]]
    assert next_batches([], lengths, 1, 2) == []


def test_batches_at_once_share_what_is_left() -> None:
    lengths = [10] * 9
    assert next_batches(range(9), lengths, 30, 2) == [[0, 1, 2], [3, 4, 5]]
    assert next_batches(range(5, 9), lengths, 30, 2) == [[5, 6], [7, 8]]
    assert next_batches(range(6, 9), lengths, 30, 4) == [[6], [7], [8]]


def aligned(told: Sequence[str], text: str, starts: Sequence[int], end: int) -> list[Word]:
    from steno_whisper.aligning.timing import found
    from steno_whisper.aligning.trellis import Run

    runs = [Run(a, b, 0.5) for a, b in zip(starts, [*starts[1:], end], strict=True)]
    words = [Word(one, 0.0, 0.0) for one in told]
    return found(words, spell(told, text, "en", KNOWN), runs, 100, SEGMENT)


def test_times_of_words() -> None:
    assert aligned(["ab", "3"], "ab 3", [10, 20, 30, 40], 50) == [
        Word("ab", 10.2, 10.6, 0.5),
        Word("3", 10.8, 11.0, 0.5, interpolated=True),
    ]


def test_words_without_any_token_lie_between_their_neighbours() -> None:
    assert aligned(["a", "", "b"], "a  b", [10, 20, 30], 50) == [
        Word("a", 10.2, 10.4, 0.5),
        Word("", 10.4, 10.6, None, interpolated=True),
        Word("b", 10.6, 11.0, 0.5),
    ]


def test_a_path_goes_over_the_likeliest_frames() -> None:
    from steno_whisper.aligning.trellis import Utterance, paths

    emissions = np.full((8, 3), np.log(0.1), np.float32)
    emissions[:, 0] = np.log(0.8)
    emissions[2] = np.log([0.1, 0.8, 0.1])
    emissions[5] = np.log([0.1, 0.1, 0.8])
    (runs,) = paths([Utterance(emissions, [1, 2])], 0)
    assert runs is not None
    assert [(run.start, run.end) for run in runs] == [(2, 5), (5, 6)]
    assert [run.score for run in runs] == pytest.approx([0.8, 0.8])


def test_what_does_not_fit_has_no_path() -> None:
    from steno_whisper.aligning.trellis import Utterance, paths

    emissions = np.log(np.full((2, 3), 1 / 3, np.float32))
    some = [Utterance(emissions, tokens) for tokens in ([1, 2, 1], [], [1, 2])]
    long, empty, fitting = paths([*some[:2], some[2]], 0)
    assert long is None
    assert empty is None
    assert fitting is not None
    assert paths([Utterance(emissions * np.nan, [1])], 0) == [None]
