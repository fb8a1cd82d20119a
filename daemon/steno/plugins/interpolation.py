"""Times for words that an aligner could not find. Pure."""

from collections.abc import Sequence

from steno.plugins.contract import Segment, Word


def spread(told: Sequence[Word], segment: Segment, *, timed: bool) -> list[Word]:
    """All of `told` by the recogniser's own times, or (`timed` is false) by length of the words.

    Times are brought into order and into the segment; all count as interpolated.
    """
    if not timed:
        return between(told, segment.start, segment.end)
    words = []
    at = segment.start
    for word in told:
        start = min(max(word.start, at), segment.end)
        at = min(max(word.end, start), segment.end)
        words.append(timing(word, start, at, interpolated=True))
    return words


def fill(
    told: Sequence[Word], times: Sequence[tuple[float, float] | None], segment: Segment
) -> list[Word]:
    """`told` with their `times`; words without one share the room between their neighbours."""
    words: list[Word] = []
    waiting: list[Word] = []
    at = segment.start
    for word, time in zip(told, times, strict=True):
        if time is None:
            waiting.append(word)
            continue
        words += between(waiting, at, time[0])
        waiting.clear()
        words.append(timing(word, *time))
        at = time[1]
    return words + between(waiting, at, segment.end)


def between(words: Sequence[Word], start: float, end: float) -> list[Word]:
    """`words` one after the other from `start` to `end`, each as long as its letters ask."""
    total = sum(len(word.text) + 1 for word in words)
    shared = []
    done = 0
    for word in words:
        begin = start + (end - start) * done / total
        done += len(word.text) + 1
        until = start + (end - start) * done / total
        shared.append(timing(word, begin, until, interpolated=True))
    return shared


def timing(word: Word, start: float, end: float, *, interpolated: bool = False) -> Word:
    return Word(word.text, start, end, word.score, interpolated)
