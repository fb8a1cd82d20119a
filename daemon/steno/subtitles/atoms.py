"""The smallest parts of a fragment that a line may be broken between."""

from collections.abc import Sequence

from msgspec import Struct

from steno.plugins.contract import Word
from steno.subtitles import script
from steno.subtitles.languages import spaced
from steno.wire import SubtitleStyle


class Atom(Struct, frozen=True):
    """A word, or a part of one that may stand on a line of its own."""

    text: str
    word: int
    """Index of the word it belongs to."""
    opens: bool
    """A cue may begin with it: first of its word, or part of one longer than a line."""
    space: bool
    """A space stands between it and the atom before it."""
    size: int
    """How much of a line it takes; `limit` is a full line."""


def limit(style: SubtitleStyle) -> int:
    """The size of a full line."""
    return style.max_line_chars * style.max_line_chars_wide


def size(text: str, style: SubtitleStyle) -> int:
    """How much of a line `text` takes: a narrow character 1/`max_line_chars` of it, a full-width
    one 1/`max_line_chars_wide`, so that mixed text is measured fairly."""
    if text.isascii():
        return len(text) * style.max_line_chars_wide
    narrow, wide = script.width(text)
    return narrow * style.max_line_chars_wide + wide * style.max_line_chars


def atoms_of(
    words: Sequence[Word], text: str, language: str | None, style: SubtitleStyle
) -> list[Atom]:
    """The atoms of `words`, whose texts are clean; spaces as `text` has them.

    Where `text` has other characters than the words, `language` decides about spaces, and where
    that is unknown, the script.
    """
    spaces = _spaces(words, script.clean(text))
    full = limit(style)
    atoms: list[Atom] = []
    for index, word in enumerate(words):
        before = index in spaces if spaces is not None else _apart(words, index, language)
        bits = [_bits(piece, style) for piece in word.text.split()]
        long = size(word.text, style) > full or sum(size(b, style) for p in bits for b in p) > full
        opens = True
        for piece in bits:
            for bit in piece:
                space = before and bool(atoms)
                atoms.append(Atom(bit, index, opens, space, size(bit, style)))
                opens, before = long, False
            before = True
    return atoms


def _bits(piece: str, style: SubtitleStyle) -> list[str]:
    """The smallest parts of `piece` a line may be broken between, each fit for a line."""
    full = limit(style)
    bits: list[str] = []
    for cluster in script.clusters(piece):
        bits += [cluster] if size(cluster, style) <= full else script.characters(cluster)
    return bits


def _spaces(words: Sequence[Word], text: str) -> set[int] | None:
    """Indices of the words with a space before them in `text`; None if `text` has other words."""
    if "".join(word.text.replace(" ", "") for word in words) != text.replace(" ", ""):
        return None
    spaces: set[int] = set()
    at = 0
    for index, word in enumerate(words):
        if at < len(text) and text[at] == " ":
            spaces.add(index)
        for char in word.text:
            if char != " ":
                at = text.index(char, at) + 1
    return spaces


def _apart(words: Sequence[Word], index: int, language: str | None) -> bool:
    if language:
        return spaced(language)
    before, here = words[max(index - 1, 0)].text, words[index].text
    return " " in script.joined(before.replace(" ", ""), here.replace(" ", ""))
