"""Peaks are the same in whatever blocks the samples come."""

from array import array
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from steno.media.peaks import Folding, PeakWriter
from steno.worker.protocol import SAMPLES_A_PEAK

SAMPLES = st.lists(st.integers(-32768, 32767), max_size=4).map(lambda some: some * 130)


def view(samples: list[int]) -> memoryview:
    return memoryview(array("h", samples))


def brute(samples: list[int]) -> bytes:
    """By the definition, with the low bytes left out."""
    parts = [samples[i : i + SAMPLES_A_PEAK] for i in range(0, len(samples), SAMPLES_A_PEAK)]
    return bytes(
        round(max((s if s >= 0 else -1 - s) >> 8 for s in part) * 255 / 127) for part in parts
    )


@settings(max_examples=50)
@given(SAMPLES, st.lists(st.integers(0, 520), max_size=5))
def test_blocks_make_no_difference(samples: list[int], cuts: list[int]) -> None:
    folding, found = Folding(), b""
    edges = sorted({0, len(samples), *(cut for cut in cuts if cut < len(samples))})
    for start, end in pairwise(edges):
        found += folding.fold(view(samples[start:end]))
    assert found + folding.rest() == brute(samples)


def test_the_scale_is_a_byte() -> None:
    loud = [view([level] * SAMPLES_A_PEAK) for level in (0, 32767, -32768, 16384, -1)]
    assert [*map(Folding().fold, loud)] == [b"\x00", b"\xff", b"\xff", b"\x81", b"\x00"]


def test_what_is_written_is_there_at_once_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "peaks"
    path.write_bytes(b"\x05" * 10)
    blocks = [view([32767] * 400), view([-32768] * 90)]
    with PeakWriter(path) as writer:
        for _, least in zip(writer.through(blocks), (2, 3), strict=True):
            assert path.read_bytes()[:least] == b"\xff" * least
            assert path.stat().st_size == 10, "who reads meanwhile would find less than before"
    assert path.read_bytes() == b"\xff" * 4
