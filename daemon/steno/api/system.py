"""The daemon itself: health, status, log, plugins."""

import asyncio
import os
import platform
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from steno import __version__, logs, vitals
from steno.api.keys import Daemon
from steno.api.route import Routes
from steno.discovery import Registry
from steno.plugins.described import Backend, Described
from steno.wire import BackendInfo, Health, LogPage, PluginInfo, Plugins, Status
from steno.wire.system import Level

routes = Routes("The daemon")


class PluginsWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query of `GET /api/plugins`."""

    refresh: bool = False
    """Ask every plugin anew."""


class LogsWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query of `GET /api/logs`."""

    lines: Annotated[int, Meta(ge=1, le=logs.RECENT)] = 200
    """Most records that are told."""
    level: Level = "DEBUG"
    """The least one; what the daemon notes at all is set by `logs.level`."""
    q: Annotated[str, Meta(max_length=200)] = ""
    """Text in the message, in whatever case."""
    job: Annotated[str, Meta(max_length=64)] = ""
    """Id of a job that the message names."""
    after: Annotated[int, Meta(ge=0, le=2**53)] | None = None
    """`next` of an earlier answer: the first records since that."""


@routes.get("/api/health")
async def health(daemon: Daemon) -> Health:
    """Whether the daemon is alive."""
    status: Literal["ok", "stopping"] = "stopping" if daemon.intake.closed else "ok"
    return Health(status=status, version=__version__, pid=os.getpid())


@routes.get("/api/status")
async def status(daemon: Daemon) -> Status:
    """Versions, folders, jobs by state, workers, subscribers, why nothing runs; memory, processors,
    GPUs and disk."""
    jobs, as_of = await daemon.jobs.counts()
    workers = daemon.pool.info()
    pids = [one.pid for one in workers if one.pid is not None]
    found, has_gpus = await asyncio.to_thread(
        lambda: (vitals.look(pids, daemon.paths.data), daemon.gpus.there)
    )
    return Status(
        version=__version__,
        pid=os.getpid(),
        python=platform.python_version(),
        started_at=daemon.started_at,
        socket=str(daemon.paths.socket),
        tcp=daemon.tcp.url if daemon.tcp else None,
        data_dir=str(daemon.paths.data),
        log=str(daemon.paths.log),
        jobs=jobs,
        as_of=as_of,
        workers=[replace(one, memory=found.memory.get(one.pid or 0)) for one in workers],
        subscribers=len(daemon.hub),
        held=daemon.scheduler.held,
        memory=found.memory[os.getpid()],
        cpu_s=found.cpu_s,
        memory_total=found.machine[0],
        memory_available=found.machine[1],
        disk_free=found.disk_free,
        gpus=await daemon.gpus.look() if has_gpus else [],
    )


@routes.get("/api/logs", curl="?level=WARNING&lines=50")
async def recent(query: LogsWanted) -> LogPage:
    """The newest records of the daemon's log, the newest last.

    The last 2000 are kept in memory; the file `log` of the status has more. With `after` come those
    that followed, so that a client that asks again and again misses none and reads none twice.
    """
    return await asyncio.to_thread(
        logs.RECENTLY.page,
        query.lines,
        level=query.level,
        text=query.q,
        job=query.job,
        after=query.after,
    )


@routes.get("/api/plugins")
async def plugins(daemon: Daemon, query: PluginsWanted) -> Plugins:
    """Plugins with their backends, models, languages and settings, and what they lack."""
    if query.refresh:
        await daemon.installed.discover("all")
    registry = await daemon.installed.known()
    return Plugins(plugins=[plugin_info(plugin, registry) for plugin in registry.plugins])


def plugin_info(plugin: Described, registry: Registry) -> PluginInfo:
    return PluginInfo(
        name=plugin.entry_point,
        distribution=plugin.distribution,
        version=plugin.version,
        backends=[backend_info(backend, registry) for backend in plugin.backends],
        error=plugin.error,
    )


def backend_info(backend: Backend, registry: Registry) -> BackendInfo:
    missing = registry.lacks(backend)
    languages = backend.languages or tuple(one for m in backend.models for one in m.languages)
    return BackendInfo(
        kind=backend.kind,
        name=backend.name,
        title=backend.title,
        usable=not missing,
        missing=list(missing),
        remedy=registry.remedy(backend),
        models=[model.name for model in backend.models],
        languages=sorted(set(languages)),
        devices=list(backend.devices) if backend.kind == "asr" else [],
        settings_schema=backend.settings_schema,
    )
