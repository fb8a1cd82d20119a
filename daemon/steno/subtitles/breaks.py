"""How well a text may be broken between two of its atoms.

What reads well follows broadcasters' practice: break at the end of a sentence, else of a clause,
never between an article or a preposition and its noun (BBC Subtitle Guidelines, "Line breaks",
https://www.bbc.co.uk/accessibility/forproducts/guides/subtitles/; F. Karamitroglou, "A Proposed
Set of Subtitling Standards in Europe", Translation Journal 2(2), 1998).
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from steno.plugins.contract import Word
from steno.subtitles import script
from steno.subtitles.atoms import Atom
from steno.subtitles.phrases import Phrases, phrases

FORBIDDEN = 1000.0
"""Cost of a break that is made only where there is no other."""
SENTENCE, CLAUSE, CONJUNCTION, PLAIN, LEANING, INSIDE = 0.0, 4.0, 6.0, 13.0, 30.0, 40.0
CLEAR_PAUSE = 0.25
"""Seconds of silence that halve the cost of a break."""

_END = re.compile(r"[.!?…。！？｡؟।։]+[\"'”’»)\]」』）]*$")
_CLAUSE = re.compile(r"[,;:–—、，；：､،؛]+[\"'”’»)\]」』）]*$")
_INITIAL = re.compile(
    r"^(?:\w|\w{1,3}\.\w|\d+|mr|mrs|ms|dr|st|prof|hr|fr|nr|no|vs|m|sr|sra)\.$", re.IGNORECASE
)


def costs(atoms: Sequence[Atom], words: Sequence[Word], language: str | None) -> list[float]:
    """The cost of a break before each atom, and after the last; 0 at the ends."""
    known = phrases(language)
    inner = [_cost(a, b, words, known) for a, b in pairwise(atoms)]
    return [0.0, *inner, 0.0]


def ends_sentence(atom: Atom, following: Atom) -> bool:
    """Whether a sentence ends between the two; `Dr.` and the 3. of May end none."""
    if not _END.search(atom.text) or _INITIAL.match(atom.text) or _torn(atom, following):
        return False
    return not (atom.text.endswith((".", "…")) and following.text[0].islower())


def pause(first: Atom, second: Atom, words: Sequence[Word]) -> float:
    """Seconds of silence between two atoms; 0 where a time is only a guess."""
    before, after = words[first.word], words[second.word]
    if before.interpolated or after.interpolated:
        return 0.0
    return max(after.start - before.end, 0.0)


def _cost(first: Atom, second: Atom, words: Sequence[Word], known: Phrases) -> float:
    if _bound(first, second):
        return FORBIDDEN
    if _torn(first, second):
        parting = first.text[-1] in script.PARTING and second.text[0] not in script.PARTING
        return INSIDE if parting else FORBIDDEN
    if ends_sentence(first, second):
        return SENTENCE
    return _phrase(first, second, known) / (1 + pause(first, second, words) / CLEAR_PAUSE)


def _torn(first: Atom, second: Atom) -> bool:
    """Whether the two are of one word of a script with spaces, which is too long for a line."""
    if first.word != second.word or second.space:
        return False
    return not script.unspaced(first.text[-1]) and not script.unspaced(second.text[0])


def _bound(first: Atom, second: Atom) -> bool:
    if second.space:
        # French sets ! and ? apart from the word they follow; `.NET` begins a word.
        return script.CLOSERS.union(script.DASHES).issuperset(second.text) or (
            script.OPENERS.issuperset(first.text)
        )
    return second.text[0] in script.CLOSERS or first.text[-1] in script.OPENERS


def _phrase(first: Atom, second: Atom, known: Phrases) -> float:
    if _CLAUSE.search(first.text):
        return CLAUSE
    if _INITIAL.match(first.text):
        return LEANING
    word = first.text.lower().strip("\"'“”‘’«»()[]")
    if word in known.leaning or first.text.endswith(("'", "’")):
        return LEANING
    if second.text.lower() in known.conjunctions:
        return CONJUNCTION
    if second.space:
        # Scripts without spaces between words have them between phrases.
        phrase = script.unspaced(first.text[-1]) and script.unspaced(second.text[0])
        return CLAUSE if phrase else PLAIN
    inside = INSIDE if first.word == second.word else 0.0
    return _unspaced(first.text[-1], second.text[0]) + inside


def _unspaced(last: str, first: str) -> float:
    """Between characters of a script without spaces. A Japanese phrase is mostly a noun or a stem
    in kanji or katakana with its endings in hiragana after it."""
    before, after = _kind(last), _kind(first)
    if before == "hiragana" != after:
        return CONJUNCTION
    if before == after == "other":
        return FORBIDDEN
    if before == after == "katakana":
        return LEANING
    return LEANING if after == "hiragana" != before else PLAIN


def _kind(char: str) -> str:
    if "\u3040" <= char <= "\u309f":
        return "hiragana"
    if "\u30a0" <= char <= "\u30ff":
        return "katakana"
    return "han" if script.unspaced(char) else "other"
