"""Paths in what terminals and file managers paste or drop. Pure."""

import os
import shlex
from urllib.parse import unquote_to_bytes

BEGINNINGS = ("/", "~", "./", "../", "file:")
"""Of what can only be a path."""


def paths_of(pasted: str) -> list[str]:
    """The paths in `pasted`, quoted, escaped or as `file:` URIs, separated by spaces or lines.
    Whether there are such files is not known here."""
    found: list[str] = []
    for line in pasted.replace("\r", "\n").split("\n"):
        if (line := line.strip(" \t\0")) and not line.startswith("#"):
            found += (path for word in words(line) if (path := path_of(word)))
    return list(dict.fromkeys(found))


def words(line: str) -> list[str]:
    """`line` as a shell splits it; as a whole where it is one path with bare spaces."""
    try:
        found = shlex.split(line)
    except ValueError:  # a quote without its like: it belongs to the name
        return [line]
    spaced = line.startswith(BEGINNINGS) and not all(word.startswith(BEGINNINGS) for word in found)
    return [line] if spaced else found


def path_of(word: str) -> str:
    """Empty where it is a file of another machine."""
    if not word.startswith("file:"):
        return os.path.expanduser(word)
    rest = word.removeprefix("file:")
    if rest.startswith("//"):
        host, _, tail = rest[2:].partition("/")
        if host not in ("", "localhost"):
            return ""
        rest = f"/{tail}"
    return os.fsdecode(unquote_to_bytes(rest))
