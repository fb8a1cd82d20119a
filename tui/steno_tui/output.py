"""All that `steno` prints: errors in two lines, plain lines, JSON lines, and text made to fit."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from steno.errors import Exit, Problem, StenoError, exit_code, printable
from steno_tui.problems import told
from steno_tui.texts import _
from steno_tui.wrapping import character_width, wrap
from steno_tui.wrapping import width as width

ELLIPSIS = "…"
INDENT = " " * 7
"""Before hints, which stand below what `steno: ` begins."""
NAMES = 9
"""Columns of the names of facts."""


@contextmanager
def stdout() -> Iterator[None]:
    """Writes to stdout; raises `stdout_failed` where that is not possible."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(error) from error


def unwritable(error: OSError) -> StenoError:
    """`stdout_failed`; from now on stdout goes nowhere, so that nothing fails a second time."""
    discard()
    return StenoError("stdout_failed", why=error.strerror or str(error))


def discard() -> None:
    """Lets go of what stdout holds. Python would complain when it flushes stdout at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str = "") -> None:
    """A line on stdout."""
    with stdout():
        sys.stdout.write(flat(text) + "\n")


def tell(text: str) -> None:
    """A line on stderr: what goes on, not what was asked for."""
    shown = printable(text)
    sys.stderr.write((wrapped(shown) if is_terminal(stderr=True) else shown) + "\n")
    sys.stderr.flush()


def wrapped(text: str) -> str:
    """`text` on as many lines as the terminal needs, broken between words; all but the first are
    set in as hints are."""
    room = max(20, terminal_columns())
    if width(text) <= room or "\n" in text:
        return text
    begins = INDENT if text.startswith(INDENT) else ""
    return "\n".join(wrap(text.removeprefix(begins), room, begins, INDENT))


def note(text: str) -> None:
    """A line on stderr that a person should read."""
    tell(f"steno: {text}")


def error(problem: Problem, about: str = "") -> Exit:
    """Two lines on stderr, what happened and what to do; returns the exit code."""
    name = f"{about}: " if about else ""
    shown = told(problem)
    note(f"{name}{shown.detail}")
    if shown.hint:
        tell(f"{INDENT}{shown.hint}")
    return exit_code(problem)


def row(*fields: object) -> None:
    """A line of fields separated by tabs, for programs."""
    with stdout():
        sys.stdout.write("\t".join("" if f is None else flat(str(f)) for f in fields) + "\n")


def fact(name: str, value: object) -> None:
    """A named fact: aligned for people, a `row` for programs."""
    if is_terminal():
        say(f"{padded(name, NAMES)} {value}")
    else:
        row(name, value)


def columns(
    head: Sequence[str], people: Sequence[Sequence[str]], programs: Sequence[Sequence[object]]
) -> None:
    """A table: aligned for people, the last columns cut where the terminal is narrow; for programs
    fields separated by tabs."""
    if not is_terminal():
        for line in programs:
            row(*line)
        return
    lines = [list(head), *([flat(field) for field in line] for line in people)]
    widths = [max(width(line[at]) for line in lines) for at in range(len(head))]
    room = terminal_columns()
    for line in lines:
        fields = (padded(text, most) for text, most in zip(line, widths, strict=True))
        say(start("  ".join(fields).rstrip(), room))


def record(value: Any) -> None:
    """A line of JSON on stdout, UTF-8 whatever the locale."""
    raw(msgspec.json.encode(value) + b"\n")


def raw(data: bytes) -> None:
    """Bytes on stdout, as they are."""
    with stdout():
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def file_name(uri: str) -> bytes:
    """The exact path in a `file:` URI of the daemon."""
    return unquote_to_bytes(uri.removeprefix("file://"))


def terminal_columns() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def is_terminal(stderr: bool = False) -> bool:
    """Whether a person looks at stdout (or stderr)."""
    return (sys.stderr if stderr else sys.stdout).isatty()


def words(stderr: bool = False) -> Callable[[str], str]:
    """`_` where a person looks at stdout (or stderr); programs read English."""
    return _ if is_terminal(stderr) else str


def flat(text: str) -> str:
    """`text` on one line, without what a terminal would obey."""
    return printable(text).replace("\n", "\N{REPLACEMENT CHARACTER}")


def clock(seconds: float | None) -> str:
    """`h:mm:ss`, without hours where there are none."""
    if seconds is None:
        return "-:--"
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def moment(seconds: float) -> str:
    """A place in the media: always `h:mm:ss`."""
    whole = max(0, int(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def size(count: float | None) -> str:
    """A number of bytes, in decimal units and at most three digits with one more place."""
    if count is None:
        return "?"
    unit = "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if count < 999.5:
            break
        count, unit = count / 1000, larger
    return f"{count:.0f} {unit}" if unit in ("B", "kB") or count >= 99.95 else f"{count:.1f} {unit}"


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """`text` with spaces behind it, or before it, up to `columns`."""
    space = " " * (columns - width(text))
    return space + text if right else text + space


def middle(text: str, columns: int) -> str:
    """`text` shortened in the middle to at most `columns`: beginnings and endings tell names
    apart."""
    if width(text) <= columns:
        return text
    if columns < 1:
        return ""
    head = (columns - 1) // 2
    return start(text, head) + ELLIPSIS + tail(text, columns - 1 - head)


def ending(text: str, columns: int) -> str:
    """`text` shortened at its beginning to at most `columns`."""
    return text if width(text) <= columns else ELLIPSIS + tail(text, columns - 1)


def start(text: str, columns: int) -> str:
    """The longest beginning of `text` that fits."""
    used = 0
    for position, c in enumerate(text):
        used += character_width(c)
        if used > columns:
            return text[:position]
    return text


def tail(text: str, columns: int) -> str:
    """The longest ending of `text` that fits."""
    used = 0
    for position in range(len(text), 0, -1):
        used += character_width(text[position - 1])
        if used > columns:
            return text[position:]
    return text


def is_dumb() -> bool:
    """Whether the terminal cannot move its cursor."""
    return os.environ.get("TERM", "") in ("", "dumb", "unknown")
