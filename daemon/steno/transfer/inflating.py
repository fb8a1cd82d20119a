"""Reading streams that strangers made, with bounds: on a read, on headers, on time unheeded."""

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from typing import IO, Protocol

from steno.transfer.manifest import BLOCK

HEADERS = 2**20
"""Bytes that headers between two files of an archive may have, and a zip's directory: some
thousand names. The libraries read a header at once, whatever size it claims."""
XZ_MEMORY = 512 * 2**20
"""Bytes that unpacking xz may take; `xz -9` needs 65 MiB."""


class Unreadable(Exception):
    """The source cannot be used; the text is the end of a sentence that says why."""


class Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Bounded:
    """`source`, of which only so much can be read at once. `heed` is called at every read.

    Raises Unreadable for a read of more than `HEADERS` bytes, or beyond `limit`.
    """

    def __init__(self, source: Reader, heed: Callable[[], None], limit: int | None = None) -> None:
        self.limit = limit
        """Where reading must end, in bytes from the beginning of an unpacked stream."""
        self.at = 0
        self._source = source
        self._heed = heed

    def read(self, size: int = -1, /) -> bytes:
        self._heed()
        if size < 0:
            size = self._rest()
        if size > HEADERS or (self.limit is not None and self.at + size > self.limit):
            raise Unreadable("its headers are too large")
        data = self._source.read(size)
        self.at += len(data)
        return data

    def _rest(self) -> int:
        raise Unreadable("its end is not known")


class BoundedFile(Bounded):
    """The same for a file, in which one can move."""

    def __init__(self, file: IO[bytes], heed: Callable[[], None], limit: int | None = None) -> None:
        super().__init__(file, heed, limit)
        self._file = file

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._heed()
        self.at = self._file.seek(offset, whence)
        return self.at

    def tell(self) -> int:
        return self.at

    def seekable(self) -> bool:
        return True

    def _rest(self) -> int:
        return os.fstat(self._file.fileno()).st_size - self.at


class Xz:
    """An xz file unpacked, with a bound on memory, which `lzma.LZMAFile` has not."""

    def __init__(self, source: Reader) -> None:
        self._source = source
        self._decoder = self._new()
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        while True:
            if self._decoder.eof:
                self._rest = (self._decoder.unused_data or self._source.read(BLOCK)).lstrip(b"\0")
                if not self._rest:
                    return b""
                self._decoder = self._new()
            if self._decoder.needs_input and not self._rest:
                self._rest = self._source.read(BLOCK)
                if not self._rest:
                    raise EOFError
            data = self._decoder.decompress(self._rest, max_length=size)
            self._rest = b""
            if data:
                return data

    def _new(self) -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


PACKED: dict[bytes, Callable[[BoundedFile], Reader]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file, mode="rb"),
    b"BZh": lambda file: bz2.BZ2File(file, "rb"),
    b"\xfd7zXZ\0": Xz,
}
"""By the first bytes."""


def inflated(file: IO[bytes], heed: Callable[[], None]) -> Reader | None:
    """What is packed in `file`, from its beginning; None where it is not packed."""
    file.seek(0)
    head = file.read(8)
    file.seek(0)
    for magic, unpack in PACKED.items():
        if head.startswith(magic):
            return unpack(BoundedFile(file, heed))
    return None
