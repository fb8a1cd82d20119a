import ctypes
import time
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from steno.plugins import Alignment, Context, Fragment, Segment
from steno_fake import AlignerSettings


class FakeAligner:
    """Moves each word by 10 ms."""

    def __init__(self, settings: AlignerSettings, context: Context) -> None:
        self.settings = settings

    def align(self, items: Sequence[tuple[Segment, Fragment]]) -> Iterator[Alignment]:
        for segment, fragment in items:
            if self.settings.fail:
                raise RuntimeError("the words do not hold still")
            time.sleep(self.settings.delay)
            if segment.index in self.settings.segfault:
                ctypes.string_at(0)
            moved = tuple(
                replace(word, start=min(word.start + 0.01, word.end)) for word in fragment.words
            )
            yield Alignment(fragment.index, moved)

    def close(self) -> None:
        pass
