"""A record of the daemon's log, on a line and as a whole. Pure."""

import time
from collections.abc import Iterator

from steno import wire
from steno_tui.live.screens.system.paint import Line
from steno_tui.live.widgets.layout import Column, Span
from steno_tui.live.widgets.rows import Row
from steno_tui.texts import _

COLUMNS = (
    Column(_("Time"), 8),
    Column(_("Level"), 10),
    Column(_("From"), 16, rank=1),
    Column(_("Message"), 20, flexible=True),
)
LEVELS = {
    "DEBUG": ("·", _("debug"), "dim"),
    "INFO": ("○", _("info"), ""),
    "WARNING": ("!", _("warning"), "warn"),
    "ERROR": ("✖", _("error"), "bad"),
    "CRITICAL": ("✖", _("critical"), "bad"),
}
"""Sign, word and role."""
FILTERS = ("DEBUG", "INFO", "WARNING", "ERROR")


def level(name: str) -> Span:
    sign, word, role = LEVELS[name]
    return Span(f"{sign} {word}", role)


def line(record: wire.LogRecord) -> Row:
    moment = time.strftime("%H:%M:%S", time.localtime(record.ts))
    first, _newline, rest = record.message.partition("\n")
    more = [Span(" ⏎", "accent")] if rest else []
    return Row((
        Span(moment, "dim"),
        level(record.level),
        Span(record.logger.removeprefix("steno."), "dim"),
        [Span(first), *more],
    ))  # fmt: skip


def about(record: wire.LogRecord) -> Iterator[Line]:
    """All of it, a traceback line by line."""
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.ts))
    yield [level(record.level), Span(f"  {moment}  {record.logger}", "dim")]
    for number, part in enumerate(record.message.expandtabs(4).splitlines()):
        yield [Span(part, role(number, part))]


def role(number: int, part: str) -> str:
    """First what happened; then, of a traceback, where, and at its end what it was."""
    if number == 0:
        return "strong"
    return "dim" if part.startswith((" ", "Traceback")) else "bad"
