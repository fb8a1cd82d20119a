"""Samples come out on the media's own time line, whatever the container does to them."""

import os
import tracemalloc
from array import array
from itertools import pairwise
from pathlib import Path

import pytest

import corpus
from steno.errors import StenoError
from steno.media.decode import BLOCK, Decoder, decode, shortfall
from steno.plugins import SAMPLE_RATE

HOUR = 3600.0
TENTH = SAMPLE_RATE // 10


def decoded(path: Path | bytes, limit: float = HOUR) -> "tuple[Decoder, array[int]]":
    decoder = Decoder(os.fsencode(path), limit)
    samples = array("h")
    for block in decoder:
        assert block.format == "h"
        samples.frombytes(block.cast("B"))
    assert decoder.samples == len(samples)
    return decoder, samples


def heard(samples: "array[int]") -> list[tuple[float, float]]:
    """From when to when there is sound, in seconds, by tenths."""
    loud = [
        max(map(abs, samples[begin : begin + TENTH])) > 2000
        for begin in range(0, len(samples), TENTH)
    ]
    edges = [
        n for n in range(len(loud) + 1) if (n < len(loud) and loud[n]) != (n > 0 and loud[n - 1])
    ]
    return [(a / 10, b / 10) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def near(times: list[tuple[float, float]]) -> list[object]:
    """Within two frames of AAC at 16 kHz and a tenth."""
    return [pytest.approx(pair, abs=0.23) for pair in times]


def crossings(samples: "array[int]") -> int:
    return sum(a < 0 <= b for a, b in pairwise(samples))


@pytest.mark.parametrize(("name", "codec"), corpus.AUDIO.items())
def test_audio_of_many_kinds(tmp_path: Path, name: str, codec: str) -> None:
    path = corpus.audio(tmp_path / name, corpus.tone(2.0), codec=codec)
    decoder, samples = decoded(path)
    assert decoder.seconds == pytest.approx(2.0, abs=0.05)
    assert crossings(samples[TENTH : 11 * TENTH]) == pytest.approx(440, abs=2)
    assert decoder.damaged == 0
    assert shortfall(decoder.announced, decoder.seconds) == 0


def test_any_rate_and_channels_become_16_khz_mono(tmp_path: Path) -> None:
    tone = corpus.tone(2.0, 44_100)
    corpus.audio(tmp_path / "cd.wav", tone, rate=44_100, channels=2)
    _, samples = decoded(tmp_path / "cd.wav")
    assert len(samples) == pytest.approx(2 * SAMPLE_RATE, abs=40)
    assert crossings(samples[:SAMPLE_RATE]) == pytest.approx(440, abs=2)
    assert max(samples) == pytest.approx(0.3 * 32767, rel=0.05)


def test_samples_of_16_khz_mono_are_not_touched(tmp_path: Path) -> None:
    tone = corpus.tone(1.5)
    corpus.audio(tmp_path / "tone.flac", tone, codec="flac")
    assert decoded(tmp_path / "tone.flac")[1] == tone


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".ts"])
def test_sound_that_begins_late_is_preceded_by_silence(tmp_path: Path, suffix: str) -> None:
    path = corpus.film(tmp_path / f"late{suffix}", corpus.tone(2.0), late=1.5, seconds=4.0)
    _, samples = decoded(path)
    assert heard(samples) == near([(1.5, 3.5)])


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".ts"])
def test_holes_are_filled_with_silence(tmp_path: Path, suffix: str) -> None:
    path = corpus.film(
        tmp_path / f"holes{suffix}", corpus.tone(3.0), holes=[(1.0, 0.7), (2.0, 0.5)], seconds=4.2
    )
    _, samples = decoded(path)
    assert heard(samples) == near([(0.0, 1.0), (1.7, 2.7), (3.2, 4.2)])


def test_what_is_told_twice_is_trimmed(tmp_path: Path) -> None:
    first = corpus.film(tmp_path / "first.ts", corpus.tone(3.0), seconds=3.0)
    again = corpus.film(tmp_path / "again.ts", corpus.tone(2.0), late=2.0, seconds=4.0)
    (tmp_path / "both.ts").write_bytes(first.read_bytes() + again.read_bytes())
    _, samples = decoded(tmp_path / "both.ts")
    assert heard(samples) == near([(0.0, 4.0)])


def test_a_clock_that_begins_anew_loses_no_sound(tmp_path: Path) -> None:
    part = corpus.film(tmp_path / "part.ts", corpus.tone(8.0), seconds=8.0).read_bytes()
    (tmp_path / "both.ts").write_bytes(part + part)
    _, samples = decoded(tmp_path / "both.ts")
    assert heard(samples) == near([(0.0, 16.1)])


def test_truncated_file_is_recognised(tmp_path: Path) -> None:
    for name, codec in (
        ("tone.flac", "flac"),
        ("tone.mp3", "libmp3lame"),
        ("tone.wav", "pcm_s16le"),
    ):
        whole = tmp_path / name
        corpus.audio(whole, corpus.tone(30.0), codec=codec)
        decoder, _ = decoded(corpus.truncated(tmp_path / f"part-{name}", whole))
        assert decoder.announced == pytest.approx(30.0, abs=0.1)
        missing = shortfall(decoder.announced, decoder.seconds)
        assert missing == pytest.approx(18.0, abs=1.0)


def test_damaged_packets_are_skipped_and_counted(tmp_path: Path) -> None:
    corpus.audio(tmp_path / "tone.mp3", corpus.tone(20.0), codec="libmp3lame")
    decoder, _ = decoded(corpus.damaged(tmp_path / "bad.mp3", tmp_path / "tone.mp3"))
    assert decoder.damaged > 0
    assert decoder.seconds == pytest.approx(20.0, abs=1.5)


def test_decoded_length_is_bounded_whatever_was_announced(tmp_path: Path) -> None:
    bomb = corpus.bomb(tmp_path / "bomb.flac", 120.0)
    assert bomb.stat().st_size < 100_000
    decoder = Decoder(os.fsencode(bomb), 10.0)
    with pytest.raises(StenoError) as caught:
        for _ in decoder:
            pass
    assert caught.value.code == "media_too_long"
    assert decoder.seconds <= 11.0


def test_a_hole_is_bounded_too(tmp_path: Path) -> None:
    path = corpus.film(tmp_path / "hole.mkv", corpus.tone(2.0), holes=[(1.0, 500.0)], seconds=502)
    with pytest.raises(StenoError) as caught:
        decoded(path, 60.0)
    assert caught.value.code == "media_too_long"


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(seconds: float) -> int:
        path = corpus.bomb(tmp_path / f"{seconds}.flac", seconds)
        tracemalloc.start()
        for _ in decode(os.fsencode(path), HOUR):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(200.0) < peak(20.0) * 1.1 + 10_000


def test_blocks_are_of_about_half_a_second(tmp_path: Path) -> None:
    corpus.audio(tmp_path / "tone.wav", corpus.tone(5.0))
    sizes = [len(block) for block in decode(os.fsencode(tmp_path / "tone.wav"), HOUR)]
    assert all(BLOCK <= size <= 2 * BLOCK for size in sizes[:-1])


def test_the_same_file_gives_the_same_samples(tmp_path: Path) -> None:
    corpus.audio(tmp_path / "a.mp3", corpus.tone(3.0, 44_100), codec="libmp3lame", rate=44_100)
    assert decoded(tmp_path / "a.mp3")[1] == decoded(tmp_path / "a.mp3")[1]


def test_film_without_samples(tmp_path: Path) -> None:
    corpus.no_samples(tmp_path / "empty.wav")
    with pytest.raises(StenoError) as caught:
        decoded(tmp_path / "empty.wav")
    assert caught.value.code == "media_no_samples"


def test_small_differences_are_no_shortfall() -> None:
    assert shortfall(None, 5.0) == 0.0
    assert shortfall(100.0, 98.5) == 0.0
    assert shortfall(14_400.0, 14_300.0) == 0.0
    assert shortfall(14_400.0, 5003.0) == pytest.approx(9397.0)
    assert shortfall(5.0, 7.0) == 0.0
