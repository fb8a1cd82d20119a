"""`kill -9` of the daemon and of workers, at every named place and at random moments."""

import asyncio
import contextlib
import os
import random
import signal
import time
from pathlib import Path

import pytest

from e2e.kills import (
    assert_exactly_once,
    calls,
    children,
    committed,
    digest,
    finished,
    noise,
    settings,
    undisturbed,
)
from harness import Home, Stenod, new_home, running, until
from steno.client import Client
from steno.errors import StenoError
from steno.failpoints import DAEMON, WORKER

LENGTH = 12.5
"""Seconds of the recording: twelve segments and a short one."""


@pytest.fixture(scope="module")
def truth() -> str:
    """Digest of an undisturbed run."""
    with new_home() as home:
        return asyncio.run(undisturbed(home, noise(home.media / "film.wav", LENGTH)))


def occurrence(name: str) -> int:
    """At which passing to die: early, late or in between, the same in every run."""
    once = name.startswith(("output", "complete", "worker.loaded"))
    return 1 if once else random.Random(name).randint(2, 9)


async def added(home: Home, client: Client) -> str:
    job = await client.add_job(str(noise(home.media / "film.wav", LENGTH)), settings(home))
    return job.id


@pytest.mark.parametrize("name", DAEMON)
async def test_daemon_killed_at(name: str, truth: str) -> None:
    with new_home() as home:
        daemon = Stenod(home)
        nth = 1 if name.startswith("plan") else occurrence(name)
        await daemon.start(STENO_FAILPOINT=f"{name}:{nth}")
        async with Client(home.paths.socket) as client:
            with contextlib.suppress(StenoError):  # it may die before it answers
                await added(home, client)
            process = daemon.process
            assert process is not None
            await until(lambda: process.poll() is not None, what="the daemon dies")
            assert process.returncode == -signal.SIGKILL
        daemon.stop()
        before, called = committed(home), len(calls(home))
        async with running(home) as (_, client):
            (job,) = (await client.jobs()).jobs
            assert (await finished(home, client, job.id)).state == "completed"
        again = set(calls(home)[called:])
        assert not again & before, "what was committed was transcribed again"
        assert_exactly_once(home, job.id)
        assert digest(home.media / "film.wav") == truth


@pytest.mark.parametrize("name", WORKER)
async def test_worker_killed_at(name: str, truth: str) -> None:
    with new_home() as home:
        token = home.root / "died"
        point = f"{name}:{occurrence(name)}:{token}"
        async with running(home, STENO_FAILPOINT=point) as (_, client):
            job = await added(home, client)
            assert (await finished(home, client, job)).state == "completed"
        assert token.exists(), "the place was never passed"
        assert_exactly_once(home, job)
        assert digest(home.media / "film.wav") == truth


async def kill_at_random(home: Home, media: Path, kills: int, seed: int) -> int:
    """Runs one job while the daemon or one of its children is killed again and again.

    Returns how many kills there were before the job was done.
    """
    chance = random.Random(seed)
    done = 0
    daemon = Stenod(home)
    await daemon.start()
    try:
        async with Client(home.paths.socket) as client:
            job = (await client.add_job(str(media), settings(home, delay=0.1))).id
            while done < kills and (await client.job(job)).state in ("queued", "running"):
                await moment(chance.uniform(0.0, 0.6))
                assert daemon.process is not None
                workers = children(daemon.process.pid)
                if workers and chance.random() < 0.5:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(chance.choice(workers), signal.SIGKILL)
                else:
                    daemon.kill()
                    await daemon.start()
                done += 1
            found = await finished(home, client, job, timeout=120)
            assert found.state == "completed", found
            assert found.segments.failed == 0
    finally:
        daemon.stop()
    assert_exactly_once(home, job)
    return done


async def moment(seconds: float) -> None:
    """Lets a chosen time pass: when a kill comes is what is tested."""
    end = time.monotonic() + seconds
    await until(lambda: time.monotonic() >= end, what="time passes")


async def random_kills(wanted: int, seconds: float) -> None:
    """At least `wanted` kills over as many jobs as that takes; all end as if undisturbed."""
    with new_home() as home:
        media = noise(home.media / "film.wav", seconds)
        truth = await undisturbed(home, media)
    done, seed = 0, 0
    while done < wanted:
        seed += 1
        with new_home() as home:
            home.configure("[jobs]\nmax_barren_starts = 100\nmax_failures = 10\n")
            media = noise(home.media / "film.wav", seconds)
            done += await kill_at_random(home, media, wanted - done, seed)
            assert digest(media) == truth


@pytest.mark.timeout(300)
async def test_random_kills() -> None:
    await random_kills(25, 20.0)


@pytest.mark.torture
@pytest.mark.timeout(3600)
async def test_five_hundred_random_kills() -> None:
    await random_kills(500, 90.0)
