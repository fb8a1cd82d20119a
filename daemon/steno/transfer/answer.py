"""What the head of an answer says of the bytes that follow. Pure."""

import re
from collections.abc import Mapping

from msgspec import Struct

RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class Extent(Struct, frozen=True):
    offset: int | None
    """Of the first byte in the file; None: there are no bytes of use."""
    size: int | None
    """Bytes of the whole file, where it is said."""


def extent(status: int, headers: Mapping[str, str]) -> Extent:
    """Which bytes follow an answer 200, 206 or 416."""
    if status == 200:
        length = headers.get("Content-Length", "")
        return Extent(0, int(length) if length.isdecimal() else None)
    found = RANGE.fullmatch(headers.get("Content-Range", "").strip()) if status == 206 else None
    if found is None:
        return Extent(None, None)
    return Extent(int(found[1]), None if found[2] == "*" else int(found[2]))


def is_page(headers: Mapping[str, str], path: str) -> bool:
    """A web page follows, though `path` is none."""
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind in ("text/html", "application/xhtml+xml") and not path.endswith((".html", ".htm"))


def encoded(headers: Mapping[str, str]) -> bool:
    """The bytes that follow are not those of the file, but compressed ones."""
    return headers.get("Content-Encoding", "").strip().lower() not in ("", "identity")


def validator(headers: Mapping[str, str]) -> str | None:
    """What an `If-Range` may compare: a strong ETag, else a time; None where there is neither."""
    tag = headers.get("ETag", "").strip()
    if tag.startswith('"'):
        return tag
    return headers.get("Last-Modified") or None
