"""Whisper by faster-whisper, from the hub to subtitles."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import ended, until
from steno.client import Client
from whole_way import Place, check_subtitles, pulled, served, transcribed

pytest.importorskip("faster_whisper")


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with served() as place:
        yield place


async def test_from_the_hub_to_subtitles(place: Place) -> None:
    """English and German, each detected; the recommended backend is taken by itself."""
    await pulled(place, "whisper/toy")
    for language in ("en", "de"):
        events = await transcribed(place, language, "faster-whisper")
        result = check_subtitles(place, language, events)
        warned = [one["code"] for one in result["warnings"]]
        assert warned == ([] if language == "en" else ["no_aligner"])
    async with Client(place.home.paths.socket) as client:
        jobs = (await client.jobs()).jobs
        assert {job.language for job in jobs} == {"en", "de"}
        for job in jobs:
            assert (job.settings.splitter, job.settings.language) == ("silero", None)
            assert job.segments.aligned == (job.segments.done if job.language == "en" else 0)
        workers = [one for one in (await client.status()).workers if one.name[:6] != "downlo"]
    environments = [Path(f"/proc/{one.pid}/environ").read_bytes() for one in workers if one.pid]
    assert len(environments) >= 2
    for told in environments:
        # Libraries neither fetch anything, nor tell their makers, nor take others' processors.
        for wanted in (b"HF_HUB_OFFLINE=1", b"ORT_DISABLE_TELEMETRY=1", b"OMP_WAIT_POLICY=PASSIVE"):
            assert wanted in told.split(b"\0")


async def test_killed_at_any_moment_it_gives_the_same(place: Place) -> None:
    """The subtitles are those of the undisturbed run before, byte for byte."""
    media, again = place.home.media / "en.wav", place.home.media / "again"
    again.mkdir()
    settings = {
        "model": "toy",
        "output_dir": str(again),
        "options": {"splitter": {"target": 1, "silence": 0.6, "padding": 0.2}},
        "batch_size": 2,
    }
    async with Client(place.home.paths.socket) as client:
        job = await client.add_job(str(media), settings)

        async def some() -> bool:
            return (await client.job(job.id)).segments.done >= 3

        await until(some, what="three segments")
    place.daemon.kill()
    await place.daemon.start()
    async with Client(place.home.paths.socket) as client:
        found = await ended(client, job.id)
    assert (found.state, found.language, found.warnings) == ("completed", "en", [])
    assert (again / "en.srt").read_bytes() == media.with_suffix(".srt").read_bytes()


async def test_it_is_the_default_where_it_is_installed(place: Place) -> None:
    done = await place.steno("plugins")
    rows = [line.split("\t") for line in done.out.splitlines()]
    usable = {(row[0], row[1]): row[2] for row in rows}
    assert usable["faster-whisper", "asr"] == "ready"
    assert usable["silero", "splitter"] == "ready"
    listed = await place.steno("models", "list", "--language", "de")
    assert "whisper/small" in listed.out
    assert "whisper/small.en" not in listed.out
    media = place.home.media / "en.wav"
    async with Client(place.home.paths.socket) as client:
        job = await client.add_job(str(media), {"formats": []}, start=False)
        assert (job.settings.backend, job.settings.model) == ("faster-whisper", "whisper/small")
        assert job.settings.splitter == "silero"
        assert job.settings.options["splitter"] == {"target": 22.0, "silence": 3.0}
        await client.remove(job.id)
