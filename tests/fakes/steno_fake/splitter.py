from collections.abc import Iterable, Iterator

from steno.plugins import SAMPLE_RATE, Context, Piece
from steno_fake import SplitterSettings


class FakeSplitter:
    """Pieces of equal length, whatever is heard."""

    def __init__(self, settings: SplitterSettings, context: Context) -> None:
        self.every = int(settings.every * SAMPLE_RATE)

    def split(self, blocks: Iterable[memoryview]) -> Iterator[Piece]:
        heard = start = 0
        for block in blocks:
            heard += len(block)
            while heard - start >= self.every:
                yield Piece(start, start + self.every)
                start += self.every
        if heard > start:
            yield Piece(start, heard)

    def close(self) -> None:
        pass
