"""Loudness as characters, and the times above it. Pure."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from steno import wire
from steno_tui.live.stretch import Stretch
from steno_tui.live.widgets.layout import Span

Levels = Sequence[int | None]
"""0 to 255, of equal parts; None where that is not known."""

BLANK = "\N{BRAILLE PATTERN BLANK}"
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits of a braille cell: its left and its right side, from above."""
STROKE = "│"
EIGHTHS = " ▁▂▃▄▅▆▇█"
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000)
"""Seconds between two times of a ruler."""


def levels(wave: wire.Waveform, stretch: Stretch, columns: int) -> Levels:
    """What `wave` says of `stretch`, whatever part of it and however fine it is."""
    told, of = wave.columns, Stretch(wave.start, wave.end)
    if not told:
        return [None] * columns
    if len(told) == columns and math.dist(of, stretch) < stretch.length / columns / 2:
        return told
    edges = [
        (stretch.time(column, columns) - of.start) * len(told) / of.length
        for column in range(columns + 1)
    ]
    found: list[int | None] = []
    for first, last in pairwise(edges):
        begin, end = math.floor(first + 1e-9), math.ceil(last - 1e-9)
        part = told[max(0, begin) : max(0, end)]
        found.append(max((one for one in part if one is not None), default=None))
    return found


def share(level: int) -> float:
    """How much of the height a level takes: its root, as speech is mostly far from the loudest."""
    return math.sqrt(min(max(level, 0), 255) / 255)


def braille(levels: Levels, rows: int) -> list[str]:
    """Two levels a cell, mirrored at the middle of `rows` lines. Silence is a line of dots, and
    where nothing is known there are none."""
    half = 2 * rows
    cells = [[0] * (-(-len(levels) // 2)) for _ in range(rows)]
    for place, level in enumerate(levels):
        if level is None:
            continue
        high = max(1, round(half * share(level)))
        side = DOTS[place % 2]
        for dot in range(half - high, half + high - (high == 1)):
            cells[dot // 4][place // 2] |= side[dot % 4]
    return ["".join(chr(ord(BLANK) + bits) for bits in line) for line in cells]


def blocks(levels: Levels, rows: int) -> list[str]:
    """One level a cell, from the bottom; for fonts without braille."""
    heights = [0 if level is None else max(1, round(8 * rows * share(level))) for level in levels]
    return [
        "".join(EIGHTHS[min(max(high - 8 * (rows - 1 - row), 0), 8)] for high in heights)
        for row in range(rows)
    ]


def unknown(levels: Levels, cell: int) -> list[bool]:
    """Of which cells, of `cell` levels each, nothing is known."""
    return [
        all(level is None for level in levels[place : place + cell])
        for place in range(0, len(levels), cell)
    ]


def stamp(seconds: float, step: float = 1) -> str:
    """`0:05`, `1:02:30`; with tenths where steps are shorter than a second."""
    tenths = round(max(0.0, seconds) * 10)
    minutes, rest = divmod(tenths // 10, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return f"{text}.{tenths % 10}" if step < 1 else text


class Mark(NamedTuple):
    """A moment that a ruler points at."""

    seconds: float
    sign: str
    role: str


def ruler(stretch: Stretch, columns: int, marks: Sequence[Mark] = ()) -> list[Span]:
    """Times at round steps, as dense as they can be read, each right of its stroke. Where there is
    not room for all, marks stay, the first of them before others."""
    room = len(stamp(stretch.end)) + 4
    step = next(
        (one for one in STEPS if one * columns / stretch.length >= room + 2 * (one < 1)), STEPS[-1]
    )
    placed: dict[int, Span] = {}

    def put(at: int, text: str, role: str) -> None:
        free = all(
            at + len(text) < other or other + len(span.text) < at for other, span in placed.items()
        )
        if free and at >= 0 and at + len(text) <= columns:
            placed[at] = Span(text, role)

    for mark in marks:
        at, text = stretch.column(mark.seconds, columns), stamp(mark.seconds, 0.1)
        if at + 1 + len(text) <= columns:
            put(at, mark.sign + text, mark.role)
        elif at < columns:
            put(at - len(text), text + mark.sign, mark.role)
    first, last = math.ceil(stretch.start / step - 1e-9), math.floor(stretch.end / step)
    for n in range(first, last + 1):
        put(stretch.column(n * step, columns), STROKE + stamp(n * step, step), "ruler")
    line: list[Span] = []
    done = 0
    for at, span in sorted(placed.items()):
        line += [Span(" " * (at - done), "ruler"), span]
        done = at + len(span.text)
    return [*line, Span(" " * (columns - done), "ruler")]
