"""What a job found, as OpenAI's clients read it. Synchronous: runs on threads."""

import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from steno.jobs.result import Heard, Result
from steno.plugins.contract import SAMPLE_RATE, Fragment
from steno.subtitles import script
from steno.subtitles.languages import LANGUAGES
from steno.wire import Cue, Format, Task

FRAME = SAMPLE_RATE // 100
"""Samples of a frame of Whisper, in which `seek` counts."""


class Usage(Struct, frozen=True, kw_only=True):
    type: Literal["duration"] = "duration"
    seconds: int
    """Of audio, rounded up."""


class Transcription(Struct, frozen=True, kw_only=True):
    """`json`."""

    text: str
    usage: Usage


class TranscribedWord(Struct, frozen=True, kw_only=True):
    word: str
    start: float
    end: float


class TranscribedSegment(Struct, frozen=True, kw_only=True):
    """A subtitle. The texts of all, one after the other, are the whole text."""

    id: int
    seek: int
    """Where the segment of audio begins that it was heard in, hundredths of a second."""
    start: float
    end: float
    text: str
    tokens: list[int] = []
    """Always empty."""
    temperature: float = 0.0
    """Always 0."""
    avg_logprob: float
    """As the recogniser says, or the mean logarithm of its words' scores; 0 if there are none."""
    compression_ratio: float
    """Of the text's bytes to those that zlib makes of them."""
    no_speech_prob: float
    """As the recogniser says, else 0."""


class VerboseTranscription(Struct, frozen=True, kw_only=True):
    """`verbose_json`."""

    task: Task
    language: str
    """English name, lower case."""
    duration: float
    """Seconds."""
    text: str
    segments: list[TranscribedSegment] | None = None
    words: list[TranscribedWord] | None = None
    usage: Usage


class Delta(Struct, frozen=True, kw_only=True, tag_field="type", tag="transcript.text.delta"):
    delta: str


class Done(Struct, frozen=True, kw_only=True, tag_field="type", tag="transcript.text.done"):
    text: str
    usage: Usage


def subtitles(result: Result, form: Format) -> bytes:
    return "".join(result.subtitles(form)).encode()


def plain(result: Result) -> bytes:
    return (whole(result.cues(words=False)) + "\n").encode()


def brief(result: Result) -> bytes:
    text = whole(result.cues(words=False))
    return msgspec.json.encode(Transcription(text=text, usage=usage(result.duration)))


def verbose(result: Result, wanted: Sequence[str]) -> bytes:
    """`wanted`: of `segment` and `word`."""
    found = list(result.cues(words=True))
    words = [
        TranscribedWord(word=word.text, start=round(word.start, 3), end=round(word.end, 3))
        for cue in found
        for word in cue.words
    ]
    code = "en" if result.task == "translate" else result.language or ""
    return msgspec.json.encode(
        VerboseTranscription(
            task=result.task,
            language=LANGUAGES.get(code, code).lower(),
            duration=round(result.duration or 0.0, 3),
            text=whole(found),
            segments=described(result, found) if "segment" in wanted else None,
            words=words if "word" in wanted else None,
            usage=usage(result.duration),
        )
    )


def whole(found: Iterable[Cue]) -> str:
    return "".join(pieces(cue.text for cue in found))


def pieces(texts: Iterable[str], last: str = "") -> Iterator[str]:
    """Each text on one line, with what parts it from the one before; `last` came before them."""
    for text in texts:
        line = script.line(text)
        yield script.joined(last, line)[len(last) :]
        last = line or last


def described(result: Result, found: Sequence[Cue]) -> list[TranscribedSegment]:
    heard: dict[int, Heard] = {}
    made = []
    for number, (cue, text) in enumerate(zip(found, pieces(c.text for c in found), strict=True)):
        index = int(cue.id.partition(".")[0])
        if index not in heard:
            heard[index] = result.heard(index)
        start, fragment = heard[index]
        made.append(
            TranscribedSegment(
                id=number,
                seek=start // FRAME,
                start=round(cue.start, 3),
                end=round(cue.end, 3),
                text=text,
                avg_logprob=certainty(cue, fragment),
                compression_ratio=ratio(text),
                no_speech_prob=(fragment.no_speech if fragment else None) or 0.0,
            )
        )
    return made


def certainty(cue: Cue, fragment: Fragment | None) -> float:
    if fragment is not None and fragment.avg_logprob is not None:
        return fragment.avg_logprob
    scores = [math.log(word.score) for word in cue.words if word.score]
    return round(sum(scores) / len(scores), 4) if scores else 0.0


def ratio(text: str) -> float:
    raw = text.encode()
    return round(len(raw) / len(zlib.compress(raw)), 4)


def usage(duration: float | None) -> Usage:
    return Usage(seconds=math.ceil(duration or 0.0))
