"""A daemon without its server, in this process, with real workers: for what must happen between
two lines of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from harness import FAKES, Home, new_home
from steno import door
from steno.api.keys import Daemon
from steno.app import assemble
from steno.config import Config, Workers
from steno.wire import FINAL, Job, NewJob

FAST = Workers(speech=2, restart_delay=0.02, restart_delay_max=0.1, cancel_grace=1.0)


@contextlib.asynccontextmanager
async def assembled(
    monkeypatch: pytest.MonkeyPatch, config: Config | None = None, *, at_work: bool = True
) -> AsyncIterator[tuple[Daemon, Home]]:
    """`at_work`: jobs are started as they are queued."""
    monkeypatch.setenv("PYTHONPATH", str(FAKES))
    monkeypatch.syspath_prepend(str(FAKES))
    with new_home() as home:
        door.make_folders(home.paths)
        daemon = assemble(config or Config(workers=FAST), home.paths)
        await daemon.db.open()
        daemon.hub.database = daemon.db.id
        await daemon.installed.discover()
        jobs = asyncio.create_task(daemon.scheduler.run()) if at_work else None
        try:
            yield daemon, home
        finally:
            await daemon.scheduler.stop(0)
            if jobs is not None:
                jobs.cancel()
                await asyncio.wait((jobs,))
            await daemon.pool.close(now=True)
            await daemon.db.close()


def new(path: object, settings: dict[str, Any], *, start: bool = True) -> NewJob:
    return NewJob(path=str(path), settings=settings, start=start)


async def at_rest(daemon: Daemon, job: str) -> Job:
    """The job, once it has ended or pauses."""
    for _ in range(3000):
        found = await daemon.jobs.get(job)
        if found.state in FINAL or found.state == "paused":
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"job {job} does not end: {found}")
