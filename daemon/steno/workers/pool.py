"""The local executor: worker processes by role, started when needed and kept while useful."""

import asyncio
import bisect
import itertools
import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from steno.errors import StenoError, WorkerDied, WorkFailed
from steno.unbroken import whole
from steno.wire import WorkerInfo
from steno.worker import protocol as p
from steno.workers.executor import Role
from steno.workers.place import Backoff, Place
from steno.workers.process import WorkerProcess

log = logging.getLogger(__name__)

USES_MODEL = (p.Detect, p.Transcribe, p.Align, p.Load)
PING_EVERY = 30.0
"""Seconds between two looks at an idle worker."""


class Limits(NamedTuple):
    """Bounds of a pool. Seconds and bytes."""

    places: dict[Role, int]
    progress_timeout: float
    idle_timeout: float
    cancel_grace: float
    backoff: Backoff
    max_memory: int
    """A worker larger than this, apart from its models, is restarted between two pieces of work."""
    cache: p.Settle = p.Settle(id=0)
    """What a worker keeps in memory, until that is changed."""
    threads: int = 1 << 16
    """Threads of one role's workers that may compute at once."""


class Turn(NamedTuple):
    """Someone who waits for a place. Compared by order, then by arrival."""

    order: tuple[int, ...]
    arrival: int
    backend: p.BackendRef | None
    place: asyncio.Future[Place]


class WorkerPool:
    """Implements `steno.workers.executor.Executor` with processes of this machine."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._cache = limits.cache
        self.places: dict[Role, list[Place]] = {role: [] for role in limits.places}
        self.on_usage: Callable[[p.BackendRef, p.Usage], None] = lambda backend, usage: None
        """Hears what a request took of its model."""
        self.on_lost: Callable[[p.BackendRef], None] = lambda backend: None
        """Hears which models that were to be kept went with their worker."""
        self._waiting: dict[Role, list[Turn]] = {role: [] for role in limits.places}
        self._arrivals = itertools.count()
        self._closing = False
        self._aside: set[asyncio.Task[None]] = set()
        for role, count in limits.places.items():
            self.widen(role, count)

    def widen(self, role: Role, count: int) -> None:
        """Makes `count` places of it, unless there are as many; there are never fewer again."""
        for n in range(len(self.places[role]) + 1, count + 1):
            place = Place(
                f"{role}-{n}",
                self._limits.backoff,
                self._bereaved,
                network=role == "download",
                patient=role in ("download", "files"),
            )
            self.places[role].append(place)
        self._dispatch(role)

    def info(self) -> list[WorkerInfo]:
        """Places that have, had or wait for a worker."""
        return [place.info() for place in self._all() if place.worker or place.restarts]

    @property
    def cache(self) -> p.Settle:
        """What a worker keeps in memory."""
        return self._cache

    @cache.setter
    def cache(self, limits: p.Settle) -> None:
        self._cache = limits
        for place in self._all():
            if place.worker is not None:
                place.worker.settle(limits)

    def _bereaved(self, held: list[p.Held]) -> None:
        for one in held:
            if one.keep and not self._closing:
                self.on_lost(one.backend)

    def _all(self) -> list[Place]:
        return [place for places in self.places.values() for place in places]

    async def perform(
        self,
        role: Role,
        request: p.Requests,
        on_answer: Callable[[p.Answers], None] = lambda answer: None,
        *,
        order: tuple[int, ...] = (),
    ) -> p.End:
        place = await self._turn(role, order, backend_of(request))
        return await self.perform_at(role, place, request, on_answer)

    async def perform_at(
        self,
        role: Role,
        place: Place,
        request: p.Requests,
        on_answer: Callable[[p.Answers], None] = lambda answer: None,
    ) -> p.End:
        """Does `request` at a place that is `busy` for its sake, and leaves that. Otherwise as
        `perform`."""
        backend = backend_of(request)
        try:
            place.work = type(request).__name__.lower()
            worker = await place.occupy()
            worker.settle(self._cache)
            end = await worker.perform(request, on_answer, self._limits.progress_timeout)
            place.praise()
            await place.shed(self._limits.max_memory)
        except asyncio.CancelledError:
            self._leave_later(role, place)
            raise
        except WorkerDied:
            place.mourn()
            self._leave(role, place)
            raise
        except StenoError:
            self._leave(role, place)
            raise
        except BaseException:
            self._leave_later(role, place)  # what `on_answer` raised: the work goes on meanwhile
            raise
        self._leave(role, place)
        if backend is not None and end.usage is not None:
            self.on_usage(backend, end.usage)
        if isinstance(end, p.Failed):
            raise self._failure(place, end)
        return end

    def _failure(self, place: Place, end: p.Failed) -> WorkFailed:
        error = WorkFailed.of(end.problem)
        if end.problem.status < 500 or end.problem.code.startswith("download_"):
            log.info("%s: %s", place.name, error)
        else:
            log.warning("%s: %s\n%s", place.name, error, end.trace)
        error.loading, error.disk_full = end.loading, end.disk_full
        return error

    # Places

    async def _turn(
        self, role: Role, order: tuple[int, ...], backend: p.BackendRef | None
    ) -> Place:
        """Waits for a place."""
        if self._closing:
            raise StenoError("stopping")
        future: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        bisect.insort(self._waiting[role], Turn(order, next(self._arrivals), backend, future))
        self._dispatch(role)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._leave(role, future.result())
            raise

    def _dispatch(self, role: Role) -> None:
        """Gives free places to whoever may have them, in order."""
        waiting = self._waiting[role] = [t for t in self._waiting[role] if not t.place.done()]
        for turn in waiting:
            if self._full(role, turn.backend):
                continue
            if self._crowded(role, turn.backend):
                return  # it is next, or those that need less would always be before it
            now = time.monotonic()
            free = [place for place in self.places[role] if not place.busy]
            ready = [place for place in free if place.ready_at <= now]
            if ready:
                place = min(ready, key=lambda one: self._unfitness(one, turn.backend))
                place.busy = turn.backend or True
                turn.place.set_result(place)
            elif free:
                soonest = min(place.ready_at for place in free)
                asyncio.get_running_loop().call_later(soonest - now, self._dispatch, role)
                return
            else:
                return

    def _unfitness(self, place: Place, backend: p.BackendRef | None) -> tuple[bool, bool, bool]:
        """The worker that holds the backend is the best, then one that needs not give up another
        model for it; to start one comes before that."""
        held = [one.backend for one in place.held]
        full = sum(one.is_model for one in held) >= self._cache.size
        return backend not in held, backend is not None and full, place.worker is None

    def _full(self, role: Role, backend: p.BackendRef | None) -> bool:
        """Whether as many workers run `backend` as may."""
        if backend is None or not backend.most:
            return False
        return sum(same(one, backend) for one in self._busy(role)) >= backend.most

    def _crowded(self, role: Role, backend: p.BackendRef | None) -> bool:
        """Whether others use the processors that the threads of `backend` need."""
        used = sum(one.threads for one in self._busy(role))
        wanted = backend.threads if backend is not None else 0
        return used > 0 and used + wanted > self._limits.threads

    def _busy(self, role: Role) -> list[p.BackendRef]:
        """What is being used."""
        return [one.busy for one in self.places[role] if isinstance(one.busy, p.BackendRef)]

    def _leave(self, role: Role, place: Place) -> None:
        place.work = ""
        place.idle_since = time.monotonic()
        place.busy = None
        self._dispatch(role)

    def _leave_later(self, role: Role, place: Place) -> None:
        """Frees the place once the work that nobody wants any more has stopped."""

        async def settle() -> None:
            await place.settle(self._limits.cancel_grace)
            self._leave(role, place)

        task = asyncio.create_task(settle(), name=f"{place.name}-settle")
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    async def settled(self, role: Role) -> None:
        while wound_up := [task for task in self._aside if task.get_name().startswith(role)]:
            await asyncio.wait(wound_up)

    # Looking after

    async def tend(self) -> None:
        """Looks after idle workers until cancelled: unused ones end, hanging ones are killed."""
        while True:
            await asyncio.sleep(min(PING_EVERY, max(0.05, self._limits.idle_timeout / 4)))
            for role, places in self.places.items():
                for place in places:
                    if not place.busy and place.worker is not None:
                        await self._look_at(role, place, place.worker)

    async def _look_at(self, role: Role, place: Place, worker: WorkerProcess) -> None:
        idle = time.monotonic() - place.idle_since > self._limits.idle_timeout
        if worker.dead.is_set():
            place.mourn()
            self._dispatch(role)
        elif idle and not any(one.keep for one in place.held):
            await self._end(role, place, worker, now=False)
            log.info("%s was idle and ended", place.name)
        elif await worker.answers_ping(PING_EVERY) or place.busy or place.worker is not worker:
            pass  # work that came meanwhile has its own deadline
        else:
            log.warning("%s does not answer and is killed", place.name)
            await self._end(role, place, worker, now=True)

    async def _end(self, role: Role, place: Place, worker: WorkerProcess, *, now: bool) -> None:
        """Ends an idle worker; `now`: as it hangs."""
        place.busy = True
        try:
            if now:
                place.mourn()
            else:
                place.forget()
            await whole(worker.stop(now=now))
        finally:
            self._leave(role, place)

    async def close(self, *, now: bool = False) -> None:
        """Ends all workers. Further work is refused."""
        self._closing = True
        for waiting in self._waiting.values():
            for turn in waiting:
                turn.place.cancel()
        await asyncio.gather(*(place.close(now=now) for place in self._all()))
        for task in tuple(self._aside):
            await task


def backend_of(request: p.Requests) -> p.BackendRef | None:
    """The backend whose model `request` needs in memory."""
    return request.backend if isinstance(request, USES_MODEL) else None


def same(one: p.BackendRef, other: p.BackendRef) -> bool:
    """Whether two references are to one backend, whatever its settings."""
    return (one.kind, one.entry_point, one.name) == (other.kind, other.entry_point, other.name)
