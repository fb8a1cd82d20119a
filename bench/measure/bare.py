"""The bare loop: processes that decode, split, transcribe and align, and do nothing else.

No daemon, no database, no supervision, no cues, no files of subtitles. The parts that do the work
are those of Steno, called directly. Each process leads a session, as Steno's workers do: a system
that shares its processors among sessions gives both sides the same.
"""

import os
import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any, NamedTuple

from steno.media.pcm import read
from steno.media.source import Recording
from steno.plugins import SAMPLE_RATE, AsrOptions, Context, Fragment, Piece, Segment
from steno_pocketsphinx.aligner import PocketSphinxAligner
from steno_pocketsphinx.recognizer import PocketSphinxRecognizer
from steno_pocketsphinx.settings import RecognizerSettings, SplitterSettings
from steno_pocketsphinx.splitter import PocketSphinxSplitter

LONGEST = 86400.0
"""Seconds a film may have."""
Numbered = tuple[int, Piece]


class Parts(NamedTuple):
    """What does the work. Functions that other processes find by name make it."""

    splitter: Callable[[], Any]
    recognizer: Callable[[], Any]
    aligner: Callable[[], Any]
    batch: int = 1
    """Segments handed over at once, where there are so many."""


def splitter() -> PocketSphinxSplitter:
    return PocketSphinxSplitter(SplitterSettings(), Context())


def recognizer() -> PocketSphinxRecognizer:
    return PocketSphinxRecognizer(RecognizerSettings(), Context())


def aligner() -> PocketSphinxAligner:
    return PocketSphinxAligner(None, Context())


POCKETSPHINX = Parts(splitter, recognizer, aligner)


class Bare:
    """One process that decodes and splits, and `count` that transcribe and align, loaded."""

    def __init__(self, count: int, folder: Path, parts: Parts = POCKETSPHINX) -> None:
        spawning = get_context("spawn")
        self._audio = bytes(folder / f"bare-{count}.pcm")
        self._films: SimpleQueue[bytes] = spawning.SimpleQueue()
        self._pieces: SimpleQueue[Numbered] = spawning.SimpleQueue()
        self._told: SimpleQueue[int | None] = spawning.SimpleQueue()
        """From the first process the number of pieces, from the others None for each."""
        cutting = (parts, self._audio, self._films, self._pieces, self._told)
        speech = (parts, self._audio, self._pieces, self._told)
        self._processes = [spawning.Process(target=cut, args=cutting, daemon=True)]
        for _ in range(count):
            self._processes.append(spawning.Process(target=recognise, args=speech, daemon=True))
        for process in self._processes:
            process.start()
        for _ in self._processes:
            self._told.get()

    def whole(self, film: Path) -> float:
        """Seconds of wall time for all of `film`."""
        started = time.monotonic()
        self._films.put(bytes(film))
        total, done = None, 0
        while total is None or done < total:
            told = self._told.get()
            if told is None:
                done += 1
            else:
                total = told
        return time.monotonic() - started

    def end(self) -> None:
        for process in self._processes:
            process.terminate()
            process.join()


def cut(
    parts: Parts,
    audio: bytes,
    films: "SimpleQueue[bytes]",
    pieces: "SimpleQueue[Numbered]",
    told: "SimpleQueue[int | None]",
) -> None:
    os.setsid()
    splitter = parts.splitter()
    told.put(None)
    while True:
        total = 0
        with Recording(films.get(), audio, LONGEST) as recording:
            for piece in splitter.split(recording):
                pieces.put((total, piece))
                total += 1
        told.put(total)


def recognise(
    parts: Parts,
    audio: bytes,
    pieces: "SimpleQueue[Numbered]",
    told: "SimpleQueue[int | None]",
) -> None:
    os.setsid()
    recognizer, aligner = parts.recognizer(), parts.aligner()
    told.put(None)
    while True:
        found = [pieces.get()]
        while len(found) < parts.batch and not pieces.empty():
            found.append(pieces.get())
        segments = [segment_of(audio, *one) for one in found]
        list(aligner.align(list(zip(segments, written(recognizer, segments), strict=True))))
        for _ in found:
            told.put(None)


def segment_of(audio: bytes, index: int, piece: Piece) -> Segment:
    return Segment(index, piece.start / SAMPLE_RATE, read(audio, piece.start, piece.end))


def transcribed(recognizer: Any, segment: Segment) -> Fragment:
    (fragment,) = written(recognizer, [segment])
    return fragment


def written(recognizer: Any, segments: Sequence[Segment]) -> list[Fragment]:
    """The fragments of `segments`; what else is made is let go."""
    made = recognizer.transcribe(segments, AsrOptions(language="en"))
    return sorted((one for one in made if isinstance(one, Fragment)), key=lambda one: one.index)
