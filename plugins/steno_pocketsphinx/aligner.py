"""Times the words of a text with pocketsphinx's forced alignment.

The aligner takes words of its dictionary only: written words are spelled as they are said, and a
word it does not know gets a guessed pronunciation. Whatever cannot be aligned is timed from its
neighbours, or, where the whole text does not fit the sound, from what the recogniser told.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from pocketsphinx import Decoder

from steno.plugins import Alignment, Context, Fragment, Segment, Word
from steno.plugins.interpolation import fill, spread
from steno_pocketsphinx.pronouncing import guess
from steno_pocketsphinx.recognizer import FILLER, FRAMES
from steno_pocketsphinx.spelling import tokens

Times = list[tuple[float, float] | None]


class PocketSphinxAligner:
    def __init__(self, _settings: Struct | None, context: Context) -> None:
        self._cancelled = context.cancelled
        self._decoder: Any = Decoder(loglevel="FATAL", lm=None)

    def align(self, items: Sequence[tuple[Segment, Fragment]]) -> Iterator[Alignment]:
        for segment, fragment in items:
            if self._cancelled():
                return
            yield Alignment(fragment.index, tuple(self._one(segment, fragment)))

    def close(self) -> None:
        self._decoder = None

    def _one(self, segment: Segment, fragment: Fragment) -> list[Word]:
        told = fragment.words or tuple(Word(text, 0.0, 0.0) for text in fragment.text.split())
        if not told:
            return []
        times = self._times(segment, [tokens(word.text) for word in told])
        if times is None:
            return spread(told, segment, timed=bool(fragment.words))
        return fill(told, times, segment)

    def _times(self, segment: Segment, written: list[list[str]]) -> Times | None:
        """When each written word is said, None for a word that is not said; None if all fails."""
        spoken = [token for word in written for token in word if self._knows(token)]
        frames = self._aligned(segment.samples, spoken) if spoken else None
        if frames is None:
            return None
        times: Times = []
        at = 0
        for word in written:
            count = sum(self._knows(token) for token in word)
            own = frames[at : at + count]
            at += count
            times.append(
                (seconds(segment, own[0][0]), seconds(segment, own[-1][1])) if own else None
            )
        return times

    def _knows(self, token: str) -> bool:
        """Whether `token` can be aligned; a new word is taught first."""
        if self._decoder.lookup_word(token) is not None:
            return True
        phones = guess(token)
        if not phones:
            return False
        try:
            self._decoder.add_word(token, phones, False)
        except RuntimeError:
            return False
        return True

    def _aligned(self, samples: memoryview, spoken: list[str]) -> list[tuple[int, int]] | None:
        """First frame and end of each of `spoken`; None if they do not fit the sound."""
        decoder = self._decoder
        data = samples.cast("B").tobytes()
        if not data:
            return None
        try:
            # The front end remembers the noise of what it heard before.
            decoder.reinit_feat()
            decoder.set_align_text(" ".join(spoken))
            decoder.start_utt()
            decoder.process_raw(data, full_utt=True)
            decoder.end_utt()
        except RuntimeError:
            return None
        parts = [part for part in decoder.seg() or () if not FILLER.fullmatch(part.word)]
        if len(parts) != len(spoken):
            return None
        return [(part.start_frame, part.end_frame + 1) for part in parts]


def seconds(segment: Segment, frame: int) -> float:
    return min(segment.end, segment.start + frame / FRAMES)
