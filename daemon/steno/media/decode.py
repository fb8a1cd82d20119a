"""Decodes the audio of a media file to a stream of samples on the media's own time line."""

from array import array
from collections.abc import Iterator
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

from steno.errors import StenoError
from steno.media.container import announced, name, open_audio, origin, reason
from steno.plugins.contract import SAMPLE_RATE

BLOCK = SAMPLE_RATE // 2
"""Samples a block, at least, but for the last."""
JITTER = 0.1
"""Seconds a frame may be early or late before the time line is mended: containers round times,
and a codec's delay is told in more than one way."""
OVERLAP = 5.0
"""Seconds that may be told twice. A clock that goes further back began anew: sound goes on."""
PATIENCE = 100
"""Errors of the container in a row before the rest is given up."""
SHORT = (2.0, 0.01)
"""Seconds, and part of the announced duration, that may be missing: containers round, and count
silence at the end that a codec leaves out."""


class Decoder:
    """Iterates once over the samples of a media file, in constant memory.

    Yields blocks of 16 kHz mono samples, format `h`. Where the container says that nothing sounds
    (a late start, a hole) there is silence; what it gives twice is trimmed; damaged packets are
    skipped and counted. The same file gives the same samples.

    Raises what `open_audio` does, `media_no_samples`, `media_too_long` once more than
    `max_duration` seconds are decoded, and `media_failed`.
    """

    def __init__(self, path: bytes, max_duration: float) -> None:
        self.announced: float | None = None
        """Seconds as the container tells, known with the first block."""
        self.samples = 0
        """Samples so far."""
        self.damaged = 0
        """Packets that could not be decoded."""
        self._path = path
        self._max_duration = max_duration
        self._offset = 0.0
        """Seconds from the stream's clock to the media's."""
        self._pending = bytearray()
        self._trim = 0
        """Samples still to leave out."""

    @property
    def seconds(self) -> float:
        """Seconds decoded so far."""
        return self.samples / SAMPLE_RATE

    def __iter__(self) -> Iterator[memoryview]:
        try:
            with open_audio(self._path) as (container, stream):
                self.announced = announced(container, stream)
                self._offset = -origin(container)
                yield from self._blocks(container, stream)
        except (av.error.FFmpegError, OSError) as error:
            raise self._problem("media_failed", why=reason(error)) from error

    def _blocks(self, container: InputContainer, stream: AudioStream) -> Iterator[memoryview]:
        resampler: AudioResampler | None = None
        shape: tuple[object, ...] = ()
        clock = 0.0  # where the next frame should begin, seconds of the media
        heard = False
        for frame in self._frames(container, stream):
            if not frame.samples:
                continue
            heard = True
            start = clock if frame.time is None else frame.time + self._offset
            start, hole = self._settle(start, clock)
            of_frame = (frame.format.name, frame.layout.name, frame.sample_rate)
            if resampler is None or hole or of_frame != shape:
                if resampler is not None:
                    self._take(resampler.resample(None))
                resampler, shape = AudioResampler("s16", "mono", SAMPLE_RATE), of_frame
            if hole:
                yield from self._silence_until(start)
            clock = start + frame.samples / frame.sample_rate
            frame.pts = None  # the time line is ours; a resampler would stretch sound to fit it
            self._take(resampler.resample(frame))
            yield from self._ready(BLOCK)
        if not heard or resampler is None:
            raise self._problem("media_no_samples")
        self._take(resampler.resample(None))
        yield from self._ready(1)

    def _frames(self, container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
        for packet in self._packets(container, stream):
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                self.damaged += 1
                continue
            for frame in frames:
                if isinstance(frame, AudioFrame):
                    yield frame

    def _packets(
        self, container: InputContainer, stream: AudioStream
    ) -> "Iterator[Packet[AudioStream]]":
        failures = 0
        while True:
            try:
                for packet in container.demux(stream):
                    failures = 0
                    yield packet
            except av.error.InvalidDataError:
                self.damaged += 1
                failures += 1
                if failures < PATIENCE:
                    continue
            return

    def _settle(self, start: float, clock: float) -> tuple[float, bool]:
        """Where a frame told to begin at `start` does begin, and whether a hole is before it."""
        if abs(start - clock) <= JITTER:
            return clock, False
        end = self.announced
        beyond = end is not None and start > max(end, clock) + OVERLAP
        if start < clock - OVERLAP or beyond:
            self._offset += clock - start
            return clock, False
        if start < clock:
            self._trim += round((clock - start) * SAMPLE_RATE)
            return start, False
        return start, True

    def _take(self, frames: list[AudioFrame]) -> None:
        for frame in frames:
            data = memoryview(frame.planes[0])[: frame.samples * 2]
            skipped = min(self._trim, frame.samples)
            self._trim -= skipped
            self._pending += data[skipped * 2 :]

    def _ready(self, least: int) -> Iterator[memoryview]:
        if len(self._pending) >= least * 2:
            block = memoryview(bytes(self._pending)).cast("h")
            self._pending.clear()
            yield self._counted(block)

    def _silence_until(self, start: float) -> Iterator[memoryview]:
        yield from self._ready(1)
        end = round(min(start, self._max_duration + 1.0) * SAMPLE_RATE)
        while (missing := end - self.samples) > 0:
            yield self._counted(memoryview(array("h", bytes(2 * min(BLOCK, missing)))))

    def _counted(self, block: memoryview) -> memoryview:
        self.samples += len(block)
        if self.seconds > self._max_duration:
            raise self._problem("media_too_long", limit=f"{self._max_duration:g}")
        return block

    def _problem(self, code: str, **facts: Any) -> StenoError:
        return StenoError(code, name=name(self._path), **facts)


def decode(path: bytes, max_duration: float) -> Iterator[memoryview]:
    """The blocks of a `Decoder`, for callers that want no more than the samples."""
    return iter(Decoder(path, max_duration))


def shortfall(announced: float | None, decoded: float) -> float:
    """Seconds of announced audio that were not there; 0 where the difference means nothing."""
    if announced is None:
        return 0.0
    missing = announced - decoded
    seconds, part = SHORT
    return missing if missing > max(seconds, part * announced) else 0.0
