"""A media file being decoded into its working file."""

from collections.abc import Iterator
from typing import Self

from steno.failpoints import passing
from steno.media.decode import Decoder, shortfall
from steno.media.pcm import PcmWriter


class Recording:
    """Decodes `source` and writes each block to `audio` before it hands it on."""

    def __init__(self, source: bytes, audio: bytes, max_duration: float) -> None:
        self._decoder = Decoder(source, max_duration)
        self._writer = PcmWriter(audio)
        self._blocks = self._record()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._writer.close()

    def __iter__(self) -> Iterator[memoryview]:
        """Goes on where the last iteration stopped."""
        return self._blocks

    def _record(self) -> Iterator[memoryview]:
        for block in self._decoder:
            self._writer.write(block)
            passing("worker.decoded")
            yield block

    @property
    def samples(self) -> int:
        """Samples that can be read from the working file."""
        return self._writer.samples

    @property
    def missing(self) -> float:
        """Seconds that were announced and not decoded; known at the end."""
        return shortfall(self._decoder.announced, self._decoder.seconds)

    @property
    def damaged(self) -> int:
        """Packets that could not be decoded."""
        return self._decoder.damaged
