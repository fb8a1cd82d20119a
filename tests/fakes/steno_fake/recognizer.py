import ctypes
import math
import os
import signal
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from steno.plugins import (
    AsrOptions,
    Context,
    Draft,
    Fragment,
    Heard,
    Notice,
    Segment,
    Word,
)
from steno_fake import AsrSettings

alive: "set[FakeRecognizer]" = set()
"""Those of this process that were built and not closed."""
WORDS = "one two three four five six seven eight nine ten and but or so then now".split()


class FakeRecognizer:
    """Says words that depend on nothing but the samples."""

    def __init__(self, settings: AsrSettings, context: Context) -> None:
        if settings.fail_load:
            raise RuntimeError("the model is made of cheese")
        self.settings = settings
        self.context = context
        self.kept: list[bytearray] = []
        self.load()

    def load(self) -> None:
        settings = self.settings
        self.note("load")
        time.sleep(settings.load_delay)
        if settings.fail_while and (reason := Path(settings.fail_while)).exists():
            if reason.read_text() == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            raise RuntimeError("the model has gone off")
        if settings.alone and alive:
            raise MemoryError("no room for two")
        alive.add(self)
        if settings.weight:
            self.kept.append(bytearray(os.urandom(4096) * (settings.weight // 4096)))

    def note(self, what: str) -> None:
        if self.settings.loads:
            with open(self.settings.loads, "a") as file:
                file.write(f"{what} {os.getpid()}\n")

    def detect(self, segments: Sequence[Segment]) -> Iterator[Heard]:
        if self.settings.sounds:
            self.note(f"detect {[segment.index for segment in segments]}")
        for segment in segments:
            heard = (
                Path(self.settings.loads).read_text().count("detect") if self.settings.deaf else 1
            )
            if heard <= self.settings.deaf:
                os.kill(os.getpid(), signal.SIGKILL)
            if sounds := self.settings.sounds.get(str(segment.index)):
                yield Heard(segment.index, *sounds)

    def transcribe(
        self, segments: Sequence[Segment], options: AsrOptions
    ) -> Iterator[Draft | Fragment | Heard | Notice]:
        if self.settings.notice:
            yield Notice(code="fake_notice", message=self.settings.notice)
        for segment in segments:
            self.misbehave(segment.index)
            if sounds := self.settings.sounds.get(str(segment.index)):
                yield Heard(segment.index, *sounds)
            words = spoken(segment)
            if options.task == "translate":
                words = tuple(replace(word, text=word.text.upper()) for word in words)
            if segment.index in self.settings.nonsense:
                words = (replace(words[0], start=math.nan), *words[1:])
            text = " ".join(word.text for word in words)
            yield Draft(segment.index, text[:20], segment.start, segment.end, 0.5)
            deadline = time.monotonic() + self.settings.delay
            while time.monotonic() < deadline and not self.context.cancelled():
                time.sleep(0.005)
            if self.settings.leak:
                self.kept.append(bytearray(os.urandom(4096) * (self.settings.leak // 4096)))
            yield Fragment(
                index=segment.index, text=text, language=options.language or "en", words=words
            )

    def misbehave(self, index: int) -> None:
        settings = self.settings
        if settings.log:
            log = Path(settings.log)
            before = log.read_text().split() if log.exists() else []
            with log.open("a") as file:
                file.write(f"{index}\n")
            if settings.once and str(index) in before:
                return
        if index in settings.segfault:
            ctypes.string_at(0)
        if index in settings.hang:
            ctypes.PyDLL(None).pause()
        if index in settings.stop:
            os.kill(os.getpid(), signal.SIGSTOP)
        if index in settings.exhaust:
            os.kill(os.getpid(), signal.SIGKILL)
        if index in settings.fail:
            raise ValueError(f"no idea what segment {index} says")

    def close(self) -> None:
        self.note("close")
        alive.discard(self)
        self.kept.clear()
        if self.settings.fail_close:
            raise RuntimeError("it does not let go")


def spoken(segment: Segment) -> tuple[Word, ...]:
    """Two words a second, chosen by the samples of their half second."""
    step = 8000
    words = []
    for first in range(0, len(segment.samples), step):
        part = segment.samples[first : first + step]
        start = segment.start + first / 16000
        text = WORDS[zlib.crc32(part) % len(WORDS)]
        words.append(Word(text, start, start + len(part) / 16000, 0.9))
    return tuple(words)
