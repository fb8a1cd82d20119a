"""Cues and speech as one line of cells. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from steno import wire
from steno.client import Cues
from steno_tui.live.stretch import Stretch
from steno_tui.live.widgets.layout import Span, fit

SILENCE, SPEECH = " ", "·"
NARROW = ("▀", "▄")
"""Of cues without room for text, by turns: neighbours are never one block."""
EDGE, CHOSEN, CHOSEN_NARROW, MANY = "▏", "▶", "█", "▒"
READABLE = 4
"""Cells from which on a cue shows its text."""
BEFORE = 4
"""Cues before the first that are looked at: they may reach in."""


class Piece(NamedTuple):
    """Cells `first` to `end`, exclusive, of a cue."""

    first: int
    end: int
    number: int
    """The cue's, in the transcript."""
    many: bool = False
    """Others begin in its first cell."""


def lane(
    cues: Cues,
    spoken: Sequence[bool],
    stretch: Stretch,
    selected: str | None,
) -> list[Span]:
    """A cell for each of `spoken`: cues with their text where there is room for it, speech that has
    none, and silence."""
    line: list[Span] = []
    at, columns = 0, len(spoken)

    def fill(end: int) -> None:
        line.append(Span("".join(SPEECH if one else SILENCE for one in spoken[at:end]), "speech"))

    for piece in pieces(cues, stretch, columns, number(cues, selected)):
        fill(piece.first)
        cue = cues[piece.number]
        line.extend(block(piece, cue, chosen=cue.id == selected))
        at = piece.end
    fill(columns)
    return [span for span in line if span.text]


def block(piece: Piece, cue: wire.Cue, *, chosen: bool) -> list[Span]:
    """A cue in its cells."""
    size, turn = piece.end - piece.first, piece.number % 2
    if size < READABLE:
        if chosen:
            return [Span(CHOSEN_NARROW * size, "picked")]
        return [Span((MANY if piece.many else NARROW[turn]) * size, "narrow")]
    role = "chosen" if chosen else ("even", "odd")[turn]
    sign = CHOSEN if chosen else MANY if piece.many else EDGE
    text = fit(cue.text.replace("\n", " "), size - 1)
    return [Span(sign, role), *(Span(span.text, role) for span in text)]


def pieces(
    cues: Cues, stretch: Stretch, columns: int, chosen: int | None = None
) -> Iterator[Piece]:
    """The cues in `stretch`, none over another; `chosen` is seen where others are in its cell."""
    found = list(begun(cues, stretch, columns, chosen))
    for place, piece in enumerate(found):
        limit = found[place + 1].first if place + 1 < len(found) else columns
        first = max(0, piece.first)
        end = min(max(piece.end, first + 1), limit, columns)
        if first < end and piece.end > 0:
            yield piece._replace(first=first, end=end)


def begun(cues: Cues, stretch: Stretch, columns: int, chosen: int | None) -> Iterator[Piece]:
    """One for each cell in which cues begin, and some before the first: however many there are, it
    is a search for each cell at most."""
    n = max(0, cues.at(stretch.start) - BEFORE)
    while n < len(cues) and (cue := cues[n]).start < stretch.end:
        first, after = stretch.column(cue.start, columns), n + 1
        if after < len(cues) and 0 <= first == stretch.column(cues[after].start, columns):
            after = max(after + 1, cues.at(stretch.time(first + 1, columns) - 1e-9))
        many = after > n + 1
        shown = chosen if chosen is not None and n <= chosen < after else after - 1
        yield Piece(first, stretch.edge(cues[after - 1].end, columns), shown, many)
        n = after


def number(cues: Cues, ident: str | None) -> int | None:
    """That of the cue of this id."""
    cue = cues.get(ident) if ident is not None else None
    if cue is None:
        return None
    place = cues.at(cue.start)
    while cues[place].id != ident:
        place += 1
    return place


def cells(parts: Iterable[Sequence[float]], stretch: Stretch, columns: int) -> list[bool]:
    """Which cells some of `parts`, each a start and an end, touches."""
    touched = [False] * columns
    for start, end in parts:
        first = max(0, stretch.column(start, columns))
        last = min(columns, max(first + 1, stretch.edge(end, columns)))
        touched[first:last] = [True] * max(0, last - first)
    return touched
