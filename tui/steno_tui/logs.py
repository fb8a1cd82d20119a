"""The end of the daemon's log, and what is added to it."""

import asyncio
import os
from pathlib import Path
from typing import BinaryIO

from steno_tui import output

LOOK = 0.25
"""Seconds between two looks for news."""
BLOCK = 1 << 16


async def show(path: Path, lines: int, *, follow: bool) -> None:
    """Prints the last `lines` lines of `path`; with `follow` goes on, over rotations, until it is
    interrupted. A log that does not exist is empty."""
    file = opened(path)
    try:
        if file is not None:
            output.raw(last(file, lines))
        while follow:
            if file is not None and (more := file.read()):
                output.raw(more)
            elif file is None or turned(path, file):
                if file is not None:
                    file.close()
                file = opened(path)
            await asyncio.sleep(LOOK)
    finally:
        if file is not None:
            file.close()


def opened(path: Path) -> BinaryIO | None:
    try:
        return open(path, "rb")  # outlives this function
    except FileNotFoundError:
        return None


def last(file: BinaryIO, lines: int) -> bytes:
    """The last `lines` lines, read from the end; leaves `file` at its end."""
    end = position = file.seek(0, os.SEEK_END)
    found = b""
    while position > 0 and found.count(b"\n") <= lines:
        step = min(BLOCK, position)
        position -= step
        file.seek(position)
        found = file.read(step) + found
    file.seek(end)
    return b"".join(found.splitlines(keepends=True)[-lines:]) if lines > 0 else b""


def turned(path: Path, file: BinaryIO) -> bool:
    """Whether `path` is another file by now, or was cut."""
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    before = os.fstat(file.fileno())
    same = (now.st_dev, now.st_ino) == (before.st_dev, before.st_ino)
    return not same or now.st_size < file.tell()
