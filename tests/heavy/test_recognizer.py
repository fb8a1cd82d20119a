"""The backend `whisperx`, against the library itself."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

import toys
from steno.plugins import AsrOptions, Context, Fragment, Heard, Segment
from steno.plugins.testing import Check, checks

pytest.importorskip("torch")

import numpy as np
from whisperx.vads import Vad

from steno_whisper.recognizing.pipeline import WhisperXRecognizer
from steno_whisper.settings import RecognizerSettings

PAUSE = 1.0


class Told(Vad):  # type: ignore[misc]
    """Finds the speech that it is told of."""

    def __init__(self, spans: list[dict[str, float]]) -> None:
        self.spans = spans

    def __call__(self, _: Any) -> list[dict[str, float]]:
        return self.spans

    @staticmethod
    def merge_chunks(spans: list[dict[str, float]], *_: Any, **__: Any) -> list[dict[str, float]]:
        return spans


def build(**more: Any) -> WhisperXRecognizer:
    context = Context(model_path=toys.toy_whisper(), threads=2)
    return WhisperXRecognizer(RecognizerSettings(**more), context)


@pytest.fixture(scope="module")
def recognizer() -> Iterator[WhisperXRecognizer]:
    one = build(redecode=False)
    yield one
    one.close()


@pytest.mark.parametrize(
    "check",
    [
        check
        for check in checks("whisper", {"whisper/small": toys.toy_whisper()})
        if check.name.startswith(("asr:whisperx", "downloader:"))
    ],
    ids=str,
)
def test_conforms(check: Check) -> None:
    check()


@pytest.mark.parametrize("language", ["en", "de"])
def test_text_is_that_of_the_pipeline(recognizer: WhisperXRecognizer, language: str) -> None:
    """Given the same segments: what finds speech there tells where ours are."""
    sounds = [toys.samples(one) for one in toys.sentences(language)]
    whole = toys.joined(toys.sentences(language), PAUSE)
    spans, at = [], 0.0
    for sound in sounds:
        spans.append({"start": at, "end": at + len(sound) / 16_000})
        at += len(sound) / 16_000 + PAUSE
    pipeline = recognizer._engine._pipeline  # type: ignore[attr-defined]
    pipeline.vad_model = Told(spans)
    bare = pipeline.transcribe(
        np.frombuffer(whole, np.int16).astype(np.float32) / 32768,
        batch_size=4,
        language=language,
    )["segments"]
    parts = [Segment(n, 0.0, sound) for n, sound in enumerate(sounds)]
    found = [
        one
        for one in recognizer.transcribe(parts, AsrOptions(language=language))
        if isinstance(one, Fragment)
    ]
    assert [one.text for one in found] == [one["text"].strip() for one in bare]
    for mine, its in zip(found, bare, strict=True):
        assert mine.avg_logprob == pytest.approx(its["avg_logprob"], abs=1e-3)


def test_the_language_is_heard_and_sentences_are_right(recognizer: WhisperXRecognizer) -> None:
    chosen = (*toys.sentences("en")[:3], *toys.sentences("de")[:3])
    parts = [Segment(n, 0.0, toys.samples(one)) for n, one in enumerate(chosen)]
    heard = [one.language for one in recognizer.detect(parts) if isinstance(one, Heard)]
    assert heard == [one.language for one in chosen]
    found = [x for x in recognizer.transcribe(parts, AsrOptions()) if isinstance(x, Fragment)]
    assert [(f.text, f.language) for f in found] == [(s.text, s.language) for s in chosen]
    assert all(fragment.words for fragment in found)


def test_nothing_that_comes_as_a_pickle_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The detector of speech that WhisperX carries is one, and it reports its use."""
    import torch

    def load(*_: Any, **__: Any) -> Any:
        raise AssertionError("something is unpickled")

    monkeypatch.setattr(torch, "load", load)
    monkeypatch.setattr(torch.hub, "load", load)
    build().close()
    assert os.environ["PYANNOTE_METRICS_ENABLED"] == "0"
