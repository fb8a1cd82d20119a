"""What workers hold in memory: told, loaded ahead, unloaded."""

import asyncio
import time
from collections.abc import Collection, Iterator

from steno.errors import StenoError
from steno.unbroken import whole
from steno.wire.models import CachedModel, WorkerCache
from steno.worker import protocol as p
from steno.workers.executor import Role
from steno.workers.place import Place
from steno.workers.pool import WorkerPool


class Holdings:
    """What the workers of `pool` hold."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    @property
    def limits(self) -> p.Settle:
        """What each worker may hold. Can be set; that holds until the daemon ends."""
        return self._pool.cache

    @limits.setter
    def limits(self, limits: p.Settle) -> None:
        self._pool.cache = limits

    def workers(self) -> list[WorkerCache]:
        """Workers that hold models."""
        now = time.monotonic()
        found = [told(place, now) for _, place in self._places()]
        return [one for one in found if one.models]

    def loaded(self) -> set[str]:
        """What is in memory, as it is called."""
        return {name for _, place in self._places() for name in names(place)}

    def holds(self, backend: p.BackendRef, *, kept: bool = False) -> bool:
        """Whether a worker holds exactly this; with `kept`, also when it is idle."""
        return any(
            one.backend == backend and (one.keep or not kept)
            for _, place in self._places()
            for one in place.held
        )

    async def load(self, backend: p.BackendRef) -> None:
        """Has a worker hold `backend`, also when it is idle: one that does already, or the one that
        is the fittest. Raises as `Executor.perform` does."""
        holders = [
            place
            for _, place in self._places()
            if any(one.backend == backend for one in place.held)
        ]
        if holders and all(place.busy for place in holders):
            assert holders[0].worker
            holders[0].worker.tell(p.Load(id=0, backend=backend, keep=True))
        else:
            await self._pool.perform("speech", p.Load(id=0, backend=backend, keep=True))

    async def unload(self, models: Collection[str] | None) -> list[str]:
        """Has workers unload these models, as they are called; None: all. Returns those that are
        unloaded a little later, when a worker has done the work in hand."""
        request = p.Unload(id=0, models=None if models is None else list(models))
        later: set[str] = set()
        idle: list[tuple[Role, Place]] = []
        for role, place in self._places():
            wanted = {name for name in names(place) if models is None or name in models}
            if wanted and place.busy:
                assert place.worker
                place.worker.tell(request)
                later |= wanted
            elif wanted:
                place.busy = True
                idle.append((role, place))
        await whole(self._unload(request, idle))
        return sorted(later)

    async def _unload(self, request: p.Unload, places: Collection[tuple[Role, Place]]) -> None:
        ends = (self._pool.perform_at(role, place, request) for role, place in places)
        for end in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(end, BaseException) and not isinstance(end, StenoError):
                raise end  # one that died instead has unloaded them, too

    def _places(self) -> Iterator[tuple[Role, Place]]:
        """Places with a worker."""
        for role, places in self._pool.places.items():
            for place in places:
                if place.alive:
                    yield role, place


def names(place: Place) -> set[str]:
    """What its worker holds or is about to, as it is called."""
    coming = {place.busy.called} if isinstance(place.busy, p.BackendRef) else set()
    return coming | {one.backend.called for one in place.held}


def told(place: Place, now: float) -> WorkerCache:
    """For people. `now`: monotonic, seconds."""
    assert place.worker
    return WorkerCache(
        worker=place.name,
        busy=bool(place.busy),
        memory=place.worker.memory,
        models=[
            CachedModel(
                backend=one.backend.name,
                kind=one.backend.kind,
                model=one.backend.model,
                device=one.backend.device,
                memory=one.memory,
                load_seconds=round(one.load_seconds, 3),
                uses=one.uses,
                idle_seconds=0.0
                if one.backend == place.busy
                else round(max(0.0, now - one.used_at), 3),
                kept=one.keep,
            )
            for one in place.held
            if one.backend.is_model
        ],
    )
