"""What real workers hold, as the daemon knows it."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from harness import FAKES, until
from steno.errors import WorkFailed
from steno.plugins import AsrOptions
from steno.worker import protocol as p
from steno.workers.holdings import Holdings
from steno.workers.place import Backoff
from steno.workers.pool import Limits, WorkerPool


class Bench:
    """A pool of two workers, and what it tells."""

    def __init__(self, folder: Path, **limits: Any) -> None:
        self.folder = folder
        self.audio = folder / "audio.pcm"
        self.audio.write_bytes(os.urandom(32_000 * 3))
        idle_timeout = limits.pop("worker_idle", 600.0)
        cache = p.Settle(id=0, **limits)
        places = {"speech": 2}
        self.pool = WorkerPool(
            Limits(places, 30.0, idle_timeout, 1.0, Backoff(0.02, 0.1), 1 << 40, cache)  # type: ignore[arg-type]
        )
        self.holdings = Holdings(self.pool)
        self.usages: list[tuple[str, p.Usage]] = []
        self.lost: list[str] = []
        self.pool.on_usage = lambda backend, usage: self.usages.append((backend.called, usage))
        self.pool.on_lost = lambda backend: self.lost.append(backend.called)

    def ref(self, name: str, **settings: Any) -> p.BackendRef:
        settings["loads"] = str(self.folder / name)
        return p.BackendRef(
            kind="asr", entry_point="fake", module="steno_fake", name="fake", model=f"fake/{name}",
            settings=json.dumps(settings).encode(),
        )  # fmt: skip

    async def work(self, name: str, **settings: Any) -> p.End:
        request = p.Transcribe(
            id=0,
            backend=self.ref(name, **settings),
            audio=os.fsencode(self.audio),
            segments=[p.SegmentRef(0, 0, 48_000)],
            options=AsrOptions(),
        )
        return await self.pool.perform("speech", request)

    def held(self) -> dict[str, list[str]]:
        """Models by worker."""
        return {
            worker.worker: [str(one.model).removeprefix("fake/") for one in worker.models]
            for worker in self.holdings.workers()
        }

    def history(self, name: str) -> list[str]:
        file = self.folder / name
        return [line.split()[0] for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
async def benches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    monkeypatch.setenv("PYTHONPATH", str(FAKES))
    made: list[Bench] = []

    def make(**limits: Any) -> Bench:
        made.append(Bench(tmp_path, **limits))
        return made[-1]

    yield make
    for bench in made:
        async with asyncio.timeout(20):
            await bench.pool.close(now=True)


async def test_what_is_loaded_ahead_is_found_by_work(benches: Any) -> None:
    bench = benches()
    await bench.holdings.load(bench.ref("a"))
    await bench.holdings.load(bench.ref("b"))
    assert bench.held() == {"speech-1": ["a", "b"]}
    (worker,) = bench.holdings.workers()
    assert [(one.kept, one.uses) for one in worker.models] == [(True, 0), (True, 0)]
    assert worker.memory > 2**20
    await bench.work("a")
    await bench.work("b")
    assert bench.held() == {"speech-1": ["a", "b"]}
    assert bench.history("a") == bench.history("b") == ["load"]
    assert [(name, usage.hit) for name, usage in bench.usages] == [
        ("fake/a", None), ("fake/b", None), ("fake/a", True), ("fake/b", True),
    ]  # fmt: skip
    assert bench.usages[-1][1].audio_seconds == 3.0


async def test_a_new_worker_is_started_before_another_model_is_given_up(benches: Any) -> None:
    bench = benches(size=1)
    await bench.holdings.load(bench.ref("a"))
    await bench.work("b")
    assert bench.held() == {"speech-1": ["a"], "speech-2": ["b"]}
    await bench.work("a")
    await bench.work("b")
    assert bench.history("a") == bench.history("b") == ["load"]


async def test_idle_models_go_and_kept_ones_stay_with_their_worker(benches: Any) -> None:
    bench = benches(idle_timeout=0.1, worker_idle=0.4)
    await bench.holdings.load(bench.ref("a"))
    await bench.work("b")
    tend = asyncio.create_task(bench.pool.tend())
    await until(lambda: bench.held() == {"speech-1": ["a"]}, what="the idle one is unloaded")
    assert bench.history("b") == ["load", "close"]
    await bench.holdings.load(bench.ref("c", load_delay=0.6))  # longer than idle workers live
    assert bench.held() == {"speech-1": ["a", "c"]}
    await bench.holdings.unload(None)
    await until(lambda: not bench.pool.info(), what="the worker ends")
    tend.cancel()
    await asyncio.wait((tend,))
    assert bench.lost == []


async def test_limits_change_at_run_time(benches: Any) -> None:
    bench = benches()
    for name in "abc":
        await bench.work(name)
    bench.holdings.limits = p.Settle(id=0, size=1)
    await until(lambda: bench.held() == {"speech-1": ["c"]}, what="two are unloaded")
    bench.holdings.limits = p.Settle(id=0, size=2, idle_timeout=0.05)
    await until(lambda: bench.held() == {}, what="the last is unloaded")


async def test_what_works_is_unloaded_afterwards(benches: Any) -> None:
    bench = benches()
    await bench.work("b")
    work = asyncio.create_task(bench.work("a", delay=0.5))
    await until(lambda: "a" in bench.held().get("speech-1", []), what="a is loaded")
    assert await bench.holdings.unload(["fake/a", "fake/b"]) == ["fake/a", "fake/b"]
    assert bench.history("a") == ["load"]
    assert isinstance(await work, p.Done)
    await until(lambda: bench.held() == {}, what="both are unloaded")
    assert bench.history("a") == bench.history("b") == ["load", "close"]


async def test_what_is_being_loaded_is_unloaded_afterwards(benches: Any) -> None:
    bench = benches()
    await bench.work("b")
    work = asyncio.create_task(bench.holdings.load(bench.ref("a", load_delay=0.4)))
    await until(lambda: bench.history("a") == ["load"], what="a is being loaded")
    assert await bench.holdings.unload(["fake/a"]) == ["fake/a"]
    await work
    await until(lambda: bench.held() == {"speech-1": ["b"]}, what="a is unloaded")


async def test_idle_workers_have_unloaded_before_the_answer(benches: Any) -> None:
    bench = benches()
    await asyncio.gather(bench.work("a", delay=0.2), bench.work("a", delay=0.2))
    assert len(bench.held()) == 2
    assert await bench.holdings.unload(["fake/a"]) == []
    assert bench.held() == {}
    assert bench.history("a").count("close") == 2
    assert [worker.state for worker in bench.pool.info()] == ["idle", "idle"]


async def test_what_works_is_kept_without_a_second_one(benches: Any) -> None:
    bench = benches()
    work = asyncio.create_task(bench.work("a", delay=0.4))
    await until(lambda: bench.held() == {"speech-1": ["a"]}, what="a is loaded")
    await bench.holdings.load(bench.ref("a", delay=0.4))
    await work
    kept = bench.ref("a", delay=0.4)
    await until(lambda: bench.holdings.holds(kept, kept=True), what="it is kept")
    assert bench.history("a") == ["load"]


async def test_a_killed_worker_holds_nothing(benches: Any) -> None:
    bench = benches(worker_idle=0.4)
    await bench.holdings.load(bench.ref("a"))
    await bench.work("b")
    (worker,) = bench.pool.info()
    os.kill(worker.pid, signal.SIGKILL)
    await until(lambda: bench.held() == {}, what="it is forgotten")
    assert bench.holdings.loaded() == set()
    assert await bench.holdings.unload(None) == []
    tend = asyncio.create_task(bench.pool.tend())
    await until(lambda: bench.lost == ["fake/a"], what="the loss is told")
    tend.cancel()
    await asyncio.wait((tend,))
    await bench.work("a")
    assert bench.history("a") == ["load", "load"]


async def test_work_that_could_not_be_begun_is_a_miss_without_a_load(benches: Any) -> None:
    bench = benches()
    with pytest.raises(WorkFailed):
        await bench.work("a", fail_load=True)
    ((_, usage),) = bench.usages
    assert (usage.hit, usage.load_seconds, usage.work_seconds) == (False, None, None)
    with pytest.raises(WorkFailed):
        await bench.work("a", fail=[0])
    _, usage = bench.usages[-1]
    assert usage.hit is False
    assert usage.load_seconds is not None
    assert usage.work_seconds is not None
    assert usage.audio_seconds == 0.0
