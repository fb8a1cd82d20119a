"""Puts the daemon together and runs it: wiring, and nothing else."""

import asyncio
import contextlib
import gc
import logging
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

from aiohttp import web

from steno import door, logs, tcp
from steno.api import guard, interface, middleware
from steno.api.codec import MOST_BODY
from steno.api.intake import Intake
from steno.api.keys import DAEMON, Daemon
from steno.api.server import Site
from steno.config import Config
from steno.discovery import Installed
from steno.errors import Exit, StenoError, exit_code
from steno.events.hub import Hub
from steno.gpus import Gpus
from steno.jobs.attendance import Attendance
from steno.jobs.editing import Editing
from steno.jobs.folding import Folding
from steno.jobs.following import Following
from steno.jobs.preloading import Preloader
from steno.jobs.replaying import Replay
from steno.jobs.result import Results
from steno.jobs.rewriting import Rewriting
from steno.jobs.scheduler import Scheduler
from steno.jobs.service import JobService
from steno.jobs.shares import Machine
from steno.jobs.upload_care import UploadCare
from steno.jobs.uploads import Uploads
from steno.jobs.watchers import Watchers
from steno.jobs.waveform import Waveforms
from steno.jobs.work import Tools
from steno.models.catalogue import own_models
from steno.models.keeping import Keeping
from steno.models.library import Library
from steno.models.library import Tools as ModelTools
from steno.models.metrics import Metrics
from steno.paths import Paths
from steno.settings import Settings
from steno.store.database import Database, StoredEvent
from steno.unbroken import whole
from steno.vigil import keep_vigil
from steno.worker.protocol import Settle
from steno.workers.holdings import Holdings
from steno.workers.place import Backoff
from steno.workers.pool import Limits, WorkerPool

log = logging.getLogger(__name__)

DOWNLOADS = 4
"""Workers that use the network: for downloads, of which there are three at most, and one that
looks for newer revisions beside them."""
MORE_MEDIA = 2
"""Workers that decode, beside those of the jobs that run: one looks into new files, and one makes
waveforms of old ones."""
SWITCH = 0.0005
"""Seconds the interpreter stays with one thread while another waits. The loop asks for it several
times a request; by default each would take 5 ms while a thread renders or decodes."""


class Ending:
    """How the daemon is to stop: gently, at once, or because storage failed."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.at_once = asyncio.Event()
        self.failure: StenoError | None = None

    def ask(self) -> None:
        """The first time: let segments in hand finish. The second time: now."""
        if self.asked.is_set():
            self.at_once.set()
        self.asked.set()

    def storage_failed(self, error: StenoError) -> None:
        if self.failure is None:
            log.critical("%s %s", error, error.problem.hint)
        self.failure = error
        self.asked.set()
        self.at_once.set()


def assemble(config: Config, paths: Paths, tcp_door: tcp.TcpDoor | None = None) -> Daemon:
    """The parts of a daemon, connected and not yet started."""
    db = Database(paths.database)
    hub = Hub(
        queue=config.events.queue,
        most=config.events.max_streams,
        most_per_job=config.events.max_streams_per_job,
    )
    machine = Machine(cores(), config.workers.speech or cores())
    pool, settings = WorkerPool(limits(config, machine)), Settings(config, paths)
    installed = Installed(
        paths.descriptions, config.plugins.describe_timeout, own_models(config.models.own)
    )
    library = Library(ModelTools(db, hub, pool, installed, settings), paths.models)
    holdings = Holdings(pool)
    metrics, preloader = Metrics(), Preloader(installed, settings, holdings, library, machine)
    library.loaded = holdings.loaded
    pool.on_usage, pool.on_lost = metrics.count, preloader.lost
    keeping = Keeping(library, holdings.unload)
    folding = Folding(pool, settings, paths)
    tools = Tools(db, hub, pool, installed, settings, paths, library, machine, folding)
    scheduler = Scheduler(tools)

    uploads, watchers = Uploads(db, paths, settings), Watchers()
    care, rewriting = UploadCare(db, uploads, settings), Rewriting(db)

    def publish(events: list[StoredEvent]) -> None:
        hub.publish(events)
        scheduler.notice(events)
        care.notice(events)
        watchers.notice(events)
        rewriting.notice(events)

    db.publish = publish
    hub.delivery.busy = lambda: db.writing > 0
    service = JobService(tools, scheduler, uploads)

    def hear(before: Config, now: Config) -> None:
        """Passes on changed settings to those that do not ask for them."""
        if before.logs != now.logs:
            logs.set_level(now.logs)
        if cache(before) != cache(now):
            holdings.limits = cache(now)
        pool.widen("media", decoders(now))
        scheduler.freed()
        library.downloads.wake()
        care.wake()

    settings.hearers.append(hear)
    return Daemon(
        settings,
        paths,
        db,
        hub,
        pool,
        scheduler,
        service,
        library,
        keeping,
        Editing(db, service.find),
        rewriting,
        Replay(db, hub, service, library),
        Results(db),
        folding,
        Waveforms(tools, service.find),
        Following(db, watchers),
        uploads,
        care,
        Attendance(db, service, uploads, watchers),
        installed,
        holdings,
        metrics,
        preloader,
        started_at=time.time(),
        intake=Intake(config.requests.timeout),
        gpus=Gpus(),
        tcp=tcp_door,
    )


def cores() -> int:
    """Processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def limits(config: Config, machine: Machine) -> Limits:
    workers = config.workers
    memory = workers.max_memory_mib << 20
    return Limits(
        places={
            "media": decoders(config),
            "speech": machine.places,
            "download": DOWNLOADS,
            "files": 1,
        },
        progress_timeout=workers.progress_timeout,
        idle_timeout=workers.idle_timeout,
        cancel_grace=workers.cancel_grace,
        backoff=Backoff(workers.restart_delay, workers.restart_delay_max),
        max_memory=memory or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2,
        cache=cache(config),
        threads=max(machine.processors, machine.places),
    )


def decoders(config: Config) -> int:
    """Workers that decode: one for each job that runs, and `MORE_MEDIA`."""
    return config.jobs.concurrent + MORE_MEDIA


def cache(config: Config) -> Settle:
    models = config.models
    return Settle(
        id=0,
        size=models.cache_size,
        memory_threshold=models.memory_threshold,
        idle_timeout=models.idle_timeout,
    )


def application(daemon: Daemon) -> web.Application:
    """The HTTP interface of `daemon`."""
    app = web.Application(
        middlewares=[middleware.problems, guard.admitted], client_max_size=MOST_BODY
    )
    app[DAEMON] = daemon
    for group in interface.GROUPS:
        for route in group.routes:
            for method in route.methods:
                app.router.add_route(
                    method, route.path, route.answer, expect_handler=guard.expected
                )
    app.on_response_prepare.append(guard.dress)
    app.on_response_prepare.append(middleware.note)
    app.on_shutdown.append(end_streams)
    return app


async def end_streams(app: web.Application) -> None:
    app[DAEMON].hub.close()
    app[DAEMON].following.close()


async def serve(config: Config, paths: Paths, ending: Ending) -> Exit:
    """Runs a daemon until `ending`. The lock must be held. Raises StenoError if it cannot start."""
    sys.setswitchinterval(SWITCH)
    daemon = assemble(config, paths, await asyncio.to_thread(tcp.open_door, config.tcp, paths))
    daemon.db.on_broken = ending.storage_failed
    await daemon.db.open()
    daemon.hub.database = daemon.db.id
    await daemon.settings.look()
    runner = web.AppRunner(application(daemon), handler_cancellation=True, shutdown_timeout=5.0)
    await runner.setup()
    gc.freeze()  # what stays; to look through it again and again would hold the loop for 30 ms
    timeout = config.requests.timeout

    async def listen() -> None:
        found = await asyncio.to_thread(door.listen, paths.socket)
        await Site(runner, found, timeout=timeout).start()

    await listen()
    log.info("stenod listens at %s, pid %s", paths.socket, os.getpid())
    if daemon.tcp:
        most = door.most_strangers()
        await Site(runner, daemon.tcp.socket, timeout=timeout, most=most).start()
        log.info("and at %s, for who has the token in %s", daemon.tcp.url, paths.token)

    def listen_again() -> Awaitable[None]:
        return whole(listen())  # a socket made while the vigil ends is there to be removed

    vigil = keep_vigil(paths.socket, paths.database, listen_again, ending.storage_failed)
    async with at_work(daemon, ending):
        async with beside(ending, vigil=vigil):
            await ending.asked.wait()
            daemon.intake.close()
        log.info("stenod stops; running jobs go on at its next start")
        await asyncio.to_thread(paths.socket.unlink, missing_ok=True)
        await daemon.folding.close()
        await asyncio.gather(stop_jobs(daemon, ending), daemon.rewriting.stop())
    await runner.cleanup()
    await daemon.pool.close(now=ending.at_once.is_set())
    await daemon.db.close()
    log.info("stenod has stopped")
    return exit_code(ending.failure.problem) if ending.failure else Exit.OK


def at_work(daemon: Daemon, ending: Ending) -> AbstractAsyncContextManager[None]:
    """Discovers plugins, takes up jobs and looks after workers, beside the server."""

    async def begin() -> None:
        await daemon.library.open()
        await daemon.installed.discover()
        await daemon.scheduler.recover()
        await daemon.scheduler.run()

    async def fetch() -> None:
        await daemon.installed.known()
        await daemon.library.downloads.run()

    return beside(
        ending,
        scheduler=begin(),
        downloads=fetch(),
        plugins=daemon.installed.tend(),
        preload=daemon.preloader.run(),
        tend=daemon.pool.tend(),
        uploads=daemon.upload_care.tend(),
        rewriting=daemon.rewriting.run(),
    )


@contextlib.asynccontextmanager
async def beside(ending: Ending, **works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Does `works` until the end of the block."""
    tasks = [asyncio.create_task(work, name=name) for name, work in works.items()]
    for task in tasks:
        task.add_done_callback(lambda done: fell(done, ending))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def fell(task: asyncio.Task[None], ending: Ending) -> None:
    """A part that ends by itself takes the daemon down, to be started anew."""
    if task.cancelled() or task.exception() is None:
        return
    error = task.exception()
    log.critical("%s ended: %s", task.get_name(), error, exc_info=error)
    if isinstance(error, StenoError):
        ending.storage_failed(error)
    else:
        ending.storage_failed(StenoError("internal", why=f"{type(error).__name__}: {error}"))


async def stop_jobs(daemon: Daemon, ending: Ending) -> None:
    """Lets segments in hand finish, unless it is to be at once."""
    stopping = asyncio.create_task(daemon.scheduler.stop(daemon.config.jobs.shutdown_grace))
    impatient = asyncio.create_task(ending.at_once.wait())
    await asyncio.wait((stopping, impatient), return_when=asyncio.FIRST_COMPLETED)
    impatient.cancel()
    if not stopping.done():
        stopping.cancel()
        await daemon.scheduler.stop(0)
    await asyncio.wait((stopping,))
