"""Columns of a drawing."""

import os
import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from steno.jobs.peaks import AT_ONCE, PeakFile, fold, spans, tidy
from steno.jobs.waveform import clipped
from steno.worker.protocol import SAMPLES_A_PEAK


@given(
    st.binary(min_size=1, max_size=60),
    st.integers(0, 9000),
    st.integers(1, 9000),
    st.integers(1, 50),
)
def test_a_column_is_the_highest_peak_that_it_touches(
    peaks: bytes, start: int, length: int, columns: int
) -> None:
    parts = spans(start, start + length, columns)
    first, last = parts[0][0], parts[-1][1]
    found = fold(peaks[first:last], first, parts)
    assert len(found) == columns
    for i, column in enumerate(found):
        begin, end = start * columns + i * length, start * columns + (i + 1) * length
        touched = [
            peaks[n] if n < len(peaks) else None
            for n in range((start + length) // SAMPLES_A_PEAK + 1)
            if n * SAMPLES_A_PEAK * columns < end and (n + 1) * SAMPLES_A_PEAK * columns > begin
        ]
        assert column == (None if None in touched else max(touched))  # type: ignore[type-var]  # no None


def test_the_highest_of_many_is_found_wherever_it_is() -> None:
    for place in (0, AT_ONCE - 1, AT_ONCE, 3 * AT_ONCE, 3 * AT_ONCE + 4):
        peaks = bytearray(random.Random(1).choices(range(255), k=3 * AT_ONCE + 5))
        peaks[place] = 255
        assert fold(bytes(peaks), 7, [(7, 7 + len(peaks))]) == [255]


def test_a_range_is_cut_to_the_audio() -> None:
    second = 16000
    assert clipped(None, None, 3 * second, announced=9.0, known=0) == (0, 3 * second)
    assert clipped(1.0, 5.0, 3 * second, announced=9.0, known=0) == (second, 3 * second)
    assert clipped(4.0, 5.0, 3 * second, announced=9.0, known=0) == (3 * second, 3 * second)
    assert clipped(None, None, None, announced=9.0, known=second) == (0, 9 * second)
    assert clipped(None, None, None, announced=0.5, known=second) == (0, second)
    assert clipped(2.0, None, None, announced=None, known=second) == (second, second)
    assert clipped(2.0, 3.0, None, announced=None, known=second) == (2 * second, 3 * second)


def test_a_file_is_whole_by_its_name_and_its_length(tmp_path: Path) -> None:
    file = PeakFile(tmp_path, 2, 161)
    assert file.wanted() == os.fsencode(tmp_path / "peaks-2")
    file.growing.write_bytes(b"\x01\x02")
    with file.opened() as peaks:
        assert peaks is not None
        assert (peaks.known, peaks.complete, peaks.read(1, 9)) == (2, False, b"\x02")
    file.publish()
    assert file.wanted() is None
    file.whole.write_bytes(b"\x01")
    assert not file.is_whole(), "some of it is lost"
    file.growing.write_bytes(b"\x01\x02\x03")
    file.publish()
    assert file.whole.read_bytes() == b"\x01\x02", "another decoder's length is made the job's"


def test_a_complete_job_keeps_its_peaks_only(tmp_path: Path) -> None:
    for name in ("peaks", "peaks-3", "audio-3.pcm"):
        (tmp_path / name).touch()
    tidy(tmp_path)
    assert os.listdir(tmp_path) == ["peaks"]
    (tmp_path / "peaks").unlink()
    tidy(tmp_path)
    assert not tmp_path.exists()
    tidy(tmp_path)
