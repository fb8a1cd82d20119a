"""The toy models of the real formats, and recordings that they understand.

Models are unpacked once a user of the machine, below the temporary folder, whichever of several
processes comes first.
"""

import functools
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import wave
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from brought import lay
from steno.media.decode import Decoder
from steno.plugins import SAMPLE_RATE
from steno.plugins.sound import joined as one_after_the_other
from steno.plugins.sound import silence

DATA = Path(__file__).parent / "data"
SPEECH = DATA / "speech"
SIZES = "sizes"
"""Beside an unpacked model: what belongs to it, as something may sweep old temporary files."""


class Sentence(NamedTuple):
    path: Path
    language: str
    text: str
    """As the toy Whisper writes it."""


class Said(NamedTuple):
    """A word and its true times, seconds."""

    text: str
    start: float
    end: float


class Timed(NamedTuple):
    path: Path
    text: str
    words: tuple[Said, ...]


Recording: TypeAlias = "Sentence | Timed | Path | str"
"""Or its path, or its file's name without `.flac`."""


# Models ------------------------------------------------------------------------------------------


def toy_whisper() -> Path:
    """The folder of a Whisper for CTranslate2: English and German digits, household commands."""
    return unpacked("toy-whisper")


def toy_wav2vec2() -> Path:
    """The folder of an English wav2vec2 that aligns letters."""
    return unpacked("toy-wav2vec2-en")


def files(folder: Path) -> dict[str, bytes]:
    """A model's files by name, as `Hub.add` takes them."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@functools.cache
def unpacked(name: str) -> Path:
    """The folder `name` of the archive `name`."""
    archive = DATA / "toys" / f"{name}.tar.xz"
    place = _own_folder() / hashlib.sha256(archive.read_bytes()).hexdigest()[:16]
    if not _whole(place):
        _unpack(archive, place)
    return place / name


def _own_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"steno-toys-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    assert folder.stat().st_uid == os.getuid(), f"{folder} belongs to somebody else"
    return folder


def _whole(place: Path) -> bool:
    """Whether every file that was unpacked there is there."""
    try:
        sizes = json.loads((place / SIZES).read_text())
        return all((place / name).stat().st_size == size for name, size in sizes.items())
    except OSError:
        return False


def _unpack(archive: Path, place: Path) -> None:
    made = Path(tempfile.mkdtemp(dir=place.parent))
    found: dict[str, bytes] = {}
    with tarfile.open(archive) as packed:
        for member in packed:
            if content := packed.extractfile(member):
                found[member.name] = content.read()
    lay(made, found)
    (made / SIZES).write_text(json.dumps({name: len(data) for name, data in found.items()}))
    try:
        if place.exists() and not _whole(place):
            shutil.rmtree(place, ignore_errors=True)
        made.rename(place)
    except OSError:  # another process was quicker
        assert _whole(place)
        shutil.rmtree(made)


# Recordings --------------------------------------------------------------------------------------


@functools.cache
def sentences(language: str | None = None) -> tuple[Sentence, ...]:
    """All, or those of one language."""
    told = json.loads((SPEECH / "sentences.json").read_text())
    return tuple(
        Sentence(SPEECH / one["file"], one["language"], one["text"])
        for one in told
        if language in (None, one["language"])
    )


@functools.cache
def timed() -> tuple[Timed, ...]:
    """English recordings of which the true times of the words are known."""
    told = json.loads((SPEECH / "timed" / "timed.json").read_text())
    return tuple(
        Timed(
            SPEECH / "timed" / one["file"],
            one["text"],
            tuple(Said(*word) for word in one["words"]),
        )
        for one in told
    )


def samples(recording: Recording) -> memoryview:
    """16 kHz mono, format `h`."""
    return _decoded(_path(recording))


def joined(recordings: Iterable[Recording], pause: float = 1.0) -> memoryview:
    """The samples of `recordings`, each followed by `pause` seconds of silence."""
    parts = (part for one in recordings for part in (samples(one), silence(pause)))
    return one_after_the_other(*parts)


def write_wav(path: Path, sound: memoryview) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(sound.tobytes())
    return path


def _path(recording: Recording) -> Path:
    if isinstance(recording, str):
        folder = SPEECH / "timed" if recording.startswith("timed-") else SPEECH
        return folder / f"{recording}.flac"
    return recording if isinstance(recording, Path) else recording.path


@functools.cache
def _decoded(path: Path) -> memoryview:
    sound: array[int] = array("h")
    for block in Decoder(os.fsencode(path), 3600.0):
        sound.frombytes(block.tobytes())
    return memoryview(sound).toreadonly()
