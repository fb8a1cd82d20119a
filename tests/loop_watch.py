"""Runs the daemon, and notes each call of SQLite, of a file or of fsync on the thread of its loop.

`python tests/loop_watch.py` is stenod. What is found goes to the file that LOOP_WATCH names, each
place once, with its stack. It counts from the moment the first server listens. What reads or writes
pipes, sockets, /proc and /dev waits for no disk and is free.

What the interpreter announces to audit hooks is heard there; what it does not announce (stat,
fsync, reads and writes, SQLite's statements) is wrapped.
"""

import asyncio
import asyncio.base_events
import builtins
import io
import os
import sqlite3
import stat
import sys
from collections.abc import Callable
from functools import partial, wraps
from types import FrameType
from typing import Any

AUDITED = (
    "fcntl.flock", "fcntl.lockf", "glob.", "os.chdir", "os.chmod", "os.chown", "os.link",
    "os.listdir", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.scandir", "os.symlink",
    "os.truncate", "os.utime", "shutil.", "sqlite3.connect", "tempfile.",
)  # fmt: skip
BY_NAME = ("access", "lstat", "readlink", "stat", "statvfs")
BY_NUMBER = (
    "copy_file_range", "fdatasync", "fstatvfs", "fsync", "posix_fadvise", "posix_fallocate",
    "pread", "preadv", "pwrite", "pwritev", "read", "readv", "sendfile", "write", "writev",
)  # fmt: skip
FREE = ("/proc/", "/dev/", "/sys/")
DEPTH = 25

write, fstat = os.write, os.fstat
record = -1
told: set[str] = set()


def on_loop() -> bool:
    """Whether this is the thread of a loop that serves."""
    return record >= 0 and asyncio._get_running_loop() is not None


def note(what: str) -> None:
    """`what` was called on the loop's thread."""
    lines, frame = list[str](), sys._getframe(1)
    at: FrameType | None = frame
    while at is not None and len(lines) < DEPTH:
        if at.f_code.co_filename != __file__:
            lines.append(f"    {at.f_code.co_filename}:{at.f_lineno} {at.f_code.co_name}")
        at = at.f_back
    text = "\n".join([what, *lines, ""])
    if text not in told:
        told.add(text)
        write(record, text.encode("utf-8", "backslashreplace"))


def waits(place: Any) -> bool:
    """Whether the file at or behind `place`, a name or a descriptor, may lie on a disk."""
    if isinstance(place, int):
        try:
            mode = fstat(place).st_mode
        except OSError:
            return False
        return stat.S_ISREG(mode) or stat.S_ISDIR(mode)
    if isinstance(place, File):
        return waits(place.fileno())
    return not os.fsdecode(place).startswith(FREE)


def heard(event: str, values: tuple[Any, ...]) -> None:
    """The audit hook."""
    if event == "open":
        if on_loop() and not isinstance(values[0], int) and waits(values[0]):
            note(f"open {values[0]!r}")
    elif event.startswith(AUDITED) and on_loop():
        note(f"{event} {values!r:.200}")


def watched(call: Callable[..., Any], name: str, *, always: bool = False) -> Callable[..., Any]:
    """`call`, noted where its first argument is a file, or `always`."""

    @wraps(call)
    def wrapper(*args: Any, **more: Any) -> Any:
        if on_loop() and (always or (args and waits(args[0]))):
            note(name if always else f"{name} {args[0]!r:.200}")
        return call(*args, **more)

    return wrapper


class Cursor(sqlite3.Cursor):
    """Its statements and rows are noted."""


class Connection(sqlite3.Connection):
    """Its statements are noted; they give cursors of ours."""

    def cursor(self, factory: Any = Cursor) -> Any:
        return super().cursor(factory)

    def execute(self, *args: Any) -> Any:
        return self.cursor().execute(*args)

    def executemany(self, *args: Any) -> Any:
        return self.cursor().executemany(*args)

    def executescript(self, *args: Any) -> Any:
        return self.cursor().executescript(*args)


STATEMENTS = {
    Connection: ("backup", "close", "commit", "rollback"),
    Cursor: (
        "__next__", "execute", "executemany", "executescript", "fetchall", "fetchmany", "fetchone",
    ),
}  # fmt: skip


def watch_sqlite() -> None:
    for kind, names in STATEMENTS.items():
        for name in names:
            setattr(kind, name, watched(getattr(kind, name), f"SQLite {name}", always=True))
    sqlite3.connect = partial(sqlite3.connect, factory=Connection)  # type: ignore[assignment]


class File(io.FileIO):
    """Its reads and writes are noted."""


def watched_open(
    file: Any,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,
    opener: Any = None,
) -> Any:
    """`open` with a `File` below what it gives."""
    binary = "b" in mode
    raw = File(file, mode.replace("b", "").replace("t", ""), closefd, opener)
    if binary and buffering == 0:
        return raw
    size = buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE
    buffered: Any
    if "+" in mode:
        buffered = io.BufferedRandom(raw, size)
    else:
        buffered = (io.BufferedReader if "r" in mode else io.BufferedWriter)(raw, size)
    if binary:
        return buffered
    text = io.TextIOWrapper(buffered, encoding, errors, newline, buffering == 1)
    text.mode = mode  # type: ignore[misc]
    return text


def begin(path: str) -> None:
    """Watches from the moment the first server listens."""
    for name in BY_NAME:
        setattr(os, name, watched(getattr(os, name), f"os.{name}"))
    for name in BY_NUMBER:
        if hasattr(os, name):
            setattr(os, name, watched(getattr(os, name), f"os.{name}"))
    for name in ("read", "readall", "readinto", "write", "truncate"):
        setattr(File, name, watched(getattr(File, name), name))
    builtins.open = io.open = watched_open
    watch_sqlite()
    sys.addaudithook(heard)
    server = asyncio.base_events.Server
    start = server._start_serving  # type: ignore[attr-defined]

    def serve(self: Any) -> None:
        global record
        if record < 0:
            record = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        start(self)

    server._start_serving = serve  # type: ignore[attr-defined]


if __name__ == "__main__":
    begin(os.environ["LOOP_WATCH"])
    from steno.stenod import main

    main()
