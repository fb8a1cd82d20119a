"""The queue of downloads: one for each model, however many ask, in the order of asking."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping

from steno import disk
from steno.errors import Problem, StenoError, WorkerDied, WorkerUnavailable
from steno.events.hub import Hub
from steno.models import telling
from steno.models.custody import Custody
from steno.models.gauge import Gauge
from steno.models.shelf import Shelf
from steno.plugins.contract import Model
from steno.settings import Settings
from steno.store import models
from steno.store.database import Transaction
from steno.store.models import DownloadRecord
from steno.unbroken import whole
from steno.wire.models import Download, ModelProgressEvent, ModelStatus, model_channel
from steno.worker import protocol as p
from steno.workers.executor import Executor

log = logging.getLogger(__name__)

CHANCES = 3
"""Workers that may die in a row without a new byte."""
LATER = 5.0
"""Seconds between two looks for room where not even a failure could be stored."""
ENOUGH = 2**20
"""Bytes that must be free for another try."""

Source = Callable[[str, str | None], tuple[Model, p.BackendRef]]
"""What is to be fetched under a name at a revision, and with what. Raises StenoError."""
Downloading = Mapping[str, DownloadRecord]
Tell = Callable[[Download], None]


class Downloads:
    """Used on the loop's thread only."""

    def __init__(
        self,
        shelf: Shelf,
        hub: Hub,
        executor: Executor,
        settings: Settings,
        source: Source,
        *,
        custody: Custody,
    ) -> None:
        self._shelf = shelf
        self._hub = hub
        self._executor = executor
        self._settings = settings
        self._source = source
        self._gauges: dict[str, Gauge] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._unwanted: set[str] = set()
        self._unstored: dict[str, Problem] = {}
        """Failures for which there is no room, not even in the database."""
        self._custody = custody
        custody.on_return = self.wake
        self._ends: dict[str, asyncio.Future[Problem | None]] = {}
        self._hearers: dict[str, set[Tell]] = {}
        self._wake = asyncio.Event()

    # What others ask

    def look(self, name: str, stored: Downloading | None = None) -> Download | None:
        """A download that waits, runs or ended too soon, as it is now, or by `stored` rows."""
        rows = self._shelf.downloads if stored is None else stored
        record = rows.get(name)
        if record is None:
            return None
        gauge = self._gauges.get(name)
        if gauge is not None and wanted(record) and name not in self._unstored:
            return gauge.look(time.monotonic())
        return self._at_rest(record, rows)

    def _at_rest(self, record: DownloadRecord, rows: Downloading) -> Download:
        waiting = [n for n, one in rows.items() if wanted(one) and n not in self._gauges]
        still = Gauge(done=record.done, total=record.total)
        unstored = self._unstored.get(record.name)
        status = record.status
        if wanted(record):
            status = "error" if unstored else "waiting"
        return Download(
            status=status,
            revision=record.revision,
            downloaded_bytes=record.done,
            total_bytes=record.total,
            progress=still.percent,
            message="waiting for its turn" if status == "waiting" else "",
            position=waiting.index(record.name) + 1 if status == "waiting" else None,
            started_at=record.started_at,
            error=unstored or record.problem,
        )

    def under_way(self) -> list[str]:
        """Names of models that are fetched or wait for it, in the order of the queue."""
        names = [one.name for one in self._shelf.downloads.values() if wanted(one)]
        return sorted(names, key=lambda name: name not in self._gauges)

    def progress(self) -> list[ModelProgressEvent]:
        """Of all that is under way."""
        found = [(name, self.look(name)) for name in self.under_way()]
        return [telling.progress(name, now.status, now) for name, now in found if now]

    async def ask(self, name: str, revision: str | None = None) -> None:
        """Has a model fetched, at `revision` also where another one is installed. Where that is
        under way already, or done, this changes nothing. Raises `downloader_missing`."""
        self._source(name, revision)

        def change(tx: Transaction) -> None:
            stored = models.everything(tx.connection)
            there, now = stored.models.get(name), stored.downloads.get(name)
            if now is not None and wanted(now):
                return
            if there is None or not there.version or revision is not None:
                models.queue(tx, name, revision)

        await self._shelf.change(change)
        self._tell(name)
        self._wake.set()

    async def get(self, name: str, tell: Tell) -> None:
        """Has a model fetched and waits until it is ready; `tell` hears of it meanwhile. Raises
        StenoError: why it could not be."""
        await self.ask(name)
        if name not in self.under_way():
            record = self._shelf.downloads.get(name)  # it may have ended in this very moment
            if record is None or self._shelf.installed(name):
                return
            cancelled = StenoError("download_cancelled", name=name).problem
            raise StenoError.of(record.problem or cancelled)
        end = self._ends.get(name)
        if end is None:
            end = self._ends[name] = asyncio.get_running_loop().create_future()
        self._hearers.setdefault(name, set()).add(tell)
        try:
            self._tell(name)
            problem = await asyncio.shield(end)
        finally:
            self._hearers[name].discard(tell)
        if problem is not None:
            raise StenoError.of(problem)

    async def cancel(self, name: str) -> bool:
        """Stops a download, whose files stay; False if there is none. Nothing is written any more
        once this returns."""
        if name not in self.under_way():
            return False
        task = self._tasks.get(name)
        if task is not None:
            self._unwanted.add(name)
            task.cancel()
            await asyncio.wait((task,))
        else:
            with self._custody.of(name, "its download is being cancelled"):
                await self._end_early(name)
        return True

    async def finished(self, name: str) -> None:
        """Waits for what is still to be done of a download whose end is known."""
        task = self._tasks.get(name)
        if task is not None and name not in self._shelf.downloads:
            await asyncio.wait((task,))

    # The queue

    async def run(self) -> None:
        """Fetches until cancelled; what is under way then goes on with the next start."""
        try:
            while True:
                self._wake.clear()
                self._start_some()
                await self._wake.wait()
        finally:
            for task in self._tasks.values():
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks.values())

    def wake(self) -> None:
        """Looks whether another may start."""
        self._wake.set()

    def _start_some(self) -> None:
        for record in self._shelf.downloads.values():
            if len(self._tasks) >= self._settings.current.models.concurrent:
                return
            if wanted(record) and self._custody.free(record.name):
                self._custody.take(record.name, "it is being downloaded")
                task = asyncio.create_task(self._see_through(record.name), name=record.name)
                self._tasks[record.name] = task
                task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        name = task.get_name()
        del self._tasks[name]
        self._gauges.pop(name, None)
        self._unwanted.discard(name)
        if not task.cancelled() and (error := task.exception()):
            log.critical("the end of the download of %s could not be noted", name, exc_info=error)
        self._custody.give_back(name)

    async def _see_through(self, name: str) -> None:
        try:
            await self._executor.settled("download")  # what was cancelled may still be writing
            await self._shelf.change(lambda tx: models.begin_download(tx, name))
            manifest, pinned = await self._fetch(name)
            await whole(self._install(name, manifest, pinned))
        except asyncio.CancelledError:
            if name not in self._unwanted:
                raise  # the daemon stops
            await self._executor.settled("download")
            if name in self._shelf.downloads:  # it did not come to its end all the same
                await self._end_early(name)
        except StenoError as error:
            if error.code != "stopping":
                await self._fail(name, error)
        except OSError as error:
            folder, why = self._shelf.folder.root, (error.strerror or str(error)).lower()
            await self._fail(name, StenoError("folder_unusable", folder=folder, why=why))

    async def _fail(self, name: str, error: StenoError) -> None:
        """Notes a failure; where not even that finds room it is told, and the download goes on by
        itself once there is room again."""
        try:
            await self._end_badly(name, error)
        except StenoError as full:
            log.error("model %s: %s %s", name, error, full)
            self._unstored[name] = error.problem
            self.conclude(name, error.problem)
            self._tell(name)
            root = self._shelf.folder.root
            while True:
                await asyncio.sleep(LATER)
                if await asyncio.to_thread(disk.free, root) >= ENOUGH:
                    break
        finally:
            self._unstored.pop(name, None)

    async def _fetch(self, name: str) -> tuple[p.Manifest, str | None]:
        """What came, and the catalogue's revision."""
        record = self._shelf.downloads[name]
        pinned = self._source(name, None)[0].revision
        model, downloader = self._source(name, record.revision)
        gauge = Gauge(revision=record.revision or model.revision, total=record.total)
        gauge.started_at = record.started_at
        folder = await asyncio.to_thread(self._shelf.folder.incoming, name)
        gauge.done = await asyncio.to_thread(self._shelf.folder.gathered, name)
        self._gauges[name] = gauge
        self._tell(name)
        settings = self._settings.current
        request = p.Fetch(
            id=0,
            downloader=downloader,
            model=model,
            revision=record.revision or model.revision,
            folder=os.fsencode(folder),
            rate=(settings.models.max_rate_kib << 10) // settings.models.concurrent,
            timeout=settings.models.timeout,
            min_free=settings.storage.min_free_mib << 20,
        )

        def hear(answer: p.Answers) -> None:
            if isinstance(answer, p.Planned):
                gauge.revision, gauge.total = answer.revision, answer.total
            elif isinstance(answer, p.Fetching):
                gauge.hear(time.monotonic(), answer.done, answer.total, answer.note)
                self._tell(name)

        chances = CHANCES
        while True:
            before = gauge.done
            try:
                end = await self._executor.perform("download", request, hear)
            except (WorkerDied, WorkerUnavailable):
                chances = CHANCES if gauge.done > before else chances - 1
                if not chances:
                    raise
            except StenoError as error:
                gone = error.code == "download_not_found" and record.revision
                if not gone or self._shelf.installed(name) is not None:
                    raise
                log.warning("model %s: %s The catalogue's revision is fetched.", name, error)
                await self._shelf.change(lambda tx: models.forget_revision(tx, name))
                return await self._fetch(name)
            else:
                assert isinstance(end, p.Fetched)
                return end.manifest, pinned

    async def _install(self, name: str, manifest: p.Manifest, pinned: str | None) -> None:
        """Makes ready what was fetched."""
        incoming = await asyncio.to_thread(self._shelf.folder.incoming, name)
        begun = self._shelf.downloads[name].started_at or time.time()
        await self._shelf.install(name, manifest, pinned, incoming, begun)
        self.conclude(name)

    # Ends

    async def _end_early(self, name: str) -> None:
        """Notes that a download was cancelled."""
        done = await asyncio.to_thread(self._shelf.folder.gathered, name)
        total = self._gauges[name].total if name in self._gauges else None
        status = self._status(name, "incomplete" if done else "not_downloaded")

        def change(tx: Transaction) -> None:
            if done:
                models.end_download(tx, name, "incomplete", done=done, total=total)
            else:
                models.forget_download(tx, name)
            telling.tell(tx, telling.incomplete(name, done, total, status))

        await self._shelf.change(change)
        log.info("the download of %s was cancelled, %d bytes are kept", name, done)
        self.conclude(name, StenoError("download_cancelled", name=name).problem)

    async def _end_badly(self, name: str, error: StenoError) -> None:
        log.warning("model %s: %s", name, error)
        done = await asyncio.to_thread(self._shelf.folder.gathered, name)
        total = self._gauges[name].total if name in self._gauges else None
        status = self._status(name, "error")

        def change(tx: Transaction) -> None:
            models.end_download(tx, name, "error", done=done, total=total, problem=error.problem)
            telling.tell(tx, telling.failure(name, error.problem, status))

        await self._shelf.change(change)
        self.conclude(name, error.problem)

    def _status(self, name: str, otherwise: ModelStatus) -> ModelStatus:
        """The model's status: an update that failed leaves it ready."""
        return "ready" if self._shelf.installed(name) else otherwise

    def conclude(self, name: str, problem: Problem | None = None) -> None:
        """Tells those who wait that the model is there, by whatever way, or why it is not."""
        end = self._ends.pop(name, None)
        if end is not None:
            end.set_result(problem)

    # Telling

    def _tell(self, name: str) -> None:
        now = self.look(name)
        if now is None or now.status not in ("waiting", "downloading", "error"):
            return
        for hear in self._hearers.get(name, ()):
            hear(now)
        event = telling.progress(name, now.status, now)
        self._hub.pass_on("model_progress", model_channel(name), event)


def wanted(record: DownloadRecord) -> bool:
    """Whether it is to be fetched, or goes on with the next start."""
    return record.status in ("waiting", "downloading")
