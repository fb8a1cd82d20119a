"""Peaks of jobs that have none and are not being decoded: made once, when they are asked for."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator

from steno.disk import FULL
from steno.errors import StenoError, WorkFailed
from steno.jobs import source
from steno.jobs.origin import Origin
from steno.jobs.peaks import PeakFile
from steno.paths import Paths
from steno.settings import Settings
from steno.store.jobs import JobRecord
from steno.worker import protocol as p
from steno.workers.executor import Executor

PATIENCE = 2.0
"""Seconds that whoever asks waits for peaks to be made."""
LAST = (2,)
"""Order among requests to workers that decode: jobs come before drawings."""


class Folding:
    """One job at a time, so that workers are left for jobs. While a job is being decoded, which
    makes its peaks as well, nobody else decodes it."""

    def __init__(self, executor: Executor, settings: Settings, paths: Paths) -> None:
        self._executor = executor
        self._settings = settings
        self._paths = paths
        self._turn = asyncio.Lock()
        self._making: dict[str, asyncio.Task[None]] = {}
        """By id of the job; those that failed until somebody was told."""
        self._barred: set[str] = set()

    def file(self, job: JobRecord) -> PeakFile:
        return PeakFile.of(self._paths.jobs / job.id, job)

    async def ensure(self, job: JobRecord) -> None:
        """Has peaks made that are not there and that no run of the job will make, and waits a
        while for that. Raises `waveform_gone`, `disk_full`, `stopping`, or what became of the
        worker."""
        if job.id not in self._making and due(job):
            whole = await asyncio.to_thread(self.file(job).is_whole)
            if not (whole or job.id in self._making or job.id in self._barred):
                self._begin(job)
        if task := self._making.get(job.id):
            await asyncio.wait((task,), timeout=PATIENCE)
            if task.done() and not task.cancelled():
                self._forget(job.id, task)
                task.result()

    @contextlib.asynccontextmanager
    async def barred(self, job: str) -> AsyncIterator[None]:
        """While this lasts the job's peaks are not made here."""
        self._barred.add(job)
        try:
            await self.stop(job)
            yield
        finally:
            self._barred.discard(job)

    async def stop(self, *jobs: str) -> None:
        """Until nobody makes the peaks of these jobs any more."""
        if tasks := [self._making.pop(job) for job in jobs if job in self._making]:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await self._executor.settled("media")

    async def close(self) -> None:
        await self.stop(*self._making)

    def _begin(self, job: JobRecord) -> None:
        task = asyncio.create_task(self._make(job), name=f"peaks-{job.id}")
        self._making[job.id] = task

        def ended(task: asyncio.Task[None]) -> None:
            if task.cancelled() or task.exception() is None:
                self._forget(job.id, task)

        task.add_done_callback(ended)

    def _forget(self, job: str, task: asyncio.Task[None]) -> None:
        if self._making.get(job) is task:
            del self._making[job]

    async def _make(self, job: JobRecord) -> None:
        file = self.file(job)
        async with self._turn:
            try:
                heard = await asyncio.to_thread(prepared, file, job)
                request = p.Fold(
                    id=0,
                    source=job.path,
                    name=job.name,
                    audio=os.fsencode(file.folder / (job.audio or "")),
                    samples=heard,
                    peaks=os.fsencode(file.growing),
                    max_duration=self._settings.current.media.max_duration,
                )
                await self._executor.perform("media", request, order=LAST)
                if heard is None:
                    await asyncio.to_thread(check, job)  # it may have been replaced meanwhile
                await asyncio.to_thread(file.publish)
            except FileNotFoundError:
                pass  # the job began anew, and makes them itself
            except OSError as error:
                if error.errno not in FULL:
                    raise
                raise StenoError("disk_full", folder=file.folder) from error
            except WorkFailed as error:
                if error.disk_full:
                    raise StenoError("disk_full", folder=file.folder) from error
                raise gone(job, error) from error


def due(job: JobRecord) -> bool:
    """Whether no run of the job that is to come will make its peaks."""
    return job.audio is not None or job.state not in ("queued", "running")


def prepared(file: PeakFile, job: JobRecord) -> int | None:
    """Makes the folder. Returns how many samples the working audio has; None: it is not there, and
    the source is as it was. Raises `waveform_gone` or `OSError`."""
    file.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if job.audio is not None and job.audio_samples is not None:
        with contextlib.suppress(OSError):
            if os.stat(file.folder / job.audio).st_size >= 2 * job.audio_samples:
                return job.audio_samples
    check(job)
    return None


def check(job: JobRecord) -> None:
    """Raises `waveform_gone` if the job's media file is not as it was."""
    try:
        source.check(job)
    except StenoError as error:
        raise gone(job, error) from error


def gone(job: JobRecord, error: StenoError) -> StenoError:
    """What whoever asked for a waveform is told of `error`."""
    return StenoError("waveform_gone", job=job.id, why=Origin.of(job).retold(error.problem).detail)
