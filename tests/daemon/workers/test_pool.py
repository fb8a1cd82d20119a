"""The pool with real worker processes: places are never lost, whatever happens to who waits."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import FAKES, until
from steno.errors import WorkerUnavailable
from steno.plugins import AsrOptions
from steno.worker import protocol as p
from steno.workers import process
from steno.workers.place import Backoff
from steno.workers.pool import Limits, WorkerPool


class Bench:
    """A pool, and requests for it."""

    def __init__(self, folder: Path) -> None:
        self.audio = folder / "audio.pcm"
        self.audio.write_bytes(os.urandom(32_000 * 12))
        self.pools: list[WorkerPool] = []

    def pool(self, *, places: int = 1, max_memory: int = 1 << 40, threads: int = 99) -> WorkerPool:
        limits = Limits(
            {"speech": places}, 30.0, 600.0, 1.0, Backoff(0.02, 0.1), max_memory, threads=threads
        )
        self.pools.append(WorkerPool(limits))
        return self.pools[-1]

    def request(
        self,
        *,
        name: str = "fake",
        segments: int = 1,
        settings: bytes = b"{}",
        most: int = 0,
        threads: int = 1,
    ) -> p.Transcribe:
        backend = p.BackendRef(
            kind="asr", entry_point="fake", module="steno_fake", name=name, settings=settings,
            most=most, threads=threads,
        )  # fmt: skip
        refs = [p.SegmentRef(i, i * 48_000, (i + 1) * 48_000) for i in range(segments)]
        return p.Transcribe(
            id=0, backend=backend, audio=os.fsencode(self.audio), segments=refs,
            options=AsrOptions(),
        )  # fmt: skip


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setenv("PYTHONPATH", str(FAKES))
    made = Bench(tmp_path)
    yield made
    for pool in made.pools:
        async with asyncio.timeout(20):
            await pool.close(now=True)


async def test_who_hears_badly_is_told_and_the_worker_goes_on(bench: Bench) -> None:
    pool = bench.pool()

    def hear(answer: p.Answers) -> None:
        raise RuntimeError("deaf")

    for _ in range(3):
        with pytest.raises(RuntimeError, match="deaf"):
            await pool.perform("speech", bench.request(name="fake-batch", segments=4), hear)
    assert isinstance(await pool.perform("speech", bench.request()), p.Done)
    (worker,) = pool.info()
    assert worker.restarts == 0


async def test_a_place_survives_a_caller_cancelled_at_any_moment(bench: Bench) -> None:
    pool = bench.pool(max_memory=1)  # each worker is restarted after its work
    for patience in range(12):
        task = asyncio.create_task(pool.perform("speech", bench.request()))
        await asyncio.wait((task,), timeout=patience * 0.04)
        task.cancel()
        await asyncio.wait((task,))
    async with asyncio.timeout(20):
        assert isinstance(await pool.perform("speech", bench.request()), p.Done)


async def test_workers_that_cannot_start_are_told_apart_from_those_that_died(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = bench.pool()
    with monkeypatch.context() as broken:
        broken.setattr(process, "sys", SimpleNamespace(executable="/bin/false"))
        for _ in range(2):
            with pytest.raises(WorkerUnavailable) as caught:
                await pool.perform("speech", bench.request())
        assert "ended with status 1" in caught.value.problem.detail
        assert pool.info()[0].restarts == 2
    assert sys.executable
    assert isinstance(await pool.perform("speech", bench.request()), p.Done)


async def test_a_backend_runs_on_as_many_workers_as_it_allows(bench: Bench) -> None:
    pool = bench.pool(places=3)
    busiest = 0

    def hear(answer: p.Answers) -> None:
        nonlocal busiest
        busiest = max(busiest, sum(worker.state == "busy" for worker in pool.info()))

    slow = bench.request(settings=b'{"delay": 0.2}', most=2)
    await asyncio.gather(*(pool.perform("speech", slow, hear) for _ in range(6)))
    assert busiest == 2


async def test_no_more_threads_compute_than_fit(bench: Bench) -> None:
    """One that needs more waits for its turn, and those after it wait with it."""
    pool = bench.pool(places=4, threads=3)
    ended: list[str] = []
    most = 0

    async def work(name: str, order: int, threads: int) -> None:
        def hear(answer: p.Answers) -> None:
            nonlocal most
            busy = [place.busy for place in pool.places["speech"]]
            used = sum(one.threads for one in busy if isinstance(one, p.BackendRef))
            most = max(most, used)

        request = bench.request(settings=b'{"delay": 0.2}', threads=threads)
        await pool.perform("speech", request, hear, order=(order,))
        ended.append(name)

    async with asyncio.TaskGroup() as group:
        group.create_task(work("first", 1, 1))
        await asyncio.sleep(0)
        group.create_task(work("wide", 2, 3))
        group.create_task(work("narrow", 3, 1))
    assert ended == ["first", "wide", "narrow"]
    assert most == 3
    await work("wider than all", 4, 9)
    assert ended[-1] == "wider than all"


async def test_work_goes_to_a_worker_that_has_the_backend_loaded(bench: Bench) -> None:
    pool = bench.pool(places=2)
    one, other = bench.request(), bench.request(name="fake-batch")
    slow = bench.request(settings=b'{"delay": 0.3}')
    await asyncio.gather(pool.perform("speech", slow), pool.perform("speech", other))
    used: list[Any] = []
    for request in (other, slow, other, slow, one):
        before = {worker.pid for worker in pool.info()}

        def hear(answer: p.Answers) -> None:
            used.append([w.pid for w in pool.info() if w.state == "busy"])

        await pool.perform("speech", request, hear)
        assert {worker.pid for worker in pool.info()} == before
    busy = [pids[0] for pids in used]
    others, slows = set(busy[0:2] + busy[4:6]), set(busy[2:4] + busy[6:8])
    assert len(others) == len(slows) == 1
    assert others != slows


async def test_lower_orders_go_first(bench: Bench) -> None:
    pool = bench.pool()
    first = asyncio.create_task(pool.perform("speech", bench.request(settings=b'{"delay": 0.2}')))
    done: list[tuple[int, ...]] = []

    async def one(order: tuple[int, ...]) -> None:
        await pool.perform("speech", bench.request(), order=order)
        done.append(order)

    await asyncio.gather(first, *(one(order) for order in ((2, 0), (1, 7), (1, 3), (3, 0))))
    assert done == [(1, 3), (1, 7), (2, 0), (3, 0)]


async def test_an_idle_worker_that_hangs_is_replaced(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steno.workers.pool.PING_EVERY", 0.2)
    pool = bench.pool()
    await pool.perform("speech", bench.request())
    (worker,) = pool.info()
    assert worker.pid
    os.kill(worker.pid, signal.SIGSTOP)
    tend = asyncio.create_task(pool.tend())
    await until(lambda: pool.info()[0].restarts, what="it is killed")
    tend.cancel()
    await asyncio.wait((tend,))
    assert isinstance(await pool.perform("speech", bench.request()), p.Done)
    assert pool.info()[0].pid != worker.pid


async def test_a_cancel_is_heeded_in_the_moment_of_an_answer(bench: Bench) -> None:
    """Else whoever looks after idle workers would go on for ever, and the daemon never end."""
    pool = bench.pool()
    await pool.perform("speech", bench.request())
    worker = pool.places["speech"][0].worker
    assert worker is not None

    async def look_after() -> None:
        while True:
            await worker.answers_ping(30.0)

    looking = asyncio.create_task(look_after())
    await asyncio.sleep(0)
    worker._heard.set()
    await asyncio.sleep(0)
    looking.cancel()
    await asyncio.wait((looking,), timeout=5.0)
    assert looking.cancelled()
