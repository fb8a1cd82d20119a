"""Verifying finds whatever is not as it was."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from brought import FILES, Told, bring, lay
from steno.transfer.verifying import verify
from steno.worker import protocol as p
from steno.worker.channel import Interrupted


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model."""
    bring(lay(tmp_path / "given", FILES), tmp_path / "model")
    return tmp_path / "model"


def wrong(folder: Path, channel: Told | None = None) -> list[str]:
    return verify(p.Verify(id=7, folder=os.fsencode(folder)), channel or Told()).wrong


def test_a_sound_model(folder: Path) -> None:
    channel = Told()
    (folder / "more.txt").write_bytes(b"not the model's")
    assert wrong(folder, channel) == []
    total = sum(map(len, FILES.values()))
    assert channel.answers[0] == p.Fetching(id=7, done=0, total=total)
    assert channel.answers[-1] == p.Fetching(id=7, done=total, total=total)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def become_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def become_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def become_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def become_device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    "change",
    [
        Path.unlink, flip, become_pipe, become_folder, become_link, become_device,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes() + b"x"),
        lambda path: os.truncate(path, path.stat().st_size - 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["model.bin", "deep/er/weights.bin"])
def test_any_change_is_found(folder: Path, name: str, change: Callable[[Path], object]) -> None:
    change(folder / name)
    assert wrong(folder) == [name]


def test_all_that_is_wrong_is_named(folder: Path) -> None:
    flip(folder / "model.bin")
    (folder / "config.json").unlink()
    assert wrong(folder) == ["config.json", "model.bin"]


def test_links_to_what_is_right_are_right(folder: Path, tmp_path: Path) -> None:
    """A model that lies in a cache of Hugging Face."""
    os.rename(folder / "model.bin", tmp_path / "blob")
    (folder / "model.bin").symlink_to(tmp_path / "blob")
    assert wrong(folder) == []
    flip(tmp_path / "blob")
    assert wrong(folder) == ["model.bin"]


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        wrong(tmp_path / "gone")


@pytest.mark.parametrize("change", [become_pipe, become_folder, become_link, become_device])
def test_a_manifest_that_is_no_file(folder: Path, change: Callable[[Path], object]) -> None:
    change(folder / p.MANIFEST)
    assert wrong(folder) == [p.MANIFEST]


@pytest.mark.parametrize("text", [None, b"", b"{}", b"../"])
def test_without_a_manifest_that_is_what_is_wrong(folder: Path, text: bytes | None) -> None:
    path = folder / p.MANIFEST
    if text is None:
        path.unlink()
    elif text == b"../":
        path.write_bytes(path.read_bytes().replace(b"model.bin", b"../model.bin"))
    else:
        path.write_bytes(text)
    assert wrong(folder) == [p.MANIFEST]


def test_a_cancel_is_heeded_at_every_block(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steno.transfer.progress.OFTEN", 0.0)  # as many looks every time
    channel = Told()
    wrong(folder, channel)
    assert channel.looks >= 2 * len(FILES)
    for cancel in range(1, channel.looks + 1):
        with pytest.raises(Interrupted):
            wrong(folder, Told(cancel))
