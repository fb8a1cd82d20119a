"""The backend `faster-whisper`: segments in batches, and texts that are looked at before they
count."""

import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import ctranslate2

from steno.plugins import (
    AsrOptions,
    Context,
    Draft,
    Fragment,
    Heard,
    Notice,
    Segment,
    Unusable,
    Word,
)
from steno.plugins.exhaustion import is_exhausted
from steno_whisper.recognizing import cuda
from steno_whisper.recognizing.engine import Asked, Engine
from steno_whisper.recognizing.judgement import Take, best, is_silence, is_sound
from steno_whisper.recognizing.means import Means, chosen, less
from steno_whisper.settings import RecognizerSettings

Item = Draft | Fragment | Heard | Notice

LARGE = 10**9
"""Bytes of a model's weights above which it is a large one."""
SHORTEST = 0.1
"""Seconds in which nothing can be said; of less Whisper makes something up."""
TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0)
"""At which texts are drawn, one after the other, until one is sound."""


class WhisperRecognizer:
    """Where memory does not suffice it makes do with less, goes on from there and says so."""

    engine: type[Engine] = Engine

    def __init__(self, settings: RecognizerSettings, context: Context) -> None:
        if context.model_path is None:
            raise Unusable("it needs the folder of a model.")
        self._path = context.model_path
        self._settings = settings
        self._context = context
        self._able = Able(context.model_path)
        self._means = self._able.chosen(context.device, settings.precision, settings.batch)
        self._short: Notice | None = None
        """What it makes do with."""
        if context.device == "auto" and self._able.lacking:
            message = f"It computes on the CPU: {self._able.lacking}."
            self._short = Notice(code="gpu_unusable", message=message)
        self._kept: tuple[int, Any] | None = None
        """What the encoder made of the segment whose language was detected first, and its sum."""
        self._engine = self._load(alone=context.alone)

    def close(self) -> None:
        self._engine.close()
        self._kept = None

    def detect(self, segments: Sequence[Segment]) -> Iterator[Heard | Notice]:
        for segment in segments:
            items = None
            while items is None:
                if self._context.cancelled():
                    return
                items = self._tried(partial(self._listen, segment))
                if items is None and self._short:
                    yield self._short
            yield from items

    def transcribe(self, segments: Sequence[Segment], options: AsrOptions) -> Iterator[Item]:
        if self._short:
            yield self._short
        waiting: list[Segment] = []
        for segment in segments:
            if segment.duration < SHORTEST:
                yield Fragment(index=segment.index, text="", language=options.language)
            else:
                waiting.append(segment)
        while waiting:
            if self._context.cancelled():
                return
            # Without a language each segment has its own, and so its own prompt.
            batch = waiting[: self._means.batch if options.language else 1]
            items = self._tried(partial(self._together, batch, options))
            if items is not None:
                yield from items
                del waiting[: len(batch)]
            elif self._short:
                yield self._short

    # Hearing

    def _opened(self) -> Engine:
        """The engine; loaded anew where it was closed and could not be loaded again then."""
        if self._engine.model is None:
            self._engine = self._load(alone=True)
        return self._engine

    def _listen(self, segment: Segment) -> list[Heard]:
        self._opened()
        encoded = self._engine.encode([segment])
        if self._kept is None:
            self._kept = (total(segment), encoded)
        return self._heard([segment], encoded)

    def _heard(self, batch: Sequence[Segment], encoded: Any) -> list[Heard]:
        likeliest = self._engine.heard(encoded)
        pairs = zip(batch, likeliest, strict=True)
        return [Heard(segment.index, language, p) for segment, (language, p) in pairs]

    def _encoded(self, batch: Sequence[Segment]) -> Any:
        """What the encoder makes of a batch; the first is encoded already where its language was
        detected."""
        kept, self._kept = self._kept, None
        if kept is not None and len(batch) == 1 and total(batch[0]) == kept[0]:
            return kept[1]
        return self._engine.encode(batch)

    # Writing

    def _together(self, batch: Sequence[Segment], options: AsrOptions) -> list[Item]:
        self._opened()
        encoded = self._encoded(batch)
        heard = self._heard(batch, encoded)
        asked = Asked(options, options.language or heard[0].language, self._settings.beam_size)
        takes = self._engine.decode(encoded, asked)
        doubtful = [n for n, take in enumerate(takes) if not is_sound(take)]
        if doubtful and self._settings.redecode:
            for n in doubtful:
                takes[n] = self._again(batch[n], takes[n], asked)
            encoded = self._engine.encode(batch)  # what the model before made is gone with it
        takes = [take._replace(tokens=(), text="") if is_silence(take) else take for take in takes]
        words: list[tuple[Word, ...]] = [()] * len(batch)
        if self._settings.word_times:
            words = self._engine.words(encoded, takes, batch, asked)
        written = "en" if options.task == "translate" else asked.language
        fragments = (
            Fragment(
                index=segment.index,
                text=take.text,
                language=written,
                words=timed,
                avg_logprob=round(take.avg_logprob, 4),
                no_speech=round(take.no_speech, 4),
            )
            for segment, take, timed in zip(batch, takes, words, strict=True)
        )
        return [*heard, *fragments]

    def _again(self, segment: Segment, first: Take, asked: Asked) -> Take:
        """Draws other texts until one is sound, else takes the likeliest."""
        takes = [first]
        self._engine = self._engine.undrawn()
        encoded = self._engine.encode([segment])
        for temperature in TEMPERATURES:
            takes += self._engine.draw(encoded, asked, temperature)
            if is_sound(best(takes)) or self._context.cancelled():
                break
        return best(takes)

    # Memory

    def _load(self, *, alone: bool) -> Engine:
        """`alone`: nobody will make room, so that it makes do with less."""
        while True:
            try:
                return self.engine(self._path, self._means, self._context.threads)
            except (MemoryError, RuntimeError) as error:
                # Fewer segments at once do not help before there are any.
                means = self._able.less(self._means._replace(batch=1))
                if means is None or not (is_exhausted(error) and alone):
                    raise
            self._make_do(means)

    def _tried(self, work: Callable[[], list[Any]]) -> list[Any] | None:
        """What `work` gives. None: memory did not suffice, and there is less to do it with."""
        try:
            return work()
        except (MemoryError, RuntimeError) as error:
            means = self._able.less(self._means)
            if means is None or not is_exhausted(error):
                raise
        # The failure is gone, with what its frames held.
        self._kept = None
        reload = means._replace(batch=self._means.batch) != self._means
        self._make_do(means)
        if reload:
            self._engine.close()  # and loaded at the next try
        return None

    def _make_do(self, means: Means) -> None:
        self._means = means
        message = f"Memory did not suffice: it goes on with {means}."
        self._short = Notice(code="memory_short", message=message)


class Able:
    """What this machine can compute a model in."""

    def __init__(self, model: Path) -> None:
        weights = model / "model.bin"
        self._large = weights.is_file() and weights.stat().st_size > LARGE
        self._gpus, self.lacking = cuda.gpus()
        """GPUs that it can use, and why there is none."""
        self._cpu: Collection[str] = ctranslate2.get_supported_compute_types("cpu")
        self._gpu: Collection[str] = (
            ctranslate2.get_supported_compute_types("cuda") if self._gpus else ()
        )

    def chosen(self, device: str, precision: str, batch: int) -> Means:
        """Raises Unusable."""
        if device.startswith("cuda") and self.lacking:
            raise Unusable(f"{self.lacking}.")
        return chosen(
            device,
            precision,
            batch,
            gpus=self._gpus,
            cpu=self._cpu,
            gpu=self._gpu,
            large=self._large,
        )

    def less(self, means: Means) -> Means | None:
        return less(means, cpu=self._cpu, gpu=self._gpu)


def total(segment: Segment) -> int:
    """Tells one segment's samples from another's."""
    return zlib.crc32(segment.samples)
