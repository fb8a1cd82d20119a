"""The peaks of a job: a file in its folder, and what is drawn of it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from steno.store.jobs import JobRecord
from steno.worker.protocol import SAMPLES_A_PEAK

WHOLE = "peaks"
"""Name of the file once all peaks are in it."""
GROWING = "peaks-"
"""Beginning of its name until then; the lease of the job follows, so that a worker of an earlier
start cannot write to it."""


AT_ONCE = 2**14
"""Peaks that are compared without giving way to the loop's thread: some 0.3 ms."""


class Peaks(NamedTuple):
    """An open file of peaks."""

    file: IO[bytes]
    known: int
    """How many are in it."""
    complete: bool

    def read(self, start: int, end: int) -> bytes:
        """Peaks `start` to `end`, exclusive; those beyond what is known are left out."""
        self.file.seek(start)
        return self.file.read(max(0, min(end, self.known) - start))


class PeakFile(NamedTuple):
    """Where the peaks of a job are. Synchronous: for threads."""

    folder: Path
    lease: int
    samples: int | None
    """Of the job's audio; None until all of it was decoded."""

    @classmethod
    def of(cls, folder: Path, job: JobRecord) -> "PeakFile":
        return cls(folder, job.lease, job.audio_samples)

    @property
    def length(self) -> int | None:
        """Peaks of the whole."""
        return None if self.samples is None else -(-self.samples // SAMPLES_A_PEAK)

    @property
    def growing(self) -> Path:
        return self.folder / f"{GROWING}{self.lease}"

    @property
    def whole(self) -> Path:
        return self.folder / WHOLE

    def is_whole(self) -> bool:
        with self.opened() as found:
            return found is not None and found.complete

    def wanted(self) -> bytes | None:
        """Where a worker is to write the peaks; None if they are there."""
        return None if self.is_whole() else os.fsencode(self.growing)

    def publish(self) -> None:
        """Makes what was written the peaks of the job. Raises `OSError`."""
        if self.length is not None:
            # Another version of a decoder may find a little more or less than the job has.
            os.truncate(self.growing, self.length)
        self.growing.rename(self.whole)

    def of_length(self, samples: int) -> "PeakFile":
        """The same, of audio with that many samples."""
        return self._replace(samples=samples)

    @contextlib.contextmanager
    def opened(self) -> Iterator[Peaks | None]:
        """The peaks as far as they are there; None: there are none."""
        with contextlib.ExitStack() as stack:
            yield self._open(stack)

    def _open(self, stack: contextlib.ExitStack) -> Peaks | None:
        for path in (self.whole, self.growing, self.whole):  # it may be renamed between two looks
            try:
                file = stack.enter_context(path.open("rb", buffering=0))
            except FileNotFoundError:
                continue
            known = os.fstat(file.fileno()).st_size
            complete = path == self.whole and self.length in (None, known)
            if complete or path == self.growing:
                return Peaks(file, known, complete)
        return None


def tidy(folder: Path) -> None:
    """Removes all but the whole peaks from the folder of a job, and the folder if it is empty."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name != WHOLE:
                os.unlink(entry.path)
        os.rmdir(folder)


def spans(start: int, end: int, columns: int) -> list[tuple[int, int]]:
    """The samples `start` to `end` in equal parts: of each the peaks, end exclusive, in which some
    of it lies. Whole numbers, so that neighbours meet exactly."""
    part, whole = end - start, columns * SAMPLES_A_PEAK
    return [
        (
            (start * columns + i * part) // whole,
            -(-(start * columns + (i + 1) * part) // whole),
        )
        for i in range(columns)
    ]


def fold(peaks: bytes, first: int, parts: list[tuple[int, int]]) -> list[int | None]:
    """The highest of each of `parts`; None where one of its peaks is not there. `peaks` begin with
    number `first`."""
    last = first + len(peaks)
    return [highest(peaks, a - first, b - first) if b <= last else None for a, b in parts]


def highest(peaks: bytes, start: int, end: int) -> int:
    return max(max(peaks[i : min(i + AT_ONCE, end)]) for i in range(start, end, AT_ONCE))
