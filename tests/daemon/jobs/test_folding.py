"""Nobody decodes a file for its waveform twice at once, or beside a run of its job."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from daemon.assembled import assembled, at_rest, new
from e2e.asking import noise
from harness import fake
from steno.api.keys import Daemon
from steno.errors import StenoError, WorkerDied
from steno.jobs import folding
from steno.wire import Waveform
from steno.worker import protocol as p


class Gate:
    """Stands before the workers of `daemon` and holds requests for peaks."""

    def __init__(self, daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open = asyncio.Event()
        self.asked: list[p.Requests] = []
        self.trouble: StenoError | None = None
        self.folding = 0
        """Requests for peaks in hand."""
        self.beside: list[int] = []
        """The same, whenever the file of a job began to be decoded."""
        perform = daemon.pool.perform

        async def held(role: Any, request: p.Requests, *more: Any, **named: Any) -> p.End:
            self.asked.append(request)
            if isinstance(request, p.Extract):
                self.beside.append(self.folding)
            if not isinstance(request, p.Fold):
                return await perform(role, request, *more, **named)
            self.folding += 1
            try:
                await self.open.wait()
                if self.trouble:
                    raise self.trouble
                return await perform(role, request, *more, **named)
            finally:
                self.folding -= 1

        monkeypatch.setattr(daemon.pool, "perform", held)

    @property
    def folds(self) -> int:
        return sum(isinstance(one, p.Fold) for one in self.asked)


async def look(daemon: Daemon, job: str) -> Waveform:
    found = await daemon.waveforms.read(job, start=None, end=None, columns=10)
    return msgspec.json.decode(found.body, type=Waveform)


async def added(daemon: Daemon, media: Path) -> str:
    noise(media, 1.0)
    return (await daemon.jobs.add(new(media, fake(formats=[]), start=False))).id


async def test_those_who_ask_share_one_computation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "PATIENCE", 0.05)
    async with assembled(monkeypatch, at_work=False) as (daemon, home):
        job, other = [await added(daemon, home.media / name) for name in ("a.wav", "b.wav")]
        gate = Gate(daemon, monkeypatch)
        for found in await asyncio.gather(*(look(daemon, job) for _ in range(4))):
            assert (found.complete, found.available, found.duration) == (False, 0.0, None)
            assert found.columns == [None] * 10
        await look(daemon, other)
        assert gate.folds == 1, "one job at a time: workers are left for jobs"
        await daemon.jobs.remove(other)
        assert not (home.paths.jobs / other).exists()
        gate.trouble = WorkerDied("worker_died", how="fell asleep")
        gate.open.set()
        monkeypatch.setattr(folding, "PATIENCE", 30.0)
        with pytest.raises(WorkerDied):
            await look(daemon, job)
        assert gate.folds == 1, "who is told of a failure did not start another try"
        gate.trouble = None
        async with daemon.folding.barred(job):
            assert not (await look(daemon, job)).complete
            assert gate.folds == 1, "somebody decodes it already"
        found = await look(daemon, job)
        assert (found.complete, found.duration, gate.folds) == (True, 1.0, 2)
        assert None not in found.columns


async def test_a_run_takes_it_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "PATIENCE", 0.0)
    async with assembled(monkeypatch) as (daemon, home):
        job = await added(daemon, home.media / "a.wav")
        gate = Gate(daemon, monkeypatch)
        while not gate.folding:
            assert not (await look(daemon, job)).complete
        await daemon.jobs.act(job, "start")
        assert (await at_rest(daemon, job)).state == "completed"
        assert gate.beside == [0]
        assert (await look(daemon, job)).complete
        assert gate.folds == 1
