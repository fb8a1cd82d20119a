"""Turns what a recogniser made of a segment into cues that can be read."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from math import isfinite

from msgspec import Struct

from steno.plugins.contract import Fragment, Word
from steno.subtitles import script
from steno.subtitles.atoms import Atom, atoms_of
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
    segment. Words longer than a line are broken; one that ends in a later cue is of the first it
    stands in, and a cue with nothing but the rest of a word has none. Cues exceed `style` only
    where a single word is spoken for longer.
    """
    if not script.clean(fragment.text):
        return []
    words = words_of(fragment, start, end)
    atoms = atoms_of(words, fragment.text, fragment.language, style)
    if not atoms:
        return []
    layout = Layout(atoms, words, fragment.language, style, end)
    cues = layout.cues()
    edges = [0, *(_edge(atoms[cue.start - 1], atoms[cue.start]) for cue in cues[1:]), len(words)]
    shaped: list[ShapedCue] = []
    for cue, (first, last) in zip(cues, pairwise(edges), strict=True):
        begin, stop = layout.times(cue)
        stop = min(stop, begin + style.max_duration)
        shaped.append(ShapedCue(begin, stop, layout.text(cue), words[first:last]))
    return shaped


def _edge(before: Atom, first: Atom) -> int:
    """The first word of a cue that begins with `first`."""
    return first.word + (before.word == first.word)


def retime(
    words: Sequence[Word], counts: Sequence[int]
) -> list[tuple[float, float, tuple[Word, ...]]]:
    """Start, end (seconds) and words of each cue of a fragment, from new times of its words.

    `counts` says how many words each cue holds. A cue without words shows the rest of the last word
    before it, and shares that word's time with the cues it stands in, in equal parts: what each of
    them shows of it is not told by words. Raises ValueError if the counts do not add up to `words`,
    or if no word has a time.
    """
    if sum(counts) != len(words) or any(count < 0 for count in counts):
        raise ValueError(f"{len(words)} words for cues of {list(counts)} words")
    if not words:
        return [(0.0, 0.0, ()) for _ in counts]
    times = [time for word in words for time in (word.start, word.end) if isfinite(time)]
    if not times:
        raise ValueError("no word has a time")
    timed = tidy(words, min(times), max(times))
    helds = [timed[first:last] for first, last in pairwise([0, *accumulate(counts)])]
    cues: list[tuple[float, float, tuple[Word, ...]]] = []
    ends = iter([timed[0].start])
    until = timed[0].start
    for at, held in enumerate(helds):
        said = [word for word in held if word.text]
        begin = said[0].start if said else until
        if said:
            ends = _parted(said[-1], 1 + _rests(helds[at + 1 :]))
        until = next(ends, until)
        cues.append((begin, until, held))
    return cues


def _rests(helds: Sequence[Sequence[Word]]) -> int:
    """How many of the first cues hold no word that can be seen."""
    return next((n for n, held in enumerate(helds) if any(w.text for w in held)), len(helds))


def _parted(word: Word, parts: int) -> Iterator[float]:
    """The ends of equal parts of the word's time, seconds."""
    for part in range(1, parts):
        yield min(word.start + (word.end - word.start) * part / parts, word.end)
    yield word.end
