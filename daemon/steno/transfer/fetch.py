"""Fetching a model: found, planned, fetched, verified, and told on the way."""

import asyncio
import os
from collections.abc import Callable
from typing import TypeVar

from steno.disk import FULL
from steno.errors import StenoError
from steno.failpoints import passing
from steno.plugins.contract import CannotResolve, ModelFile, Resolved, Resolver
from steno.plugins.loading import cause
from steno.transfer import http, manifest, plan, room
from steno.transfer.aside import abandonable, in_thread, watched
from steno.transfer.file import gotten
from steno.transfer.folder import Folder
from steno.transfer.journal import Journal
from steno.transfer.meter import Meter
from steno.transfer.patience import Patience, Throttle
from steno.transfer.tools import Tools
from steno.transfer.trouble import Trouble, of_resolver
from steno.worker import protocol as p
from steno.worker.channel import Channel

T = TypeVar("T")
SMALL = 8 * 2**20
"""Bytes up to which a file is fetched beside others."""
LONGEST_LOOK = 60.0
"""Seconds in which a newest revision is to be told."""
BESIDE = 4
"""Small files that are fetched at once."""


def fetch(request: p.Fetch, resolver: Resolver, channel: Channel) -> p.Fetched:
    """Does what `request` asks. Raises StenoError, and OSError of the disk."""
    meter = Meter(request.id)
    try:
        with Folder(request.folder, request.min_free) as folder:
            meter.begins(folder.sizes())
            work = Gathering(request, resolver, channel, meter, folder).run()
            return watched(work, channel, meter)
    except OSError as error:
        where = os.fsdecode(request.folder)
        if error.errno in FULL:
            need = max(0, (meter.total or 0) - meter.done)
            raise room.too_little(request.folder, need, request.min_free) from error
        raise StenoError("folder_unusable", folder=where, why=error.strerror or error) from error


def newest(request: p.Newest, resolver: Resolver, channel: Channel) -> p.Newer:
    """Does what `request` asks. Raises StenoError."""
    repository = request.model.repository or request.model.name
    name = request.downloader.name
    try:
        work = asked(lambda: resolver.newest(repository), name, LONGEST_LOOK)
        return p.Newer(id=request.id, revision=watched(work, channel))
    except Trouble as trouble:
        raise trouble.told(repository, repository, LONGEST_LOOK) from trouble


class Gathering:
    """The files of one model on their way into `folder`."""

    def __init__(
        self, request: p.Fetch, resolver: Resolver, channel: Channel, meter: Meter, folder: Folder
    ) -> None:
        self._request = request
        self._resolver = resolver
        self._channel = channel
        self._meter = meter
        self._folder = folder
        self._repository = request.model.repository or request.model.name

    async def run(self) -> p.Fetched:
        request, folder = self._request, self._folder
        resolved = await self._resolve()
        files = plan.planned(request.model, request.revision, resolved)
        total = self._meter.total = plan.total(files)
        there = plan.there(files, folder)
        self._meter.begins(there)
        if need := plan.need(files, there):
            room.require(request.folder, need, request.min_free)
        planned = p.Planned(
            id=request.id,
            revision=resolved.revision,
            files=[file.file for file in files],
            total=total,
        )
        self._channel.send(planned)
        journal = await in_thread(lambda heed: Journal(folder, resolved.revision))
        found = await self._gather(files, journal)
        made = p.Manifest(
            name=request.model.name,
            repository=request.model.repository,
            revision=resolved.revision,
            files=found,
            verified=plan.whose(files),
        )
        await in_thread(lambda heed: self._conclude(made))
        if (last := self._meter.due(float("inf"))) is not None:
            self._channel.send(last)
        return p.Fetched(id=request.id, manifest=made)

    async def _resolve(self) -> Resolved:
        """Raises StenoError."""
        clock, request = asyncio.get_running_loop().time, self._request
        patience = Patience(request.timeout, clock())
        while True:
            self._meter.waits("", f"asking {request.downloader.name} for the files")
            try:
                resolved = await asked(
                    lambda: self._resolver.resolve(self._repository, request.revision),
                    request.downloader.name,
                    max(1.0, patience.left(clock())),
                )
            except Trouble as trouble:
                here = trouble.here
                if here is not None and plan.suffices(request.model, request.revision, here):
                    return here
                now = clock()
                wait = patience.wait(trouble, now)
                if wait is None:
                    raise trouble.told(
                        self._repository, self._repository, request.timeout
                    ) from trouble
                self._meter.waits("", f"{trouble.host}: {trouble.why}", now + wait)
                await asyncio.sleep(wait)
            else:
                self._meter.goes_on("")
                return resolved

    async def _gather(self, files: list[plan.Wanted], journal: Journal) -> list[ModelFile]:
        """Small files beside each other, then the others one after another."""
        request, now = self._request, asyncio.get_running_loop().time()
        found: dict[str, ModelFile] = {}
        beside = asyncio.Semaphore(BESIDE)

        async def get(wanted: plan.Wanted) -> None:
            async with beside:
                found[wanted.path] = await gotten(wanted, tools)

        async with http.session(request.rate) as client:
            tools = Tools(
                client=client,
                folder=self._folder,
                journal=journal,
                meter=self._meter,
                throttle=Throttle(request.rate, now),
                repository=self._repository,
                timeout=request.timeout,
            )
            small = [file for file in files if (file.size or 0) <= SMALL]
            try:
                async with asyncio.TaskGroup() as group:
                    for wanted in small:
                        group.create_task(get(wanted))
            except ExceptionGroup as failed:
                raise failed.exceptions[0] from failed
            for wanted in files:
                if wanted.path not in found:
                    await get(wanted)
        return [found[file.path] for file in files]

    def _conclude(self, made: p.Manifest) -> None:
        """Nothing but the files stays, and stays for good."""
        self._folder.prune({file.path for file in made.files})
        self._folder.sync()
        passing("transfer.before_manifest")
        manifest.write(self._folder, made)
        passing("transfer.after_manifest")


async def asked(work: Callable[[], T], downloader: str, timeout: float) -> T:
    """What a resolver says, within `timeout` seconds. Raises Trouble; StenoError if it breaks."""
    try:
        async with asyncio.timeout(timeout):
            return await abandonable(work)
    except CannotResolve as error:
        raise of_resolver(error, downloader) from error
    except TimeoutError as error:
        raise Trouble("stalled", downloader, "it does not come to an end") from error
    except Exception as error:  # plugin code may raise anything
        raise StenoError("downloader_failed", downloader=downloader, why=cause(error)) from error
