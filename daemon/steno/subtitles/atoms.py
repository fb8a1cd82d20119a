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
    """First of its word; cues begin with such atoms only."""
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
    share = (0, style.max_line_chars_wide, style.max_line_chars)
    return sum(share[script.columns(char)] for char in text)


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
        opens = True
        for piece in word.text.split():
            for part in script.clusters(piece):
                whole = size(part, style) <= full or script.columns(part[0]) < 2
                for bit in [part] if whole else script.characters(part):
                    space = before and bool(atoms)
                    atoms.append(Atom(bit, index, opens, space, size(bit, style)))
                    opens = before = False
            before = True
    return atoms


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
