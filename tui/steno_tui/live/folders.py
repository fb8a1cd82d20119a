"""What folders hold. Everything here waits for disks: it runs in threads."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from steno_tui.live.media import is_media, natural

MOST = 2000
"""Files that one folder adds."""
DEEPEST = 12
"""Folders within folders that are looked into."""


class Entry(NamedTuple):
    """A folder or a file in the picker."""

    name: str
    path: str
    folder: bool
    size: int | None = None
    """Bytes."""


class Found(NamedTuple):
    files: list[str]
    more: bool = False
    """There are others beyond what is possible."""


def listed(folder: str, *, everything: bool) -> list[Entry]:
    """Folders, then media files, or all files. Raises OSError."""
    found: list[Entry] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # it is gone by now, or may not be looked at
                if entry.name.startswith(".") and not everything:
                    continue
                if entry.is_dir():
                    found.append(Entry(entry.name, entry.path, True))
                elif everything or is_media(entry.name):
                    found.append(Entry(entry.name, entry.path, False, entry.stat().st_size))
    return sorted(found, key=lambda entry: (not entry.folder, natural(entry.name)))


def under(folder: str, most: int = MOST) -> Found:
    """All media files in `folder` and the folders in it, in the order a person reads them."""
    files: list[str] = []
    for path in walked(folder, DEEPEST):
        if len(files) == most:
            return Found(files, more=True)
        files.append(path)
    return Found(files)


def walked(folder: str, depth: int) -> Iterator[str]:
    try:
        entries = listed(folder, everything=False)
    except OSError:
        return
    yield from (entry.path for entry in entries if not entry.folder)
    for entry in entries:
        if entry.folder and depth and not os.path.islink(entry.path):
            yield from walked(entry.path, depth - 1)


def gathered(paths: Iterable[str]) -> Found:
    """Files as they are named, and of folders what is in them; absolute, each once."""
    files: list[str] = []
    more = False
    for path in map(os.path.abspath, paths):
        if os.path.isdir(path):
            found = under(path)
            files += found.files
            more |= found.more
        else:
            files.append(path)
    return Found(list(dict.fromkeys(files)), more)


def existing(paths: Iterable[str], base: str = "") -> list[str]:
    """Those that are there, absolute."""
    found = (os.path.abspath(os.path.join(base, path)) for path in paths)
    return [path for path in found if "\0" not in path and os.path.exists(path)]


def completed(typed: str, base: str) -> str | None:
    """`typed` up to the end of the first name that goes on like it."""
    head, slash, begin = typed.rpartition("/")
    if not typed or typed == "~":
        return None
    folder = os.path.join(base, os.path.expanduser(head + slash))
    try:
        entries = listed(folder, everything=begin.startswith("."))
    except (OSError, ValueError):
        return None
    for entry in entries:
        printable = entry.name.isprintable()  # others are chosen in the list
        if printable and entry.name.startswith(begin) and (entry.folder or is_media(entry.name)):
            return f"{head}{slash}{entry.name}" + "/" * entry.folder
    return None
