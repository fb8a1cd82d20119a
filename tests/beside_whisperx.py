"""`whisperx.align` beside the aligner, on the same recordings. Needs whisperx, and no network."""

import shutil
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import nltk
import numpy as np
import torch
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC
from whisperx.alignment import align, load_align_model

import toys
from steno.plugins import SAMPLE_RATE, Alignment, Fragment, Segment, Word
from steno.plugins.sound import joined, silence

GRID = SAMPLE_RATE // 8
"""Segments begin and end at eighths of a second, which are exact in binary: whisperx gets times,
and must cut at the same samples."""
PUNKT = ("abbrev_types.txt", "collocations.tab", "ortho_context.tab", "sent_starters.txt")


class Part(NamedTuple):
    """A segment and what is said in it."""

    segment: Segment
    text: str

    @property
    def item(self) -> tuple[Segment, Fragment]:
        return self.segment, Fragment(index=self.segment.index, text=self.text, language="en")


def parts(recordings: Sequence[toys.Sentence | toys.Timed], longest: float) -> list[Part]:
    """`recordings` one after the other, as many in a segment as come to `longest` seconds."""
    groups: list[list[toys.Sentence | toys.Timed]] = []
    room = 0.0
    for one in recordings:
        seconds = len(toys.samples(one)) / SAMPLE_RATE + 0.5
        if not groups or seconds > room:
            groups.append([])
            room = longest
        groups[-1].append(one)
        room -= seconds
    found: list[Part] = []
    at = 0
    for group in groups:
        samples = padded(toys.joined(group, 0.3))
        text = " ".join(one.text for one in group)
        found.append(Part(Segment(len(found), at / SAMPLE_RATE, samples), text))
        at += len(samples)
    return found


def english(seconds: float) -> list[toys.Sentence | toys.Timed]:
    """English recordings of `seconds` in all, again and again."""
    found: list[toys.Sentence | toys.Timed] = []
    every: list[toys.Sentence | toys.Timed] = [*toys.sentences("en"), *toys.timed()]
    for one in cycle(every):
        if seconds <= 0:
            break
        found.append(one)
        seconds -= len(toys.samples(one)) / SAMPLE_RATE + 0.3
    return found


def padded(samples: memoryview) -> memoryview:
    return joined(samples, silence(-len(samples) % GRID / SAMPLE_RATE))


def sound(some: Sequence[Part]) -> Any:
    """All samples of `some` as whisperx takes them."""
    samples = np.frombuffer(joined(*(one.segment.samples for one in some)), np.int16)
    return samples.astype(np.float32) / 32768.0


def add_punkt(folder: Path) -> None:
    """Puts into `folder` what whisperx wants of NLTK and needs nothing of."""
    place = folder / "tokenizers" / "punkt_tab" / "english"
    place.mkdir(parents=True, exist_ok=True)
    for name in PUNKT:
        (place / name).touch()


class WhisperX:
    """The model in `folder`, aligned by whisperx."""

    def __init__(self, folder: Path, scratch: Path, language: str = "en") -> None:
        """`scratch`: a folder for data of NLTK, of which nothing is needed."""
        self.model, about = load_align_model(
            language, "cpu", model_name=str(folder), model_cache_only=True
        )
        self.about: dict[str, Any] = about
        add_punkt(scratch)
        if str(scratch) not in nltk.data.path:
            nltk.data.path.insert(0, str(scratch))

    def align(self, some: Sequence[Part]) -> list[Word]:
        """The words of `some`, which begin at 0 and lie one after the other."""
        told = [
            {"start": one.segment.start, "end": one.segment.end, "text": one.text} for one in some
        ]
        found = align(told, self.model, self.about, sound(some), "cpu")
        return [
            Word(one["word"], float(one["start"]), float(one["end"]), float(one["score"]))
            for one in found["word_segments"]
            if "start" in one
        ]


def words(answers: Iterator[Any]) -> list[Word]:
    """The words of alignments, in the order of their segments."""
    found = sorted(
        (one for one in answers if isinstance(one, Alignment)), key=lambda one: one.index
    )
    return [word for one in found for word in one.words]


def agreement(ours: Sequence[Word], theirs: Sequence[Word], within: float = 0.0205) -> float:
    """Part of the words of which both times are within some seconds of the others'."""
    assert [word.text for word in ours] == [word.text for word in theirs]
    near = [
        abs(a.start - b.start) <= within and abs(a.end - b.end) <= within
        for a, b in zip(ours, theirs, strict=True)
    ]
    return sum(near) / len(near)


def random_model(folder: Path, **shape: Any) -> Path:
    """A model of random weights, of the shape of wav2vec2-base-960h but for `shape`, with the toy's
    letters."""
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    Wav2Vec2ForCTC(Wav2Vec2Config(**{"vocab_size": 32, **shape})).eval().save_pretrained(folder)
    for path in toys.toy_wav2vec2().iterdir():
        if path.name not in ("config.json", "model.safetensors"):
            shutil.copy(path, folder)
    return folder
