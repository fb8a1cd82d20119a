"""A line of a transcript in the columns of its table. Pure."""

from collections.abc import Sequence

from steno import wire
from steno_tui.live.screens.transcript.script import Draft, Hole, Line, matches
from steno_tui.live.screens.transcript.times import exact
from steno_tui.live.widgets.layout import Column, Span
from steno_tui.live.widgets.rows import Row
from steno_tui.output import moment
from steno_tui.texts import _

COLUMNS = (
    Column(" ", 1),
    Column(_("Start"), 10, right=True),
    Column(_("Length"), 6, right=True, rank=1),
    Column(_("Text"), 30, flexible=True),
)
BREAK = " ⏎ "
"""How a line break of a cue is written on one line."""
EDITED, DRAFTED, MISSING = "✎", "…", "!"


def row(line: Line, wanted: str = "") -> Row:
    """`line` in the columns; the places where `wanted` is in its text are marked."""
    match line:
        case Draft(event):
            cells = ("…", moment(event.start), "", event.text)
            return Row(cells, "dim")
        case Hole(gap):
            what = _("no text until {end}: {reason}")
            text = what.format(end=moment(gap.end), reason=gap.reason)
            return Row((MISSING, moment(gap.start), "", text), "warn")
        case _:
            return Row(
                (
                    Span(EDITED, "accent") if line.modified else " ",
                    Span(exact(line.start), "" if line.modified else "dim"),
                    Span(f"{line.end - line.start:.1f}", "dim"),
                    marked(line.text, wanted),
                )
            )


def marked(text: str, wanted: str) -> Sequence[Span]:
    """A cue's text on one line."""
    spans: list[Span] = []
    done = 0
    for start, end in matches(text, wanted):
        spans += [Span(text[done:start].replace("\n", BREAK)), Span(text[start:end], "match")]
        done = end
    spans.append(Span(text[done:].replace("\n", BREAK)))
    return spans


def at_once(cue: wire.Cue) -> str:
    """A cue's text for the clipboard."""
    return cue.text.replace("\n", " ")
