"""Logging: people's lines on the console, everything in steno.log, and the newest in memory."""

import atexit
import logging
import logging.handlers
import queue
import sys
import threading
import time
from collections import deque
from typing import get_args

from steno.config import Logs
from steno.errors import printable
from steno.paths import Paths
from steno.wire.system import Level, LogPage, LogRecord

SIZE = 10 * 2**20
"""Bytes after which steno.log is rotated."""
KEEP = 5
RECENT = 2000
"""Records kept in memory."""
LONGEST = 8000
"""Characters kept of one: at most 32 MB in all."""
LEVELS = get_args(Level)
"""The least first."""
QUIET = ("aiohttp", "asyncio")
"""Loggers of libraries that speak at WARNING only."""


class Printable(logging.Formatter):
    """Replaces what cannot be encoded or would confuse a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(printable(line) for line in super().format(record).split("\n"))


class HandOver(logging.handlers.QueueHandler):
    """Leaves records to the listener's thread. Only the message is made here, as its arguments may
    change; a traceback reads the files of its sources and must not."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        record.msg, record.args = record.getMessage(), None
        return record


class Recent(logging.Handler):
    """Keeps the newest records for clients. Written on the listener's thread, read on others."""

    def __init__(self, most: int = RECENT) -> None:
        super().__init__()
        self.setFormatter(Printable("%(message)s"))
        self._records: deque[LogRecord] = deque(maxlen=most)
        self._seq = time.time_ns() // 1_000_000
        """Of the newest. Begins with the time, so that it rises over restarts."""
        self._reading = threading.Lock()  # the handler's own is held while sources are read

    def emit(self, record: logging.LogRecord) -> None:
        level = LEVELS[min(max(record.levelno // 10, 1), len(LEVELS)) - 1]
        message = shortened(self.format(record))
        with self._reading:
            self._seq += 1
            self._records.append(
                LogRecord(
                    seq=self._seq,
                    ts=record.created,
                    level=level,
                    logger=printable(record.name),
                    message=message,
                )
            )

    def page(
        self, lines: int, *, level: Level, text: str = "", job: str = "", after: int | None = None
    ) -> LogPage:
        """The last `lines` records of `level` or above that have `text`, in whatever case, and
        `job` in their message; those that follow the record `after` first. Takes some ms."""
        with self._reading:
            newest, records = self._seq, list(self._records)
        least, text = LEVELS.index(level), text.casefold()
        fit = [
            one
            for one in records
            if (after is None or one.seq > after)
            and LEVELS.index(one.level) >= least
            and job in one.message
            and text in one.message.casefold()
        ]
        if after is None:
            return LogPage(records=fit[-lines:], next=newest)
        told = fit[:lines]
        return LogPage(records=told, next=told[-1].seq if len(told) < len(fit) else newest)


RECENTLY = Recent()
"""Of this process, as logging is."""


def shortened(message: str) -> str:
    """`message` without its middle, where it is too long: a traceback's end tells what broke."""
    if len(message) <= LONGEST:
        return message
    return f"{message[: LONGEST // 4]}\n[...]\n{message[-LONGEST // 4 * 3 :]}"


def set_level(settings: Logs) -> None:
    logging.getLogger().setLevel(settings.level)


def set_up(paths: Paths, settings: Logs, *, console: bool) -> None:
    """Sends all records to steno.log, and to the console where a person looks at it.

    Raises OSError if the log cannot be written.
    """
    paths.log.touch(mode=0o600)
    file = logging.handlers.RotatingFileHandler(
        paths.log, maxBytes=SIZE, backupCount=KEEP, encoding="utf-8"
    )
    file.setFormatter(Printable("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    handlers: list[logging.Handler] = [file, RECENTLY]
    if console:
        screen = logging.StreamHandler(sys.stderr)
        screen.setFormatter(Printable("%(levelname)-7s %(message)s"))
        handlers.append(screen)
    # Files are written and rotated on a thread of the listener's own, never on that of the loop.
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = logging.handlers.QueueListener(records, *handlers)
    listener.start()
    atexit.register(listener.stop)
    logging.basicConfig(level=settings.level, handlers=[HandOver(records)], force=True)
    logging.captureWarnings(True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
