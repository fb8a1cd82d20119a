"""Runs queued jobs, oldest first, and decides what becomes of them when they end."""

import asyncio
import logging
import os
import shutil
from collections.abc import Callable, Sequence

import msgspec

from steno.errors import Problem, StenoError
from steno.jobs import admission
from steno.jobs.commit import LostLease
from steno.jobs.run import JobRun
from steno.jobs.work import Tools
from steno.store import jobs, segments
from steno.store.database import Reader, StoredEvent, Transaction
from steno.store.jobs import JobRecord
from steno.wire import ErrorEvent, JobEvent, Progress

log = logging.getLogger(__name__)

AT_REST = ("paused", "cancelled", "removed")
LOOK_FOR_ROOM = 2.0
"""Seconds between two looks whether a full disk has room again."""
LOOK_FOR_ROOM_MAX = 60.0
"""The same, at most: they double where jobs went on and found it full once more."""


class Scheduler:
    """`places`: speech workers of this machine."""

    def __init__(self, tools: Tools, *, places: int) -> None:
        self._tools = tools
        self._places = places
        self._running: dict[str, tuple[JobRun, asyncio.Task[None]]] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._patience = LOOK_FOR_ROOM
        self.held: str | None = None
        """Why nothing is started, for example `disk_full`."""

    # What others ask

    def notice(self, events: Sequence[StoredEvent]) -> None:
        """Acts on what was committed of jobs, whoever committed it and whether or not they still
        wait: a queued job may be started, the work of one that was put to rest ends."""
        for event in events:
            if event.type != "job" or event.job is None:
                continue
            state = msgspec.json.decode(event.data, type=JobEvent).state
            if state in AT_REST and event.job in self._running:
                self._running[event.job][1].cancel()
            self._wake.set()

    def progress(self, job: str) -> Progress | None:
        """Of a running job."""
        running = self._running.get(job)
        return running[0].progress if running else None

    async def halted(self, job: str) -> None:
        """Waits until the work of a job that was put to rest has ended."""
        running = self._running.get(job)
        if running:
            await asyncio.wait((running[1],))

    # Life

    async def recover(self) -> None:
        """Takes up what the last daemon left running: checked, counted, queued again."""

        def change(tx: Transaction) -> None:
            for job in jobs.in_state(tx.connection, "paused"):
                if job.reason == "disk_full":
                    jobs.move(tx, job, "queued", reason="recovered")
            for job in jobs.in_state(tx.connection, "running"):
                barren = job.barren_starts + 1
                jobs.settle(tx, job.seq, barren_starts=barren)
                wrong = segments.check(tx.connection, job)
                if wrong is not None:
                    problem = StenoError("data_damaged", why=wrong).problem
                    fail(tx, job, problem)
                elif barren >= self._tools.config.jobs.max_barren_starts:
                    jobs.settle(tx, job.seq, barren_starts=0)
                    fail(tx, job, StenoError("no_progress", count=barren).problem)
                else:
                    jobs.move(tx, job, "queued", reason="recovered")

        await self._try_write(change)
        for name in await asyncio.to_thread(os.listdir, self._tools.paths.jobs):
            await self._forget_audio(name)

    async def run(self) -> None:
        """Starts jobs until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self._start_some()
            except StenoError as error:
                self._hold(error)
            if self.held:
                await asyncio.sleep(self._patience)
                await self._look_for_room()
            else:
                await self._wake.wait()

    async def stop(self, grace: float) -> None:
        """Lets segments in hand finish for `grace` seconds; the jobs go on at the next start."""
        self._stopping = True
        tasks = [task for _, task in self._running.values()]
        if tasks and grace > 0:
            for run, _ in self._running.values():
                run.wind_down()
            await asyncio.wait(tasks, timeout=grace)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._try_write(self._put_back)

    def _put_back(self, tx: Transaction) -> None:
        for job in jobs.in_state(tx.connection, "running"):
            jobs.move(tx, job, "queued", reason="daemon_stopped")

    # Starting

    async def _start_some(self) -> None:
        limit = self._tools.config.jobs.concurrent
        while len(self._running) < limit and not (self.held or self._stopping):
            job = await self._tools.db.read(self._next)
            if job is None:
                return
            await self._start(job)

    def _next(self, db: Reader) -> JobRecord | None:
        for job in jobs.in_state(db, "queued", limit=len(self._running) + 1):
            if job.id not in self._running:
                return job
        return None

    async def _start(self, queued: JobRecord) -> None:
        def change(tx: Transaction) -> tuple[JobRecord, int] | None:
            job = jobs.get(tx.connection, queued.id)
            if job is None or job.state != "queued":
                return None
            lease = jobs.begin(tx, job)
            begun = jobs.get(tx.connection, queued.id)
            assert begun is not None
            return begun, lease

        begun = await self._tools.db.write(change)
        if begun is None:
            return
        job, lease = begun
        lanes, batch = self._share(job)
        run = JobRun(job, lease, self._tools, lanes=lanes, batch=batch)
        task = asyncio.create_task(self._see_through(run, job), name=f"job-{job.id}")
        self._running[job.id] = (run, task)

    def _share(self, job: JobRecord) -> tuple[int, int]:
        """How many lanes a job gets and how many segments at a time."""
        settings = job.settings
        lanes, batch = self._places, 1
        for backend in self._tools.registry.of_kind("asr"):
            if backend.name == settings.backend:
                lanes = min(lanes, backend.processes or lanes)
                batch = min(settings.batch_size or backend.batch, backend.batch)
        return min(lanes, settings.workers or lanes), batch

    # Ending

    async def _see_through(self, run: JobRun, job: JobRecord) -> None:
        try:
            await run.run()
            self._patience = LOOK_FOR_ROOM
            await self._forget_audio(job.id)
        except LostLease:
            pass
        except StenoError as error:
            await self._end_badly(job, error)
        except Exception as error:
            log.exception("job %s broke", job.id)
            why = f"{type(error).__name__}: {error}."
            await self._end_badly(job, StenoError("internal", why=why))
        finally:
            del self._running[job.id]
            self._wake.set()

    async def _end_badly(self, job: JobRecord, error: StenoError) -> None:
        if error.code == "stopping":
            return
        if error.code == "disk_full":
            self._hold(error)
            await self._try_write(lambda tx: self._pause_full(tx, job, error.problem))
            return
        log.error("job %s failed: %s", job.id, error)

        def change(tx: Transaction) -> None:
            now = jobs.get(tx.connection, job.id)
            if now is not None and now.state == "running":
                fail(tx, now, error.problem)

        await self._try_write(change)

    async def _try_write(self, change: Callable[[Transaction], None]) -> None:
        """Where even this finds no room the job's row stays `running`; `_look_for_room` knows."""
        try:
            await self._tools.db.write(change)
        except StenoError as error:
            self._hold(error)

    def _pause_full(self, tx: Transaction, job: JobRecord, problem: Problem) -> None:
        now = jobs.get(tx.connection, job.id)
        if now is not None and now.state == "running":
            jobs.move(tx, now, "paused", reason="disk_full", problem=problem)

    async def _forget_audio(self, job_id: str) -> None:
        """Removes working files that nobody will need: of a job that is complete, or gone."""
        job = await self._tools.db.read(lambda db: jobs.get(db, job_id))
        keep = self._tools.config.storage.keep_audio
        if job is None or (job.state == "completed" and not job.failed and not keep):
            folder = self._tools.paths.jobs / job_id
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    # A full disk

    def _hold(self, error: StenoError) -> None:
        if self.held is None:
            log.error("no job is started: %s", error)
        self.held = error.code
        self._wake.set()

    async def _look_for_room(self) -> None:
        """Lets the jobs go on that a full disk stopped, once there is room."""
        free = await asyncio.to_thread(admission.free, self._tools.paths)
        if free < self._tools.config.storage.min_free_mib << 20:
            return

        def change(tx: Transaction) -> None:
            for job in jobs.in_state(tx.connection, "paused", "running"):
                stranded = job.state == "running" and job.id not in self._running
                if stranded or job.reason == "disk_full":
                    jobs.move(tx, job, "queued", reason="room_again")

        try:
            await self._tools.db.write(change)
        except StenoError as error:
            log.debug("still no room: %s", error)
        else:
            log.info("there is room again")
            self.held = None
            self._patience = min(2 * self._patience, LOOK_FOR_ROOM_MAX)


def fail(tx: Transaction, job: JobRecord, problem: Problem) -> None:
    """Puts the job into `failed` and tells why."""
    jobs.move(tx, job, "failed", reason=problem.code, problem=problem)
    event = ErrorEvent(
        code=problem.code,
        message=problem.detail,
        hint=problem.hint,
        retryable=problem.retryable,
        job_id=job.id,
    )
    tx.tell("error", event, job.id)
