"""What people do with models: fetch and cancel, verify, update, import, delete."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Any, TypeVar

import msgspec

from steno.errors import StenoError, printable
from steno.models import telling
from steno.models.catalogue import Entry
from steno.models.gauge import Gauge
from steno.models.library import Library
from steno.store import models
from steno.store.database import Transaction
from steno.store.models import ModelRecord
from steno.unbroken import whole
from steno.wire.models import ModelInfo, ModelStatus, Verification, model_channel
from steno.worker import protocol as p

log = logging.getLogger(__name__)
T = TypeVar("T")


Unload = Callable[[list[str]], Awaitable[Collection[str]]]
"""Takes models out of workers' memory; returns those that a worker is busy with."""


class Keeping:
    """Used on the loop's thread only. Methods raise StenoError, `model_not_found` among them."""

    def __init__(self, library: Library, unload: Unload) -> None:
        self.library = library
        self._unload = unload
        self._shelf = library.shelf
        self._tools = library.tools
        self._custody = library.custody

    async def download(self, name: str, language: str | None) -> ModelInfo:
        """Has a model fetched, unless it is here or on its way."""
        remarks = await self.library.ask(name, language)
        return msgspec.structs.replace(await self.library.get(name), remarks=remarks)

    async def cancel(self, name: str) -> ModelInfo:
        """Stops a download or an update; what came is kept. Without one nothing changes."""
        entry = self.library.find(name)
        await whole(self.library.downloads.cancel(entry.model.name))
        return await self.library.get(name)

    async def verify(self, name: str) -> Verification:
        """Compares a model's files with what they were when they came. A model with wrong files is
        no longer ready; a download goes on with those that are right."""
        await self._ready(name)
        record = self._installed(name)
        with self._custody.of(record.name, "its files are being checked"):
            gauge = Gauge(revision=record.revision, total=record.size)
            folder = self._shelf.folder.path(record.name, record.version or "")
            request = p.Verify(id=0, folder=os.fsencode(folder))
            end = await self._perform(record.name, request, gauge, "checking")
            assert isinstance(end, p.Verified)
            if end.wrong:
                await whole(self._demote(record))
        return Verification(model=await self.library.get(name), wrong=end.wrong)

    async def _demote(self, record: ModelRecord) -> None:
        name, folder = record.name, self._shelf.folder
        log.warning("files of model %s are wrong; it is no longer ready", name)
        if not self._shelf.holds(name):  # a job goes on with what it has in memory
            await self._unload([name])
        await self._on_disk(folder.demote, name, record.version or "")
        done = await asyncio.to_thread(folder.gathered, name)
        on_its_way = name in self.library.downloads.under_way()

        def change(tx: Transaction) -> None:
            models.uninstall(tx, name)
            if not on_its_way:
                models.end_download(
                    tx, name, "incomplete", done=done, total=record.size, revision=record.revision
                )
            telling.tell(tx, telling.incomplete(name, done, record.size, "incomplete"))

        await self._shelf.change(change)
        await self._shelf.replaced(record)

    async def update(self, name: str, *, check: bool) -> ModelInfo:
        """Looks for a newer revision and, unless it is only a `check`, has it fetched. The old one
        stays until then."""
        record = self._installed(name)
        model, downloader = self.library.source(record.name, None)
        request = p.Newest(id=0, downloader=downloader, model=model)
        end = await self._tools.executor.perform("download", request)
        assert isinstance(end, p.Newer)
        newer = end.revision if end.revision != record.revision else None
        await self._shelf.change(lambda tx: models.know_newer(tx, record.name, newer))
        if newer is not None and not check:
            await self.library.downloads.ask(record.name, newer)
        return await self.library.get(name)

    async def take_in(self, name: str, source: bytes) -> ModelInfo:
        """Installs a model from a folder or an archive of this machine."""
        await self._ready(name)
        entry = self._ours(name)
        name, folder = entry.model.name, self._shelf.folder
        with self._custody.of(name, "it is being imported"):
            incoming = await self._on_disk(partial(folder.incoming, name, fresh=True))
            gauge, begun = Gauge(), time.time()
            try:
                end = await self._perform(
                    name,
                    p.Import(
                        id=0,
                        source=source,
                        model=entry.model,
                        folder=os.fsencode(incoming),
                        min_free=self._tools.min_free,
                    ),
                    gauge,
                    "importing",
                )
                assert isinstance(end, p.Fetched)
                pinned = entry.model.revision
                await whole(self._shelf.install(name, end.manifest, pinned, incoming, begun))
                self.library.downloads.conclude(name)  # one that waited meanwhile is not needed
                await self._on_disk(folder.remove_gathered, name)
            except StenoError as error:
                await self._tell_failure(name, error)
                raise
            finally:
                await self._tools.executor.settled("files")
                await asyncio.to_thread(folder.drop, incoming)
        return await self.library.get(name)

    async def delete(self, name: str) -> None:
        """Removes what is here of a model, also of an unfinished download. Raises `model_in_use`
        where a running job or a worker is at work with it, or it is under way."""
        await self._ready(name)
        entry = self._ours(name)
        name = entry.model.name
        if name in self.library.downloads.under_way():
            why = "it is being downloaded; `steno models cancel` ends that"
            raise StenoError("model_in_use", name=name, why=why)
        if self._shelf.installed(name) is None and name not in self._shelf.downloads:
            return
        with self._custody.of(name, "it is being deleted"), self._custody.going(name):
            self._check_held(name)
            if name in await self._unload([name]):
                raise StenoError("model_in_use", name=name, why="a worker is busy with it")
            self._check_held(name)  # a job may have begun meanwhile
            await whole(self._delete(name))

    async def _ready(self, name: str) -> None:
        """What is about to end in a moment has ended, and what is gone is noticed."""
        await self.library.downloads.finished(self.library.find(name).model.name)
        await self.library.get(name)

    def _check_held(self, name: str) -> None:
        if self._shelf.holds(name):
            raise StenoError("model_in_use", name=name, why="a running job needs it")

    async def _delete(self, name: str) -> None:
        await self._on_disk(self._shelf.folder.remove, name)

        def change(tx: Transaction) -> None:
            models.uninstall(tx, name)
            models.forget_download(tx, name)
            telling.tell(tx, telling.deleted(name, time.time()))

        await self._shelf.change(change)
        log.info("model %s is deleted", name)

    async def _on_disk(self, work: Callable[..., T], *args: Any) -> T:
        """Does `work` on a thread. Raises `folder_unusable` for the system's errors."""
        try:
            return await asyncio.to_thread(work, *args)
        except OSError as error:
            folder = error.filename or self._shelf.folder.root
            why = (error.strerror or str(error)).lower()
            raise StenoError("folder_unusable", folder=printable(folder), why=why) from error

    def _ours(self, name: str) -> Entry:
        """Raises `model_fixed` where a model's files are not Steno's."""
        entry = self.library.find(name)
        if entry.origin != "repository":
            why = "comes with its plugin" if entry.origin == "plugin" else "is your own folder"
            raise StenoError("model_fixed", name=entry.model.name, why=why)
        return entry

    def _installed(self, name: str) -> ModelRecord:
        """Raises `model_fixed`, `model_idle`."""
        name = self._ours(name).model.name
        record = self._shelf.installed(name)
        if record is None:
            raise StenoError("model_idle", name=name, why="is not downloaded")
        return record

    async def _tell_failure(self, name: str, error: StenoError) -> None:
        """Of an import, which changed nothing."""
        download = self.library.downloads.look(name)
        status: ModelStatus = "ready" if self._shelf.installed(name) else "not_downloaded"
        if download is not None and status != "ready":
            status = download.status
        event = telling.failure(name, error.problem, status)
        await self._shelf.change(lambda tx: telling.tell(tx, event))

    async def _perform(self, name: str, request: p.Requests, gauge: Gauge, what: str) -> p.End:
        """Has a worker handle files of a model, telling how far it is."""
        status: ModelStatus = "ready" if self._shelf.installed(name) else "downloading"

        def hear(answer: p.Answers) -> None:
            if isinstance(answer, p.Fetching):
                gauge.hear(time.monotonic(), answer.done, answer.total, answer.note or what)
                event = telling.progress(name, status, gauge.look(time.monotonic()))
                self._tools.hub.pass_on("model_progress", model_channel(name), event)

        return await self._tools.executor.perform("files", request, hear)
