"""A Whisper model in memory, run by faster-whisper and CTranslate2."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens

from steno.plugins import SAMPLE_RATE, AsrOptions, Segment, Unusable, Word
from steno_whisper.recognizing import attention
from steno_whisper.recognizing.judgement import Take
from steno_whisper.recognizing.means import Means
from steno_whisper.sound import floats

SEED = 20_220_921
"""Of whatever is drawn by lot."""
CANDIDATES = 5
"""Texts drawn at a temperature, of which the likeliest is taken."""
FRAMES = 100
"""Frames a second that the encoder is given."""
MARGIN = 1600
"""Samples of silence that are heard after a segment: more than one frame sees."""
UNSPACED = ("zh", "ja", "th", "lo", "my", "yue")
"""Languages whose words the tokenizer does not tell by spaces."""


class Asked(NamedTuple):
    """What is asked of a decoding."""

    options: AsrOptions
    language: str
    beam: int
    """Width of the search."""


class Engine:
    """Whatever is encoded together is decoded together. Nothing is carried from one call to the
    next: a segment's text depends on its samples alone."""

    def __init__(self, path: Path, means: Means, threads: int) -> None:
        for name in ("config.json", "model.bin", "tokenizer.json"):
            if not (path / name).is_file():
                raise Unusable(f"{name} is missing in {path}: this is no whole Whisper model.")
        self._path = path
        self._means = means
        self._threads = threads
        # The generator of CTranslate2's thread takes its seed when it is first used, and cannot be
        # set again: only a new thread, of a new model, begins anew.
        ctranslate2.set_random_seed(SEED)
        self._drawn = False
        self.model: Any = self._load()
        self.size: int = self.model.feature_extractor.n_samples
        """Samples that are encoded at once: 30 s."""

    @property
    def multilingual(self) -> bool:
        return bool(self.model.model.is_multilingual)

    def undrawn(self) -> "Engine":
        """The same model, of which nothing was drawn yet: draws of one segment must not depend on
        those of others. This one is closed if it cannot be that."""
        if not self._drawn:
            return self
        self.close()
        return type(self)(self._path, self._means, self._threads)

    def close(self) -> None:
        self.model = None

    # Hearing

    def encode(self, segments: Sequence[Segment]) -> Any:
        """What the encoder makes of the segments, (segments, 1500, width)."""
        sounds = [floats(one.samples[: self.size]) for one in segments]
        return self.model.encode(np.stack([self.features(one) for one in sounds]))

    def heard(self, encoded: Any) -> list[tuple[str, float]]:
        """For each of the segments the likeliest language and its probability."""
        if not self.multilingual:
            return [("en", 1.0)] * encoded.shape[0]
        found = self.model.model.detect_language(encoded)
        return [(likeliest[0][0][2:-2], float(likeliest[0][1])) for likeliest in found]

    def features(self, samples: Any) -> Any:
        """The log-mel spectrogram, (mels, 3000), of `samples`, -1 to 1, and silence up to 30 s.

        The models were trained so; faster-whisper adds zeros to the spectrogram, which is no
        silence. All frames of silence are alike, so only a few are computed.
        """
        frames = self.size * FRAMES // SAMPLE_RATE
        some = self.model.feature_extractor(np.pad(samples, (0, MARGIN)))[..., :frames]
        known = min(len(samples) * FRAMES // SAMPLE_RATE + 4, frames)
        rest = np.broadcast_to(some[:, known - 1 : known], (len(some), frames - known))
        return np.concatenate((some[:, :known], rest), axis=1)

    # Writing

    def decode(self, encoded: Any, asked: Asked) -> list[Take]:
        """The likeliest text of each segment."""
        beam = {"beam_size": asked.beam}
        return [takes[0] for takes in self._generate(encoded, asked, beam)]

    def draw(self, encoded: Any, asked: Asked, temperature: float) -> list[Take]:
        """Some texts of one segment, drawn by lot: the higher the temperature, the more daring."""
        self._drawn = True
        lots = {
            "beam_size": 1,
            "num_hypotheses": CANDIDATES,
            "sampling_topk": 0,
            "sampling_temperature": temperature,
        }
        (takes,) = self._generate(encoded, asked, lots)
        return takes

    def _generate(self, encoded: Any, asked: Asked, how: dict[str, Any]) -> Iterator[list[Take]]:
        tokenizer = self._tokenizer(asked)
        results = self.model.model.generate(
            encoded,
            [self._prompt(tokenizer, asked.options)] * encoded.shape[0],
            max_length=self.model.max_length,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self.suppressed(tokenizer),
            **how,
        )
        for result in results:
            yield [
                Take(
                    tokens=tuple(token for token in tokens if token < tokenizer.eot),
                    text=" ".join(tokenizer.decode(tokens).split()),
                    avg_logprob=float(score) * len(tokens) / (len(tokens) + 1),
                    no_speech=float(result.no_speech_prob),
                )
                for tokens, score in zip(result.sequences_ids, result.scores, strict=True)
            ]

    def suppressed(self, tokenizer: Any) -> Sequence[int]:
        """Tokens that are no speech."""
        found: Sequence[int] = get_suppressed_tokens(tokenizer, [-1])
        return found

    def _prompt(self, tokenizer: Any, options: AsrOptions) -> list[int]:
        prompt = options.prompt.strip()
        tokens: list[int] = self.model.get_prompt(
            tokenizer,
            tokenizer.encode(f" {prompt}") if prompt else [],
            without_timestamps=True,
            hotwords=options.hotwords.strip() or None,
        )
        return tokens

    def _tokenizer(self, asked: Asked) -> Any:
        hf = self.model.hf_tokenizer
        if not self.multilingual:
            return Tokenizer(hf, False)
        return Tokenizer(hf, True, task=asked.options.task, language=asked.language)

    # Times

    def words(
        self, encoded: Any, takes: Sequence[Take], segments: Sequence[Segment], asked: Asked
    ) -> list[tuple[Word, ...]]:
        """The words of each text with their times."""
        tokenizer = self._tokenizer(asked)
        frames = [min(len(s.samples) * FRAMES // SAMPLE_RATE, 3000) for s in segments]
        texts = [list(take.tokens) for take in takes]
        if not any(texts) or min(frames) < 2:
            return [()] * len(segments)
        spaced = tokenizer.language_code not in UNSPACED
        found = self.model.find_alignment(tokenizer, texts, encoded, frames)
        return [
            attention.words([part(one) for one in parts], segment, spaced=spaced)
            for parts, segment in zip(found, segments, strict=True)
        ]

    # Loading

    def _load(self) -> Any:
        return WhisperModel(
            os.fspath(self._path),
            device=self._means.device,
            device_index=self._means.number,
            compute_type=self._means.precision,
            cpu_threads=self._threads,
            local_files_only=True,
        )


def part(timed: dict[str, Any]) -> attention.Part:
    return attention.Part(
        timed["word"], float(timed["start"]), float(timed["end"]), float(timed["probability"])
    )
