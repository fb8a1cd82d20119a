"""What a model knows of writing, and a text in its letters. Pure.

Characters and their order are those of `whisperx.align` 3.8.6: what a model does not know is a
wildcard, and `|` stands between words.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

UNSPACED = ("ja", "zh")
"""Languages without `|` between words, whatever a text has."""
GAP = "|"
WILDCARD = -1
NONE = -1


class Alphabet(NamedTuple):
    """Letters of a model, lower case, and their columns among its emissions."""

    columns: Mapping[str, int]
    blank: int


class Spelling(NamedTuple):
    """A text in tokens."""

    tokens: tuple[int, ...]
    """Columns, or `WILDCARD`."""
    owners: tuple[int, ...]
    """For each token the index of its word, or `NONE` between words."""


def alphabet(vocabulary: Mapping[str, int], width: int) -> Alphabet:
    """Of a model that has `width` columns; entries without one are left out.

    Raises ValueError if nothing is left to write with.
    """
    columns = {entry.lower(): column for entry, column in vocabulary.items() if 0 <= column < width}
    if not any(len(entry) == 1 for entry in columns):
        raise ValueError("its vocabulary has no letters")
    blank = [column for entry, column in columns.items() if entry in ("[pad]", "<pad>")]
    return Alphabet(columns, blank[-1] if blank else 0)


def spell(words: Sequence[str], text: str, language: str | None, known: Alphabet) -> Spelling:
    """`words`, which `text` is made of, in the letters of a model."""
    gap = known.columns.get(GAP)
    tokens: list[int] = []
    owners: list[int] = []

    def write(token: int, owner: int) -> None:
        tokens.append(token)
        owners.append(owner)

    spaced = language not in UNSPACED
    for index, (word, apart) in enumerate(zip(words, gaps(words, text), strict=True)):
        if apart and spaced and gap is not None:
            write(gap, NONE)
        for char in word.strip():
            if not char.isspace():
                letter = char.lower()
                # Of what becomes several characters the first is the letter, the rest its marks.
                column = known.columns.get(letter, known.columns.get(letter[0], WILDCARD))
                if letter != GAP or column != WILDCARD:
                    write(column, index)
            elif spaced and gap is not None:
                write(gap, NONE)
    return Spelling(tuple(tokens), tuple(owners))


def gaps(words: Sequence[str], text: str) -> list[bool]:
    """For each of `words` whether a space stands before it in `text`; where they are no words of
    `text`, before all but the first."""
    found: list[bool] = []
    at = 0
    for word in words:
        start = text.find(word, at)
        if start < 0:
            return [index > 0 for index in range(len(words))]
        found.append(at > 0 and text[at:start].isspace())
        at = start + len(word)
    return found
