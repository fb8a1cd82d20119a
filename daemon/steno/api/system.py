"""The daemon itself: health, status, plugins."""

import os
import platform
from typing import Literal

from msgspec import Struct

from steno import __version__
from steno.api.keys import Daemon
from steno.api.route import Routes
from steno.discovery import Registry
from steno.plugins.described import Backend, Described
from steno.wire import BackendInfo, Health, PluginInfo, Plugins, Status

routes = Routes("The daemon")


class PluginsWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query of `GET /api/plugins`."""

    refresh: bool = False
    """Ask every plugin anew."""


@routes.get("/api/health")
async def health(daemon: Daemon) -> Health:
    """Whether the daemon is alive."""
    status: Literal["ok", "stopping"] = "stopping" if daemon.intake.closed else "ok"
    return Health(status=status, version=__version__, pid=os.getpid())


@routes.get("/api/status")
async def status(daemon: Daemon) -> Status:
    """Versions, folders, jobs by state, workers, subscribers, and why nothing runs."""
    jobs, as_of = await daemon.jobs.counts()
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
        workers=daemon.pool.info(),
        subscribers=len(daemon.hub),
        held=daemon.scheduler.held,
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
