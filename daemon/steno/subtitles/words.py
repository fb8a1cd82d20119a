"""The words of a fragment with times that can be trusted: finite, in order, within the segment."""

import math
from bisect import bisect_right
from collections.abc import Sequence

from msgspec.structs import replace

from steno.plugins.contract import Fragment, Word
from steno.subtitles import script
from steno.subtitles.spelling import spelled


def words_of(fragment: Fragment, start: float, end: float) -> tuple[Word, ...]:
    """The fragment's words, spelled as its text has them; where it has none, those of its spans or
    its text with times guessed from their lengths. `start` and `end` are the segment's edges in
    seconds."""
    if any(script.clean(word.text) for word in fragment.words):
        return tidy(spelled(fragment.words, fragment.text), start, end)
    spans = [(s.text, s.start, s.end) for s in fragment.spans if script.clean(s.text)]
    words: list[Word] = []
    for text, first, last in spans or [(fragment.text, start, end)]:
        texts = [part for piece in script.clean(text).split() for part in script.clusters(piece)]
        words += _spread([Word(text=t, start=0.0, end=0.0) for t in texts], first, last)
    return tidy(words, start, end)


def tidy(words: Sequence[Word], start: float, end: float) -> tuple[Word, ...]:
    """`words` with clean texts and with times in order, within `start` and `end` (seconds).

    Words whose times are missing (not finite) or contradict the longest run of words in order
    are placed between their neighbours and marked `interpolated`.
    """
    times = [_clamped(word, start, end) for word in words]
    known = _longest_run([None if t is None else t[0] for t in times])
    tidied: list[Word] = []
    last = start
    for here, then in zip([-1, *known], [*known, len(words)], strict=True):
        until = end if then == len(words) else _edges(times[then])[0]
        if here >= 0:
            first, stop = _edges(times[here])
            last = min(stop, until)
            tidied.append(_timed(words[here], first, last))
        tidied += _spread(words[here + 1 : then], last, until)
    return tuple(tidied)


def _clamped(word: Word, start: float, end: float) -> tuple[float, float] | None:
    finite = [time for time in (word.start, word.end) if math.isfinite(time)]
    if not finite:
        return None
    first = min(max(finite[0], start), end)
    return first, max(min(finite[-1], end), first)


def _edges(times: tuple[float, float] | None) -> tuple[float, float]:
    assert times is not None
    return times


def _longest_run(starts: Sequence[float | None]) -> list[int]:
    """Indices of the longest non-decreasing subsequence (patience sorting; M. L. Fredman, "On
    computing the length of longest increasing subsequences", Discrete Mathematics 11, 1975)."""
    tops: list[float] = []
    piles: list[int] = []
    before: dict[int, int] = {}
    for index, value in enumerate(starts):
        if value is None:
            continue
        pile = bisect_right(tops, value)
        tops[pile : pile + 1] = [value]
        piles[pile : pile + 1] = [index]
        before[index] = piles[pile - 1] if pile else -1
    run: list[int] = []
    index = piles[-1] if piles else -1
    while index >= 0:
        run.append(index)
        index = before[index]
    return run[::-1]


def _spread(words: Sequence[Word], start: float, end: float) -> list[Word]:
    """`words` laid over `start` to `end` in proportion to their characters."""
    total = sum(len(word.text) for word in words) or 1
    placed: list[Word] = []
    done = 0
    for word in words:
        first = min(start + (end - start) * done / total, end)
        done += len(word.text)
        last = min(start + (end - start) * done / total, end)
        placed.append(_timed(replace(word, interpolated=True), first, last))
    return placed


def _timed(word: Word, start: float, end: float) -> Word:
    text = script.clean(word.text)
    if (word.text, word.start, word.end) == (text, start, end):
        return word
    return replace(word, text=text, start=start, end=end)
