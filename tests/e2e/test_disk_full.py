"""A disk that fills up: jobs wait and say why, all else is served, nothing acknowledged is lost."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from e2e.asking import noise, refused, steno, well_told
from harness import Home, Stenod, ended, fake, running, until
from steno.client import Client
from steno.errors import Exit, StenoError
from steno.wire import Job

LIMITED = """
from functools import partial
from steno import app, stenod
app.Database = partial(app.Database, max_pages={pages})
stenod.main()
"""
"""A daemon whose database finds the disk full at a number of pages."""


class Limited(Stenod):
    pages = 0

    def spawn(self, **variables: str) -> "subprocess.Popen[bytes]":
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", LIMITED.format(pages=self.pages)],
            env=self.home.environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self.process


async def texts(client: Client, job: str) -> dict[str, str]:
    found = await client.transcript(job, limit=5000)
    return {cue.id: cue.text for cue in found.cues}


async def add_until_full(client: Client, media: str, folder: Path) -> int:
    """Adds jobs until none fits any more; returns how many were accepted."""
    wanted = fake(output_dir=str(folder), prompt="x" * 4000)
    for added in range(60):
        try:
            await client.add_job(media, wanted, start=False)
        except StenoError as error:
            problem = well_told(error.problem)
            assert (problem.code, problem.status, problem.retryable) == ("disk_full", 507, True)
            return added
    raise AssertionError("the disk does not fill up")


async def held(client: Client, job: str) -> Job:
    """The job, once a full disk has stopped it."""

    async def stopped() -> Job | None:
        status, found = await client.status(), await client.job(job)
        return found if status.held == "disk_full" and found.state == "paused" else None

    found = await until(stopped, what="the full disk stops the job")
    assert found is not None
    assert found.reason == "disk_full"
    assert found.error is not None
    assert found.error.code == "disk_full"
    return found


async def test_a_full_database_stops_jobs_until_there_is_room(home: Home) -> None:
    """SQLite's own limit stands for the disk; removing an old job makes the room."""
    settings = fake({"delay": 0.02}, options={"splitter": {"every": 20.0}})
    old, media = noise(home.media / "old.wav", 400), noise(home.media / "new.wav", 400)
    async with running(home) as (_, client):
        first = await client.add_job(old, settings)
        assert (await ended(client, first.id)).state == "completed"
    pages = home.paths.database.stat().st_size // 4096

    daemon = Limited(home)
    daemon.pages = pages + 30
    try:
        await daemon.start()
        async with Client(home.paths.socket) as client:
            job = await client.add_job(media, settings)
            stopped = await held(client, job.id)
            committed = await texts(client, job.id)
            assert 0 < stopped.segments.done < 20
            assert len({cue.split(".")[0] for cue in committed}) >= stopped.segments.done
            assert (await client.jobs()).total == 2
            assert len(await client.output(first.id, "srt")) > 1000
            added = await add_until_full(client, media, home.root)
            command = await steno(
                home, "transcribe", "--backend", "fake", "--prompt", "x" * 4000, "-o",
                str(home.root), media,
            )  # fmt: skip
            assert command.code == Exit.STORAGE
            assert "no room left" in command.err
            assert (await client.jobs()).total == 2 + added

            await client.remove(first.id)

            async def completed() -> bool:
                return (await client.job(job.id)).state == "completed"

            await until(completed, what="the job goes on by itself")
            assert (await client.status()).held is None
            after = await texts(client, job.id)
            assert committed.items() <= after.items()
            assert {int(cue.split(".")[0]) for cue in after} == set(range(20))
    finally:
        daemon.stop()
    one, two = ((home.media / f"{n}.srt").read_text() for n in ("old", "new"))
    assert one == two


async def test_a_job_that_a_full_disk_stopped_goes_on_at_the_next_start(home: Home) -> None:
    settings = fake({"delay": 0.02}, options={"splitter": {"every": 20.0}})
    media = noise(home.media / "a.wav", 400)
    async with running(home):
        pass
    daemon = Limited(home)
    daemon.pages = home.paths.database.stat().st_size // 4096 + 30
    try:
        await daemon.start()
        async with Client(home.paths.socket) as client:
            job = await client.add_job(media, settings)
            await held(client, job.id)
            committed = await texts(client, job.id)
            await add_until_full(client, media, home.root)
        daemon.kill()
        await daemon.start()  # on a disk that is full still
        async with Client(home.paths.socket) as client:

            async def stopped() -> bool:
                return (await client.status()).held == "disk_full"

            await until(stopped, what="the full disk is noticed")
            assert committed.items() <= (await texts(client, job.id)).items()
        assert daemon.terminate() == Exit.OK
    finally:
        daemon.stop()
    async with running(home) as (_, client):

        async def completed() -> bool:
            return (await client.job(job.id)).state == "completed"

        await until(completed, what="the job goes on by itself")
        assert committed.items() <= (await texts(client, job.id)).items()


# A real disk -------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[None]:
    """A file system of `mib` MiB at `folder`. Skips where none can be had."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no `mount`: the full disk is simulated by max_page_count only")
    if done.returncode:
        pytest.skip("mounting is not allowed: the full disk is simulated by max_page_count only")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(ballast: Path) -> None:
    """Writes until nothing fits any more."""
    with ballast.open("wb", buffering=0) as file:
        for size in (2**20, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


MIN_FREE = {"STENO_STORAGE_MIN_FREE_MIB": "1"}


def slow(**more: Any) -> dict[str, Any]:
    return fake({"delay": 0.1}, options={"splitter": {"every": 1.0}}, **more)


async def test_a_disk_that_fills_up_stops_the_job_and_nothing_is_lost(home: Home) -> None:
    media = noise(home.media / "a.wav", 40)
    with small_disk(home.paths.data, 8):
        async with running(home, **MIN_FREE) as (daemon, client):
            plain = noise(home.media / "plain.wav", 40)
            often = {"splitter": {"every": 0.25}}  # more than the database has room for already
            await ended(client, (await client.add_job(plain, fake(options=often))).id)
            job = await client.add_job(media, fake({"delay": 0.03}, options=often))

            async def begun() -> bool:
                return (await client.job(job.id)).segments.done >= 3

            await until(begun, what="some text")
            ballast = home.paths.data / "ballast"
            fill(ballast)

            async def stopped() -> bool:
                return (await client.status()).held == "disk_full"

            await until(stopped, what="the full disk is noticed")
            committed = await texts(client, job.id)
            assert committed
            assert b"-->" in await client.output(job.id, "srt")
            ballast.unlink()

            async def completed() -> bool:
                return (await client.job(job.id)).state == "completed"

            await until(completed, what="the job goes on by itself")
            assert committed.items() <= (await texts(client, job.id)).items()
            assert (home.media / "a.srt").read_text() == (home.media / "plain.srt").read_text()
            assert daemon.process is not None
            assert daemon.process.poll() is None


async def test_a_disk_too_small_for_the_audio_is_known_beforehand(home: Home) -> None:
    media = noise(home.media / "a.wav", 120)
    with small_disk(home.paths.data, 4):
        async with running(home, **MIN_FREE) as (_, client):
            problem = await refused(client.add_job(media, fake()))
            assert (problem.code, problem.status) == ("disk_full", 507)
            assert "MiB" in problem.hint
            assert (await client.jobs()).total == 0


async def test_a_full_disk_of_the_subtitles_stops_that_job_only(home: Home) -> None:
    media, target = noise(home.media / "a.wav", 3), home.root / "out"
    with small_disk(target, 4):
        async with running(home) as (_, client):
            job = await client.add_job(media, slow(output_dir=str(target)))
            fill(target / "ballast")

            async def stopped() -> bool:
                return (await client.job(job.id)).reason == "output_full"

            await until(stopped, what="the full disk stops the job")
            found = await client.job(job.id)
            assert (found.state, found.segments.done) == ("paused", 3)
            assert found.error is not None
            assert well_told(found.error).code == "output_full"
            assert os.listdir(target) == ["ballast"]
            other = await client.add_job(noise(home.media / "b.wav", 2), slow())
            assert (await ended(client, other.id)).state == "completed"
            assert (await client.pause(job.id)).reason == "user", "a person's pause lasts"
            await client.resume(job.id)
            await until(stopped, what="the full disk stops the job again")
            (target / "ballast").unlink()

            async def completed() -> bool:
                return (await client.job(job.id)).state == "completed"

            await until(completed, what="the job goes on by itself")
            assert os.listdir(target) == ["a.srt"]
            assert (await client.job(job.id)).revision < 20, "it was tried again and again"
