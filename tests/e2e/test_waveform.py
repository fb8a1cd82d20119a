"""The waveform of a job, also made again where it is lost. After crashes: test_kill.py."""

import asyncio
import os
import random
import shutil
import struct
import wave
from pathlib import Path

from e2e.asking import ask, refused, well_told
from harness import Home, ended, fake, until
from steno.client import Client
from steno.wire import Waveform

SECONDS = 3.3


def recording(path: Path, seconds: float = SECONDS) -> str:
    """Each tenth of a second is as loud as chance wills."""
    chance, frames = random.Random(1), bytearray()
    for tenth in range(round(10 * seconds)):
        level = chance.randrange(0, 32000)
        frames += struct.pack("<hh", level, -(tenth % 9)) * 800
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(frames)
    return str(path)


def expected(seconds: float = SECONDS) -> list[int]:
    """Of each tenth of a second."""
    chance = random.Random(1)
    return [
        round((chance.randrange(0, 32000) >> 8) * 255 / 127) for _ in range(round(10 * seconds))
    ]


async def whole(client: Client, job: str, columns: int = 33) -> Waveform:
    """The waveform once it is complete."""

    async def complete() -> Waveform | None:
        found = await client.waveform(job, columns=columns)
        return found if found.complete else None

    found = await until(complete, what="the waveform is complete")
    assert found is not None
    return found


async def test_a_job_leaves_its_waveform(shared: Home, client: Client, folder: Path) -> None:
    settings = fake(formats=[], options={"splitter": {"every": 1.0}})
    job = await ended(client, (await client.add_job(recording(folder / "a.wav"), settings)).id)
    found = await client.waveform(job.id, columns=33)
    assert found == Waveform(
        job_id=job.id,
        start=0.0,
        end=SECONDS,
        columns=[*expected()],
        available=SECONDS,
        complete=True,
        duration=SECONDS,
        speech=[[0.0, 1.0], [1.0, 2.0], [2.0, 3.0], [3.0, SECONDS]],
    )
    part = await client.waveform(job.id, 1.1, 2.0, 3)
    levels = expected()[11:20]
    assert part.columns == [max(levels[:3]), max(levels[3:6]), max(levels[6:])]
    assert part.speech == [[1.0, 2.0]]
    beyond = await client.waveform(job.id, 2.0, 100.0, 13)
    assert (beyond.end, beyond.columns) == (SECONDS, expected()[20:])
    assert (await client.waveform(job.id, 50.0)).columns == []
    kept = shared.paths.jobs / job.id
    await until(lambda: os.listdir(kept) == ["peaks"], what="the audio is dropped")
    route = f"/api/jobs/{job.id}/waveform"
    tag = (await ask(shared, "GET", route)).headers["Etag"]
    assert (await ask(shared, "GET", route, **{"If-None-Match": tag})).status == 304
    for query in ("from=2&to=2", "to=0"):
        problem = (await ask(shared, "GET", f"{route}?{query}")).problem
        assert (problem.status, problem.code) == (422, "range_invalid")
        assert "must be less than" in well_told(problem).detail
    for query in ("columns=0", "columns=4001", "from=-1", "to=x"):
        assert (await ask(shared, "GET", f"{route}?{query}")).problem.code == "bad_request"
    await client.remove(job.id)
    assert not kept.exists()


async def test_it_is_made_again_where_it_is_lost(
    shared: Home, client: Client, folder: Path
) -> None:
    media = recording(folder / "a.wav")
    job = await ended(client, (await client.add_job(media, fake(formats=[]))).id)
    peaks = shared.paths.jobs / job.id / "peaks"
    stored = peaks.read_bytes()
    peaks.write_bytes(stored[:100])
    some = await asyncio.gather(*(whole(client, job.id) for _ in range(5)))
    assert all(one.columns == expected() for one in some)
    assert peaks.read_bytes() == stored
    shutil.rmtree(peaks.parent)
    Path(media).rename(folder / "b.wav")
    problem = await refused(client.waveform(job.id))
    assert (problem.status, problem.code) == (409, "waveform_gone")
    assert media in problem.detail
    Path(media).write_bytes(b"another")
    assert "not the file it was" in (await refused(client.waveform(job.id))).detail
    (folder / "b.wav").replace(media)
    assert (await whole(client, job.id)).columns == expected()


async def test_a_job_that_was_only_added_has_one(client: Client, folder: Path) -> None:
    media = recording(folder / "a.wav")
    job = await client.add_job(media, fake(formats=[]), start=False)
    assert (await whole(client, job.id)).columns == expected()
    await client.start(job.id)
    assert (await ended(client, job.id)).state == "completed"
    found = await client.waveform(job.id, columns=33)
    assert (found.columns, len(found.speech)) == (expected(), 2)
