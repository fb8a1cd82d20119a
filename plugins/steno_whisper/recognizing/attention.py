"""Words with their times, from what Whisper's cross-attention tells of its tokens. Pure."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple
from unicodedata import category

from steno.plugins import Segment, Word

ENDS = ".。!！?？"
"""Signs that end a sentence, after which a pause is likely."""
USUAL = 0.7
"""Seconds: most that a word of usual length has."""


LEAST = 0.02
"""Seconds a word has at least, where there is room: attention may give several one moment."""


class Part(NamedTuple):
    """Some tokens of a text. Seconds from the start of the segment."""

    text: str
    """As decoded: a space in front where a new word begins."""
    start: float
    end: float
    probability: float


def words(parts: Sequence[Part], segment: Segment, *, spaced: bool) -> tuple[Word, ...]:
    """Words of a segment, in order and within it.

    In languages written with spaces a word is what lies between two of them, with its punctuation;
    in others it is each part, with the punctuation around it.
    """
    groups: list[list[Part]] = []
    for part in parts:
        if not part.text.strip():
            continue
        if groups and not (begins(part, spaced=spaced) and (spaced or says(groups[-1]))):
            groups[-1].append(part)
        else:
            groups.append([part])
    timed = [
        Part(
            "".join(part.text for part in group).strip(),
            group[0].start,
            group[-1].end,
            sum(part.probability for part in group) / len(group),
        )
        for group in groups
    ]
    return tuple(placed(shortened(timed), segment))


def begins(part: Part, *, spaced: bool) -> bool:
    """Whether it is the beginning of a word."""
    if spaced:
        return part.text[0].isspace()
    return says([part]) or category(part.text.strip()[0]) in ("Ps", "Pi")


def says(group: Sequence[Part]) -> bool:
    """Whether there is more than punctuation."""
    return any(c.isalnum() for part in group for c in part.text)


def shortened(timed: Sequence[Part]) -> list[Part]:
    """Takes from long words the pause that lies between two sentences or before the first: what is
    longer than twice the usual is none of theirs (the rule of faster-whisper, which has it from
    OpenAI's whisper)."""
    lengths = [part.end - part.start for part in timed if part.end > part.start]
    longest = 2 * min(USUAL, median(lengths)) if lengths else 0.0
    found: list[Part] = []
    for at, part in enumerate(timed):
        long = part.end - part.start > longest
        if long and (at == 0 or timed[at - 1].text[-1:] in ENDS):
            part = part._replace(start=part.end - longest)
        elif long and part.text[-1:] in ENDS:
            part = part._replace(end=part.start + longest)
        found.append(part)
    return found


def placed(timed: Sequence[Part], segment: Segment) -> list[Word]:
    """In order and within the segment."""
    at = segment.start
    found = []
    for part in timed:
        start = min(max(at, segment.start + part.start), segment.end)
        at = min(max(start + LEAST, segment.start + part.end), segment.end)
        score = round(min(1.0, max(0.0, part.probability)), 4)
        found.append(Word(part.text, round(start, 3), round(at, 3), score))
    return found
