"""How loud the samples are, for drawing: one byte for each `SAMPLES_A_PEAK` of them."""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Self

from steno.media.pcm import WIDTH
from steno.worker.protocol import SAMPLES_A_PEAK

HIGH = slice(1 if sys.byteorder == "little" else 0, None, WIDTH)
"""The high bytes of samples: to look at no more of them takes a quarter of the time, and the low
ones would not be seen in a drawing."""
LOUDNESS = bytes(round(min(high, 255 - high) * 255 / 127) for high in range(256))
"""By high byte: how far from silence it is, 0 to 255."""


class Folding:
    """Samples folded to peaks, in blocks of any length."""

    def __init__(self) -> None:
        self._pending = b""
        """Loudness of samples that do not fill a peak yet."""

    def fold(self, samples: memoryview) -> bytes:
        """The peaks that `samples`, format `h`, complete."""
        loud = self._pending + samples.tobytes()[HIGH].translate(LOUDNESS)
        end = len(loud) - len(loud) % SAMPLES_A_PEAK
        self._pending = loud[end:]
        return bytes([max(loud[i : i + SAMPLES_A_PEAK]) for i in range(0, end, SAMPLES_A_PEAK)])

    def rest(self) -> bytes:
        """The last peak, of what is left."""
        loud, self._pending = self._pending, b""
        return bytes([max(loud)]) if loud else b""


class PeakWriter:
    """Writes the peaks of samples so that others can read at once what was written. What an earlier
    run left is overwritten in place with the same peaks."""

    def __init__(self, path: bytes | str | os.PathLike[str]) -> None:
        """Raises `OSError`."""
        self._folding = Folding()
        self._file = open(  # noqa: SIM115 - it is closed by `__exit__`
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600), "wb"
        )

    def through(self, blocks: Iterable[memoryview]) -> Iterator[memoryview]:
        """Hands `blocks` on, their peaks written. Raises `OSError`."""
        for block in blocks:
            self._write(self._folding.fold(block))
            yield block
        self._write(self._folding.rest())
        self._file.truncate()
        os.fsync(self._file.fileno())

    def _write(self, peaks: bytes) -> None:
        self._file.write(peaks)
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()
