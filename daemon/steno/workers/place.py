"""Where one worker at a time lives."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

from steno.errors import WorkerDied, WorkerUnavailable
from steno.wire import WorkerInfo
from steno.worker.protocol import BackendRef, Held
from steno.workers.process import WorkerProcess

log = logging.getLogger(__name__)

START_TIMEOUT = 60.0
"""Seconds a new process has to say hello."""


class Backoff(NamedTuple):
    """Seconds before a start after a death: doubled each time, up to a limit."""

    first: float
    most: float


class Place:
    """After a death that was not wanted the next start waits, longer each time. `on_end` hears
    what a worker held that is gone."""

    def __init__(
        self,
        name: str,
        backoff: Backoff,
        on_end: Callable[[list[Held]], None],
        *,
        network: bool = False,
        patient: bool = False,
    ) -> None:
        self.name = name
        self._on_end = on_end
        self._network = network
        self._patient = patient
        self.restarts = 0
        self.work = ""
        self.busy: BackendRef | Literal[True] | None = None
        """What it works for; True: something that needs no backend."""
        self.worker: WorkerProcess | None = None
        self.idle_since = time.monotonic()
        self._starting: asyncio.Task[WorkerProcess] | None = None
        self._newborn: WorkerProcess | None = None
        self._backoff = backoff
        self._deaths = 0
        self._not_before = 0.0

    @property
    def ready_at(self) -> float:
        """Monotonic time from which work can be done here."""
        return 0.0 if self.worker else self._not_before

    @property
    def alive(self) -> WorkerProcess | None:
        """Its worker, unless that is dead and nobody has noted it yet."""
        return None if self.worker is None or self.worker.dead.is_set() else self.worker

    @property
    def held(self) -> list[Held]:
        """What its worker holds in memory, the least recently used first."""
        return self.alive.cached if self.alive else []

    async def occupy(self) -> WorkerProcess:
        """The worker of this place, started if there is none. Raises `WorkerUnavailable`."""
        if self.worker is not None and self.worker.dead.is_set():
            self.forget()
        if self.worker is None:
            self._starting = asyncio.create_task(self._start(), name=f"{self.name}-start")
            await asyncio.shield(self._starting)
        assert self.worker is not None
        return self.worker

    async def _start(self) -> WorkerProcess:
        worker = self._newborn = WorkerProcess(
            self.name, network=self._network, patient=self._patient
        )
        try:
            await worker.start(START_TIMEOUT)
        except WorkerDied as error:
            self.mourn()
            how = error.problem.detail.removeprefix("The worker process ").rstrip(".")
            raise WorkerUnavailable("worker_unavailable", how=how) from error
        finally:
            self._newborn = None
        log.info("%s started, pid %s", self.name, worker.pid)
        self.worker = worker
        return worker

    async def settle(self, grace: float) -> None:
        """After its caller was cancelled: waits until what was begun here has ended."""
        if self._starting is not None:
            await asyncio.wait((self._starting,))
            if not self._starting.cancelled() and (error := self._starting.exception()):
                log.debug("%s did not start: %s", self.name, error)
        if self.worker is not None:
            await self.worker.abandon(grace)
            if self.worker.dead.is_set():
                self.forget()
            elif self.worker.spent:
                await self._end(self.worker)

    def forget(self) -> None:
        """Notes that its worker is gone, as it was to be."""
        gone, self.worker = self.worker, None
        if gone is not None:
            self._on_end(gone.cached)

    def mourn(self) -> None:
        """Notes a death that was not wanted."""
        self.forget()
        self.restarts += 1
        delay = min(self._backoff.first * 2**self._deaths, self._backoff.most)
        self._deaths = min(self._deaths + 1, 30)
        self._not_before = time.monotonic() + delay * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        log.warning("%s died; it may start again in %.1f s at most", self.name, delay)

    def praise(self) -> None:
        """Notes work that ended as it should."""
        self._deaths = 0

    async def shed(self, limit: int) -> None:
        """Ends a worker of more than `limit` bytes, apart from what its models took when they were
        loaded, and one that is spent; the next one starts small."""
        worker = self.worker
        if worker is None:
            return
        if worker.memory - sum(one.memory for one in self.held) > limit:
            log.warning("%s holds %d MiB and is restarted", self.name, worker.memory >> 20)
            await self._end(worker)
        elif worker.spent:
            await self._end(worker)

    async def _end(self, worker: WorkerProcess) -> None:
        self.forget()
        await worker.stop()

    async def close(self, *, now: bool) -> None:
        worker = self.worker or self._newborn
        if worker is not None:
            await worker.stop(now=now)

    def info(self) -> WorkerInfo:
        pid = self.worker.pid if self.worker else None
        return WorkerInfo(
            name=self.name, pid=pid, state=self._state(), work=self.work, restarts=self.restarts
        )

    def _state(self) -> Literal["starting", "idle", "busy", "waiting"]:
        if self.worker is None:
            return "waiting" if self._not_before > time.monotonic() else "starting"
        return "busy" if self.busy else "idle"
