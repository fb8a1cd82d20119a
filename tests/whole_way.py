"""From a hub to subtitles, as a person goes: pull, verify, transcribe, with a small real model."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import srt

import toys
from harness import Home, Stenod, new_home
from hub import Hub, add_real_toys
from tui.command import Command, launch

PAUSE = 1.25
"""Seconds between two sentences."""
CUT = ("--set", "splitter.target=1", "--set", "splitter.silence=0.6")
"""The model understands one sentence at a time."""
CONFIG = """
[models.own."whisper/toy"]
repository = "toys/whisper"

[models.own."align/en"]
repository = "toys/wav2vec2-en"
languages = ["en"]

[models]
aligner_wait = 3

[transcription]
"""
"""The aligner takes the place of the real one, which has no repository of the hub. For others
nobody waits long, as there is no network."""


class Place(NamedTuple):
    home: Home
    hub: Hub
    daemon: Stenod

    async def steno(self, *args: str) -> Command:
        command = await launch(args, self.home.environment | {"LC_ALL": "C.UTF-8"})
        await command.end()
        return command


@contextlib.contextmanager
def prepared() -> Iterator[Place]:
    with new_home() as home, Hub() as hub:
        add_real_toys(hub)
        home.extra = hub.environment | {"HF_HOME": str(home.root / "hf")}
        home.configure(CONFIG)
        for language in ("en", "de"):
            sound = toys.joined(toys.sentences(language), PAUSE)
            toys.write_wav(home.media / f"{language}.wav", sound)
        yield Place(home, hub, Stenod(home))


@contextlib.contextmanager
def served() -> Iterator[Place]:
    """With a daemon."""
    with prepared() as place:
        try:
            asyncio.run(place.daemon.start())
            yield place
        finally:
            place.daemon.stop()


async def pulled(place: Place, *names: str) -> None:
    """Fetches models, is told of progress, and has them verified."""
    done = await place.steno("models", "pull", *names, "--json")
    assert done.code == 0, done.err
    events = [json.loads(line) for line in done.out.splitlines()]
    for name in names:
        own = [one for one in events if one.get("model_id", "") in name]
        assert any(one.get("downloaded_bytes", 0) > 0 for one in own), own
    checked = await place.steno("models", "verify", *names)
    assert checked.code == 0, checked.err


async def transcribed(place: Place, language: str, backend: str) -> list[dict[str, Any]]:
    """The events of a job whose language nobody named."""
    media = place.home.media / f"{language}.wav"
    wanted = ("--backend", backend, "--model", "toy", *CUT, "--set", "splitter.padding=0.2")
    done = await place.steno("transcribe", str(media), *wanted, "--overwrite", "--json")
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def check_subtitles(place: Place, language: str, events: list[dict[str, Any]]) -> dict[str, Any]:
    """The right sentences at the right times, told as they came. Returns the job's result."""
    sentences = toys.sentences(language)
    fragments = [one for one in events if one["event"] == "fragment"]
    assert {one["language"] for one in fragments} == {language}
    heard = {one["segment_index"]: one["segments"][0]["text"] for one in fragments}
    assert [heard[index] for index in sorted(heard)] == [one.text for one in sentences]
    result = events[-1]
    assert (result["event"], result["state"]) == ("result", "completed")
    text = (place.home.media / f"{language}.srt").read_text()
    cues = list(srt.parse(text))
    assert [cue.content.replace("\n", " ") for cue in cues] == [one.text for one in sentences]
    at = 0.0
    for cue, sentence in zip(cues, sentences, strict=True):
        length = len(toys.samples(sentence)) / 16_000
        assert at - 0.25 <= cue.start.total_seconds() <= at + 0.5
        assert at + 0.5 <= cue.end.total_seconds() <= at + length + 0.5
        at += length + PAUSE
    return dict(result)
