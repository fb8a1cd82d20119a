"""Models loaded ahead, by a daemon with real workers."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from daemon.assembled import assembled, at_rest, new
from harness import DATA, until
from steno.api.keys import Daemon
from steno.config import Config, Models, Transcription, Workers
from steno.discovery import Registry
from steno.errors import StenoError
from steno.jobs import preloading as preloading_
from steno.wire.models import Preload
from steno.worker import protocol as p
from steno.workers.executor import Role

ONE = "fake/one"


@contextlib.asynccontextmanager
async def preloading(
    monkeypatch: pytest.MonkeyPatch, *models: str, begun: bool = True, **asr: Any
) -> AsyncIterator[Daemon]:
    """A daemon whose jobs are done by the fake backend. `begun`: what is configured is loaded."""
    config = Config(
        workers=Workers(
            speech=2, restart_delay=0.02, restart_delay_max=0.1, cancel_grace=1.0, idle_timeout=1.0
        ),
        transcription=Transcription(
            backend="fake", splitter="fake", aligner="fake", language="en", formats=()
        ),
        models=Models(preload=models),
        backends={"asr": {"fake": asr}},
    )
    async with assembled(monkeypatch, config) as (daemon, _):
        await daemon.library.shelf.open()
        tasks = [asyncio.create_task(daemon.pool.tend())]
        if begun:
            tasks.append(asyncio.create_task(daemon.preloader.run()))
        try:
            yield daemon
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def told(daemon: Daemon, *status: str) -> Preload:
    """The only one, once it is as wanted."""

    def there() -> Preload | None:
        return next((one for one in daemon.preloader.told() if one.status in status), None)

    found = await until(there, what=f"{status}")
    assert found is not None
    return found


def has_failed(daemon: Daemon, times: int) -> bool:
    return [one.failures for one in daemon.preloader.told()] == [times]


def loads(file: Path) -> list[str]:
    return [line.split()[0] for line in file.read_text().splitlines()] if file.exists() else []


async def test_a_job_finds_what_was_loaded_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "loads"
    async with preloading(monkeypatch, ONE, loads=str(file)) as daemon:
        found = await told(daemon, "loaded", "failed")
        assert (found.model, found.status, found.error) == (ONE, "loaded", None)
        assert found.loaded_at is not None
        (model,) = [one for one in await daemon.library.look() if one.name == ONE]
        assert model.loaded
        assert model.uses == 1
        job = await daemon.jobs.add(new(DATA / "sample.flac", {"workers": 1}), local=True)
        assert (await at_rest(daemon, job.id)).state == "completed"
        assert loads(file) == ["load"]
        asr = next(one for one in daemon.metrics.told() if one.model == ONE)
        assert (asr.loads, asr.misses, asr.hit_rate) == (1, 0, 1.0)


async def test_asked_for_again_and_again_it_is_loaded_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "loads"
    async with preloading(monkeypatch, loads=str(file), load_delay=0.2) as daemon:
        await asyncio.gather(*(daemon.preloader.preload([ONE]) for _ in range(5)))
        await until(lambda: loads(file), what="it is being loaded")
        await daemon.preloader.preload([ONE])
        assert (await told(daemon, "loaded", "failed")).status == "loaded"
        await daemon.preloader.preload(["one", ONE])
        (one,) = daemon.preloader.told()
        assert one.status == "loaded"
        assert loads(file) == ["load"]


async def test_after_three_failures_it_is_given_up_until_it_is_reset(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file, trouble = tmp_path / "loads", tmp_path / "trouble"
    trouble.write_text("raise")
    async with preloading(monkeypatch, loads=str(file), fail_while=str(trouble)) as daemon:
        for count in (1, 2, 3):
            await daemon.preloader.preload([ONE])
            await until(partial(has_failed, daemon, count), what="it fails")
            found = await told(daemon, "failed")
            assert found.error is not None
            assert found.error.code == "backend_load_failed"
            assert "gone off" in found.error.detail
        with pytest.raises(StenoError) as caught:
            await daemon.preloader.preload([ONE])
        assert caught.value.code == "preload_given_up"
        assert "gone off" in caught.value.problem.detail
        assert loads(file) == ["load"] * 3
        trouble.unlink()
        daemon.preloader.reset(["fake/other"])
        assert daemon.preloader.told()[0].failures == 3
        daemon.preloader.reset([])
        found = daemon.preloader.told()[0]
        assert (found.status, found.failures, found.error) == ("waiting", 0, None)
        await told(daemon, "loaded")


async def test_one_that_kills_its_workers_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file, trouble = tmp_path / "loads", tmp_path / "trouble"
    trouble.write_text("die")
    async with preloading(
        monkeypatch, ONE, loads=str(file), fail_while=str(trouble), load_delay=0.01
    ) as daemon:
        await until(partial(has_failed, daemon, 3), what="given up")
        found = await told(daemon, "failed")
        assert found.error is not None
        assert found.error.code == "worker_died"
        assert loads(file) == ["load"] * 3


async def test_what_went_with_its_worker_is_loaded_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "loads"
    async with preloading(monkeypatch, ONE, loads=str(file)) as daemon:
        first = await told(daemon, "loaded")
        (worker,) = [one for one in daemon.pool.info() if one.name.startswith("speech")]
        assert worker.pid
        os.kill(worker.pid, signal.SIGKILL)
        await told(daemon, "waiting", "loading")
        again = await told(daemon, "loaded")
        assert first.loaded_at is not None
        assert again.loaded_at is not None
        assert again.loaded_at > first.loaded_at
        assert loads(file) == ["load"] * 2


async def test_what_a_person_unloads_stays_unloaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "loads"
    async with preloading(monkeypatch, ONE, loads=str(file)) as daemon:
        await told(daemon, "loaded")
        assert await daemon.holdings.unload([ONE]) == []
        assert daemon.preloader.told() == [Preload(model=ONE, status="waiting")]
        await until(lambda: not daemon.pool.info(), what="its worker ends as it is idle")
        assert loads(file) == ["load", "close"]
        await daemon.preloader.preload([])
        await told(daemon, "loaded")


async def test_a_name_that_is_wrong_is_refused_or_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with preloading(monkeypatch, "fake/two", ONE) as daemon:
        await told(daemon, "loaded")
        wrong = next(one for one in daemon.preloader.told() if one.model == "fake/two")
        assert wrong.status == "failed"
        assert wrong.error is not None
        assert wrong.error.code == "model_not_found"
        with pytest.raises(StenoError) as caught:
            await daemon.preloader.preload(["whisper/gigantic"])
        assert caught.value.code == "model_not_found"
        before = daemon.preloader.told()
        with pytest.raises(StenoError):
            await daemon.preloader.preload(["pocketsphinx/en-us", "whisper/gigantic"])
        assert daemon.preloader.told() == before


async def test_what_is_known_only_later_is_loaded_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a start at which a plugin was too slow to describe itself."""
    late = True
    find = preloading_.user_of

    def user_of(registry: Registry, config: Config, name: str) -> preloading_.User:
        return find(registry, config, "late/one" if late else name)

    monkeypatch.setattr(preloading_, "user_of", user_of)
    async with preloading(monkeypatch, ONE) as daemon:
        found = await told(daemon, "failed")
        assert found.error is not None
        assert found.error.code == "model_not_found"
        late = False
        await daemon.installed.discover()
        found = await told(daemon, "loaded")
        assert (found.model, found.failures) == (ONE, 0)


async def test_metrics_add_up_over_a_job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "loads"
    async with preloading(monkeypatch, begun=False, loads=str(file)) as daemon:
        requests: list[str] = []
        perform = daemon.pool.perform

        async def counted(role: Role, request: p.Requests, *rest: Any, **more: Any) -> p.End:
            if isinstance(request, p.Transcribe | p.Align):
                requests.append(request.backend.called)
            return await perform(role, request, *rest, **more)

        monkeypatch.setattr(daemon.pool, "perform", counted)
        job = await daemon.jobs.add(new(DATA / "sample.flac", {}), local=True)
        done = await at_rest(daemon, job.id)
        assert done.state == "completed"
        segments = await daemon.db.read(
            lambda db: db.execute("SELECT start, end FROM segments").fetchall()
        )
        speech = sum(end - start for start, end in segments) / 16_000
        by_name = {one.model: one for one in daemon.metrics.told()}
        assert set(by_name) == {ONE, "aligner/fake"} == set(requests)
        for name, one in by_name.items():
            assert one.hits + one.misses == one.inferences == requests.count(name)
            assert one.audio_seconds == pytest.approx(speech, abs=0.01)
            assert one.loads == one.misses >= 1
            assert one.real_time_factor == pytest.approx(
                one.inference_seconds / one.audio_seconds, abs=0.001
            )
        assert by_name[ONE].loads == loads(file).count("load")
