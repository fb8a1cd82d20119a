"""Words as the text of their fragment writes them, with its capitals and punctuation."""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec.structs import replace

from steno.plugins.contract import Word
from steno.subtitles import script


def spelled(words: Sequence[Word], text: str) -> tuple[Word, ...]:
    """`words` with their texts as `text` has them, and with the punctuation around them.

    They stay as they are where `text` differs in more than case, spaces and punctuation, where it
    has less punctuation than they, and where one of them is nothing else.
    """
    texts, text = [script.clean(word.text) for word in words], script.clean(text)
    squeezed, wanted = "".join(texts).replace(" ", ""), text.replace(" ", "")
    ranges = None
    if squeezed != wanted and len(squeezed) <= len(wanted):
        ranges = _ranges(texts, text)
    if ranges is None:
        return tuple(words)
    cuts = [_cut(text, a.stop, b.start) for a, b in pairwise(ranges)]
    found = zip([0, *cuts], [*cuts, len(text)], strict=True)
    respelled = (text[first:last].strip() for first, last in found)
    return tuple(
        replace(word, text=next(respelled)) if had else word
        for word, had in zip(words, texts, strict=True)
    )


def _ranges(texts: Sequence[str], text: str) -> list[range] | None:
    """Where the letters of each visible one of `texts` stand in `text`; None if others do."""
    there = [(letter, index) for index, char in enumerate(text) for letter in letters_of(char)]
    ranges: list[range] = []
    at = 0
    for own in filter(None, texts):
        letters = [letter for char in own for letter in letters_of(char)]
        held = there[at : at + len(letters)]
        if not letters or [letter for letter, _ in held] != letters:
            return None
        ranges.append(range(held[0][1], held[-1][1] + 1))
        at += len(letters)
    overlap = any(a.stop > b.start for a, b in pairwise(ranges))
    return None if overlap or at != len(there) else ranges


def letters_of(char: str) -> Iterator[str]:
    """What of `char` counts: letters, digits and the marks on them, without case."""
    for part in unicodedata.normalize("NFD", char.casefold()):
        if unicodedata.category(part)[0] in "LMN":
            yield part


def _cut(text: str, first: int, last: int) -> int:
    """Where the word that begins at `last` takes over from the one that ends at `first`: what
    stands between two spaces is of the word before, and so is what is between no spaces, up to an
    opening bracket or quotation mark."""
    space = text.rfind(" ", first, last)
    if space >= 0:
        return space
    return next((at for at in range(first, last) if text[at] in script.OPENERS), last)
