"""The local executor: worker processes by role, started when needed and kept while useful."""

import asyncio
import heapq
import itertools
import logging
import random
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

from steno.errors import StenoError, WorkerDied, WorkFailed
from steno.wire import WorkerInfo
from steno.worker import protocol as p
from steno.workers.executor import Role
from steno.workers.process import WorkerProcess

log = logging.getLogger(__name__)

START_TIMEOUT = 60.0
"""Seconds a new process has to say hello."""
PING_EVERY = 30.0
"""Seconds between two looks at an idle worker."""


class Limits(NamedTuple):
    """Bounds of a pool. Seconds and bytes."""

    places: dict[Role, int]
    progress_timeout: float
    idle_timeout: float
    cancel_grace: float
    restart_delay: float
    restart_delay_max: float
    max_memory: int
    """A worker larger than this is restarted between two pieces of work."""


class Place:
    """Where one worker at a time lives. After a death the next start waits, longer each time."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.restarts = 0
        self.busy = False
        self.work = ""
        self.worker: WorkerProcess | None = None
        self.starting: asyncio.Task[WorkerProcess] | None = None
        self.idle_since = time.monotonic()
        self._limits = limits
        self._deaths = 0
        self._not_before = 0.0

    @property
    def ready_at(self) -> float:
        """Monotonic time from which a worker may be started here."""
        return 0.0 if self.worker else self._not_before

    async def occupy(self) -> WorkerProcess:
        """The worker of this place, started if there is none. Raises `WorkerDied`."""
        if self.worker is None or self.worker.dead.is_set():
            self.worker = None
            self.starting = asyncio.create_task(self._start(), name=f"{self.name}-start")
            self.worker = await asyncio.shield(self.starting)
        return self.worker

    async def _start(self) -> WorkerProcess:
        worker = WorkerProcess(self.name)
        try:
            await worker.start(START_TIMEOUT)
        except WorkerDied:
            self.mourn()
            raise
        log.info("%s started, pid %s", self.name, worker.pid)
        self.worker = worker
        return worker

    def mourn(self) -> None:
        """Notes a death that was not wanted."""
        self.worker = None
        self.restarts += 1
        delay = min(self._limits.restart_delay * 2**self._deaths, self._limits.restart_delay_max)
        self._deaths = min(self._deaths + 1, 30)
        self._not_before = time.monotonic() + delay * random.uniform(0.5, 1.0)  # noqa: S311
        log.warning("%s died; it may start again in %.1f s at most", self.name, delay)

    def praise(self) -> None:
        """Notes work that ended as it should."""
        self._deaths = 0

    def info(self) -> WorkerInfo:
        pid = self.worker.pid if self.worker else None
        return WorkerInfo(
            name=self.name, pid=pid, state=self._state(), work=self.work, restarts=self.restarts
        )

    def _state(self) -> Literal["starting", "idle", "busy", "waiting"]:
        if self.worker is None:
            return "waiting" if self._not_before > time.monotonic() else "starting"
        return "busy" if self.busy else "idle"


class WorkerPool:
    """Implements `steno.workers.executor.Executor` with processes of this machine."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._places: dict[Role, list[Place]] = {
            role: [Place(f"{role}-{n}", limits) for n in range(1, count + 1)]
            for role, count in limits.places.items()
        }
        self._waiting: dict[Role, list[tuple[tuple[int, ...], int, asyncio.Future[Place]]]] = {
            role: [] for role in limits.places
        }
        self._arrivals = itertools.count()
        self._closing = False
        self._aside: set[asyncio.Task[None]] = set()

    def info(self) -> list[WorkerInfo]:
        """Places that have, had or wait for a worker."""
        return [
            place.info()
            for places in self._places.values()
            for place in places
            if place.worker or place.restarts
        ]

    async def perform(
        self,
        role: Role,
        request: p.Requests,
        on_answer: Callable[[p.Answers], None] = lambda answer: None,
        *,
        order: tuple[int, ...] = (),
    ) -> p.End:
        place = await self._admit(role, order)
        try:
            place.work = type(request).__name__.lower()
            worker = await place.occupy()
            end = await worker.perform(request, on_answer, self._limits.progress_timeout)
        except WorkerDied:
            if place.worker is not None:
                place.mourn()
            self._leave(role, place)
            raise
        except BaseException:
            self._leave_later(role, place)
            raise
        place.praise()
        await self._shed(place)
        self._leave(role, place)
        if isinstance(end, p.Failed):
            error = WorkFailed.of(end.problem)
            if end.problem.status < 500:
                log.info("%s: %s", place.name, error)
            else:
                log.warning("%s: %s\n%s", place.name, error, end.trace)
            error.loading, error.disk_full = end.loading, end.disk_full
            raise error
        return end

    async def _admit(self, role: Role, order: tuple[int, ...]) -> Place:
        """Waits for a place: one whose worker runs, else one where a start is soonest allowed."""
        if self._closing:
            raise StenoError("stopping")
        free = [place for place in self._places[role] if not place.busy]
        if free:
            place = min(free, key=lambda one: (one.worker is None, one.ready_at))
            place.busy = True
        else:
            turn: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting[role], (order, next(self._arrivals), turn))
            try:
                place = await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._leave(role, turn.result())
                raise
        try:
            await asyncio.sleep(max(0.0, place.ready_at - time.monotonic()))
        except asyncio.CancelledError:
            self._leave(role, place)
            raise
        return place

    def _leave(self, role: Role, place: Place) -> None:
        """Gives the place to whoever waits first, or leaves it idle."""
        place.work = ""
        place.idle_since = time.monotonic()
        waiting = self._waiting[role]
        while waiting:
            turn = heapq.heappop(waiting)[-1]
            if not turn.done():
                turn.set_result(place)
                return
        place.busy = False

    def _leave_later(self, role: Role, place: Place) -> None:
        """After the caller was cancelled: frees the place once its work has stopped."""

        async def settle() -> None:
            if place.starting is not None:
                await asyncio.wait((place.starting,))
            if place.worker is not None:
                await place.worker.abandon(self._limits.cancel_grace)
                if place.worker.dead.is_set():
                    place.worker = None
            self._leave(role, place)

        task = asyncio.create_task(settle(), name=f"{place.name}-settle")
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    async def _shed(self, place: Place) -> None:
        """Ends a worker that has grown too large; the next one starts small."""
        worker = place.worker
        if worker is not None and worker.memory > self._limits.max_memory:
            log.warning("%s holds %d MiB and is restarted", place.name, worker.memory >> 20)
            await worker.stop()
            place.worker = None

    async def tend(self) -> None:
        """Looks after idle workers until cancelled: the unused end, those that hang are killed."""
        while True:
            await asyncio.sleep(min(PING_EVERY, max(0.05, self._limits.idle_timeout / 4)))
            for role, places in self._places.items():
                for place in places:
                    if not place.busy and place.worker is not None:
                        await self._look_at(role, place, place.worker)

    async def _look_at(self, role: Role, place: Place, worker: WorkerProcess) -> None:
        place.busy = True
        try:
            if worker.dead.is_set():
                place.mourn()
            elif time.monotonic() - place.idle_since > self._limits.idle_timeout:
                await worker.stop()
                place.worker = None
                log.info("%s was idle and ended", place.name)
            elif not await worker.answers_ping(PING_EVERY):
                log.warning("%s does not answer and is killed", place.name)
                await worker.stop(now=True)
                place.mourn()
        finally:
            idle_since = place.idle_since
            self._leave(role, place)
            place.idle_since = idle_since

    async def close(self, *, now: bool = False) -> None:
        """Ends all workers. Further work is refused."""
        self._closing = True
        for waiting in self._waiting.values():
            for _, _, turn in waiting:
                turn.cancel()
        await asyncio.gather(
            *(
                place.worker.stop(now=now)
                for places in self._places.values()
                for place in places
                if place.worker is not None
            )
        )
        for task in tuple(self._aside):
            await task
