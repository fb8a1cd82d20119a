"""Whisper with small models: as the daemon is told to run it, and bare."""

import os
from pathlib import Path

import toys
from measure.bare import Parts
from steno.plugins import Context, SpeechSplitter
from steno_whisper.aligning.aligner import Wav2Vec2Aligner
from steno_whisper.aligning.settings import AlignerSettings
from steno_whisper.recognizing.recognizer import WhisperRecognizer
from steno_whisper.settings import RecognizerSettings, SileroSettings
from steno_whisper.splitter import SileroSplitter

CUT = {"target": 1.0, "silence": 0.6}
"""Seconds. The model understands one sentence at a time."""
PAUSE = 1.25
"""Seconds between two sentences."""
BATCH = 16
THREADS = len(os.sched_getaffinity(0))
CONFIG = f"""
[models.own."whisper/toy"]
folder = "{toys.toy_whisper()}"

[models.own."align/en"]
folder = "{toys.toy_wav2vec2()}"
languages = ["en"]

[transcription]
"""


def settings(backend: str) -> dict[str, object]:
    """Of a job."""
    return {
        "backend": backend,
        "model": "toy",
        "language": "en",
        "options": {"splitter": CUT},
    }


def speech(path: Path, seconds: float) -> float:
    """Writes English sentences one after the other; returns how many seconds that is, about what is
    wanted."""
    sentences = toys.sentences("en")
    once = len(toys.joined(sentences, PAUSE)) / 16_000
    sound = toys.joined(sentences * max(1, round(seconds / once)), PAUSE)
    toys.write_wav(path, sound)
    return len(sound) / 16_000


def splitter() -> SpeechSplitter:
    return SileroSplitter(SileroSettings(**CUT), Context())


def recognizer() -> WhisperRecognizer:
    context = Context(model_path=toys.toy_whisper(), threads=THREADS)
    return WhisperRecognizer(RecognizerSettings(), context)


def aligner() -> Wav2Vec2Aligner:
    context = Context(model="align/en", model_path=toys.toy_wav2vec2(), threads=THREADS)
    return Wav2Vec2Aligner(AlignerSettings(), context)


PARTS = Parts(splitter, recognizer, aligner, BATCH)
