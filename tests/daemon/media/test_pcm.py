"""The working file of samples is read while it is written."""

import subprocess
import sys
from array import array
from pathlib import Path

import pytest

from steno.media.pcm import PcmWriter, read


def ramp(begin: int, end: int) -> memoryview:
    return memoryview(array("h", range(begin, end)))


def test_what_is_written_can_be_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "audio.pcm"
    with PcmWriter(path) as writer:
        writer.write(ramp(0, 1000))
        assert writer.samples == 1000
        assert read(path, 10, 20).tolist() == list(range(10, 20))
        writer.write(ramp(1000, 1500))
        assert read(path, 990, 1010).tolist() == list(range(990, 1010))
    assert read(path, 0, 1500) == ramp(0, 1500)
    assert path.stat().st_size == 3000


def test_another_process_reads_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "audio.pcm"
    program = "import sys; from steno.media.pcm import read; print(sum(read(sys.argv[1], 0, 9)))"
    with PcmWriter(path) as writer:
        writer.write(ramp(-5, 5))
        answer = subprocess.run(
            [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
        )
    assert int(answer.stdout) == sum(range(-5, 4))


def test_samples_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "audio.pcm"
    with PcmWriter(path) as writer:
        writer.write(ramp(0, 10))
    with pytest.raises(EOFError):
        read(path, 5, 11)


def test_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "audio.pcm"
    for count in (20, 10):
        with PcmWriter(path) as writer:
            writer.write(ramp(0, count))
    assert path.stat().st_size == 20


def test_no_samples(tmp_path: Path) -> None:
    path = tmp_path / "audio.pcm"
    with PcmWriter(path) as writer:
        writer.write(ramp(0, 0))
    assert len(read(path, 0, 0)) == 0
