"""The token of the TCP door: made once, kept, refused where others had a hand in it."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from steno import token
from steno.errors import StenoError


def test_is_made_for_its_owner_only_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "token"
    before = os.umask(0)
    try:
        made = token.keep(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(made) >= 43, "256 bits"
    assert path.read_bytes() == made + b"\n"
    assert token.keep(path) == made
    assert os.listdir(tmp_path) == ["token"]
    path.unlink()
    assert token.keep(path) != made


def readable(path: Path) -> None:
    path.chmod(0o640)


def writable(path: Path) -> None:
    path.chmod(0o602)


def link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def empty(path: Path) -> None:
    path.write_text("")


def short(path: Path) -> None:
    path.write_text("secret\n")


def two_lines(path: Path) -> None:
    path.write_text("x" * 43 + "\n" + "x" * 43)


def of_another_user(path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root gives files away")
    os.chown(path, 12345, -1)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (readable, "its mode is 640"),
        (writable, "its mode is 602"),
        (link, "symbolic links"),
        (folder, "is a directory"),
        (pipe, "not a regular file"),
        (empty, "does not hold a token"),
        (short, "does not hold a token"),
        (two_lines, "does not hold a token"),
        (of_another_user, "it belongs to user 12345"),
    ],
)
def test_a_doubtful_one_is_refused(spoil: Callable[[Path], None], why: str, tmp_path: Path) -> None:
    path = tmp_path / "token"
    token.keep(path)
    spoil(path)
    with pytest.raises(StenoError) as caught:
        token.keep(path)
    assert caught.value.code == "token_unusable"
    assert str(path) in str(caught.value)
    assert why in str(caught.value)
