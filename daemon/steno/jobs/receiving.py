"""A file as it comes in: bounded, and on the disk before anybody is told that it is."""

import contextlib
import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from steno.disk import FULL, free, sync_folder
from steno.errors import StenoError
from steno.jobs.subtitle_file import sha256


class Landing:
    """The file at `path`, to be written on from byte `start`. Leaves `min_free` bytes of the disk.

    Synchronous: its methods run on threads, and raise StenoError.
    """

    def __init__(self, path: Path, *, start: int, min_free: int) -> None:
        self.size = start
        """Bytes it has."""
        self._path = path
        self._start = start
        self._min_free = min_free
        self._lock = threading.Lock()  # a cancelled request may close it while a thread is at it
        self._closed = False
        self._file: int | None = None

    def open(self) -> None:
        """Also when it is closed already, and then does nothing."""
        with self._lock, self._explained():
            if not self._closed:
                flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
                self._file = os.open(self._path, flags, 0o600)
                os.ftruncate(self._file, self._start)
                os.lseek(self._file, self._start, os.SEEK_SET)

    def write(self, data: bytes) -> None:
        """Raises `disk_full`."""
        rest = memoryview(data)
        with self._lock, self._explained():
            if free(os.fsencode(self._path.parent)) < self._min_free + len(data):
                raise OSError(errno.ENOSPC, "no room")
            while rest and self._file is not None:
                written = os.write(self._file, rest)
                self.size += written
                rest = rest[written:]

    def settle(self) -> None:
        """Puts what came on the disk, for good."""
        with self._lock, self._explained():
            if self._file is not None:
                os.fsync(self._file)
            sync_folder(self._path.parent)

    def take_back(self) -> None:
        """Undoes what was written; the file goes if nothing was there before."""
        with self._lock, self._explained():
            if self._start == 0:
                self._path.unlink(missing_ok=True)
            elif self._file is not None:
                os.ftruncate(self._file, self._start)
            self.size = self._start

    def close(self) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._closed, file, self._file = True, self._file, None
            if file is not None:
                os.close(file)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise explained(error, self._path.parent) from error


def sha256_of(path: Path) -> str:
    """Hex digest of a file. Raises StenoError."""
    try:
        return sha256(os.fsencode(path))
    except OSError as error:
        raise explained(error, path.parent) from error


def explained(error: OSError, folder: Path) -> StenoError:
    """`error` for people."""
    if error.errno in FULL:
        hint = "Free some room and send it again; [storage] min_free_mib is kept free."
        return StenoError("disk_full", folder=folder, hint=hint)
    why = (error.strerror or str(error)).lower()
    return StenoError("folder_unusable", folder=folder, why=why)
