"""Runs queued jobs, oldest first, and decides what becomes of them when they end."""

import asyncio
import logging
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec

from steno.errors import Problem, StenoError
from steno.jobs import peaks, states
from steno.jobs.admission import places
from steno.jobs.commit import LostLease
from steno.jobs.origin import Origin
from steno.jobs.room import Room
from steno.jobs.run import JobRun
from steno.jobs.work import Tools
from steno.store import jobs, segments
from steno.store.database import Reader, StoredEvent, Transaction
from steno.store.jobs import JobRecord
from steno.wire import ErrorEvent, JobEvent, Progress, job_channel

log = logging.getLogger(__name__)

AT_REST = ("paused", "cancelled", "removed")
FULL = ("disk_full", "output_full")
"""Reasons of pauses that end by themselves."""


class Scheduler:
    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._running: dict[str, tuple[JobRun, asyncio.Task[None]]] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._main: asyncio.Task[None] | None = None
        self._room = Room(tools)
        self._freed = asyncio.Event()
        """A running job ended, or began to wait for a model."""

    # What others ask

    @property
    def held(self) -> str | None:
        """Why no job is started, for example `disk_full`."""
        return self._room.held

    def notice(self, told: Sequence[StoredEvent]) -> None:
        """Acts on what was committed of jobs, whoever committed it and whether or not they still
        wait: a queued job may be started, the work of one that was put to rest ends."""
        for event in told:
            if event.type == "job":
                change = msgspec.json.decode(event.data, type=JobEvent)
                if change.state in AT_REST and change.job_id in self._running:
                    self._running[change.job_id][1].cancel()
                self._wake.set()

    def live(self) -> dict[str, Progress]:
        """Progress of the jobs that run, by id. On the loop's thread only."""
        return {job: run.progress for job, (run, _) in self._running.items()}

    async def halted(self, job: str) -> None:
        """Waits until the work of a job that was put to rest has ended."""
        if job in self._running:
            await asyncio.wait((self._running[job][1],))

    # Life

    async def recover(self) -> None:
        """Takes up what the last daemon left running or had paused for lack of room."""

        def change(tx: Transaction) -> None:
            for job in jobs.in_state(tx.connection, "paused"):
                if job.reason in FULL:
                    states.move(tx, job, "queued", reason="recovered")
            for job in jobs.in_state(tx.connection, "running"):
                barren = job.barren_starts + 1
                hopeless = barren >= self._tools.config.jobs.max_barren_starts
                jobs.settle(tx, job.seq, barren_starts=0 if hopeless else barren)
                if hopeless:
                    fail(tx, job, StenoError("no_progress", count=barren).problem)
                else:
                    states.move(tx, job, "queued", reason="recovered")

        await self._try_write(change)
        names = await asyncio.to_thread(os.listdir, self._tools.paths.jobs)
        finished = await self._tools.db.read(jobs.finished)
        await asyncio.to_thread(self._tidy, names, finished)

    async def run(self) -> None:
        """Starts jobs until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._main = group.create_task(self._start_jobs(), name="start-jobs")
            group.create_task(self._room.watch(self._running), name="watch-room")

    async def stop(self, grace: float) -> None:
        """Starts nothing more, lets segments in hand finish for `grace` seconds; the jobs go on at
        the next start."""
        self._stopping = True
        if self._main is not None:
            self._main.cancel()
            await asyncio.wait((self._main,))
        tasks = [task for _, task in self._running.values()]
        percents = {job: run.progress.percent for job, (run, _) in self._running.items()}
        if tasks and grace > 0:
            for run, task in self._running.values():
                run.wind_down()
                if run.fetching:
                    task.cancel()
            await asyncio.wait(tasks, timeout=grace)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._try_write(lambda tx: self._put_back(tx, percents))

    def _put_back(self, tx: Transaction, percents: Mapping[str, float]) -> None:
        for job in jobs.in_state(tx.connection, "running"):
            jobs.reached(tx, job.seq, percents.get(job.id, 0.0))
            states.move(tx, job, "queued", reason="daemon_stopped")

    # Starting

    async def _start_jobs(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._start_some()
            except StenoError as error:
                self._room.hold(error)
            await self._wake.wait()

    async def _start_some(self) -> None:
        while not (self._full() or self.held or self._stopping):
            job = await self._tools.db.read(self._next)
            if job is None:
                return
            await self._start(job.id)

    def _full(self) -> bool:
        return self._at_work() >= self._tools.config.jobs.concurrent

    def _at_work(self) -> int:
        """Running jobs that do not wait for a model."""
        return sum(not run.fetching for run, _ in self._running.values())

    def freed(self) -> None:
        self._wake.set()
        self._freed.set()

    async def wait(self, run: JobRun) -> None:
        while self._full():
            self._freed.clear()
            await self._freed.wait()
        run.fetching = False

    def _next(self, db: Reader) -> JobRecord | None:
        for job in jobs.in_state(db, "queued", limit=len(self._running) + 1):
            if job.id not in self._running:
                return job
        return None

    async def _start(self, job_id: str) -> None:
        job = await self._tools.db.write(lambda tx: begin(tx, job_id))
        if job is None:
            return
        run = JobRun(job, self._tools, self)
        task = asyncio.create_task(self._see_through(run, job), name=f"job-{job.id}")
        self._running[job.id] = (run, task)
        task.add_done_callback(lambda done: self._ended(job.id, done))

    def _ended(self, job: str, task: asyncio.Task[None]) -> None:
        del self._running[job]
        self.freed()
        if not task.cancelled() and (error := task.exception()):
            log.critical("the end of job %s could not be noted", job, exc_info=error)

    # Ending

    async def _see_through(self, run: JobRun, job: JobRecord) -> None:
        try:
            await run.run()
            await self._forget_audio(job.id)
        except LostLease:
            log.debug("job %s is no longer ours", job.id)
        except StenoError as error:
            await self._end_badly(job, error)
        except Exception as error:
            log.exception("job %s broke", job.id)
            why = f"{type(error).__name__}: {error}."
            await self._end_badly(job, StenoError("internal", why=why))

    async def _end_badly(self, job: JobRecord, error: StenoError) -> None:
        if error.code == "stopping":
            return
        if error.code == "disk_full":
            self._room.hold(error)
        elif error.code == "output_full":
            await self._room.cramp(job.id, os.path.dirname(first_place(job)))
        else:
            log.error("job %s failed: %s", job.id, error)
        problem = Origin.of(job).retold(error.problem)

        def change(tx: Transaction) -> None:
            now = jobs.get(tx.connection, job.id)
            if now is None or (now.state, now.lease) != ("running", job.lease):
                return
            if error.code in FULL:
                states.move(tx, now, "paused", reason=error.code, problem=problem)
            else:
                fail(tx, now, problem)

        await self._try_write(change)

    async def _try_write(self, change: Callable[[Transaction], None]) -> None:
        """Where even this finds no room the row stays as it is, and `Room` takes care of it."""
        try:
            await self._tools.db.write(change)
        except StenoError as error:
            self._room.hold(error)

    async def _forget_audio(self, job_id: str) -> None:
        """Removes working files that nobody will need."""
        finished = await self._tools.db.read(partial(jobs.finished, job=job_id))
        await asyncio.to_thread(self._tidy, [job_id], finished)

    def _tidy(self, names: Sequence[str], finished: Mapping[str, bool]) -> None:
        """Of a job that is gone nothing is kept, of one that is finished its peaks."""
        for name in names:
            folder = self._tools.paths.jobs / name
            if name not in finished:
                shutil.rmtree(folder, ignore_errors=True)
            elif finished[name] and not self._tools.config.storage.keep_audio:
                peaks.tidy(folder)


def begin(tx: Transaction, job_id: str) -> JobRecord | None:
    """Puts a queued job to work under a new lease; None if it is not to be started.

    One whose stored work is damaged fails instead, and keeps what it has.
    """
    job = jobs.get(tx.connection, job_id)
    if job is None or job.state != "queued":
        return None
    jobs.new_lease(tx, job.seq)
    states.move(tx, job, "running")
    begun = jobs.get(tx.connection, job_id)
    assert begun is not None
    wrong = segments.check(tx.connection, begun)
    if wrong is not None:
        fail(tx, begun, StenoError("data_damaged", why=wrong).problem)
        return None
    return begun


def first_place(job: JobRecord) -> bytes:
    """Where one of the job's subtitle files belongs."""
    return next(iter(places(Origin.of(job), job.settings).values()))


def fail(tx: Transaction, job: JobRecord, problem: Problem) -> None:
    """Puts the job into `failed` and tells why."""
    states.move(tx, job, "failed", reason=problem.code, problem=problem)
    event = ErrorEvent(
        code=problem.code,
        message=problem.detail,
        hint=problem.hint,
        retryable=problem.retryable,
        job_id=job.id,
    )
    tx.tell("error", event, job_channel(job.id))
