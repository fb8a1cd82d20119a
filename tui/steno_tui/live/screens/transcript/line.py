"""A line of a transcript in the columns of its table, and times as people write them. Pure."""

import re
from collections.abc import Sequence

from steno import wire
from steno_tui.live.screens.transcript.script import Draft, Hole, Line, matches
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


def exact(seconds: float) -> str:
    """`h:mm:ss.t`, tenths of a second."""
    tenths = round(max(0.0, seconds) * 10)
    return f"{moment(tenths // 10)}.{tenths % 10}"


def written(seconds: float) -> str:
    """`h:mm:ss.mmm`, as it is edited."""
    thousandths = round(max(0.0, seconds) * 1000)
    return f"{moment(thousandths // 1000)}.{thousandths % 1000:03}"


TIME = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,6})(?:[.,](\d{1,6}))?", re.ASCII)


def read(text: str) -> float | None:
    """Seconds that `text` says: `1:02:03.4`, `62:03,4` or `3723.4`; None if it says none."""
    found = TIME.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds, rest = found.groups()
    if minutes is not None and int(seconds) > 59:
        return None
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds)
    return float(f"{whole}.{rest or 0}")


def at_once(cue: wire.Cue) -> str:
    """A cue's text for the clipboard."""
    return cue.text.replace("\n", " ")
