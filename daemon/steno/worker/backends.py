"""Running backends of this process: built when first needed, kept while there is room and use."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from steno.worker import gpu, memory
from steno.worker import protocol as p
from steno.worker.known import Known, LoadFailed
from steno.worker.tally import Tally

log = logging.getLogger(__name__)


class Gauges(NamedTuple):
    """What tells how much memory is in use, as shares, 0 to 1."""

    machine: Callable[[], float] = memory.share
    gpu: Callable[[], float] = gpu.share


class Running:
    """A running object, and what is known of it."""

    def __init__(self, it: Any, load_seconds: float, grown: int) -> None:
        self.it = it
        self.load_seconds = load_seconds
        self.memory = grown
        self.uses = 0
        self.used_at = time.monotonic()
        self.keep = False


class Backends:
    """The running objects by reference, the least recently used first. `tell` hears what is held
    whenever that changes.

    Models, which may be large, and other objects, which are small, are counted apart, so that a
    splitter never takes the place of a model.
    """

    def __init__(
        self,
        known: Known,
        tell: Callable[[list[p.Held]], None] = lambda entries: None,
        gauges: Gauges = Gauges(),  # noqa: B008 - a constant
    ) -> None:
        self.known = known
        self._tell = tell
        self._gauges = gauges
        self._limits = p.Settle(id=0)
        self._running: OrderedDict[p.BackendRef, Running] = OrderedDict()
        self._in_use: Running | None = None
        self._tally: Tally | None = None

    # Use

    def get(self, ref: p.BackendRef) -> Any:
        """The running object, for work; built if it is not there. Raises LoadFailed."""
        self._tally = tally = Tally(hit=ref in self._running)
        self._in_use = running = self._have(ref, tally)
        running.uses += 1
        tally.begin()
        return running.it

    def load(self, ref: p.BackendRef, *, keep: bool) -> None:
        """Builds the object if it is not there; with `keep` it is not closed for being idle.
        Raises LoadFailed."""
        self._tally = tally = Tally(hit=None)
        running = self._have(ref, tally)
        if keep and not running.keep:
            running.keep = True
            self._changed()

    def heard(self, seconds: float) -> None:
        """Results were given for so much audio."""
        if self._tally is not None:
            self._tally.audio_seconds += seconds

    def account(self) -> p.Usage | None:
        """At the end of a request: what it took."""
        tally, self._tally = self._tally, None
        if self._in_use is not None:
            self._in_use.used_at = time.monotonic()
            self._in_use = None
            self._changed()
        return tally.usage() if tally else None

    # Room

    def settle(self, limits: p.Settle) -> None:
        """From now on heeds `limits`."""
        self._limits = limits
        surplus = [
            ref for group in (True, False) for ref in self._group(is_model=group)[: -limits.size]
        ]
        self._close(surplus)

    def patience(self) -> float | None:
        """Seconds until something has been idle for too long; None: nothing ever will be."""
        since = [one.used_at for one in self._running.values() if not one.keep]
        if not since:
            return None
        return max(0.0, min(since) + self._limits.idle_timeout - time.monotonic())

    def unload_idle(self) -> None:
        """Closes what has been idle for too long."""
        limit = time.monotonic() - self._limits.idle_timeout
        idle = [r for r, one in self._running.items() if not one.keep and one.used_at <= limit]
        self._close(idle)

    def unload(self, models: Collection[str] | None) -> None:
        """Closes the objects of these models, as they are `called`; None: all there are."""
        self._close([r for r in self._running if models is None or r.called in models])

    def _have(self, ref: p.BackendRef, tally: Tally) -> Running:
        running = self._running.get(ref)
        if running is None:
            self.known.describe(ref)  # nothing is closed for what does not exist
            self._make_room(ref)
            self._running[ref] = running = self._build(ref)
            tally.load_seconds = running.load_seconds
            self._changed()
        self._running.move_to_end(ref)
        running.used_at = time.monotonic()
        return running

    def _make_room(self, ref: p.BackendRef) -> None:
        """Closes what a new object may not stand beside, the least recently used first."""
        others = self._group(is_model=ref.is_model)
        surplus = len(others) + 1 - self._limits.size
        if surplus > 0:
            self._close(others[:surplus])
        while ref.is_model and (models := self._group(is_model=True)) and self._is_full():
            log.info("memory is short: %s is unloaded for %s", models[0].called, ref.called)
            self._close(models[:1])

    def _is_full(self) -> bool:
        limit = self._limits.memory_threshold
        on_gpu = any(ref.device != "cpu" for ref in self._group(is_model=True))
        return self._gauges.machine() >= limit or (on_gpu and self._gauges.gpu() >= limit)

    def _group(self, *, is_model: bool) -> list[p.BackendRef]:
        return [ref for ref in self._running if ref.is_model == is_model]

    # Building and closing

    def _build(self, ref: p.BackendRef) -> Running:
        """Where memory does not suffice all others are closed, and it is tried once more."""
        try:
            return self._built(ref)
        except LoadFailed as failure:
            if not (failure.out_of_memory and self._running):
                raise
            log.warning("%s All others are unloaded, and it is tried once more.", failure)
        self._close(list(self._running))  # the failure is gone, with what its frames held
        return self._built(ref)

    def _built(self, ref: p.BackendRef) -> Running:
        before, began = memory.resident(), time.monotonic()
        it = self.known.build(ref, alone=not self._running)
        grown = max(0, memory.resident() - before)
        return Running(it, time.monotonic() - began, grown)

    def _close(self, refs: Collection[p.BackendRef]) -> None:
        for ref in refs:
            running = self._running.pop(ref)
            try:
                running.it.close()
            except (Exception, SystemExit):  # plugin code may raise anything
                log.exception("%s could not be closed as it should", ref.name)
            del running
        if refs:
            memory.release()
            self._changed()

    def _changed(self) -> None:
        self._tell(
            [
                p.Held(
                    backend=ref,
                    memory=one.memory,
                    load_seconds=one.load_seconds,
                    uses=one.uses,
                    used_at=one.used_at,
                    keep=one.keep,
                )
                for ref, one in self._running.items()
            ]
        )
