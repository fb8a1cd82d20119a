"""Times as subtitle files write them."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from steno.plugins.contract import Word
from steno.wire import Cue


def stamp(seconds: float, point: str) -> str:
    """`HH:MM:SS` and milliseconds after `point`; hours grow beyond two digits if they must."""
    minutes, millis = divmod(milliseconds(seconds), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{millis // 1000:02}{point}{millis % 1000:03}"


def milliseconds(seconds: float) -> int:
    return max(round(seconds * 1000), 0)


def whole(seconds: float) -> float:
    """`seconds`, in whole milliseconds."""
    return round(seconds * 1000) / 1000


def whole_words(words: Iterable[Word]) -> list[Word]:
    """`words` with times in whole milliseconds, and scores of four places."""
    return [
        replace(
            word,
            start=whole(word.start),
            end=whole(word.end),
            score=None if word.score is None else round(word.score, 4),
        )
        for word in words
    ]


def hundredths(seconds: float) -> int:
    """Of a second, from whole milliseconds; what is later is never rounded to less."""
    return (milliseconds(seconds) + 5) // 10


def in_hundredths(cues: Iterable[Cue]) -> Iterator[tuple[int, int, Cue]]:
    """Start and end of each cue in hundredths of a second, each at least one apart.

    Cues that do not overlap do not overlap then either: one too short for this begins the next
    that much later.
    """
    ended = until = 0
    for cue in cues:
        start = hundredths(cue.start)
        if milliseconds(cue.start) >= ended:
            start = max(start, until)
        end = max(hundredths(cue.end), start + 1)
        ended, until = max(ended, milliseconds(cue.end)), max(until, end)
        yield start, end, cue
