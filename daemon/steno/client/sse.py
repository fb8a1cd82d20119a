"""A parser of Server-Sent Events that is fed bytes as they come.

Follows the WHATWG HTML standard, section 9.2.6 ("Interpreting an event stream"): lines end with
LF, CR or CRLF, a comment begins with a colon, several `data` lines are joined with LF, an event
without data is not dispatched, an `id` holding NUL is ignored, an event cut off by the end of the
stream is dropped. On top of it the size of an event is bounded.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_EVENT = 16 * 1024 * 1024
"""Bytes of one event, all its lines together."""

LINE_END = re.compile(rb"\r\n|\n|\r")
BOM = b"\xef\xbb\xbf"


class EventTooLargeError(ValueError):
    """An event is larger than the parser's limit."""


class Message(NamedTuple):
    """One dispatched event."""

    type: str
    data: str
    id: str | None
    """What this very event carried; None where it had no `id` line."""


class Parser:
    """Turns chunks of bytes, split anywhere, into messages."""

    def __init__(self, limit: int = MAX_EVENT) -> None:
        self.retry: int | None = None
        """Milliseconds the server wants a client to wait before it connects again."""
        self._limit = limit
        self._partial = bytearray()
        self._begun = False
        self._after_cr = False
        self._data: list[str] = []
        self._type = ""
        self._id: str | None = None
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """The messages that `chunk` completes. Raises `EventTooLargeError`."""
        for line in self._lines(chunk):
            if message := self._line(line):
                yield message

    def _lines(self, chunk: bytes) -> Iterator[bytes]:
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        start = 0
        for end in LINE_END.finditer(chunk):
            self._take(chunk[start : end.start()])
            start = end.end()
            line = bytes(self._partial)
            self._partial.clear()
            if not self._begun:
                self._begun = True
                line = line.removeprefix(BOM)
            yield line
        self._take(chunk[start:])
        # A CR that ends a chunk may be the first half of a CRLF.
        self._after_cr = chunk.endswith(b"\r") or (self._after_cr and not chunk)

    def _take(self, part: bytes) -> None:
        if self._size + len(self._partial) + len(part) > self._limit:
            raise EventTooLargeError(f"an event is larger than {self._limit} bytes")
        self._partial += part

    def _line(self, line: bytes) -> Message | None:
        if not line:
            return self._dispatch()
        self._size += len(line)
        name, _, rest = line.partition(b":")
        value = rest.removeprefix(b" ").decode("utf-8", "replace")
        match name:
            case b"data":
                self._data.append(value)
            case b"event":
                self._type = value
            case b"id" if "\0" not in value:
                self._id = value
            case b"retry" if rest.removeprefix(b" ").isdigit() and len(value) < 10:
                self.retry = int(value)
        return None

    def _dispatch(self) -> Message | None:
        data, kind, ident = self._data, self._type, self._id
        self._data, self._type, self._id, self._size = [], "", None, 0
        return Message(kind or "message", "\n".join(data), ident) if data else None
