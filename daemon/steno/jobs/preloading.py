"""Models loaded ahead, so that a job finds them in memory."""

import asyncio
import logging
import time
from collections.abc import Collection
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from steno.config import Config
from steno.discovery import Installed, Registry
from steno.errors import Problem, StenoError, WorkerDied, WorkerUnavailable
from steno.jobs.choice import JobKind, check_device, options, reference, wished
from steno.jobs.shares import Machine, share
from steno.models.library import Library
from steno.plugins.contract import Model
from steno.plugins.described import Backend
from steno.settings import Settings
from steno.wire.models import Preload
from steno.worker.protocol import BackendRef
from steno.workers.holdings import Holdings

log = logging.getLogger(__name__)

TRIES = 3
"""Failures in a row after which a model is given up."""


class Ahead:
    """A model that is to be loaded ahead."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.status: Literal["waiting", "fetching", "loading", "loaded", "failed"] = "waiting"
        self.backend: BackendRef | None = None
        """How it was loaded."""
        self.failures = 0
        self.error: Problem | None = None
        self.loaded_at = 0.0
        self.task: asyncio.Task[None] | None = None

    def fail(self, error: StenoError) -> None:
        log.warning("%s could not be loaded ahead: %s", self.model, error)
        self.status, self.error = "failed", error.problem
        self.failures += 1


class Preloader:
    """Loads models ahead, one at a time. Used on the loop's thread only."""

    def __init__(
        self,
        installed: Installed,
        settings: Settings,
        holdings: Holdings,
        library: Library,
        machine: Machine,
    ) -> None:
        self._installed = installed
        self._settings = settings
        self._holdings = holdings
        self._library = library
        self._machine = machine
        self._known: dict[str, Ahead] = {}
        self._turn = asyncio.Lock()
        self._ended = False

    async def run(self) -> None:
        """Loads what is configured; until cancelled, what went with its worker is loaded again."""
        unknown = list(self._settings.current.models.preload)
        try:
            while True:
                registry = await self._installed.known()
                unknown = [name for name in unknown if not self._configured(registry, name)]
                await self._installed.news()  # of plugins that were too slow to describe themselves
        finally:
            self._ended = True
            tasks = [one.task for one in self._known.values() if one.task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _configured(self, registry: Registry, name: str) -> bool:
        """Begins with what is to be loaded at the start; False: nothing is known of it."""
        try:
            model = user_of(registry, self._settings.current, name).model.name
        except StenoError as error:
            self._known.setdefault(name, Ahead(name)).fail(error)
            return False
        if name in self._known and self._known[name].error:
            del self._known[name]  # nothing was known of it until now
        self._begin(self._known.setdefault(model, Ahead(model)))
        return True

    async def preload(self, names: Collection[str]) -> None:
        """Sees to it that these models are loaded, or those that are configured. What is loaded, or
        about to be, is left alone.

        Raises model_not_found, backend_missing, or preload_given_up where one failed too often.
        """
        registry = await self._installed.known()
        names = names or self._settings.current.models.preload
        known = [user_of(registry, self._settings.current, name).model.name for name in names]
        wanted = [self._known.setdefault(name, Ahead(name)) for name in known]
        for one in wanted:
            if one.error and one.failures >= TRIES:
                why = one.error.detail
                raise StenoError("preload_given_up", name=one.model, count=one.failures, why=why)
        for one in wanted:
            self._begin(one)

    def reset(self, names: Collection[str]) -> None:
        """Forgets the failures of these models, or of all, and tries those again."""
        for one in self._known.values():
            if one.status == "failed" and (not names or one.model in names):
                one.failures, one.error = 0, None
                self._begin(one)

    def lost(self, backend: BackendRef) -> None:
        """A worker took with it what was to be kept."""
        for one in self._known.values():
            if one.backend == backend and one.status == "loaded" and not self._ended:
                self._begin(one)

    def told(self) -> list[Preload]:
        """How it stands with each, in the order in which they were asked for."""
        return [self._told(one) for one in self._known.values()]

    def _told(self, one: Ahead) -> Preload:
        there = one.backend is not None and self._holdings.holds(one.backend)
        loaded = one.status == "loaded" and there
        return Preload(
            model=one.model,
            status="waiting" if one.status == "loaded" and not there else one.status,
            failures=one.failures,
            error=one.error,
            loaded_at=one.loaded_at if loaded else None,
        )

    def _begin(self, one: Ahead) -> None:
        if (one.task is None or one.task.done()) and self._told(one).status != "loaded":
            one.status = "waiting"
            one.task = asyncio.create_task(self._see_to(one), name=f"preload-{one.model}")

    async def _see_to(self, one: Ahead) -> None:
        """Where a worker dies of it, the next may do better: it is tried again, with the back-off
        of whoever starts workers."""
        while True:
            try:
                await self._load(one)
            except (WorkerDied, WorkerUnavailable) as error:
                one.fail(error)
                if one.failures >= TRIES:
                    return
            except StenoError as error:
                one.fail(error)
                return
            except Exception as error:  # nobody awaits this task: status alone tells what broke
                log.exception("preloading %s broke", one.model)
                one.fail(StenoError("internal", why=f"{type(error).__name__}: {error}."))
                return
            else:
                return

    async def _load(self, one: Ahead) -> None:
        """While this lasts the files stay."""
        async with self._library.shelf.held([one.model]):
            await self._load_held(one)

    async def _load_held(self, one: Ahead) -> None:
        user = user_of(await self._installed.known(), self._settings.current, one.model)
        one.status = "fetching"
        path = await self._library.ensure(one.model)
        registry, config = self._installed.registry, self._settings.current
        one.backend = by_default(registry, config, self._machine, user, path)
        one.status = "waiting"
        async with self._turn:
            one.status = "loading"
            if not self._holdings.holds(one.backend, kept=True):
                await self._holdings.load(one.backend)
        await self._library.used(one.model)
        if not self._holdings.holds(one.backend):
            why = "the worker that held it grew larger than [workers] max_memory_mib and was ended."
            raise StenoError("backend_load_failed", backend=one.backend.name, why=why)
        one.status, one.failures, one.error = "loaded", 0, None
        one.loaded_at = time.time()


class User(NamedTuple):
    """A backend that can use a model."""

    kind: JobKind
    backend: Backend
    model: Model


def user_of(registry: Registry, config: Config, name: str) -> User:
    """The backend that jobs use the model `name` with where nothing else is asked for: the
    configured one, else the best. Raises model_not_found, or backend_missing where all that could
    use it lack something."""
    configured = (config.transcription.backend, config.transcription.aligner)
    kinds: tuple[JobKind, ...] = ("asr", "aligner")
    users = [
        User(kind, backend, model)
        for kind in kinds
        for backend in sorted(registry.of_kind(kind), key=lambda one: one.name not in configured)
        for model in backend.models
        if name in (model.name, model.id)
    ]
    for user in users:
        if not registry.lacks(user.backend):
            return user
    if users:
        raise registry.refusal(users[0].backend)
    names = {m.name: None for kind in kinds for b in registry.of_kind(kind) for m in b.models}
    raise StenoError("model_not_found", name=name, known=", ".join(list(names)[:20]) or "none")


def by_default(
    registry: Registry, config: Config, machine: Machine, user: User, path: Path | None
) -> BackendRef:
    """How a worker builds it for a job in which nothing else is asked for, so that such a job finds
    it loaded. Raises device_unsupported or setting_invalid."""
    wanted = wished({}, config)
    if user.kind == "asr":
        check_device(user.backend, wanted.device)
    own = options({user.kind: user.backend.name}, wanted, config.backends)
    backend = user.backend.name if user.kind == "asr" else wanted.backend
    settings = msgspec.structs.replace(wanted, backend=backend, options=own)
    threads = share(registry, settings, machine).threads
    name = user.backend.name
    return reference(registry, settings, user.kind, name, user.model.name, path, threads)
