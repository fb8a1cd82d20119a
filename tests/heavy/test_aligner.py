"""The aligner beside `whisperx.align`, with real models of real formats."""

import json
import pickle
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NoReturn

import pytest

torch = pytest.importorskip("torch", reason="whisperx and torch are not installed here")

import numpy as np  # noqa: E402 - after the skip
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from torchaudio import pipelines  # noqa: E402
from torchaudio.models import wav2vec2_model  # noqa: E402
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC  # noqa: E402
from whisperx.alignment import backtrack, get_trellis, merge_repeats  # noqa: E402

import beside_whisperx as beside  # noqa: E402
import toys  # noqa: E402
from beside_whisperx import Part, WhisperX, agreement, words  # noqa: E402
from steno.plugins import (  # noqa: E402
    Alignment,
    Context,
    Fragment,
    Notice,
    Segment,
    Word,
    conformance,
)
from steno_whisper.aligning.aligner import Wav2Vec2Aligner  # noqa: E402
from steno_whisper.aligning.crew import Crew  # noqa: E402
from steno_whisper.aligning.ear import Ear  # noqa: E402
from steno_whisper.aligning.letters import WILDCARD  # noqa: E402
from steno_whisper.aligning.loading import UnusableModel, load  # noqa: E402
from steno_whisper.aligning.network import Network  # noqa: E402
from steno_whisper.aligning.settings import AlignerSettings  # noqa: E402
from steno_whisper.aligning.trellis import Run, Utterance, paths  # noqa: E402

SMALL = {
    "num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 96, "num_attention_heads": 4,
    "conv_dim": (32,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4,
    "initializer_range": 0.3,
}  # fmt: skip
ODD = "Turn 3 lights on. — Ça, 12,500% “don’t” co-op … (A|b)!"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("it goes to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights in the layers of wav2vec2-base, which normalise over all that they hear."""
    return beside.random_model(tmp_path_factory.mktemp("grouped"), **SMALL)


def aligner(
    folder: Path, precision: Any = "float32", seconds: float = 0, **context: Any
) -> Wav2Vec2Aligner:
    given = {"model": "align/en", "model_path": folder, "device": "cpu", **context}
    return Wav2Vec2Aligner(
        AlignerSettings(batch_seconds=seconds, precision=precision), Context(**given)
    )


def whisperx(folder: Path, tmp_path: Path, language: str = "en") -> WhisperX:
    return WhisperX(folder, tmp_path / "nltk", language)


def recordings() -> list[toys.Sentence | toys.Timed]:
    return [*toys.sentences("en"), *toys.timed()]


def one(samples: memoryview, text: str, language: str = "en") -> Part:
    return Part(Segment(0, 0.0, beside.padded(samples)), text)


def ours(running: Wav2Vec2Aligner, some: Sequence[Part]) -> list[Word]:
    return words(running.align([part.item for part in some]))


# The same as whisperx ----------------------------------------------------------------------------


@pytest.mark.parametrize("longest", [0.0, 12.0, 28.0])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_times_are_those_of_whisperx(precision: str, longest: float, tmp_path: Path) -> None:
    some = beside.parts(recordings(), longest)
    mine = ours(aligner(toys.toy_wav2vec2(), precision), some)
    theirs = whisperx(toys.toy_wav2vec2(), tmp_path).align(some)
    assert agreement(mine, theirs) >= (1 if precision == "float32" else 0.99)
    if precision == "float32":
        assert agreement(mine, theirs, within=0.0015) == 1
        assert (
            max(abs((a.score or 0) - (b.score or 0)) for a, b in zip(mine, theirs, strict=True))
            < 0.003
        )


def test_times_of_a_model_that_normalises_over_time(grouped: Path, tmp_path: Path) -> None:
    some = beside.parts(recordings(), 12.0)
    mine = ours(aligner(grouped), some)
    assert agreement(mine, whisperx(grouped, tmp_path).align(some)) >= 0.99


@pytest.mark.parametrize("text", [ODD, "…", "A", "Turn the light off !", "12 34", "日本 door"])
def test_odd_texts(text: str, tmp_path: Path) -> None:
    part = one(toys.samples("en-please-turn-the-light-off"), text)
    (mine,) = aligner(toys.toy_wav2vec2()).align([part.item])
    theirs = whisperx(toys.toy_wav2vec2(), tmp_path).align([part])
    assert isinstance(mine, Alignment)
    assert agreement(mine.words, theirs) == 1
    guessed = [word.text for word in mine.words if word.interpolated]
    assert guessed == [word for word in text.split() if not re.search("[a-z'|]", word.lower())]


def test_errors_on_known_times_are_no_worse(tmp_path: Path) -> None:
    some = beside.parts(toys.timed(), 0.0)
    known = [
        edge + part.segment.start
        for part, recording in zip(some, toys.timed(), strict=True)
        for word in recording.words
        for edge in (word.start, word.end)
    ]

    def errors(found: Sequence[Word]) -> tuple[float, float]:
        edges = [edge for word in found for edge in (word.start, word.end)]
        off = [abs(a - b) for a, b in zip(edges, known, strict=True)]
        return median(off), quantiles(off, n=10)[-1]

    theirs = errors(whisperx(toys.toy_wav2vec2(), tmp_path).align(some))
    for precision in ("float32", "bfloat16"):
        mine = errors(ours(aligner(toys.toy_wav2vec2(), precision), some))
        assert mine[0] <= theirs[0] + 0.002
        assert mine[1] <= theirs[1] + 0.005


def test_scripts_without_spaces(grouped: Path, tmp_path: Path) -> None:
    letters = "日本語中文字你好世界的一是不了人我在有他这为之大来以个"
    chinese = shutil.copytree(grouped, tmp_path / "zh")
    vocabulary = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "|": 4}
    vocabulary |= {letter: 5 + n for n, letter in enumerate(letters)}
    (chinese / "vocab.json").write_text(json.dumps(vocabulary))
    part = one(toys.samples("en-open-the-blue-door"), "你好世界, 我的大人。")
    theirs = whisperx(chinese, tmp_path, "zh").align([part])
    characters = tuple(Word(text, 0.0, 0.0) for text in part.text if text != " ")
    fragment = Fragment(index=0, text=part.text, language="zh", words=characters)
    running = aligner(chinese, model="align/zh")
    assert agreement(words(running.align([(part.segment, fragment)])), theirs) == 1
    whole = words(running.align([(part.segment, Fragment(index=0, text=part.text))]))
    assert [word.text for word in whole] == part.text.split()
    assert (whole[0].start, whole[-1].end) == (theirs[0].start, theirs[-1].end)


# Pipelines of torchaudio -------------------------------------------------------------------------

BASE = pipelines.WAV2VEC2_ASR_BASE_960H
SIZES = BASE._params["extractor_conv_layer_config"]
FRENCH = pipelines.VOXPOPULI_ASR_BASE_10K_FR


def small(bundle: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Makes the models of `bundle` small."""
    params = {
        **bundle._params, "encoder_embed_dim": 64, "encoder_num_layers": 2, "encoder_num_heads": 4,
        "encoder_ff_interm_features": 96, "encoder_pos_conv_kernel": 16,
        "encoder_pos_conv_groups": 4,
        "extractor_conv_layer_config": [(32, *size) for _, *size in SIZES],
    }  # fmt: skip
    monkeypatch.setattr(bundle, "_params", params)
    return params


def saved(path: Path, params: dict[str, Any], unused: Sequence[int]) -> Any:
    """Weights as they are published, with outputs that were not used; returns the model."""
    torch.manual_seed(1)
    model = wav2vec2_model(**params).eval()
    weights = model.state_dict()
    weights["aux.weight"] *= 8
    model.load_state_dict(weights)
    for name in ("aux.weight", "aux.bias"):
        rows = list(weights[name])
        for place in unused:
            rows.insert(place, torch.full_like(rows[0], 100.0))
        weights[name] = torch.stack(rows)
    torch.save(weights, path)
    return model


@pytest.mark.parametrize(
    ("bundle", "file", "model"),
    [
        (BASE, BASE._path, "align/mine"),
        (BASE, "weights.pth", "align/en"),
        (FRENCH, "x.pt", "align/fr"),
    ],
)
def test_pipelines_of_torchaudio(
    bundle: Any, file: str, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = saved(tmp_path / file, small(bundle, monkeypatch), bundle._remove_aux_axis)
    some = beside.parts(recordings(), 12.0)
    beside_it = whisperx(toys.toy_wav2vec2(), tmp_path)
    beside_it.model = reference
    labels = {label.lower(): n for n, label in enumerate(bundle.get_labels())}
    beside_it.about |= {"type": "torchaudio", "dictionary": labels}
    mine = ours(aligner(tmp_path, model=model), some)
    assert agreement(mine, beside_it.align(some)) >= 0.99


def test_normalised_pipelines_hear_normalised_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BASE, "_normalize_waveform", True)
    reference = saved(tmp_path / BASE._path, small(BASE, monkeypatch), ())
    samples = toys.samples("en-open-the-blue-door")
    waveform = torch.from_numpy(np.frombuffer(samples, np.int16).astype(np.float32) / 32768)[None]
    with torch.inference_mode():
        wanted = reference(torch.nn.functional.layer_norm(waveform, waveform.shape))[0]
    wanted = torch.log_softmax(wanted, -1)[0].numpy()
    network = Network(load(tmp_path, None).parts, "cpu", half=False)
    (found,) = network.emissions([Segment(0, 0.0, samples)])
    assert np.abs(found - wanted).max() < 1e-4


@pytest.mark.parametrize("files", [(), ("a.pth", "b.pt"), ("other.pth",)])
def test_weights_of_no_known_pipeline(files: Sequence[str], tmp_path: Path) -> None:
    for name in files:
        torch.save({}, tmp_path / name)
    with pytest.raises(UnusableModel, match=r"no file|several files|no pipeline"):
        aligner(tmp_path, model="align/nn")


# Together as alone -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["layer", "group", "torchaudio"])
def test_together_as_alone(
    kind: str, grouped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = {"layer": toys.toy_wav2vec2(), "group": grouped, "torchaudio": tmp_path}[kind]
    if kind == "torchaudio":
        saved(tmp_path / BASE._path, small(BASE, monkeypatch), BASE._remove_aux_axis)
    some = [part.segment for part in beside.parts(recordings(), 6.0)]
    network = Network(load(folder, "align/en").parts, "cpu", half=False)
    together = network.emissions(some)
    assert len({len(emissions) for emissions in together}) > 3
    for segment, emissions in zip(some, together, strict=True):
        (alone,) = network.emissions([segment])
        assert emissions.shape == alone.shape
        assert np.abs(emissions - alone).max() < 1e-4


def test_emissions_are_those_of_transformers(grouped: Path) -> None:
    for folder in (toys.toy_wav2vec2(), grouped):
        reference = Wav2Vec2ForCTC.from_pretrained(folder).eval()
        network = Network(load(folder, None).parts, "cpu", half=False)
        for name in ("en-open-the-blue-door", "timed-00"):
            samples = toys.samples(name)
            heard = np.frombuffer(samples, np.int16).astype(np.float32) / 32768
            with torch.inference_mode():
                logits = reference(torch.from_numpy(heard)[None]).logits
            wanted = torch.log_softmax(logits, -1)[0].numpy()
            (found,) = network.emissions([Segment(0, 0.0, samples)])
            assert np.abs(found - wanted).max() < 5e-4


@pytest.mark.parametrize("shape", [
    {"conv_bias": True}, {"feat_extract_norm": "layer"}, {"feat_extract_activation": "relu"},
    {"add_adapter": True, "num_adapter_layers": 1, "output_hidden_size": 48},
    {"do_stable_layer_norm": True},
])  # fmt: skip
def test_other_shapes(shape: dict[str, Any], tmp_path: Path) -> None:
    folder = beside.random_model(tmp_path / "model", **{**SMALL, **shape})
    some = beside.parts(recordings()[:6], 0.0)
    mine = ours(aligner(folder), some)
    assert agreement(mine, whisperx(folder, tmp_path).align(some)) >= 0.95


def test_an_ear_hears_in_parts_what_it_hears_at_once(grouped: Path) -> None:
    layers = Wav2Vec2ForCTC.from_pretrained(grouped).wav2vec2.feature_extractor.conv_layers
    ear = Ear(layers, half=False)
    generator = torch.Generator().manual_seed(2)
    for length in (400, 719, 720, 16_000, 16_001, 100_000):
        samples = torch.rand(1, length, generator=generator) - 0.3
        with torch.inference_mode():
            ear._tile = 10**6
            whole = ear(samples)
            for ear._tile in (1, 7, 40):
                assert torch.allclose(ear(samples), whole, atol=1e-5)


@pytest.mark.parametrize("seconds", [0.01, 7.0, 1000.0])
def test_neither_order_nor_batches_change_anything(grouped: Path, seconds: float) -> None:
    some = beside.parts(recordings(), 6.0)
    first = ours(aligner(grouped, seconds=10.0), some)
    for threads in (1, 2, 5):
        again = ours(aligner(grouped, seconds=seconds, threads=threads), [*some[3:], *some[2::-1]])
        assert agreement(first, again, within=0.001) == 1


def test_a_crew_shares_the_threads_and_ends_together() -> None:
    crew = Crew(4)
    ended = []

    def work(part: int) -> int:
        if part == 0:
            raise MemoryError
        time.sleep(0.2)
        ended.append(part)
        return int(torch.get_num_threads())

    assert crew.map(work, [1]) == [4]
    assert crew.map(work, [1, 2]) == [2, 2]
    assert crew.map(work, [1, 2, 3]) == [1, 1, 1]
    assert torch.get_num_threads() == 4
    ended.clear()
    with pytest.raises(MemoryError):
        crew.map(work, [0, 1, 2])
    assert sorted(ended) == [1, 2]
    crew.close()


# Any text, any sound -----------------------------------------------------------------------------


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_conforms(precision: str) -> None:
    running = aligner(toys.toy_wav2vec2(), precision)
    conformance.aligns(running)
    conformance.aligns_anything(running)
    conformance.aligner_forgets(running)
    running.close()


def test_what_cannot_be_aligned_keeps_the_recognisers_times() -> None:
    told = (
        Word("far", 100.1, 100.2, 0.5),
        Word("too", 100.15, 100.3),
        Word("long" * 200, 100.3, 200.0),
    )
    text = " ".join(word.text for word in told)
    part = Segment(4, 100.0, toys.samples("timed-00")[:16_000])
    fragment = Fragment(index=4, text=text, words=told)
    running = aligner(toys.toy_wav2vec2())
    (found,) = running.align([(part, fragment)])
    assert isinstance(found, Alignment)
    assert [(w.start, w.end) for w in found.words] == [
        (100.1, 100.2),
        (100.2, 100.3),
        (100.3, 101.0),
    ]
    assert all(word.interpolated for word in found.words)
    assert found.words[0].score == 0.5


def test_a_model_that_emits_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    running = aligner(toys.toy_wav2vec2())
    monkeypatch.setattr(
        running._network, "emissions", lambda some: [np.full((50, 32), np.nan, np.float32)]
    )
    (word,) = ours(running, [one(toys.samples("timed-00"), "on")])
    assert word.interpolated


# Memory, cancelling, devices ---------------------------------------------------------------------


def short(
    running: Wav2Vec2Aligner,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[], Exception],
    most: float,
) -> list[float]:
    """More than `most` seconds with padding do not fit in memory. Returns what was tried."""
    real, tried = running._network.emissions, list[float]()

    def emissions(some: Sequence[Segment]) -> Any:
        tried.append(len(some) * max(segment.duration for segment in some))
        if tried[-1] > most:
            raise error()
        return real(some)

    monkeypatch.setattr(running._network, "emissions", emissions)
    return tried


@pytest.mark.parametrize(
    "error",
    [
        lambda: torch.OutOfMemoryError("CUDA out of memory."),
        lambda: RuntimeError("CUDA error: out of memory"),
        MemoryError,
    ],
)
def test_goes_on_with_less_memory(
    error: Callable[[], Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    some = beside.parts(recordings(), 0.0)
    wanted = ours(aligner(toys.toy_wav2vec2()), some)
    running = aligner(toys.toy_wav2vec2(), seconds=60.0)
    tried = short(running, monkeypatch, error, 16.0)
    items = list(running.align([part.item for part in some]))
    notices = [item for item in items if isinstance(item, Notice)]
    assert {notice.code for notice in notices} == {"aligner_memory"}
    assert len(notices) == len([seconds for seconds in tried if seconds > 16]) == 2
    assert agreement(words(iter(items)), wanted, within=0.001) == 1
    assert not [item for item in running.align([some[0].item]) if isinstance(item, Notice)]


def test_less_memory_is_used_by_one_batch_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    some = beside.parts(recordings(), 0.0)
    wanted = ours(aligner(toys.toy_wav2vec2()), some)
    running = aligner(toys.toy_wav2vec2(), threads=2)
    real, busy = running._network.emissions, threading.Semaphore()

    def emissions(some: Sequence[Segment]) -> Any:
        if not busy.acquire(timeout=0):
            raise MemoryError
        try:
            time.sleep(0.05)
            return real(some)
        finally:
            busy.release()

    monkeypatch.setattr(running._network, "emissions", emissions)
    notice, *items = running.align([part.item for part in some])
    assert isinstance(notice, Notice)
    assert "one batch at a time" in notice.message
    assert agreement(words(iter(items)), wanted, within=0.001) == 1


def test_a_single_segment_that_does_not_fit_goes_to_the_cpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    some = beside.parts(recordings()[:3], 0.0)
    running = aligner(toys.toy_wav2vec2(), seconds=0.01)
    wanted = ours(running, some)
    tried = short(running, monkeypatch, MemoryError, 0.0)
    running._network.device = "cuda"
    items = list(running.align([part.item for part in some]))
    notices = [item for item in items if isinstance(item, Notice)]
    assert len(tried) == len(notices) == 1
    assert "goes on with the CPU" in notices[0].message
    assert words(iter(items)) == wanted
    short(running, monkeypatch, MemoryError, 0.0)
    with pytest.raises(MemoryError):
        ours(running, some)


def test_other_failures_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    running = aligner(toys.toy_wav2vec2())
    short(running, monkeypatch, lambda: RuntimeError("shapes do not match"), 0.0)
    with pytest.raises(RuntimeError, match="shapes"):
        ours(running, beside.parts(recordings()[:2], 0.0))


def test_cancelling() -> None:
    stop = False
    running = aligner(toys.toy_wav2vec2(), seconds=0.01, cancelled=lambda: stop)
    items = [part.item for part in beside.parts(recordings()[:4], 0.0)]
    stream = running.align(items)
    next(stream)
    stop = True
    assert list(stream) == []
    stop = False
    assert len(list(running.align(items))) == 4


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_the_wanted_gpu_it_runs_on_the_cpu_and_says_so() -> None:
    running = aligner(toys.toy_wav2vec2(), device="cuda:1")
    part = one(toys.samples("timed-00"), toys.timed()[0].text)
    notice, alignment = running.align([part.item])
    assert isinstance(notice, Notice)
    assert "on the CPU" in notice.message
    assert isinstance(alignment, Alignment)


@pytest.mark.parametrize("alone", [True, False])
def test_a_gpu_without_room(alone: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def network(parts: Any, device: str, **named: Any) -> Any:
        if device == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return Network(parts, device, **named)

    monkeypatch.setattr("steno_whisper.aligning.aligner.Network", network)
    if not alone:
        with pytest.raises(torch.OutOfMemoryError):
            aligner(toys.toy_wav2vec2(), device="cuda", alone=False)
        return
    running = aligner(toys.toy_wav2vec2(), device="cuda")
    (notice,) = running.align([])
    assert isinstance(notice, Notice)
    assert notice.code == "aligner_memory"


# Folders of unknown origin -----------------------------------------------------------------------


class Mine:
    """Runs code where a pickle is trusted."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return Path.touch, (self.path,)  # type: ignore[return-value] # any call will do


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda f: (f / "config.json").unlink(), "no config.json"),
        (lambda f: (f / "config.json").write_text("["), "cannot be loaded"),
        (lambda f: (f / "config.json").write_text("[]"), "of type None"),
        (lambda f: (f / "config.json").write_text('{"model_type": "hubert"}'), "of type hubert"),
        (lambda f: (f / "vocab.json").unlink(), "vocab.json is missing"),
        (lambda f: (f / "vocab.json").write_text("{}"), "no letters|cannot be loaded"),
        (lambda f: (f / "vocab.json").write_text('{"a": "b"}'), "cannot be loaded"),
        (lambda f: (f / "vocab.json").write_text('["a"]'), "cannot be loaded"),
        (lambda f: (f / "model.safetensors").unlink(), "model.safetensors is missing"),
        (lambda f: (f / "model.safetensors").write_bytes(b""), "cannot be loaded"),
        (lambda f: cut_short(f / "model.safetensors"), "cannot be loaded"),
        (lambda f: without(f / "model.safetensors", "lm_head.weight"), "lack lm_head.weight"),
        (lambda f: shutil.rmtree(f), "there is no folder"),
    ],
)
def test_odd_folders(change: Callable[[Path], object], why: str, tmp_path: Path) -> None:
    folder = shutil.copytree(toys.toy_wav2vec2(), tmp_path / "model")
    change(folder)
    with pytest.raises(UnusableModel, match=why):
        aligner(folder)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100_000])


def without(path: Path, name: str) -> None:
    weights = load_file(path)
    del weights[name]
    save_file(weights, path, {"format": "pt"})


def test_letters_beyond_the_emissions_are_unknown(tmp_path: Path) -> None:
    folder = shutil.copytree(toys.toy_wav2vec2(), tmp_path / "model")
    vocabulary = json.loads((folder / "vocab.json").read_text())
    (folder / "vocab.json").write_text(json.dumps(vocabulary | {"é": 32, "[pad]": 33}))
    letters = load(folder, None).alphabet
    assert "é" not in letters.columns
    assert letters.blank == 0


@pytest.mark.parametrize("layout", ["hub", "torchaudio"])
@pytest.mark.parametrize("zipped", [True, False])
def test_code_of_a_pickle_is_not_run(layout: str, zipped: bool, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    folder = shutil.copytree(toys.toy_wav2vec2(), tmp_path / "model")
    (folder / "model.safetensors").unlink()
    path = folder / "pytorch_model.bin"
    if layout == "torchaudio":
        (folder / "config.json").unlink()
        path = folder / BASE._path
    if zipped:
        torch.save({"lm_head.weight": Mine(mark)}, path)
    else:
        path.write_bytes(pickle.dumps({"lm_head.weight": Mine(mark)}))
    with pytest.raises(UnusableModel, match="cannot be loaded"):
        aligner(folder)
    assert not mark.exists()


def test_pickled_weights_and_code_in_the_folder(tmp_path: Path) -> None:
    """Weights of the old kind are read; code that a folder brings is not."""
    folder = shutil.copytree(toys.toy_wav2vec2(), tmp_path / "model")
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    told = json.loads((folder / "config.json").read_text())
    brought = {"AutoModelForCTC": "own.Model", "AutoConfig": "own.Config"}
    (folder / "config.json").write_text(json.dumps(told | {"auto_map": brought}))
    (folder / "own.py").write_text(f"open({str(tmp_path / 'mark')!r}, 'w')")
    some = beside.parts(recordings()[:2], 0.0)
    assert ours(aligner(folder), some) == ours(aligner(toys.toy_wav2vec2()), some)
    assert not (tmp_path / "mark").exists()


# The trellis -------------------------------------------------------------------------------------


@st.composite
def utterances(draw: st.DrawFn) -> list[Utterance]:
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    made = []
    for _ in range(draw(st.integers(1, 5))):
        frames, count = draw(st.integers(1, 60)), draw(st.integers(1, 40))
        logits = generator.normal(size=(frames, 9)) * draw(st.sampled_from([0.1, 1.0, 8.0]))
        emissions = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        tokens = [int(token) for token in generator.integers(WILDCARD, 9, count)]
        made.append(Utterance(emissions.astype(np.float32), tokens))
    return made


@settings(max_examples=200, deadline=None)
@given(utterances(), st.integers(0, 8))
def test_paths_are_those_of_the_library(some: list[Utterance], blank: int) -> None:
    for utterance, runs in zip(some, paths(some, blank), strict=True):
        same_path(utterance, runs, blank)


def test_long_paths_are_those_of_the_library() -> None:
    """Of 28 s, of which many are about as likely."""
    generator = np.random.default_rng(3)
    some = []
    for count in (40, 400, 1399, 1400):
        emissions = np.log(generator.dirichlet(np.full(9, 50.0), 1400)).astype(np.float32)
        some.append(Utterance(emissions, generator.integers(WILDCARD, 9, count).tolist()))
    for utterance, runs in zip(some, paths(some, 0), strict=True):
        same_path(utterance, runs, 0)


def same_path(utterance: Utterance, runs: Sequence[Run] | None, blank: int) -> None:
    emission = torch.from_numpy(utterance.emissions)
    others = [n for n in range(9) if n != blank]
    emission = torch.cat([emission, emission[:, others].max(dim=1).values[:, None]], dim=1)
    tokens = [9 if token == WILDCARD else token for token in utterance.tokens]
    path = backtrack(get_trellis(emission, tokens, blank), emission, tokens, blank)
    if path is None:
        assert runs is None
        return
    wanted = merge_repeats(path, "x" * len(tokens))
    assert runs is not None
    assert [(run.start, run.end) for run in runs] == [(one.start, one.end) for one in wanted]
    assert [run.score for run in runs] == pytest.approx([one.score for one in wanted], abs=1e-5)
    assert all(a.end == b.start for a, b in pairwise(runs))


def test_shapes_used_here_are_what_is_tested() -> None:
    assert Wav2Vec2Config(**SMALL).feat_extract_norm == "group"
    told = json.loads((toys.toy_wav2vec2() / "config.json").read_text())
    assert told["feat_extract_norm"] == "layer"
