"""Logging: people's lines on the console, everything in steno.log."""

import atexit
import logging
import logging.handlers
import queue
import sys

from steno.config import Logs
from steno.errors import printable
from steno.paths import Paths

SIZE = 10 * 2**20
"""Bytes after which steno.log is rotated."""
KEEP = 5
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


def set_up(paths: Paths, settings: Logs, *, console: bool) -> None:
    """Sends all records to steno.log, and to the console where a person looks at it.

    Raises OSError if the log cannot be written.
    """
    paths.log.touch(mode=0o600)
    file = logging.handlers.RotatingFileHandler(
        paths.log, maxBytes=SIZE, backupCount=KEEP, encoding="utf-8"
    )
    file.setFormatter(Printable("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    handlers: list[logging.Handler] = [file]
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
