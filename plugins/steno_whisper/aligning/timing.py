"""Times of words, from those of a text's tokens. Pure."""

from collections.abc import Sequence

from msgspec.structs import replace

from steno.plugins import Segment, Word
from steno.plugins.interpolation import fill, spread
from steno_whisper.aligning.letters import NONE, WILDCARD, Spelling
from steno_whisper.aligning.trellis import Run

Place = tuple[int, int]


def guessed(told: Sequence[Word], segment: Segment, *, timed: bool) -> list[Word]:
    """Words that could not be aligned; `timed`: the recogniser told times."""
    return spread(told, segment, timed=timed) if told else []


def found(
    told: Sequence[Word], spelling: Spelling, runs: Sequence[Run], frames: int, segment: Segment
) -> list[Word]:
    """`told` with the times of their tokens, `frames` of which fill the segment. Those without a
    letter that the model knows count as guessed."""
    own: list[list[Run]] = [[] for _ in told]
    known = [False] * len(told)
    for token, owner, run in zip(spelling.tokens, spelling.owners, runs, strict=True):
        if owner != NONE:
            own[owner].append(run)
            known[owner] |= token != WILDCARD
    scored = [
        replace(word, score=score(parts)) if parts else word
        for word, parts in zip(told, own, strict=True)
    ]
    places = [(parts[0].start, parts[-1].end) if parts else None for parts in own]
    times = [place and seconds(place, frames, segment) for place in places]
    return [
        word if sure or word.interpolated else replace(word, interpolated=True)
        for word, sure in zip(fill(scored, times, segment), known, strict=True)
    ]


def score(parts: Sequence[Run]) -> float:
    """Mean over characters, 0 to 1, rounded where whisperx rounds."""
    return round(sum(round(part.score, 3) for part in parts) / len(parts), 3)


def seconds(place: Place, frames: int, segment: Segment) -> tuple[float, float]:
    """Whole milliseconds within the segment."""
    times = (segment.start + frame * segment.duration / frames for frame in place)
    start, end = (min(max(round(time, 3), segment.start), segment.end) for time in times)
    return start, end
