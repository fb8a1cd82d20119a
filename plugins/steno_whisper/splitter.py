"""Finds speech with the Silero voice activity detector that faster-whisper carries."""

from collections.abc import Iterable, Iterator

import numpy as np
from faster_whisper.vad import get_vad_model
from numpy.typing import NDArray

from steno.plugins import Context, Piece
from steno.plugins.cutting import Cutter
from steno_whisper.settings import SileroSettings
from steno_whisper.sound import floats

WINDOW = 512
"""Samples a window: 32 ms, the only length the detector takes."""
GROUP = 16
"""Windows judged at once: fewer cost a call each, more make a piece late."""
CONTEXT = 64
"""Samples of the window before that the detector hears with each."""
STATE = (1, 1, 128)
HYSTERESIS = 0.15
"""How far below its threshold speech that began must fall to end, as the detector's authors say."""
LEAST = 0.01
"""Below it there is no speech, however low the threshold."""


class SileroSplitter:
    def __init__(self, settings: SileroSettings, _context: Context) -> None:
        self._settings = settings
        self._begins = settings.threshold
        self._goes_on = max(settings.threshold - HYSTERESIS, LEAST)
        Detector()  # what the first stream would have to load

    def split(self, blocks: Iterable[memoryview]) -> Iterator[Piece]:
        detector = Detector()
        cutter = Cutter(self._settings, WINDOW)
        total = 0
        speaks = False
        for samples in groups(blocks):
            total += len(samples)
            windows = np.pad(samples, (0, -len(samples) % WINDOW)).reshape(-1, WINDOW)
            levels = np.abs(windows, dtype=np.int32).sum(axis=1)
            for sure, level in zip(detector.hear(windows), levels.tolist(), strict=True):
                speaks = sure >= (self._goes_on if speaks else self._begins)
                if piece := cutter.push(speaks, level):
                    yield piece
        if last := cutter.finish(total):
            yield last

    def close(self) -> None:
        pass


class Detector:
    """Hears one stream, in one thread; what it remembers is of one length whatever it heard."""

    def __init__(self) -> None:
        self._session = get_vad_model().session
        self._hidden = np.zeros(STATE, np.float32)
        self._cell = np.zeros(STATE, np.float32)
        self._before: NDArray[np.float32] = np.zeros((1, CONTEXT), np.float32)

    def hear(self, windows: NDArray[np.int16]) -> list[float]:
        """How sure it is of each of the next windows that somebody speaks, 0 to 1."""
        sound = floats(windows)
        ends: NDArray[np.float32] = np.vstack((self._before, sound[:, -CONTEXT:]))
        self._before = ends[-1:]
        heard = {"input": np.hstack((ends[:-1], sound)), "h": self._hidden, "c": self._cell}
        sure, self._hidden, self._cell = self._session.run(None, heard)
        return [float(one) for one in sure.ravel()]


def groups(blocks: Iterable[memoryview]) -> Iterator[NDArray[np.int16]]:
    """The samples of `blocks`, `GROUP` windows at a time, the last as many as are left."""
    size = GROUP * WINDOW
    rest = np.empty(0, np.int16)
    for block in blocks:
        samples = np.concatenate((rest, np.asarray(block)))
        whole = len(samples) - len(samples) % size
        for begin in range(0, whole, size):
            yield samples[begin : begin + size]
        rest = samples[whole:]
    if len(rest):
        yield rest
