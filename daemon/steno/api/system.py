"""The daemon itself: health, status, plugins."""

import os
import platform

from aiohttp import web

from steno import __version__
from steno.api.codec import answer, flag
from steno.api.keys import DAEMON
from steno.discovery import Registry
from steno.plugins.described import Backend, Described
from steno.store import jobs
from steno.wire import BackendInfo, Health, PluginInfo, Plugins, Status

routes = web.RouteTableDef()


@routes.get("/api/health")
async def health(request: web.Request) -> web.Response:
    closing = request.app[DAEMON].hub.closing
    return answer(
        Health(status="stopping" if closing else "ok", version=__version__, pid=os.getpid())
    )


@routes.get("/api/status")
async def status(request: web.Request) -> web.Response:
    daemon = request.app[DAEMON]
    return answer(
        Status(
            version=__version__,
            pid=os.getpid(),
            python=platform.python_version(),
            started_at=daemon.started_at,
            socket=str(daemon.paths.socket),
            data_dir=str(daemon.paths.data),
            log=str(daemon.paths.log),
            jobs=await daemon.db.read(jobs.counts),
            workers=daemon.pool.info(),
            subscribers=len(daemon.hub),
            held=daemon.scheduler.held,
        )
    )


@routes.get("/api/plugins")
async def plugins(request: web.Request) -> web.Response:
    daemon = request.app[DAEMON]
    if flag(request, "refresh", default=False):
        await daemon.installed.discover(afresh=True)
    registry = await daemon.installed.known()
    return answer(Plugins(plugins=[plugin_info(plugin, registry) for plugin in registry.plugins]))


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
        models=[model.name for model in backend.models],
        languages=sorted(set(languages)),
        devices=list(backend.devices) if backend.kind == "asr" else [],
        settings_schema=backend.settings_schema,
    )
