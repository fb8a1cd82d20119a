"""A file on its way: what came of it is kept under its name with `.part` until it is verified."""

import os
from collections.abc import Callable
from typing import Literal

from steno.failpoints import passing
from steno.transfer.folder import Folder
from steno.transfer.manifest import BLOCK
from steno.transfer.names import PARTIAL
from steno.transfer.sums import Sum, Tally

SYNC_EVERY = 32 * 2**20
"""Bytes that may wait to be written to the disk. Were they more, whoever else makes files last, as
the database does at each commit, would wait for all of them."""


class Part:
    """The partial file of `path`. Its sums are taken as it grows. Methods, but no properties, touch
    the disk, and raise OSError. `stated`: what the whole file should add up to."""

    def __init__(self, folder: Folder, path: str, stated: Sum | None) -> None:
        self._folder = folder
        self._path = path
        self._stated = stated
        self._number: int | None = None
        self.shared = False
        """The file has other names, outside: it must not be written to."""
        self._unsynced = 0
        self._reset()

    def _reset(self) -> None:
        self.whole = True
        """All of it came in this pass; nothing was there before."""
        self._tally = Tally(self._stated)

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self._tally.size

    @property
    def sha256(self) -> str:
        """Hex, of what is there."""
        return self._tally.sha256

    @property
    def fits(self) -> bool | None:
        """Whether what is there adds up to what is stated; None: nothing is."""
        return self._tally.fits

    def read(self, heed: Callable[[], None]) -> None:
        """Takes over what is there, the file under its own name first: it is not trusted, either.
        Calls `heed` after every block."""
        if self._folder.size(self._path):
            self._folder.rename(self._path, self._path + PARTIAL)
        self._number = self._folder.open(self._path + PARTIAL)
        if self._number is None:
            return
        self.shared = os.fstat(self._number).st_nlink > 1
        block = memoryview(bytearray(BLOCK))
        while size := os.readv(self._number, [block]):
            self._tally.add(block[:size])
            self.whole = False
            heed()

    def discard(self) -> None:
        """Removes it. A file of the same name may begin anew."""
        self.close()
        self._folder.remove(self._path + PARTIAL)
        self._reset()

    def write(self, data: bytes) -> None:
        """Adds `data`. What fits is kept where not all does."""
        if self._number is None:
            self._number = self._folder.create(self._path + PARTIAL)
            passing("transfer.opened")
            self._folder.check_room()
        view = memoryview(data)
        while view:
            size = os.write(self._number, view)
            self._tally.add(view[:size])
            self._unsynced += size
            view = view[size:]
        passing("transfer.middle")
        if self._unsynced >= SYNC_EVERY:
            os.fdatasync(self._number)
            self._unsynced = 0
            self._folder.check_room()

    def finish(self) -> None:
        """Gives it its name, for good."""
        if self._number is None:
            self._number = self._folder.create(self._path + PARTIAL)
        os.fsync(self._number)
        self._folder.rename(self._path + PARTIAL, self._path)
        self.close()

    def close(self) -> None:
        if self._number is not None:
            os.close(self._number)
        self._number = None
        self.shared = False


Verdict = Literal["sound", "more", "wrong"]


def judged(found: int, size: int | None, *, fits: bool | None, known: bool, ended: bool) -> Verdict:
    """Is a file of `found` bytes the one of `size` (None: not stated), or could it become that one
    with more bytes?

    `fits`: whether its sum is the stated one, None where none is stated; `known`: what is there
    comes from the very file, though no sum says so; `ended`: the server says that this was all.
    """
    if fits:
        return "sound" if size in (None, found) else "wrong"
    if fits is None and found and not known:
        return "wrong"
    if size is None:
        return "more" if not ended else "sound" if fits is None else "wrong"
    if found < size:
        return "more"
    return "sound" if found == size and fits is None else "wrong"
