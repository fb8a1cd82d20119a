"""Columns of a table: how wide each is, and what of a cell is seen. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from steno.errors import printable

GAP = 1
"""Cells between two columns."""


class Span(NamedTuple):
    """Text in one role: `dim`, `ok`, `busy`, `warn`, `bad`, `accent`, `strong`, or plain."""

    text: str
    role: str = ""


Cell = str | Span | Sequence[Span]


class Column(NamedTuple):
    title: str
    width: int
    """Cells; of a flexible column at least."""
    flexible: bool = False
    """It takes the room that is left."""
    right: bool = False
    """Its text stands at its right side."""
    rank: int = 0
    """Where there is not enough room, columns of the highest rank go first; those of 0 stay."""


def fitted(columns: Sequence[Column], room: int) -> list[tuple[int, int]]:
    """Numbers and widths of the columns that fit into `room` cells, in their order."""
    shown = list(range(len(columns)))

    def needed() -> int:
        return sum(columns[n].width + GAP for n in shown) - GAP

    while needed() > room:
        rank = max(columns[n].rank for n in shown)
        if rank == 0:
            break
        shown.remove(max(n for n in shown if columns[n].rank == rank))
    widths = {n: columns[n].width for n in shown}
    spare = room - needed()
    flexible = [n for n in shown if columns[n].flexible]
    for place, n in enumerate(flexible):
        more = spare // (len(flexible) - place)
        widths[n] = max(1, widths[n] + more)
        spare -= more
    return [(n, widths[n]) for n in shown]


def spans(cell: Cell) -> Sequence[Span]:
    """Any cell as spans."""
    if isinstance(cell, Span):
        return (cell,)
    return (Span(cell),) if isinstance(cell, str) else cell


def flat(text: str) -> str:
    """`text` on one line, without what a terminal would obey."""
    return text if text.isprintable() else printable(text).replace("\n", " ")


def fit(cell: Cell, width: int, *, right: bool = False) -> list[Span]:
    """`cell` in exactly `width` cells: cut with an ellipsis, or filled up."""
    parts = [Span(flat(text), role) for text, role in spans(cell)]
    room = width - sum(cell_len(text) for text, _ in parts)
    if room >= 0:
        space = Span(" " * room)
        return [space, *parts] if right else [*parts, space]
    return list(cut(parts, width))


def cut(parts: Iterable[Span], width: int) -> Iterable[Span]:
    """The first `width` cells of `parts`, the last of them an ellipsis."""
    left = width - 1
    for text, role in parts:
        size = cell_len(text)
        if size > left:
            yield Span(set_cell_size(text, max(0, left)), role)
            break
        yield Span(text, role)
        left -= size
    if width > 0:
        yield Span("…", "dim")
