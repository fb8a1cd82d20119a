"""Finds speech with the WebRTC voice activity detector that pocketsphinx carries."""

from collections.abc import Iterable, Iterator

from pocketsphinx import Vad

from steno.plugins import SAMPLE_RATE, Context, Piece
from steno.plugins.cutting import Cutter
from steno_pocketsphinx.settings import SplitterSettings

FRAME = 480
"""Samples a frame: 30 ms, the longest the detector takes."""
SPARSE = 4
"""Every how many samples loudness is looked at: it only picks the place of forced cuts."""


class PocketSphinxSplitter:
    def __init__(self, settings: SplitterSettings, _context: Context) -> None:
        self._settings = settings

    def split(self, blocks: Iterable[memoryview]) -> Iterator[Piece]:
        # The detector follows the noise of what it heard, so every stream gets a new one.
        detector = Vad(self._settings.strictness, SAMPLE_RATE, FRAME / SAMPLE_RATE)
        cutter = Cutter(self._settings, FRAME)
        total = 0
        rest = b""
        for block in blocks:
            total += len(block)
            data = rest + block.cast("B") if rest else block.cast("B")
            samples = memoryview(data).cast("B").cast("h")
            whole = len(samples) - len(samples) % FRAME
            for begin in range(0, whole, FRAME):
                frame = samples[begin : begin + FRAME]
                level = sum(map(abs, frame[::SPARSE]))
                piece = cutter.push(detector.is_speech(frame.tobytes()), level)
                if piece:
                    yield piece
            rest = samples[whole:].tobytes()
        if last := cutter.finish(total):
            yield last

    def close(self) -> None:
        pass
