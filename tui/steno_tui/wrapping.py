"""Text on a terminal, where some characters take two columns: how wide it is, and its lines.

Imports the standard library only, so that help comes at once.
"""

import unicodedata
from collections.abc import Iterator
from itertools import pairwise

CLOSING = "，。、；：！？）》」』”’…,.;:!?)"
"""Characters that no line begins with."""
OPENING = "（《「『“‘("
"""Characters that no line ends with."""


def width(text: str) -> int:
    """Columns `text` takes on a terminal."""
    return sum(character_width(c) for c in text)


def character_width(c: str) -> int:
    if unicodedata.combining(c) or unicodedata.category(c) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def wrap(text: str, room: int, first: str = "", later: str = "") -> list[str]:
    """The lines of `text`, broken at spaces and between wide characters, each at most `room`
    columns wide unless one piece is wider; `first` and `later` begin them."""
    lines: list[str] = []
    line = ""
    for piece in pieces(text):
        begin = later if lines else first
        if line.strip() and width(begin) + width(line + piece.rstrip()) > room:
            lines.append(begin + line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, (later if lines else first) + line.rstrip()]


def pieces(text: str) -> Iterator[str]:
    """What no line is broken in, with the spaces behind it."""
    begun = 0
    for at, (before, after) in enumerate(pairwise(text), 1):
        if breaks(before, after):
            yield text[begun:at]
            begun = at
    yield text[begun:]


def breaks(before: str, after: str) -> bool:
    """Whether a line may end between both."""
    if after.isspace() or after in CLOSING:
        return False
    if before.isspace():
        return True
    wide = character_width(before) == 2 or character_width(after) == 2
    return wide and before not in OPENING
