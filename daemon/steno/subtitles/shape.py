"""Turns what a recogniser made of a segment into cues that can be read."""

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

from msgspec import Struct

from steno.plugins.contract import Fragment, Word
from steno.subtitles import script
from steno.subtitles.atoms import atoms_of
from steno.subtitles.layout import Layout
from steno.subtitles.words import tidy, words_of
from steno.wire import SubtitleStyle


class ShapedCue(Struct, frozen=True):
    """One cue; times in seconds."""

    start: float
    end: float
    text: str
    """Lines are separated by a newline."""
    words: tuple[Word, ...]


def shape(fragment: Fragment, start: float, end: float, style: SubtitleStyle) -> list[ShapedCue]:
    """The cues of a segment that lasts from `start` to `end` (seconds).

    The words of all cues are the fragment's words in order, with times in order and within the
    segment. Lines and cues exceed `style` only where a single word does.
    """
    if not script.clean(fragment.text):
        return []
    words = words_of(fragment, start, end)
    atoms = atoms_of(words, fragment.text, fragment.language, style)
    if not atoms:
        return []
    layout = Layout(atoms, words, fragment.language, style, end)
    cues = layout.cues()
    edges = [0, *(atoms[cue.start].word for cue in cues[1:]), len(words)]
    shaped: list[ShapedCue] = []
    for cue, (first, last) in zip(cues, pairwise(edges), strict=True):
        held = words[first:last]
        begin = held[0].start
        stop = min(held[-1].end, begin + style.max_duration)
        shaped.append(ShapedCue(begin, stop, layout.text(cue), held))
    return shaped


def retime(
    words: Sequence[Word], counts: Sequence[int]
) -> list[tuple[float, float, tuple[Word, ...]]]:
    """Start, end (seconds) and words of each cue of a fragment, from new times of its words.

    `counts` says how many words each cue holds; one without words gets the end of the one before
    it. Raises ValueError if they do not add up to `words`, or if no word has a time.
    """
    if sum(counts) != len(words) or any(count < 0 for count in counts):
        raise ValueError(f"{len(words)} words for cues of {list(counts)} words")
    if not words:
        return [(0.0, 0.0, ()) for _ in counts]
    times = [time for word in words for time in (word.start, word.end) if isfinite(time)]
    if not times:
        raise ValueError("no word has a time")
    timed = tidy(words, min(times), max(times))
    cues: list[tuple[float, float, tuple[Word, ...]]] = []
    at = 0
    until = timed[0].start
    for count in counts:
        held = timed[at : at + count]
        at += count
        begin, until = (held[0].start, held[-1].end) if held else (until, until)
        cues.append((begin, until, held))
    return cues
