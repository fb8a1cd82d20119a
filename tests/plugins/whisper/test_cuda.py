"""GPUs, and the libraries that CTranslate2 needs for them."""

import ctypes
from pathlib import Path
from typing import Any

import pytest

import toys
from steno.plugins import AsrOptions, Context, Notice, Unusable

pytest.importorskip("ctranslate2")

from steno_whisper.recognizing import cuda
from steno_whisper.recognizing.recognizer import WhisperRecognizer
from steno_whisper.settings import RecognizerSettings


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 2)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was loaded, on a system that has nothing itself: paths only can be."""
    found: list[str] = []

    def load(place: str, **_: Any) -> None:
        if "/" not in place:
            raise OSError("cannot open shared object file")
        found.append(Path(place).name)

    monkeypatch.setattr(ctypes, "CDLL", load)
    return found


def test_without_a_gpu_nothing_is_loaded(
    monkeypatch: pytest.MonkeyPatch, loaded: list[str]
) -> None:
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 0)
    assert cuda.gpus() == (0, "")
    assert loaded == []


def test_what_pip_brought_is_loaded(
    two_gpus: None, loaded: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "nvidia" / "cublas" / "lib"
    folder.mkdir(parents=True)
    for name in cuda.LIBRARIES:
        (folder / name).touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert cuda.gpus() == (2, "")
    assert loaded == list(cuda.LIBRARIES)


def test_a_gpu_without_its_libraries_is_not_used_and_that_is_said(
    two_gpus: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing() -> None:
        raise OSError("cannot open shared object file")

    monkeypatch.setattr(cuda, "load", nothing)
    model = toys.toy_whisper()
    one = WhisperRecognizer(RecognizerSettings(), Context(model_path=model))
    (notice,) = one.transcribe([], AsrOptions())
    assert isinstance(notice, Notice)
    assert notice.code == "gpu_unusable"
    assert "`pip install nvidia-cublas-cu12` brings it" in notice.message
    assert (
        list(
            WhisperRecognizer(
                RecognizerSettings(), Context(model_path=model, device="cpu")
            ).transcribe([], AsrOptions())
        )
        == []
    )
    with pytest.raises(Unusable, match=r"there is a GPU, but libcublas"):
        WhisperRecognizer(RecognizerSettings(), Context(model_path=model, device="cuda"))
