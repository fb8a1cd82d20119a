"""Whisper, its models, and the models and programs that find the times of words.

`faster-whisper` recognises without torch, and is the recommended recogniser. `whisperx` does it
with torch, and `wav2vec2` aligns with it. What a machine lacks is not offered.
"""

from typing import Any

from steno.plugins import Aligner, AsrBackend, Downloader, Model, Splitter, hookimpl
from steno_whisper.aligning.settings import AlignerSettings
from steno_whisper.alignment import ALIGN
from steno_whisper.models import WHISPER
from steno_whisper.settings import RecognizerSettings, SileroSettings

LIGHT = "steno[whisper]"
FULL = "steno[whisperx]"
RANK = 20
"""Above that of PocketSphinx, which errs more."""
BATCH = 16
"""Segments handed over at once; how many are decoded together depends on the device."""
WINDOW = {"target": 22.0, "silence": 3.0}
"""Seconds. Whatever is shorter than 30 takes as long as that, so that pieces should not be much
shorter; but one may not be cut where somebody speaks."""

WHISPERS: dict[str, Any] = {
    "settings": RecognizerSettings,
    "models": WHISPER,
    "devices": ("cpu", "cuda"),
    "word_times": True,
    "detects_language": True,
    "translates": True,
    "batch": BATCH,
    "splitting": WINDOW,
}


@hookimpl
def steno_asr_backends() -> list[AsrBackend]:
    return [
        AsrBackend(
            name="faster-whisper",
            title="Whisper by faster-whisper (100 languages, CPU or GPU)",
            factory="steno_whisper.recognizing.recognizer:WhisperRecognizer",
            requires=("faster_whisper", "ctranslate2"),
            package=LIGHT,
            rank=RANK,
            **WHISPERS,
        ),
        AsrBackend(
            name="whisperx",
            title="Whisper by WhisperX (100 languages, with torch)",
            factory="steno_whisper.recognizing.pipeline:WhisperXRecognizer",
            requires=("whisperx", "torch"),
            package=FULL,
            rank=RANK - 5,
            **WHISPERS,
        ),
    ]


@hookimpl
def steno_aligners() -> list[Aligner]:
    return [
        Aligner(
            name="wav2vec2",
            title="wav2vec 2.0 (exact word times, with torch)",
            factory="steno_whisper.aligning.aligner:Wav2Vec2Aligner",
            requires=("torch", "torchaudio", "transformers"),
            package=FULL,
            settings=AlignerSettings,
            models=ALIGN,
            batch=BATCH,
            rank=RANK,
        )
    ]


@hookimpl
def steno_splitters() -> list[Splitter]:
    return [
        Splitter(
            name="silero",
            title="Silero voice activity detection, as faster-whisper carries it",
            factory="steno_whisper.splitter:SileroSplitter",
            requires=("faster_whisper", "onnxruntime"),
            package=LIGHT,
            settings=SileroSettings,
            rank=RANK,
        )
    ]


@hookimpl
def steno_models() -> list[Model]:
    return [*WHISPER, *ALIGN]


@hookimpl
def steno_downloaders() -> list[Downloader]:
    return [
        Downloader(
            name="torchaudio",
            title="Models that torchaudio knows by name",
            factory="steno_whisper.pipelines:PipelineResolver",
            requires=("torchaudio",),
            package=FULL,
        )
    ]
