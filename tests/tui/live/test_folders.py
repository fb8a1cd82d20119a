"""Paths that are pasted, and what is found in folders."""

import os
from pathlib import Path

import pytest

from steno_tui.live import folders, media
from steno_tui.live.pasted import paths_of


@pytest.mark.parametrize(
    ("pasted", "paths"),
    [
        ("/m/a.mp4", ["/m/a.mp4"]),
        ("'/m/a b.mp4' /m/c.mp4 ", ["/m/a b.mp4", "/m/c.mp4"]),
        (r"/m/a\ b.mp4 /m/it\'s.mp4", ["/m/a b.mp4", "/m/it's.mp4"]),
        ('"/m/a b.mp4"\r\n/m/c.mp4\n', ["/m/a b.mp4", "/m/c.mp4"]),
        ("/m/a film of 2019.mp4", ["/m/a film of 2019.mp4"]),
        ("/m/it's.mp4", ["/m/it's.mp4"]),
        ("file:///m/a%20b.mp4\nfile://localhost/m/c.mp4", ["/m/a b.mp4", "/m/c.mp4"]),
        ("file:///m/caf%E9.mp4", ["/m/caf\udce9.mp4"]),
        ("file://elsewhere/m/a.mp4", []),
        ("# a list\n/m/a.mp4\n/m/a.mp4", ["/m/a.mp4"]),
        ("a.mp4 b.mp4", ["a.mp4", "b.mp4"]),
        ("", []),
    ],
)
def test_pasted_text_is_paths(pasted: str, paths: list[str]) -> None:
    assert paths_of(pasted) == paths


def test_a_tilde_is_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert paths_of("~/a.mp4 '~/b c.mp4'") == ["/home/me/a.mp4", "/home/me/b c.mp4"]


def test_media_files_are_known_by_their_names() -> None:
    assert media.is_media("Film.MKV")
    assert media.is_media("a.b.opus")
    assert not any(map(media.is_media, ("notes.txt", ".mp4", "mp4", "film.mkv.part")))


def test_sizes_are_for_people() -> None:
    assert [media.size(n) for n in (0, 999, 1500, 563_900, 999_999, 3_090_000_000)] == [
        "0 B", "999 B", "1.5 kB", "564 kB", "1.0 MB", "3.1 GB",
    ]  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    for name in ("Talk 10.mp3", "talk 2.mp3", "notes.txt", ".hidden.mp3", "More/b.mkv",
                 "More/Deep/a.mkv"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp3")).touch()
    return tmp_path


def names(shelf: Path, paths: list[str]) -> list[str]:
    return [os.path.relpath(path, shelf) for path in paths]


def test_a_folder_has_folders_then_media_in_natural_order(shelf: Path) -> None:
    found = folders.listed(str(shelf), everything=False)
    assert [entry.name for entry in found] == [
        "More", "caf\udce9.mp3", "talk 2.mp3", "Talk 10.mp3",
    ]  # fmt: skip
    everything = [entry.name for entry in folders.listed(str(shelf), everything=True)]
    assert {"notes.txt", ".hidden.mp3"} < set(everything)


def test_a_folder_adds_its_media_and_that_of_folders_in_it(shelf: Path) -> None:
    found = folders.gathered([str(shelf), str(shelf / "talk 2.mp3")])
    assert names(shelf, found.files) == [
        "caf\udce9.mp3", "talk 2.mp3", "Talk 10.mp3", "More/b.mkv", "More/Deep/a.mkv",
    ]  # fmt: skip
    assert not found.more


def test_what_a_folder_adds_is_bounded(shelf: Path) -> None:
    assert folders.under(str(shelf), 2) == ([*folders.under(str(shelf)).files[:2]], True)


def test_a_folder_that_holds_itself_ends(shelf: Path) -> None:
    os.symlink(shelf, shelf / "More" / "round")
    assert len(folders.under(str(shelf)).files) == 5


def test_files_that_are_not_there_stay_named(shelf: Path) -> None:
    """The daemon says what is wrong with them."""
    assert folders.gathered([str(shelf / "no.mp3")]).files == [str(shelf / "no.mp3")]
    assert folders.existing(["no.mp3", "More", "\0"], str(shelf)) == [str(shelf / "More")]


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("Mo", "More/"),
        ("More/", "More/Deep/"),
        ("More/b", "More/b.mkv"),
        ("Talk", "Talk 10.mp3"),
        ("notes", None),
        ("caf", None),
        ("nowhere/x", None),
        ("", None),
    ],
)
def test_names_are_completed(shelf: Path, typed: str, completed: str | None) -> None:
    assert folders.completed(typed, str(shelf)) == completed
    whole = completed and f"{shelf}/{completed}"
    assert folders.completed(f"{shelf}/{typed}", "/") == whole if typed else True
