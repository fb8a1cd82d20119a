"""Why there is no waveform, written where it would be. Pure."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len, chop_cells

from steno.errors import Problem
from steno_tui.live.widgets.layout import fit, flat
from steno_tui.problems import told
from steno_tui.texts import _

NARROW = 20
"""Cells in which no sentence is read."""


def said(problem: Problem | None, width: int, rows: int, *, asked: bool) -> list[str]:
    """At most `rows` lines of `width` cells; none where even that is not enough room. `asked`:
    there is no answer yet."""
    if problem is None:
        short = _("Reading the waveform …") if asked else _("not read yet")
        return [short] if cell_len(short) <= width else []
    problem = told(problem)
    lines = list(folded(f"✖ {problem.detail} {problem.hint}", width))
    if width < NARROW or len(lines) > rows == 1:
        title = "✖ " + problem.title
        return [title] if cell_len(title) <= width else []
    if len(lines) > rows:
        rest = " ".join(lines[rows - 1 :])
        lines[rows - 1 :] = ["".join(span.text for span in fit(rest, width)).rstrip()]
    return lines


def folded(text: str, width: int) -> Iterator[str]:
    """`text` in lines of at most `width` cells."""
    line = ""
    for word in flat(text).split():
        longer = f"{line} {word}".strip()
        if cell_len(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        *full, line = chop_cells(word, max(2, width))
        yield from full
    if line:
        yield line


def write(
    lines: Sequence[list[str]],
    unknown: Sequence[bool],
    problem: Problem | None,
    *,
    asked: bool,
) -> None:
    """Puts it into those cells of `lines` of which nothing is known, where there is room."""
    at = 0
    for dark, run in groupby(unknown):
        size = len(list(run))
        words = said(problem, size - 2, len(lines), asked=asked) if dark else []
        above = (len(lines) - len(words)) // 2
        for line, text in zip(lines[above:], words, strict=False):
            put(line, at + 1, text)
        at += size


def put(line: list[str], at: int, text: str) -> None:
    """Writes `text` from cell `at` on: what is wider than a cell leaves the next one empty."""
    for sign in text:
        size = cell_len(sign)
        if size == 0:
            line[at - 1] += sign
            continue
        line[at : at + size] = [sign, *[""] * (size - 1)]
        at += size
