"""The Silero detector, heard as a stream."""

import resource
import subprocess
import sys
from array import array
from collections.abc import Iterable, Iterator
from itertools import pairwise

import pytest

import toys
from steno.plugins import SAMPLE_RATE, Context, Piece, conformance
from steno.plugins.sound import joined, sample, silence

pytest.importorskip("faster_whisper", exc_type=ImportError)
pytest.importorskip("onnxruntime", exc_type=ImportError)

import numpy as np
from faster_whisper.vad import get_vad_model

from steno_whisper.settings import SileroSettings
from steno_whisper.splitter import GROUP, WINDOW, Detector, SileroSplitter, groups

PAUSE = 1.5
"""Seconds of silence after each recording that is joined to others."""


@pytest.fixture(scope="module")
def splitter() -> SileroSplitter:
    return SileroSplitter(SileroSettings(), Context())


@pytest.fixture(scope="module")
def talk() -> memoryview:
    """All recordings of which the words' times are known."""
    return toys.joined(toys.timed(), PAUSE)


def sounding(wave: Iterable[float]) -> memoryview:
    return memoryview(array("h", (round(one) for one in wave)))


def noise(seconds: float) -> memoryview:
    shape = round(seconds * SAMPLE_RATE)
    return sounding(np.random.default_rng(1).normal(0, 3000, shape).clip(-32768, 32767))


def music(seconds: float) -> memoryview:
    """Chords that change twice a second, each struck and fading."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    chords = np.array([(262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294)])
    notes = chords[(time * 2).astype(int) % len(chords)].T
    fading = np.exp(-3 * (time * 2 % 1))
    return sounding(3000 * fading * np.sin(2 * np.pi * notes * time).sum(axis=0))


def heard(sound: memoryview) -> list[float]:
    """What a detector says of the whole windows of `sound`, group by group."""
    detector = Detector()
    whole = sound[: len(sound) - len(sound) % WINDOW]
    return [sure for part in groups([whole]) for sure in detector.hear(part.reshape(-1, WINDOW))]


def blocks(sound: memoryview, size: int) -> Iterator[memoryview]:
    return (sound[begin : begin + size] for begin in range(0, len(sound), size))


@pytest.mark.parametrize(
    "promise",
    [
        conformance.splits,
        conformance.splits_alike,
        conformance.splits_early,
        conformance.splits_nothing,
    ],
)
def test_it_keeps_the_contract(splitter: SileroSplitter, promise: object) -> None:
    assert callable(promise)
    promise(splitter)


def test_a_stream_is_heard_as_the_library_hears_the_whole(talk: memoryview) -> None:
    windows = len(talk) // WINDOW
    assert windows % GROUP  # the last group is not a full one
    # The library adds silence up to a whole window, and one where there is none to add.
    padded = np.pad(np.asarray(talk), (0, WINDOW - len(talk) % WINDOW))
    whole = get_vad_model()(padded.astype(np.float32) / 32768).ravel()[:windows]
    assert np.abs(np.array(heard(talk)) - whole).max() < 1e-4
    assert whole.min() < 0.1 < 0.9 < whole.max()


def test_pieces_hold_every_word(splitter: SileroSplitter, talk: memoryview) -> None:
    pieces = list(splitter.split(blocks(talk, 8000)))
    assert all(one.end <= other.start for one, other in pairwise(pieces))
    assert not any(piece.forced for piece in pieces)
    at, words, left_out = 0.0, 0.0, 0.0
    for recording in toys.timed():
        for word in recording.words:
            begin, end = ((at + time) * SAMPLE_RATE for time in (word.start, word.end))
            inside = sum(max(0, min(p.end, end) - max(p.start, begin)) for p in pieces)
            words += end - begin
            left_out += end - begin - inside
            assert inside > 0.9 * (end - begin), f"{recording.path.name}: {word}"
        at += len(toys.samples(recording)) / SAMPLE_RATE + PAUSE
    assert left_out < 0.002 * words


def test_pauses_between_are_left_out(splitter: SileroSplitter, talk: memoryview) -> None:
    pieces = list(splitter.split([talk]))
    assert len(pieces) >= len(toys.timed())
    assert sum(piece.end - piece.start for piece in pieces) < 0.85 * len(talk)


@pytest.mark.parametrize("sound", [noise(20), music(20)], ids=["noise", "music"])
def test_what_is_no_speech(splitter: SileroSplitter, sound: memoryview) -> None:
    assert list(splitter.split([sound])) == []
    begin = len(sound)
    (piece,) = splitter.split([joined(sound, silence(1.0), sample(), silence(1.0))])
    assert begin < piece.start < piece.end <= begin + 2 * SAMPLE_RATE + len(sample())


@pytest.mark.parametrize("length", [1, 160, WINDOW - 1, WINDOW, WINDOW + 1, GROUP * WINDOW])
def test_lengths_at_an_edge(splitter: SileroSplitter, length: int) -> None:
    start = SAMPLE_RATE
    for piece in splitter.split([sample()[start : start + length]]):
        assert 0 <= piece.start < piece.end <= length


@pytest.mark.parametrize("size", [1, 511, 513, 1000, 8192, 100_003])
def test_sizes_of_blocks_make_no_difference(
    splitter: SileroSplitter, talk: memoryview, size: int
) -> None:
    part = talk[: 200_001 if size == 1 else len(talk)]
    assert list(splitter.split(blocks(part, size))) == list(splitter.split([part]))


def test_empty_blocks_make_no_difference(splitter: SileroSplitter) -> None:
    empty = silence(0.0)
    found = list(splitter.split([empty, sample(), empty, sample(), empty]))
    assert found == list(splitter.split([joined(sample(), sample())])) != []


def test_streams_do_not_hear_each_other(splitter: SileroSplitter, talk: memoryview) -> None:
    alone = list(splitter.split([talk]))
    half = splitter.split(blocks(talk, 8000))
    first = next(half)
    assert list(splitter.split([joined(sample(), silence(1.0))]))
    assert [first, *half] == alone


def test_speech_that_goes_on_without_a_pause_is_cut(splitter: SileroSplitter) -> None:
    # What is surely speech from end to end: the middle of the sample, again and again.
    steady = sample()[30 * WINDOW : 70 * WINDOW]
    pieces = list(splitter.split([joined(*[steady] * 60)]))
    assert any(piece.forced for piece in pieces)
    assert all(piece.end - piece.start <= 30 * SAMPLE_RATE for piece in pieces)
    assert [piece.start for piece in pieces[1:]] == [piece.end for piece in pieces[:-1]]


def test_threshold_decides_what_is_speech(talk: memoryview) -> None:
    def spoken(threshold: float) -> int:
        splitter = SileroSplitter(SileroSettings(threshold=threshold, padding=0.0), Context())
        return sum(piece.end - piece.start for piece in splitter.split([talk]))

    assert spoken(0.05) > spoken(0.5) > spoken(0.95) > 0


class Told:
    """A detector that says what it is told."""

    def __init__(self, sure: list[float]) -> None:
        self.sure = iter(sure)

    def hear(self, windows: list[object]) -> list[float]:
        return [next(self.sure) for _ in windows]


def test_speech_goes_on_for_longer_than_it_takes_to_begin(
    splitter: SileroSplitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pieces(*sure: tuple[float, int]) -> list[Piece]:
        said = [one for one, times in sure for _ in range(times)]
        monkeypatch.setattr("steno_whisper.splitter.Detector", lambda: Told(said))
        return list(splitter.split([silence(len(said) * WINDOW / SAMPLE_RATE)]))

    assert pieces((0.1, 10), (0.45, 50), (0.1, 50)) == []
    (begun,) = pieces((0.1, 10), (0.55, 10), (0.45, 50), (0.1, 50))
    assert begun.end - begun.start > 60 * WINDOW
    # What fell once is a pause until it is sure again.
    (fallen,) = pieces((0.1, 10), (0.55, 10), (0.3, 1), (0.45, 50), (0.1, 50))
    assert fallen.end - fallen.start < 40 * WINDOW


def test_where_nobody_pauses_it_is_cut_where_it_is_quiet(
    splitter: SileroSplitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steno_whisper.splitter.Detector", lambda: Told([1.0] * 2000))
    sound = np.array(noise(40))
    at = 27 * SAMPLE_RATE
    sound[at : at + 5 * WINDOW] //= 2
    piece = next(splitter.split([sound.data]))
    assert piece.forced
    assert at < piece.end < at + 5 * WINDOW


PEAK = """
import sys
from steno.plugins import Context
from steno.plugins.sound import silence
from steno_whisper.settings import SileroSettings
from steno_whisper.splitter import SileroSplitter
block = silence(0.5)
found = SileroSplitter(SileroSettings(), Context()).split(block for _ in range(int(sys.argv[1])))
assert not list(found)
with open("/proc/self/status") as file:
    print(dict(line.split(":", 1) for line in file)["VmHWM"].split()[0])
"""


def test_memory_does_not_grow_with_the_stream() -> None:
    def peak(minutes: int) -> int:
        """KiB."""
        command = [sys.executable, "-P", "-c", PEAK, str(120 * minutes)]
        return int(subprocess.check_output(command, text=True))

    assert peak(12) < peak(2) + 4 * 1024


def test_it_takes_one_thread_only(splitter: SileroSplitter, talk: memoryview) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_THREAD)
    list(splitter.split([talk]))
    after = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_THREAD)
    process, thread = (b.ru_utime - a.ru_utime for a, b in zip(before, after, strict=True))
    assert process < 1.3 * thread + 0.05
