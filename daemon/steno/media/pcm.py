"""The working file of samples: 16 kHz mono, signed 16 bit, native byte order, no header."""

import os
from types import TracebackType
from typing import Self

WIDTH = 2
"""Bytes a sample."""


class PcmWriter:
    """Writes samples so that other processes can read at once what was written."""

    def __init__(self, path: bytes | str | os.PathLike[str]) -> None:
        """Writes from the start. What an earlier run left is overwritten in place with the same
        samples, so that whoever reads it meanwhile is not disturbed. Raises `OSError`."""
        self.samples = 0
        """Samples that can be read."""
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write(self, samples: memoryview) -> None:
        """Appends `samples`, format `h`. Raises `OSError`."""
        data = samples.cast("B")
        while data:
            data = data[os.write(self._fd, data) :]
        self.samples += len(samples)

    def close(self) -> None:
        """Ends the file here, flushes it to the disk and closes it. Raises `OSError`."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            try:
                os.ftruncate(fd, self.samples * WIDTH)
                os.fsync(fd)
            finally:
                os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read(path: bytes | str | os.PathLike[str], start: int, end: int) -> memoryview:
    """Samples `start` to `end` (exclusive) of the file, format `h`.

    Raises `EOFError` if the file does not hold them all, `OSError` if it cannot be read.
    """
    wanted = (end - start) * WIDTH
    with open(path, "rb", buffering=0) as file:
        file.seek(start * WIDTH)
        data = bytearray(wanted)
        view = memoryview(data)
        got = 0
        while got < wanted and (count := file.readinto(view[got:])):
            got += count
    if got < wanted:
        raise EOFError(f"{got // WIDTH} of the samples {start} to {end} are there")
    return view.toreadonly().cast("h")
