"""Finds plugins and what they bring, without importing any of them.

Each is described by a short process of its own, in parallel and with a time limit; what it said is
cached until its distribution or its source changes. Which packages a backend lacks is looked up
afresh each time.
"""

import asyncio
import contextlib
import hashlib
import importlib.util
import logging
import os
import shlex
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct

from steno import __version__
from steno.errors import StenoError
from steno.plugins.contract import Model
from steno.plugins.described import Backend, Described, Kind
from steno.worker.protocol import BackendRef
from steno.workers.process import environment

log = logging.getLogger(__name__)

GROUP = "steno.plugins"
AT_ONCE = 4
"""Describe processes at a time."""
MOST_OUTPUT = 4 * 2**20
"""Bytes a description may have."""
MOST_FILES = 500
"""Source files of a plugin whose times are looked at."""
AGAIN = (60.0, 3600.0)
"""Seconds after which a plugin that was too slow is asked again: the first time, and at most."""


Anew = Literal["all", "slow"]
"""Which plugins to ask again: every one, or those that were too slow."""


class Registry(Struct, frozen=True):
    """What is installed. `missing` holds the packages each backend lacks; `slow`: a plugin did not
    describe itself in time."""

    plugins: tuple[Described, ...] = ()
    missing: dict[tuple[Kind, str], tuple[str, ...]] = {}
    own: tuple[Model, ...] = ()
    """A person's own models, which those of backends contain already."""
    slow: bool = False

    def of_kind(self, kind: Kind) -> list[Backend]:
        """Backends of `kind`, the best first; of two with one name the first found counts."""
        found: dict[str, Backend] = {}
        for plugin in self.plugins:
            for backend in plugin.backends:
                if backend.kind == kind:
                    found.setdefault(backend.name, backend)
        return sorted(found.values(), key=lambda b: (-b.rank, b.name))

    def plugin_of(self, kind: Kind, name: str) -> Described:
        """The plugin that brings a backend. Raises KeyError."""
        for plugin in self.plugins:
            if any(b.kind == kind and b.name == name for b in plugin.backends):
                return plugin
        raise KeyError(name)

    def lacks(self, backend: Backend) -> tuple[str, ...]:
        return self.missing.get((backend.kind, backend.name), ())

    def refusal(self, backend: Backend) -> StenoError:
        """Why a backend that lacks something is not used."""
        lacking = ", ".join(self.lacks(backend))
        how = self.remedy(backend)
        return StenoError("backend_missing", name=backend.name, missing=lacking, how=how)

    def remedy(self, backend: Backend) -> str:
        """The command that installs what a backend lacks; empty if it lacks nothing."""
        lacking = self.lacks(backend)
        wanted = [backend.package] if backend.package else lacking
        return shlex.join(["pip", "install", *wanted]) if lacking else ""


def reference(
    registry: Registry, kind: Kind, name: str, settings: Mapping[str, Any], **more: Any
) -> BackendRef:
    """How a worker builds the backend `name` with its own `settings`; `more`: other fields.
    Raises KeyError."""
    plugin = registry.plugin_of(kind, name)
    return BackendRef(
        kind=kind,
        entry_point=plugin.entry_point,
        module=plugin.module,
        name=name,
        settings=msgspec.json.encode(settings, order="sorted"),
        **more,
    )


def extended(registry: Registry, own: Sequence[Model]) -> Registry:
    """`registry` with a person's own models: each goes with the backends that use models of its
    kind, and takes the place of one of the same name."""
    plugins = tuple(
        msgspec.structs.replace(
            plugin,
            backends=tuple(
                msgspec.structs.replace(backend, models=together(backend, own))
                for backend in plugin.backends
            ),
        )
        for plugin in registry.plugins
    )
    return msgspec.structs.replace(registry, plugins=plugins, own=tuple(own))


def together(backend: Backend, own: Sequence[Model]) -> tuple[Model, ...]:
    """The models of `backend` with one's own. One of a recogniser that names no languages knows
    those of the others."""
    models = backend.models
    kinds = {model.kind for model in models}
    mine = {model.name: model for model in own if model.kind in kinds}
    known = tuple(dict.fromkeys(one for model in models for one in model.languages))
    if backend.kind == "asr" and all(model.languages for model in models):
        for name, model in mine.items():
            if not model.languages:
                mine[name] = msgspec.structs.replace(model, languages=known)
    kept = [mine.pop(model.name, model) for model in models]
    return (*kept, *mine.values())


class Installed:
    """What is installed, once discovery has found it.

    `cache`: file for what plugins said; `timeout`: seconds each has to describe itself; `own`:
    models of a person's own.
    """

    def __init__(self, cache: Path, timeout: float, own: Sequence[Model] = ()) -> None:
        self._cache = cache
        self._timeout = timeout
        self._own = own
        self._registry: Registry | None = None
        self._known = asyncio.Event()
        self._at_it = asyncio.Lock()
        self._news = asyncio.Event()

    @property
    def registry(self) -> Registry:
        """Raises LookupError before anything is known."""
        if self._registry is None:
            raise LookupError("plugins are not discovered yet")
        return self._registry

    async def known(self) -> Registry:
        await self._known.wait()
        return self.registry

    async def news(self) -> None:
        """Waits for the next discovery."""
        await self._news.wait()

    async def tend(self) -> None:
        """Asks plugins again that were too slow, until cancelled: a machine may have been busy."""
        wait, longest = AGAIN
        await self.known()
        while True:
            await asyncio.sleep(wait)
            if self.registry.slow:
                await self.discover("slow")
                wait = min(2 * wait, longest)

    async def discover(self, anew: Anew | None = None) -> Registry:
        """Looks what is installed now, and asks plugins `anew` that were asked before."""
        async with self._at_it:
            found = await discover(self._cache, self._timeout, anew)
            self._registry = extended(found, self._own)
            self._known.set()
            self._news.set()
            self._news = asyncio.Event()
            return self._registry


class Entry(NamedTuple):
    """An entry point and a key that changes when its description may."""

    name: str
    module: str
    distribution: str
    version: str
    key: str


class Answer(Struct):
    """What a describe process writes."""

    backends: tuple[Backend, ...] = ()
    models: tuple[Model, ...] = ()
    error: str | None = None
    hung: bool = False
    """It used up its time: nobody waits for it at the next start."""


async def discover(cache: Path, timeout: float, anew: Anew | None = None) -> Registry:
    """All installed plugins. A plugin that cannot be described is there with its `error`.

    `anew`: which are asked again, whatever the cache says.
    """
    entries = await asyncio.to_thread(scan)
    cached = await asyncio.to_thread(load_cache, cache) if anew != "all" else {}
    known = {key: said for key, said in cached.items() if not (anew == "slow" and said.hung)}
    gate = asyncio.Semaphore(AT_ONCE)

    async def answer(entry: Entry) -> Answer:
        if entry.key in known:
            return known[entry.key]
        async with gate:
            return await describe(entry, timeout)

    answers = await asyncio.gather(*(answer(entry) for entry in entries))
    fresh = {
        entry.key: said
        for entry, said in zip(entries, answers, strict=True)
        if said.error is None or said.hung  # one that failed at once is asked again at once
    }
    if fresh != cached:
        await asyncio.to_thread(save_cache, cache, fresh)
    plugins = tuple(
        Described(
            entry_point=entry.name,
            module=entry.module,
            distribution=entry.distribution,
            version=entry.version,
            backends=said.backends,
            models=said.models,
            error=said.error,
        )
        for entry, said in zip(entries, answers, strict=True)
    )
    for plugin in plugins:
        if plugin.error:
            log.warning("plugin %s cannot be used: %s", plugin.entry_point, plugin.error)
    missing = await asyncio.to_thread(look_up, plugins)
    return Registry(plugins, missing, slow=any(said.hung for said in answers))


def scan() -> list[Entry]:
    """The entry points of all distributions, by name."""
    importlib.invalidate_caches()
    found: dict[tuple[str, str], Entry] = {}
    for distribution in distributions():
        for point in distribution.entry_points.select(group=GROUP):
            name, version = distribution.metadata["Name"], distribution.version
            key = fingerprint(distribution, point.module, f"{name} {version} {point.name}")
            found.setdefault((name, point.name), Entry(point.name, point.value, name, version, key))
    return sorted(found.values())


def fingerprint(distribution: Distribution, module: str, identity: str) -> str:
    """Changes with the plugin's version, its source's times, Python and Steno."""
    digest = hashlib.sha256(f"{identity} {module} {sys.version} {__version__}".encode())
    digest.update(str(distribution.locate_file("")).encode())
    for path in sources(module):
        with contextlib.suppress(OSError):
            status = path.stat()
            digest.update(f"{path} {status.st_mtime_ns} {status.st_size}".encode())
    return digest.hexdigest()


def sources(module: str) -> Iterable[Path]:
    try:
        spec = importlib.util.find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        return []
    if spec is None or spec.origin is None:
        return []
    origin = Path(spec.origin)
    if spec.submodule_search_locations is None:
        return [origin]
    return sorted(origin.parent.rglob("*.py"))[:MOST_FILES]


def look_up(plugins: Iterable[Described]) -> dict[tuple[Kind, str], tuple[str, ...]]:
    """Which required modules cannot be found. Only top-level ones: looking up `a.b` imports `a`."""
    lacking: dict[tuple[Kind, str], tuple[str, ...]] = {}
    for plugin in plugins:
        for backend in plugin.backends:
            absent = tuple(name for name in backend.requires if not installed(name))
            if absent:
                lacking[backend.kind, backend.name] = absent
    return lacking


def installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module.partition(".")[0]) is not None
    except (ImportError, ValueError):
        return False


async def describe(entry: Entry, timeout: float) -> Answer:
    """Asks one plugin in a process of its own. What goes wrong is its error line."""
    reading, writing = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "steno.worker.describe", str(writing), entry.name,
            entry.module, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL, pass_fds=(writing,), start_new_session=True,
            env=environment(), cwd="/",
        )  # fmt: skip
    except OSError as error:
        os.close(reading)
        return Answer(error=f"It could not be asked to describe itself: {error}.")
    finally:
        os.close(writing)
    try:
        async with asyncio.timeout(timeout):
            said = await drain(reading)
            status = await process.wait()
    except TimeoutError:
        why = f"It did not describe itself within {timeout:g} s, and is asked again later."
        return Answer(error=why, hung=True)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    try:
        return msgspec.json.decode(said, type=Answer)
    except msgspec.DecodeError:
        how = signal.Signals(-status).name if status < 0 else f"status {status}"
        return Answer(error=f"Its process ended with {how} before it described itself.")


async def drain(fd: int) -> bytes:
    """All that is written to the pipe, at most `MOST_OUTPUT` bytes."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(fd, "rb")
    )
    try:
        said = bytearray()
        while (chunk := await reader.read(65_536)) and len(said) < MOST_OUTPUT:
            said += chunk
        return bytes(said)
    finally:
        transport.close()


def load_cache(path: Path) -> dict[str, Answer]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Answer])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as error:
        log.info("the cache of plugin descriptions is made anew: %s", error)
        return {}


def save_cache(path: Path, answers: dict[str, Answer]) -> None:
    temporary = path.with_suffix(f".{os.getpid()}")
    try:
        temporary.write_bytes(msgspec.json.encode(answers))
        temporary.replace(path)
    except OSError as error:
        log.warning("the cache of plugin descriptions cannot be written: %s", error)
