"""What is said of a media file before anything is promised."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import corpus
from steno.errors import StenoError
from steno.media.probe import probe

HOUR = 3600.0


def code(path: Path | bytes, limit: float = HOUR) -> str:
    with pytest.raises(StenoError) as caught:
        probe(os.fsencode(path), limit)
    return caught.value.code


@pytest.mark.parametrize(("name", "codec"), corpus.AUDIO.items())
def test_audio_of_many_kinds(tmp_path: Path, name: str, codec: str) -> None:
    found = probe(os.fsencode(corpus.audio(tmp_path / name, corpus.tone(1.0), codec=codec)), HOUR)
    assert found.duration == pytest.approx(1.0, abs=0.1)
    assert found.codec


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".avi", ".ts"])
def test_films(tmp_path: Path, suffix: str) -> None:
    path = corpus.film(tmp_path / f"film{suffix}", corpus.tone(2.0))
    assert probe(os.fsencode(path), HOUR).duration == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_film_without_audio(tmp_path: Path, suffix: str) -> None:
    assert code(corpus.film(tmp_path / f"mute{suffix}", None)) == "media_no_audio"


@pytest.mark.parametrize("name", corpus.PLAYLISTS)
def test_playlist_is_named_as_one(tmp_path: Path, name: str) -> None:
    corpus.audio(tmp_path / "other.wav", corpus.tone(1.0))
    (tmp_path / name).write_text(corpus.PLAYLISTS[name])
    assert code(tmp_path / name) == "media_playlist"


@pytest.mark.parametrize("before", ["# a comment\n", "\n" * 5000, "x\n"])
def test_playlist_that_is_not_recognised_is_not_followed(tmp_path: Path, before: str) -> None:
    corpus.audio(tmp_path / "other.wav", corpus.tone(1.0))
    (tmp_path / "film.mp4").write_text(before + corpus.PLAYLISTS["concat.mp4"])
    assert code(tmp_path / "film.mp4") in ("media_unknown", "media_playlist")


def junk(path: Path) -> None:
    path.write_bytes(bytes((n * n * 31 + n // 7) % 256 for n in range(50_000)))


def picture(path: Path) -> None:
    path.write_bytes(b"P6\n64 48\n255\n" + bytes(64 * 48 * 3))


def subtitles(path: Path) -> None:
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")


@pytest.mark.parametrize("make", [junk, picture, subtitles])
def test_what_is_not_media(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "film.mp4")
    assert code(tmp_path / "film.mp4") == "media_unknown"


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    assert code(tmp_path / "film.mp4") == "media_empty"


def test_audio_track_without_samples(tmp_path: Path) -> None:
    corpus.no_samples(tmp_path / "empty.wav")
    assert code(tmp_path / "empty.wav") == "media_no_samples"


def test_file_that_is_not_there(tmp_path: Path) -> None:
    assert code(tmp_path / "film.mp4") == "file_not_found"


def test_folder(tmp_path: Path) -> None:
    assert code(tmp_path) == "file_is_folder"


def test_unfinished_download_says_so(tmp_path: Path) -> None:
    film = corpus.film(tmp_path / "film.mp4", corpus.tone(2.0))
    assert code(corpus.truncated(tmp_path / "part.mp4", film)) == "media_failed"


def test_announced_length_is_bounded(tmp_path: Path) -> None:
    corpus.audio(tmp_path / "tone.flac", corpus.tone(3.0), codec="flac")
    assert code(tmp_path / "tone.flac", 2.0) == "media_too_long"


def test_name_that_is_not_utf8(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), corpus.NOT_UTF8)
    corpus.audio(path, corpus.tone(1.0))
    assert probe(path, HOUR).duration == pytest.approx(1.0)
    os.truncate(path, 0)
    with pytest.raises(StenoError) as caught:
        probe(path, HOUR)
    caught.value.problem.detail.encode()
