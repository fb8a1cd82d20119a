"""What another user of the output folder plants there is not written to."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from steno.jobs.subtitle_file import Writer

PRECIOUS = "precious"


def link(place: bytes, precious: Path) -> None:
    os.symlink(precious, place)


def hard_link(place: bytes, precious: Path) -> None:
    os.link(precious, place)


def pipe(place: bytes, precious: Path) -> None:
    os.mkfifo(place)


def file_of_theirs(place: bytes, precious: Path) -> None:
    os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o666))
    os.chmod(place, 0o666)


@pytest.mark.parametrize("plant", [link, hard_link, pipe, file_of_theirs])
def test_what_stands_at_the_temporary_name_is_not_written_to(
    plant: Callable[[bytes, Path], None], tmp_path: Path
) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text(PRECIOUS)
    folder = tmp_path / "subs"
    folder.mkdir()
    place = os.fsencode(folder / "a.srt")
    writer = Writer(place, "0123abcd")
    writer.write(["once"])
    (temporary,) = os.listdir(os.fsencode(folder))
    os.unlink(folder / os.fsdecode(temporary))
    plant(os.path.join(os.fsencode(folder), temporary), precious)

    writer.write(["some ", "text"])
    writer.publish()

    assert precious.read_text() == PRECIOUS
    assert (folder / "a.srt").read_text() == "some text"
    status = (folder / "a.srt").lstat()
    assert (status.st_nlink, status.st_mode & 0o022) == (1, 0)
    assert os.listdir(folder) == ["a.srt"]
