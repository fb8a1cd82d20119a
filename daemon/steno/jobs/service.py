"""What can be asked of jobs: the one door between the interface and the work."""

import asyncio
import secrets
import shutil
from typing import NamedTuple

import msgspec

from steno import paths as locations
from steno.config import Config
from steno.discovery import Installed
from steno.errors import StenoError
from steno.jobs import admission, locks, states, view
from steno.jobs.choice import Chosen, choose
from steno.jobs.scheduler import Scheduler
from steno.jobs.states import Action
from steno.paths import Paths
from steno.store import cues, jobs, outputs, segments
from steno.store.database import Database, Reader, Transaction
from steno.store.jobs import JobRecord, NewRecord
from steno.wire import (
    Changes,
    Checkpoint,
    Job,
    JobPage,
    JobSettings,
    NewJob,
    Notice,
    Transcript,
    Validation,
)
from steno.workers.executor import Executor


class Services(NamedTuple):
    """What the service stands on."""

    db: Database
    executor: Executor
    scheduler: Scheduler
    installed: Installed
    config: Config
    paths: Paths


class JobService:
    """Every method raises StenoError, `job_not_found` among them."""

    def __init__(self, services: Services) -> None:
        self._s = services

    # Asking

    async def find(self, reference: str) -> str:
        """The id that `reference`, an id or its beginning, stands for."""
        found = await self._s.db.read(lambda db: jobs.matching(db, reference))
        if not found or not reference:
            raise StenoError("job_not_found", job=reference)
        if len(found) > 1 and reference not in found:
            raise StenoError("job_ambiguous", job=reference)
        return found[0]

    async def get(self, reference: str) -> Job:
        job = await self.find(reference)
        return await self._s.db.read(lambda db: self.seen(db, self._record(db, job)))

    async def page(
        self, *, states: tuple[str, ...], text: str, cursor: str | None, limit: int
    ) -> JobPage:
        before = read_cursor(cursor)

        def query(db: Reader) -> JobPage:
            found, total = jobs.page(db, states=states, text=text, before=before, limit=limit)
            more = str(found[-1].seq) if len(found) == limit else None
            return JobPage(jobs=[self.seen(db, job) for job in found], total=total, next=more)

        return await self._s.db.read(query)

    def seen(self, db: Reader, job: JobRecord) -> Job:
        """A job as clients see it."""
        live = self._s.scheduler.progress(job.id) if job.state == "running" else None
        return view.job(job, outputs.of_job(db, job.id), live)

    async def checkpoint(self, reference: str) -> Checkpoint:
        job_id = await self.find(reference)

        def query(db: Reader) -> Checkpoint:
            job = self._record(db, job_id)
            return Checkpoint(
                job_id=job.id,
                settings=job.settings,
                versions=job.versions,
                segments=view.counts(job),
                plan_complete=job.plan_complete,
                remaining=job.planned - job.done - job.failed,
                gaps=segments.gaps(db, job.seq, job.id),
            )

        return await self._s.db.read(query)

    async def transcript(
        self,
        reference: str,
        *,
        start: float | None,
        end: float | None,
        words: bool,
        after: cues.CueKey | None,
        limit: int,
    ) -> Transcript:
        job_id = await self.find(reference)

        def query(db: Reader) -> Transcript:
            job = self._record(db, job_id)
            found = list(
                cues.scan(db, job.seq, words=words, start=start, end=end, after=after, limit=limit)
            )
            live = self._s.scheduler.progress(job.id)
            return Transcript(
                job_id=job.id,
                source="aligned" if job.aligned_at else "checkpoint" if job.done else "none",
                aligned_at=job.aligned_at,
                revision=job.done + job.aligned,
                language=job.language,
                progress=live or view.stored_progress(job),
                cues=found,
                next=found[-1].id if len(found) == limit else None,
            )

        return await self._s.db.read(query)

    async def validate(self, reference: str, changes: Changes) -> Validation:
        job = await self._load(reference)
        return locks.validate(job.settings, changes.settings, done=job.done)

    # Steering

    async def add(self, new: NewJob) -> Job:
        """Checks all that can be known early and stores the job."""
        path = locations.from_reference(new.path)
        source = await asyncio.to_thread(admission.look, path)
        registry = await self._s.installed.known()
        chosen = choose(self._with_style(new.settings), self._s.config, registry)
        places = await admission.check_places(self._s.db, path, chosen.settings)
        announced = await admission.probe(
            self._s.executor, registry, self._s.config, self._s.paths, source, chosen
        )
        record = NewRecord(
            id=secrets.token_hex(4),
            path=path,
            name=view.short_name(path),
            source_size=source.size,
            source_mtime=source.mtime,
            state="queued" if new.start else "created",
            settings=chosen.settings,
            versions=chosen.versions,
            announced=announced,
            language=chosen.language,
        )

        def change(tx: Transaction) -> Job:
            job = jobs.insert(tx, record)
            for code, message in chosen.notices:
                jobs.warn(tx, job.seq, Notice(code=code, message=message))
            for form, place in places.items():
                outputs.reserve(tx, place, job.id, path, form)
            return self.seen(tx.connection, self._record(tx.connection, job.id))

        return await self._s.db.write(change)

    async def act(self, reference: str, action: Action, changes: Changes | None = None) -> Job:
        """start, pause, resume, cancel or retry. Idempotent."""
        job_id = await self.find(reference)
        chosen = await self._chosen_anew(job_id, action, changes)

        def change(tx: Transaction) -> JobRecord:
            job = self._record(tx.connection, job_id)
            target = states.decide(action, job.state, gaps=job.failed > 0)
            if target is None:
                if action == "pause" and job.reason != "user":
                    jobs.move(tx, job, "paused", reason="user")  # no longer to end by itself
                return job
            states.check(job.state, target)
            if job.state == "running" and (live := self._s.scheduler.progress(job.id)):
                jobs.reached(tx, job.seq, live.percent)
            if target == "queued":
                self._requeue(tx, job, chosen)
            jobs.move(tx, job, target, reason="user" if target != "queued" else action)
            return job

        before = await self._s.db.write(change)
        if before.state == "running" and action in ("pause", "cancel"):
            await self._s.scheduler.halted(job_id)
        return await self.get(job_id)

    async def _chosen_anew(
        self, job_id: str, action: Action, changes: Changes | None
    ) -> Chosen | None:
        """What to go on with, checked as for a new job; None where all stays."""
        if action != "resume" or changes is None or not changes.settings:
            return None
        job = await self._load(job_id)
        wanted = locks.change(job.settings, changes.settings, done=job.done)
        registry = await self._s.installed.known()
        chosen = choose(wanted, self._s.config, registry)
        await admission.check_places(self._s.db, job.path, chosen.settings)
        if not job.done:
            source = await asyncio.to_thread(admission.look, job.path)
            await admission.probe(
                self._s.executor, registry, self._s.config, self._s.paths, source, chosen
            )
        return chosen

    def _requeue(self, tx: Transaction, job: JobRecord, chosen: Chosen | None) -> None:
        """Prepares a job to go on: gaps are tried anew, a damaged one is refused."""
        wrong = segments.check(tx.connection, job)
        if wrong is not None:
            raise StenoError("data_damaged", why=wrong)
        segments.reopen_gaps(tx, job.seq)
        jobs.settle(tx, job.seq, barren_starts=0)
        if chosen is None:
            return
        if replans(job.settings, chosen.settings):
            segments.forget_plan(tx, job.seq)
        if not job.done:
            versions = msgspec.json.encode(chosen.versions)
            jobs.settle(tx, job.seq, language=chosen.language, versions=versions)
        jobs.set_settings(tx, job.seq, chosen.settings)
        outputs.release(tx, job.id)
        for form, place in admission.places(job.path, chosen.settings).items():
            outputs.reserve(tx, place, job.id, job.path, form)

    async def remove(self, reference: str) -> None:
        """Removes a job and its working files; never its source or its subtitles."""
        job_id = await self.find(reference)

        def change(tx: Transaction) -> None:
            job = self._record(tx.connection, job_id)
            outputs.release(tx, job.id)
            jobs.delete(tx, job)

        await self._s.db.write(change)
        await self._s.scheduler.halted(job_id)
        await asyncio.to_thread(shutil.rmtree, self._s.paths.jobs / job_id, ignore_errors=True)

    # Inside

    def _record(self, db: Reader, job: str) -> JobRecord:
        found = jobs.get(db, job)
        if found is None:
            raise StenoError("job_not_found", job=job)
        return found

    async def _load(self, reference: str) -> JobRecord:
        job = await self.find(reference)
        return await self._s.db.read(lambda db: self._record(db, job))

    def _with_style(self, settings: JobSettings) -> JobSettings:
        """`settings` with the configured style where none was asked for."""
        if settings.style != JobSettings().style:
            return settings
        return msgspec.structs.replace(settings, style=self._s.config.subtitles)


def replans(before: JobSettings, after: JobSettings) -> bool:
    """Whether the plan of segments no longer holds."""
    return before.splitter != after.splitter or before.options != after.options


def read_cursor(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdecimal() or len(cursor) > 18:
        raise StenoError("bad_request", why=f"{cursor!r} is not a cursor of this list.")
    return int(cursor)
