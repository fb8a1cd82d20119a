"""The backend `faster-whisper`, with a small real model, against the library itself."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

import toys
from steno.plugins import AsrOptions, Context, Fragment, Heard, Notice, Segment, Unusable
from steno.plugins.testing import Check, checks

pytest.importorskip("faster_whisper")

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel
from faster_whisper.tokenizer import _LANGUAGE_CODES

from steno_whisper.languages import MULTILINGUAL, THIRD
from steno_whisper.recognizing import recognizer as module
from steno_whisper.recognizing.engine import Engine
from steno_whisper.recognizing.judgement import repeats
from steno_whisper.recognizing.recognizer import WhisperRecognizer
from steno_whisper.settings import RecognizerSettings

WINDOW = 480_000
SENTENCES = (*toys.sentences("en")[:3], *toys.sentences("de")[:2])
LOOP = toys.joined([toys.sentences("en")[-1]] * 8, 0.05)
"""The model falls into a loop over it."""


def context(**more: Any) -> Context:
    return Context(model="whisper/toy", model_path=toys.toy_whisper(), threads=2, **more)


def build(settings: RecognizerSettings | None = None, **more: Any) -> WhisperRecognizer:
    return WhisperRecognizer(settings or RecognizerSettings(), context(**more))


@pytest.fixture(scope="module")
def recognizer() -> Iterator[WhisperRecognizer]:
    one = build()
    yield one
    one.close()


def segments(sounds: Sequence[memoryview]) -> list[Segment]:
    return [Segment(n, 40.0 * n, sound) for n, sound in enumerate(sounds)]


def written(one: WhisperRecognizer, sounds: Sequence[memoryview], **options: Any) -> list[Fragment]:
    items = one.transcribe(segments(sounds), AsrOptions(**options))
    return [item for item in items if isinstance(item, Fragment)]


@pytest.mark.parametrize(
    "check",
    [
        check
        for check in checks("whisper", {"whisper/small": toys.toy_whisper()})
        if check.name.startswith(("asr:faster-whisper", "model:whisper/"))
    ],
    ids=str,
)
def test_conforms(check: Check) -> None:
    check()


def test_languages_are_those_of_the_library() -> None:
    assert set(THIRD) == set(_LANGUAGE_CODES)
    assert set(MULTILINGUAL) == set(_LANGUAGE_CODES) - {"yue"}


# Text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "more"),
    [
        ("en", {}),
        ("de", {}),
        ("en", {"prompt": "The kitchen.", "hotwords": "music window"}),
        ("de", {"task": "translate"}),
    ],
    ids=["en", "de", "prompt", "translate"],
)
def test_text_is_that_of_the_library(language: str, more: dict[str, str]) -> None:
    """Given the same segments, padded with silence to the 30 s that Whisper was trained with."""
    recognizer = build(RecognizerSettings(redecode=False))
    sounds = [toys.samples(one) for one in SENTENCES if one.language == language]
    whole = np.zeros(len(sounds) * WINDOW, np.float32)
    for n, sound in enumerate(sounds):
        part = np.frombuffer(sound, np.int16).astype(np.float32) / 32768
        whole[n * WINDOW : n * WINDOW + len(part)] = part
    bare, _ = BatchedInferencePipeline(recognizer._engine.model).transcribe(
        whole,
        language=language,
        task=more.get("task", "transcribe"),
        temperature=0,
        vad_filter=False,
        clip_timestamps=[{"start": 30 * n, "end": 30 * n + 30} for n in range(len(sounds))],
        batch_size=4,
        initial_prompt=f" {more['prompt']}" if "prompt" in more else None,
        hotwords=more.get("hotwords"),
    )
    expected = list(bare)
    found = written(recognizer, sounds, language=language, **more)
    assert [one.text for one in found] == [one.text.strip() for one in expected]
    for mine, its in zip(found, expected, strict=True):
        assert mine.avg_logprob == pytest.approx(its.avg_logprob, abs=1e-3)
        assert mine.no_speech == pytest.approx(its.no_speech_prob, abs=1e-3)
    spoken = "en" if more.get("task") == "translate" else language
    assert {one.language for one in found} == {spoken}


@pytest.mark.parametrize("length", [1600, 33_333, WINDOW - 500, WINDOW])
def test_silence_is_heard_as_if_it_were_there(recognizer: WhisperRecognizer, length: int) -> None:
    """Though little of it is computed."""
    engine = recognizer._engine
    sound = np.random.default_rng(length).normal(0, 0.1, length).astype(np.float32)
    whole = np.zeros(WINDOW, np.float32)
    whole[:length] = sound
    expected = engine.model.feature_extractor(whole)[..., :3000]
    found = engine.features(sound)
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    assert np.abs(found - expected).max() < 1e-5


def test_sentences_are_right_and_their_language_is_heard(recognizer: WhisperRecognizer) -> None:
    sounds = [toys.samples(one) for one in SENTENCES]
    found = written(recognizer, sounds)
    assert [(f.text, f.language) for f in found] == [(s.text, s.language) for s in SENTENCES]
    heard = list(recognizer.detect(segments(sounds)))
    assert [(h.index, h.language) for h in heard if isinstance(h, Heard)] == [
        (n, one.language) for n, one in enumerate(SENTENCES)
    ]
    assert all(h.probability > 0.9 for h in heard if isinstance(h, Heard))


def test_what_was_encoded_to_detect_is_used_and_kept_for_nothing_else(
    recognizer: WhisperRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (toys.samples(one) for one in SENTENCES[:2])
    count = 0
    encode = Engine.encode

    def counted(self: Engine, some: Sequence[Segment]) -> Any:
        nonlocal count
        count += len(some)
        return encode(self, some)

    expected = written(recognizer, [first], language="en")
    monkeypatch.setattr(Engine, "encode", counted)
    list(recognizer.detect(segments([first, second])))
    assert count == 2
    assert written(recognizer, [first], language="en") == expected
    assert count == 2
    list(recognizer.detect(segments([second])))
    assert written(recognizer, [first], language="en") == expected
    assert count == 4


def test_words_make_up_the_text(recognizer: WhisperRecognizer) -> None:
    sounds = [toys.samples(one) for one in SENTENCES]
    for fragment, sound in zip(written(recognizer, sounds), sounds, strict=True):
        assert " ".join(word.text for word in fragment.words) == fragment.text
        start = 40.0 * fragment.index
        assert start <= fragment.words[0].start
        assert fragment.words[-1].end <= start + len(sound) / 16_000


def test_words_may_be_left_out() -> None:
    one = build(RecognizerSettings(word_times=False))
    (fragment,) = written(one, [toys.samples(SENTENCES[0])], language="en")
    assert (fragment.text, fragment.words) == (SENTENCES[0].text, ())


# Loops -------------------------------------------------------------------------------------------


def test_a_loop_is_decoded_again_always_alike(recognizer: WhisperRecognizer) -> None:
    """Whatever was drawn before: here, the second time, and in another process's place."""
    plain = written(build(RecognizerSettings(redecode=False)), [LOOP], language="en")
    assert repeats(plain[0].text)
    found = written(recognizer, [LOOP], language="en")
    assert not repeats(found[0].text)
    assert found[0].words
    again = written(recognizer, [toys.samples(SENTENCES[0]), LOOP], language="en")
    assert again[0].text == SENTENCES[0].text
    assert (again[1].text, again[1].avg_logprob) == (found[0].text, found[0].avg_logprob)
    assert written(build(), [LOOP], language="en") == found


# Machines ----------------------------------------------------------------------------------------


class Cramped(Engine):
    """Says so where memory does not suffice for more than one segment at once, or for floats."""

    tried: ClassVar[list[tuple[str, int]]] = []

    def encode(self, some: Sequence[Segment]) -> Any:
        self.tried.append((self._means.precision, len(some)))
        if len(some) > 1:
            raise RuntimeError("CUDA failed with error out of memory")
        if self._means.precision == "float32":
            raise MemoryError
        return super().encode(some)


def test_where_memory_does_not_suffice_it_makes_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WhisperRecognizer, "engine", Cramped)
    one = build(RecognizerSettings(precision="float32"))
    sounds = [toys.samples(sentence) for sentence in toys.sentences("en")[:4]]
    items = list(one.transcribe(segments(sounds), AsrOptions(language="en")))
    kinds = [type(item).__name__ for item in items]
    assert kinds[:4] == ["Notice"] * 4
    assert [i.text for i in items if isinstance(i, Fragment)] == [
        s.text for s in toys.sentences("en")[:4]
    ]
    notices = [item for item in items if isinstance(item, Notice)]
    assert {notice.code for notice in notices} == {"memory_short"}
    assert notices[-1].message == (
        "Memory did not suffice: it goes on with the CPU in int8_float32, 1 at a time."
    )
    assert Cramped.tried[:5] == [
        ("float32", 4), ("float32", 4), ("float32", 2), ("float32", 1), ("int8_float32", 1)
    ]  # fmt: skip
    later = next(iter(one.transcribe(segments(sounds[:1]), AsrOptions(language="en"))))
    assert later == notices[-1], "what it makes do with is said of every job"


def test_where_nothing_is_less_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise MemoryError

    one = build(RecognizerSettings(precision="int8", batch=1))
    monkeypatch.setattr(Engine, "encode", full)
    with pytest.raises(MemoryError):
        written(one, [toys.samples(SENTENCES[0])], language="en")


def test_a_model_that_finds_no_room_is_loaded_lighter_or_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Heavy(Engine):
        def _load(self) -> Any:
            if self._means.precision == "float32":
                raise RuntimeError("std::bad_alloc")
            return super()._load()

    monkeypatch.setattr(WhisperRecognizer, "engine", Heavy)
    with pytest.raises(RuntimeError, match="bad_alloc"):  # others may make room
        build(RecognizerSettings(precision="float32"), alone=False)
    one = build(RecognizerSettings(precision="float32"))
    items = list(one.transcribe(segments([toys.samples(SENTENCES[0])]), AsrOptions(language="en")))
    assert isinstance(items[0], Notice)
    assert "int8_float32" in items[0].message


def test_a_model_that_cannot_be_loaded_again_is_loaded_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Memory may be short in the very moment in which the model is closed."""

    class Unlucky(Engine):
        loads = 0

        def _load(self) -> Any:
            type(self).loads += 1
            if type(self).loads == 2:
                raise MemoryError
            return super()._load()

    monkeypatch.setattr(WhisperRecognizer, "engine", Unlucky)
    one = build(RecognizerSettings(batch=2), alone=False)
    one._engine._drawn = True
    items = list(one.transcribe(segments([LOOP]), AsrOptions(language="en")))
    (fragment,) = [item for item in items if isinstance(item, Fragment)]
    assert not repeats(fragment.text)
    assert [item.code for item in items if isinstance(item, Notice)] == ["memory_short"]


LIMITED = """
import resource, sys
import toys
from pathlib import Path
from steno.plugins import AsrOptions, Context, Fragment, Notice, Segment, Unusable
from steno_whisper.recognizing.recognizer import WhisperRecognizer
from steno_whisper.settings import RecognizerSettings

one = WhisperRecognizer(RecognizerSettings(batch=16), Context(model_path=toys.toy_whisper()))
sounds = [toys.samples(s) for s in toys.sentences("en")]
few = [Segment(n, 0.0, sound) for n, sound in enumerate(sounds[:2])]
list(one.transcribe(few, AsrOptions(language="en")))
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (100 << 20), -1))
many = [Segment(n, 0.0, sounds[n % len(sounds)]) for n in range(16)]
items = list(one.transcribe(many, AsrOptions(language="en")))
print(sum(isinstance(item, Fragment) for item in items))
print([item.message for item in items if isinstance(item, Notice)][-1])
"""


def test_memory_that_really_runs_out() -> None:
    """The system gives no more, while a batch is worked on."""
    command = [sys.executable, "-c", LIMITED]
    tests = str(Path(toys.__file__).parent)
    done = subprocess.run(
        command, capture_output=True, text=True, env={"PYTHONPATH": tests, "PATH": "/usr/bin"}
    )
    assert done.returncode == 0, done.stderr
    count, message = done.stdout.splitlines()
    assert count == "16"
    assert message.startswith("Memory did not suffice: it goes on with the CPU in int8, ")


def test_it_stops_between_two_batches() -> None:
    stop = False
    one = build(RecognizerSettings(batch=1), cancelled=lambda: stop)
    sounds = [toys.samples(SENTENCES[0])] * 3
    stream = one.transcribe(segments(sounds), AsrOptions(language="en"))
    while not isinstance(next(stream), Fragment):
        pass
    stop = True
    assert list(stream) == []


@pytest.mark.parametrize("lacking", ["config.json", "model.bin", "tokenizer.json"])
def test_a_folder_that_is_no_model_is_said_to_be_none(tmp_path: Path, lacking: str) -> None:
    for name, data in toys.files(toys.toy_whisper()).items():
        if name != lacking:
            (tmp_path / name).write_bytes(data)
    with pytest.raises(Unusable, match=f"{lacking} is missing"):
        WhisperRecognizer(RecognizerSettings(), Context(model_path=tmp_path))


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json", "config.json", "vocabulary.json"])
def test_damaged_files_raise(tmp_path: Path, name: str) -> None:
    for other, data in toys.files(toys.toy_whisper()).items():
        (tmp_path / other).write_bytes(data[: len(data) // 2] if other == name else data)
    with pytest.raises(Exception, match=r"."):
        WhisperRecognizer(RecognizerSettings(), Context(model_path=tmp_path))


def test_without_a_folder_it_is_not_built() -> None:
    with pytest.raises(Unusable, match="folder of a model"):
        WhisperRecognizer(RecognizerSettings(), Context())


def test_threads_are_those_it_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    class Watched(WhisperModel):  # type: ignore[misc]
        def __init__(self, *args: Any, **more: Any) -> None:
            seen.update(more)
            super().__init__(*args, **more)

    monkeypatch.setattr("steno_whisper.recognizing.engine.WhisperModel", Watched)
    build()
    assert (seen["cpu_threads"], seen["device"], seen["compute_type"]) == (2, "cpu", "int8")
    assert seen["local_files_only"]
    assert module.TEMPERATURES[0] > 0
