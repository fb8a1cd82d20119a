"""The aligner `wav2vec2`: the times that `whisperx.align` finds, for several segments at once."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch

from steno.plugins import SAMPLE_RATE, Alignment, Context, Fragment, Notice, Segment, Word
from steno.plugins.exhaustion import is_exhausted
from steno_whisper.aligning.batches import SUITS, next_batches, ordered
from steno_whisper.aligning.crew import Crew
from steno_whisper.aligning.letters import UNSPACED, Spelling, spell
from steno_whisper.aligning.loading import load
from steno_whisper.aligning.network import Network, computes_in_bfloat16
from steno_whisper.aligning.settings import AlignerSettings
from steno_whisper.aligning.timing import found, guessed
from steno_whisper.aligning.trellis import Utterance, paths

MEMORY = "aligner_memory"


class Task(NamedTuple):
    """A fragment to align."""

    segment: Segment
    fragment: Fragment
    told: tuple[Word, ...]
    spelling: Spelling

    def guessed(self) -> Alignment:
        words = guessed(self.told, self.segment, timed=bool(self.fragment.words))
        return Alignment(self.fragment.index, tuple(words))


class Wav2Vec2Aligner:
    """Where memory does not suffice it makes do with less, goes on from there and says so."""

    def __init__(self, settings: AlignerSettings, context: Context) -> None:
        if context.model_path is None:
            raise ValueError("it needs the folder of a model")
        self._settings = settings
        self._cancelled = context.cancelled
        self._language = (context.model or "").rpartition("/")[2]
        loaded = load(context.model_path, context.model)
        self._alphabet = loaded.alphabet
        self._parts: Any = loaded.parts
        self._notices: list[Notice] = []
        self._network: Any = self._placed(context)
        seconds = settings.batch_seconds or SUITS[self._network.device.partition(":")[0]]
        self._most = seconds * SAMPLE_RATE
        """Samples that are heard together."""
        self._crew = Crew(context.threads)
        self._abreast = context.threads if self._network.device == "cpu" else 1
        """Batches that are heard at once."""

    def align(self, items: Sequence[tuple[Segment, Fragment]]) -> Iterator[Alignment | Notice]:
        yield from self._told()
        waiting: list[Task] = []
        for task in [self._task(segment, fragment) for segment, fragment in items]:
            if task.spelling.tokens and len(task.segment.samples) >= self._network.shortest:
                waiting.append(task)
            else:
                yield task.guessed()
        lengths = [len(task.segment.samples) for task in waiting]
        order = ordered(lengths)
        while order:
            if self._cancelled():
                return
            batches = next_batches(order, lengths, self._most, self._abreast)
            heard = self._heard([[waiting[n].segment for n in batch] for batch in batches])
            if heard is not None:
                some, order = order[: len(heard)], order[len(heard) :]
                yield from self._aligned([waiting[n] for n in some], heard)
            yield from self._told()

    def close(self) -> None:
        self._crew.close()
        self._network = self._parts = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    # Words

    def _task(self, segment: Segment, fragment: Fragment) -> Task:
        told = fragment.words or tuple(Word(text, 0.0, 0.0) for text in fragment.text.split())
        texts = [word.text for word in told]
        language = self._language if self._language in UNSPACED else fragment.language
        return Task(segment, fragment, told, spell(texts, fragment.text, language, self._alphabet))

    def _aligned(self, tasks: Sequence[Task], heard: Sequence[Any]) -> Iterator[Alignment]:
        pairs = zip(heard, tasks, strict=True)
        utterances = [Utterance(one, task.spelling.tokens) for one, task in pairs]
        runs = paths(utterances, self._alphabet.blank)
        for task, utterance, own in zip(tasks, utterances, runs, strict=True):
            if own is None:
                yield task.guessed()
                continue
            frames = len(utterance.emissions)
            words = found(task.told, task.spelling, own, frames, task.segment)
            yield Alignment(task.fragment.index, tuple(words))

    # Memory

    def _heard(self, batches: Sequence[list[Segment]]) -> list[Any] | None:
        """What the model emits for the segments of all `batches`. None: memory did not suffice,
        and now it makes do with less."""
        segments = batches[0]
        try:
            emissions = self._crew.map(self._network.emissions, batches)
            return [one for batch in emissions for one in batch]
        except (MemoryError, RuntimeError) as error:
            least = len(batches) == len(segments) == 1 and self._network.device == "cpu"
            if least or not is_exhausted(error):
                raise
        # The failure is gone, with what its frames held.
        if len(batches) > 1:
            self._abreast = 1
            much = "one batch at a time"
        elif len(segments) > 1:
            self._most = len(segments) // 2 * len(segments[0].samples)
            much = f"{self._most / SAMPLE_RATE:.0f} s of audio at once"
        else:
            self._network = Network(self._parts, "cpu", half=self._half("cpu"))
            much = "the CPU"
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        message = f"Memory did not suffice for finding the times of words: it goes on with {much}."
        self._notices.append(Notice(code=MEMORY, message=message))
        return None

    def _told(self) -> Iterator[Notice]:
        while self._notices:
            yield self._notices.pop(0)

    def _placed(self, context: Context) -> Network:
        """The model on the device, or where that cannot take it, on the CPU."""
        device = context.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            return Network(self._parts, device, half=self._half(device))
        except (MemoryError, RuntimeError, AssertionError) as error:
            # AssertionError: this torch has no CUDA.
            full = is_exhausted(error)
            if device == "cpu" or (full and not context.alone):
                raise
            why = "there is no room on it" if full else str(error).partition("\n")[0]
        message = f"Times of words are found on the CPU, as {device} cannot take the model: {why}."
        self._notices.append(Notice(code=MEMORY if full else "aligner_device", message=message))
        return Network(self._parts, "cpu", half=self._half("cpu"))

    def _half(self, device: str) -> bool:
        """Whether matrices are of bfloat16."""
        if self._settings.precision != "auto":
            return self._settings.precision == "bfloat16"
        return device == "cpu" and computes_in_bfloat16()
