"""The backend `whisperx`: the pipeline of WhisperX, whose model and spectrogram it uses."""

import os
from collections.abc import Sequence
from typing import Any, NoReturn

import torch

from steno.plugins import Context
from steno_whisper.recognizing.engine import Engine
from steno_whisper.recognizing.recognizer import WhisperRecognizer
from steno_whisper.settings import RecognizerSettings

# What WhisperX imports reports its use to its makers.
os.environ["PYANNOTE_METRICS_ENABLED"] = "0"

import whisperx.asr


class PipelineEngine(Engine):
    """What differs in WhisperX: torch makes the spectrogram, and the model's own configuration
    says which tokens are no speech."""

    def features(self, samples: Any) -> Any:
        """The pipeline adds the silence itself."""
        return self._pipeline.preprocess({"inputs": samples})["inputs"].numpy()

    def suppressed(self, _tokenizer: Any) -> Sequence[int]:
        found: Sequence[int] = self._pipeline.options.suppress_tokens
        return found

    def _load(self) -> Any:
        self._pipeline: Any = whisperx.asr.load_model(
            os.fspath(self._path),
            self._means.device,
            device_index=self._means.number,
            compute_type=self._means.precision,
            threads=self._threads,
            # Loaded otherwise is one that a pickle brings: the splitter has found the speech.
            vad_model=no_detector,
            local_files_only=True,
        )
        return self._pipeline.model

    def close(self) -> None:
        super().close()
        self._pipeline = None


class WhisperXRecognizer(WhisperRecognizer):
    engine = PipelineEngine

    def __init__(self, settings: RecognizerSettings, context: Context) -> None:
        torch.set_num_threads(context.threads)
        super().__init__(settings, context)


def no_detector(_audio: Any) -> NoReturn:
    raise NotImplementedError("segments are cut before they come here")
