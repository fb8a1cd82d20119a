"""Lines of text in roles, as decisions make them, and how a widget takes them."""

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from textual.content import Content

from steno.errors import printable
from steno_tui.live.reasons import folded
from steno_tui.live.widgets.layout import GAP, Column, Span, fit, fitted
from steno_tui.live.widgets.rows import Row

Line = Sequence[Span]

STYLES = {
    "dim": "$dim",
    "ok": "$text-success",
    "busy": "$text-primary",
    "warn": "$text-warning",
    "bad": "$text-error",
    "accent": "$text-accent",
    "strong": "bold",
}
"""Of each role, in the colours of the theme."""


def painted(lines: Iterable[Line]) -> Content:
    """What a `Static` shows; nothing in it is markup."""
    return Content("\n").join(
        Content.assemble(*((printable(text), STYLES.get(role, "")) for text, role in line))
        for line in lines
    )


def title(text: str) -> Line:
    return [Span(text, "strong")]


def fact(label: str, value: str, role: str = "") -> Line:
    return [Span(f"{label}: ", "dim"), Span(value, role)]


def aligned(facts: Iterable[tuple[str, Line]], width: int | None = None) -> list[Line]:
    """Values below each other, behind their labels, also where one is longer than `width` cells
    leave room for."""
    every = list(facts)
    wide = max((cell_len(label) for label, _ in every), default=0)
    lines: list[Line] = []
    for label, value in every:
        begin = Span(f"{label}{' ' * (wide - cell_len(label))}  ", "dim")
        for part in hung(value, width - wide - 2) if width else [value]:
            lines.append([begin, *part])
            begin = Span(" " * (wide + 2))
    return lines


def hung(value: Line, room: int) -> Iterator[Line]:
    """`value` in lines of `room` cells; of several spans the first is cut."""
    if sum(cell_len(span.text) for span in value) <= room or not value:
        yield value
        return
    first, *rest = value
    *parts, last = folded(first.text, max(8, room))
    yield from ([Span(part, first.role)] for part in parts)
    yield [Span(last, first.role), *rest]


def table(columns: Sequence[Column], rows: Iterable[Row], width: int) -> list[Line]:
    """A head and `rows`, in `width` cells."""
    head = Row([column.title for column in columns], "dim")
    lines: list[Line] = []
    for row in (head, *rows):
        line: list[Span] = []
        for number, size in fitted(columns, width):
            cell = row.cells[number] if number < len(row.cells) else ""
            parts = fit(cell, size, right=columns[number].right)
            line += [Span(text, role or row.role) for text, role in parts]
            line.append(Span(" " * GAP))
        lines.append(line[:-1])
    return lines
