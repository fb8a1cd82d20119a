"""Downloads of a whole daemon that is killed, has no room, no network or a hub that lies: they go
on by themselves where they can, and nothing but right bytes is ever a model."""

import asyncio
import contextlib
import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from e2e.asking import noise, reached, well_told
from e2e.kills import children, database
from e2e.test_disk_full import MIN_FREE, fill, small_disk
from faults import ALWAYS, closed, flipped, refused, stalled
from harness import Home, Stenod, ended, fake, running, until
from hub import Hub
from steno.client import Client
from steno.errors import StenoError
from steno.failpoints import MODELS, TRANSFER
from steno.worker.protocol import MANIFEST

LARGE = "toy/large"
NO_ROOM = "There is no room left on the disk of"
"""Said of the database's disk."""
WEIGHTS = "weights.bin"
PACE = 0.0002
"""Seconds a KiB: the large model takes a second."""


def wanted(model: str = LARGE, **more: Any) -> dict[str, Any]:
    return fake({}, backend="fake-model", model=model, language="en", **more)


async def assert_ready(home: Home, hub: Hub, client: Client, name: str = LARGE) -> None:
    """It becomes ready by itself, and each of its bytes is right."""
    found = await reached(client, name, "ready", "error", "incomplete")
    assert found.status == "ready", found.download
    files = hub.repositories[str(found.repository)].files
    folder = home.paths.models / str(found.path)
    there = {one for one in folder.rglob("*") if one.is_file()}
    assert {one.relative_to(folder).as_posix() for one in there} == {*files, MANIFEST}
    assert all((folder / path).read_bytes() == data for path, data in files.items())
    assert found.size_on_disk == found.size == sum(map(len, files.values()))
    assert found.download is None


def assert_no_model(home: Home, name: str = LARGE) -> None:
    """Nothing has the model's name."""
    assert not list((home.paths.models / name).glob("*"))


def at_byte(hub: Hub, at: int, then: Any) -> None:
    """Calls `then` once, when `at` bytes of the weights were sent."""

    def watch(path: str, sent: int) -> None:
        if path == WEIGHTS and sent >= at:
            hub.on_bytes = lambda path, sent: None
            then()

    hub.on_bytes = watch


def kept(home: Home, name: str = LARGE) -> int:
    part = home.paths.models / ".incoming" / name / f"{WEIGHTS}.part"
    return part.stat().st_size if part.exists() else 0


# Kills -------------------------------------------------------------------------------------------


def long(*values: Any) -> list[Any]:
    """Parameters of tests that are left to `make torture`."""
    return [pytest.param(value, marks=pytest.mark.torture) for value in values]


@pytest.mark.parametrize("share", [random.Random(4).random(), 0.98, *long(0.02, 0.4, 0.6, 0.8)])
async def test_kill_9_of_the_daemon_at_a_byte(share: float, home: Home, hub: Hub) -> None:
    size = len(hub.repositories["toys/large"].files[WEIGHTS])
    daemon, workers, there = Stenod(home), list[int](), list[int]()
    hub.pace = PACE
    await daemon.start()
    process = daemon.process
    assert process is not None

    def kill() -> None:
        workers.extend(children(process.pid))
        there.append(kept(home))
        process.kill()

    at_byte(hub, int(size * share), kill)
    async with Client(home.paths.socket) as client:
        with contextlib.suppress(StenoError):  # it may die before it answers
            await client.add_job(noise(home.media / "a.wav", 3.0), wanted())
    await until(lambda: process.poll() is not None, what="the daemon dies")
    await until(lambda: not any(map(alive, workers)), what="its workers notice")
    daemon.stop()
    assert_no_model(home)
    had, hub.pace = kept(home), 0.0
    hub.requests.clear()
    async with running(home) as (_, client):
        await assert_ready(home, hub, client)
        (job,) = (await client.jobs()).jobs
        assert (await ended(client, job.id)).state == "completed"
    assert [one.range for one in hub.asked(WEIGHTS)] == [f"bytes={had}-" if had else None]
    assert had >= there[0] >= size * (share - 0.5)  # what was on its way is lost


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.mark.parametrize("name", MODELS)
async def test_kill_9_of_the_daemon_at(name: str, home: Home, hub: Hub) -> None:
    daemon = Stenod(home)
    await daemon.start(STENO_FAILPOINT=name)
    async with Client(home.paths.socket) as client:
        await client.download("toy/known")
        process = daemon.process
        assert process is not None
        await until(lambda: process.poll() is not None, what="the daemon dies")
        assert process.returncode == -signal.SIGKILL
    daemon.stop()
    hub.requests.clear()
    async with running(home) as (_, client):
        await assert_ready(home, hub, client, "toy/known")
        assert (await client.model("toy/known")).verified == "catalogue"
    assert not hub.asked(WEIGHTS), "it was fetched again"


DEATHS = ("transfer.middle", "transfer.after_manifest")


@pytest.mark.parametrize("name", [*DEATHS, *long(*(n for n in TRANSFER if n not in DEATHS))])
async def test_kill_9_of_the_worker_at(name: str, home: Home, hub: Hub) -> None:
    token = home.root / "died"
    async with running(home, STENO_FAILPOINT=f"{name}:1:{token}") as (_, client):
        job = await client.add_job(noise(home.media / "a.wav", 2.0), wanted("toy/small"))
        assert (await ended(client, job.id)).state == "completed"
        await assert_ready(home, hub, client, "toy/small")
    assert token.exists(), "nobody died"


async def test_kill_9_of_workers_again_and_again(home: Home, hub: Hub) -> None:
    """Each of them brought something, so that it is never given up."""
    size = len(hub.repositories["toys/large"].files[WEIGHTS])
    chance, killed, at = random.Random(9), 0, size // 8
    hub.pace = PACE
    async with running(home) as (daemon, client):
        assert daemon.process is not None
        stenod = daemon.process.pid

        def kill(path: str, sent: int) -> None:
            nonlocal killed, at
            if path == WEIGHTS and sent >= at and killed < 4:
                killed, at = killed + 1, chance.randrange(size // 8, size // 6)
                for pid in children(stenod):
                    if b"steno.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        os.kill(pid, signal.SIGKILL)

        hub.on_bytes = kill
        await client.download(LARGE)
        await assert_ready(home, hub, client)
    assert killed == 4
    assert sum(one.sent for one in hub.asked(WEIGHTS)) < 1.5 * size


# Troubles ----------------------------------------------------------------------------------------


async def test_a_hub_that_lies_gives_no_model(home: Home, hub: Hub) -> None:
    hub.faults = [flipped(7, ALWAYS, path=WEIGHTS)]
    async with running(home) as (_, client):
        await client.download("toy/small")
        found = await reached(client, "toy/small", "ready", "error")
        assert found.status == "error"
        assert found.download is not None
        assert found.download.error is not None
        assert well_told(found.download.error).code == "download_damaged"
        assert (found.path, found.verified) == (None, None)
        assert_no_model(home, "toy/small")
        job = await client.add_job(noise(home.media / "a.wav", 2.0), wanted("toy/small"))
        failed = await ended(client, job.id)
        assert (failed.state, failed.error and failed.error.code) == ("failed", "download_damaged")
        hub.faults.clear()
        await client.download("toy/small")
        await assert_ready(home, hub, client, "toy/small")
        await client.retry(job.id)
        assert (await ended(client, job.id)).state == "completed"


async def test_patience_ends_and_begins_anew(home: Home, hub: Hub) -> None:
    home.configure("[models]\ntimeout = 1\n")
    async with running(home) as (_, client):
        for fault, code in (
            (stalled(0, ALWAYS), "download_stalled"),
            (closed(0, ALWAYS), "download_network"),
            (refused(503, "api", ALWAYS), "download_refused"),
        ):
            hub.faults = [fault]

            async def ends(wanted: str = code) -> bool:
                """With this code: a hub on a busy machine may also seem to stand still."""
                await client.download("toy/small")
                found = await reached(client, "toy/small", "ready", "error")
                assert found.download is not None
                assert found.download.error is not None
                return well_told(found.download.error).code == wanted

            await until(ends, what=code)
        hub.faults.clear()
        await client.download("toy/small")
        await assert_ready(home, hub, client, "toy/small")


async def test_nobody_answers_and_then_somebody_does(home: Home, hub: Hub) -> None:
    home.configure("[models]\ntimeout = 20\n")
    with hub.unreachable():
        async with running(home) as (daemon, client):
            await client.download("toy/small")

            async def told() -> str:
                found = await client.model("toy/small")
                message = found.download.message if found.download else ""
                return message if "refuse" in message else ""

            assert "127.0.0.1" in await until(told, what="it is told what it waits for")
            daemon.kill()
            await daemon.start()
            await reached(client, "toy/small", "downloading")
            await asyncio.to_thread(hub.open_port)
            await assert_ready(home, hub, client, "toy/small")
        await asyncio.to_thread(hub.close_port)


async def test_a_disk_that_fills_up_in_the_middle_keeps_what_came(home: Home, hub: Hub) -> None:
    """Where not even the reason could be stored it goes on by itself, once there is room."""
    with small_disk(home.paths.data, 9):
        async with running(home, **MIN_FREE) as (daemon, client):
            ballast, hub.pace = home.paths.data / "ballast", PACE
            at_byte(hub, 1_000_000, lambda: fill(ballast))
            await client.download(LARGE)
            await until(lambda: "no room left" in home.log, what="the full disk is noticed")

            def over() -> str:
                """What became of the end, which may be stored in room that the database had."""
                with contextlib.closing(database(home)) as db:
                    (status,) = db.execute("SELECT status FROM downloads").fetchone()
                return "stored" if status == "error" else "lost" * (NO_ROOM in home.log)

            stored = await until(over, what="its end is stored or cannot be") == "stored"
            had, hub.pace = kept(home), 0.0
            hub.requests.clear()
            assert had > 400_000
            assert (await client.jobs()).total == 0
            assert_no_model(home)
            ballast.unlink()
            if stored:
                await client.download(LARGE)
            await reached(client, LARGE, "ready")
            await assert_ready(home, hub, client)
            assert hub.asked(WEIGHTS)[0].range == f"bytes={had}-"
            assert home.log.count("no room left") < 20, "it was tried again and again"
            assert daemon.process is not None
            assert daemon.process.poll() is None


async def test_no_room_is_known_beforehand(home: Home, hub: Hub) -> None:
    with small_disk(home.paths.data, 5):
        async with running(home, **MIN_FREE) as (_, client):
            await client.download(LARGE)
            found = await reached(client, LARGE, "error", "ready")
            assert found.download is not None
            assert found.download.error is not None
            assert well_told(found.download.error).code == "download_no_room"
    assert not hub.asked(WEIGHTS)


# Many who ask ------------------------------------------------------------------------------------


async def test_however_many_ask_each_file_is_fetched_once(home: Home, hub: Hub) -> None:
    hub.pace = PACE
    async with running(home) as (_, client):
        asked = [client.download(LARGE) for _ in range(20)]
        media = [noise(home.media / f"{n}.wav", 1.0) for n in range(3)]
        jobs = [client.add_job(one, wanted()) for one in media]
        await asyncio.gather(*asked)
        added = await asyncio.gather(*jobs)
        await assert_ready(home, hub, client)
        await client.download(LARGE)
        for job in added:
            assert (await ended(client, job.id)).state == "completed"
    for path in hub.repositories["toys/large"].files:
        assert len(hub.asked(path)) == 1, path
