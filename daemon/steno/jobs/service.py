"""What can be done with jobs: the one door between the interface and the work."""

import asyncio
import shutil

import msgspec

from steno.errors import StenoError
from steno.jobs import admission, locks, source, states
from steno.jobs.adding import Adding
from steno.jobs.choice import Chosen, convert
from steno.jobs.origin import Origin
from steno.jobs.queries import stored
from steno.jobs.states import Action
from steno.store import jobs, outputs, segments, uploads
from steno.store.database import Reader, Transaction
from steno.store.jobs import JobRecord
from steno.wire import Changes, Job, Validation


class JobService(Adding):
    """Every method raises StenoError, `job_not_found` among them."""

    async def act(
        self,
        reference: str,
        action: Action,
        changes: Changes | None = None,
        *,
        local: bool = True,
    ) -> Job:
        """start, pause, resume, cancel or retry. Idempotent."""
        if changes is not None and not local:
            admission.refuse_paths(None, changes.settings)
        job_id = await self.find(reference)
        chosen = None
        if changes is not None and changes.settings:
            job = await self._load(job_id)
            if states.decide(action, job.state, gaps=job.failed > 0) is None:
                raise states.refusal(action, job.state, gaps=job.failed > 0)
            chosen = await self._chosen_anew(job, changes)
        live = self.live()

        def change(tx: Transaction) -> JobRecord:
            job = stored(tx.connection, job_id)
            target = states.decide(action, job.state, gaps=job.failed > 0)
            if target is None:
                if action == "pause" and job.reason != "user":
                    states.move(tx, job, "paused", reason="user")  # no longer ends by itself
                return job
            if job.id in live:
                jobs.reached(tx, job.seq, live[job.id].percent)
            if target == "queued":
                requeue(tx, job, chosen, again=job.state != "paused")
            states.move(tx, job, target, reason="user" if target != "queued" else action)
            return job

        before = await self._db.write(change)
        if before.state == "running" and action in ("pause", "cancel"):
            await self._scheduler.halted(job_id)
        return await self.get(job_id)

    async def validate(self, reference: str, changes: Changes, *, local: bool = True) -> Validation:
        """Which of the wanted changes a resume would allow; which there could be if none is."""
        if not local:
            admission.refuse_paths(None, changes.settings)
        job = await self._load(reference)
        wanted = job.settings
        if changes.settings:
            wanted = (await self._rechosen(job, changes)).settings
        return locks.validate(job.settings, wanted, changes.settings, done=job.done)

    async def _rechosen(self, job: JobRecord, changes: Changes) -> Chosen:
        """What was chosen, changed as wanted: what the configuration says today does not count."""
        wanted = convert(msgspec.to_builtins(job.settings), changes.settings)
        if "backend" in changes.settings and "model" not in changes.settings:
            wanted = msgspec.structs.replace(wanted, model=None)
        return await self._choose(wanted, {})

    async def _chosen_anew(self, job: JobRecord, changes: Changes) -> Chosen:
        """What to go on with, checked as for a new job."""
        await self._db.read(lambda db: check_upload(db, job))
        chosen = await self._rechosen(job, changes)
        locks.enforce(job.settings, chosen.settings, done=job.done)
        origin = Origin.of(job)
        with origin.spoken_of():
            await admission.check_places(self._db, origin, chosen.settings)
            if not job.done:
                media = await asyncio.to_thread(source.look, job.path)
                await admission.probe(self._tools, media, chosen)
        return chosen

    async def remove(self, reference: str) -> None:
        """Removes a job, its working files and its upload; never a source of this machine, or
        subtitles."""
        job_id = await self.find(reference)

        def change(tx: Transaction) -> str | None:
            job = stored(tx.connection, job_id)
            outputs.release(tx, job.id)
            jobs.delete(tx, job)
            return self._unneeded(tx, job)

        await self._clear(job_id, await self._db.write(change))

    async def abandon(self, reference: str) -> None:
        """Cancels a job for which nobody waits any more, and removes its working files and its
        upload. One that has ended already stays as it is."""
        job_id = await self.find(reference)

        def change(tx: Transaction) -> str | None:
            job = stored(tx.connection, job_id)
            if "cancelled" not in states.TRANSITIONS[job.state]:
                raise states.refusal("cancel", job.state, gaps=job.failed > 0)
            states.move(tx, job, "cancelled", reason="client_gone")
            return self._unneeded(tx, job)

        await self._clear(job_id, await self._db.write(change))

    def _unneeded(self, tx: Transaction, job: JobRecord) -> str | None:
        """Forgets the upload of `job` if no other job needs it; returns its id then."""
        record = uploads.get(tx.connection, job.upload) if job.upload else None
        keep = self._tools.config.uploads.keep
        if record is None or uploads.needed_by(tx.connection, record, but=job.id, complete=keep):
            return None
        uploads.delete(tx, record.id)
        return record.id

    async def _clear(self, job_id: str, upload: str | None) -> None:
        """Removes files of a job once its work has ended."""
        await self._scheduler.halted(job_id)
        await self._tools.folding.stop(job_id)
        folder = self._tools.paths.jobs / job_id
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if upload is not None:
            await self._uploads.folder.forget(upload)


def check_upload(db: Reader, job: JobRecord) -> None:
    """Raises `upload_gone` where the job was made from an upload that was removed."""
    if job.upload and uploads.get(db, job.upload) is None:
        raise StenoError("upload_gone", job=job.id)


def requeue(tx: Transaction, job: JobRecord, chosen: Chosen | None, *, again: bool) -> None:
    """Prepares a job to go on; `again` tries its gaps anew. Damaged work is refused."""
    wrong = segments.check(tx.connection, job)
    if wrong is not None:
        raise StenoError("data_damaged", why=wrong)
    check_upload(tx.connection, job)
    if again:
        segments.reopen_gaps(tx, job.seq)
    jobs.settle(tx, job.seq, barren_starts=0)
    if chosen is None:
        return
    locks.enforce(job.settings, chosen.settings, done=job.done)
    if locks.replans(job.settings, chosen.settings):
        segments.forget_plan(tx, job.seq)
    if not job.done:
        versions = msgspec.json.encode(chosen.versions)
        jobs.settle(tx, job.seq, language=chosen.language, versions=versions)
    jobs.set_settings(tx, job.seq, chosen.settings)
    outputs.release(tx, job.id)
    admission.reserve(tx, job, admission.places(Origin.of(job), chosen.settings))
