"""What can be done with jobs: the one door between the interface and the work."""

import asyncio
import os
import secrets
import shutil
from collections.abc import Mapping
from typing import Any

import msgspec

from steno.errors import StenoError
from steno.jobs import admission, locks, states
from steno.jobs.choice import Chosen, OfBackends, choose, convert, wished
from steno.jobs.origin import Origin
from steno.jobs.queries import JobQueries
from steno.jobs.scheduler import Scheduler
from steno.jobs.states import Action
from steno.jobs.uploads import Uploads
from steno.jobs.work import Tools
from steno.paths import display, from_reference
from steno.plugins.described import Kind
from steno.store import jobs, outputs, segments, uploads
from steno.store.database import Transaction
from steno.store.jobs import JobRecord, NewRecord
from steno.wire import Changes, Format, Job, JobSettings, NewJob, Validation


class JobService(JobQueries):
    """Every method raises StenoError, `job_not_found` among them."""

    def __init__(self, tools: Tools, scheduler: Scheduler, uploads: Uploads) -> None:
        super().__init__(tools, scheduler)
        self._uploads = uploads

    async def add(self, new: NewJob, *, local: bool = True) -> Job:
        """Checks all that can be known early and stores the job. `local`: paths of this machine
        are taken from this client."""
        tools = self._tools
        if (new.path is None) == (new.upload is None):
            raise StenoError("setting_invalid", why="Name either a path or an upload.")
        if not local:
            refuse_paths(new.path, new.settings)
        if new.path is not None:
            origin = Origin.local(from_reference(new.path))
        else:
            origin = await self._sent(new.upload or "")
        wanted = wished(given(new.settings, origin), tools.config)
        chosen = await self._choose(wanted, tools.config.backends)
        with origin.spoken_of():
            source = await asyncio.to_thread(admission.look, origin.path)
            places = await admission.check_places(tools.db, origin, chosen.settings)
            announced = await admission.probe(tools, source, chosen)
        record = NewRecord(
            id=secrets.token_hex(4),
            path=origin.path,
            name=origin.name,
            source_size=source.size,
            source_mtime=source.mtime,
            state="queued" if new.start else "created",
            settings=chosen.settings,
            versions=chosen.versions,
            announced=announced,
            language=chosen.language,
            upload=origin.upload,
            sha256=origin.sha256,
        )

        def change(tx: Transaction) -> Job:
            if record.upload and uploads.get(tx.connection, record.upload) is None:
                raise StenoError("upload_not_found", upload=record.upload)
            job = jobs.insert(tx, record)
            for notice in chosen.notices:
                jobs.warn(tx, job.seq, notice)
            reserve(tx, job, places)
            return self.seen(tx.connection, self._record(tx.connection, job.id), {})

        return await self._db.write(change)

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
            refuse_paths(None, changes.settings)
        job_id = await self.find(reference)
        chosen = None
        if changes is not None and changes.settings:
            job = await self._load(job_id)
            if states.decide(action, job.state, gaps=job.failed > 0) is None:
                raise states.refusal(action, job.state, gaps=job.failed > 0)
            chosen = await self._chosen_anew(job, changes)
        live = self.live()

        def change(tx: Transaction) -> JobRecord:
            job = self._record(tx.connection, job_id)
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
            refuse_paths(None, changes.settings)
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

    async def _choose(self, wanted: JobSettings, configured: Mapping[Kind, OfBackends]) -> Chosen:
        """A backend that is not known may have been installed a moment ago."""
        installed = self._tools.installed
        try:
            return choose(wanted, await installed.known(), configured)
        except StenoError as error:
            if error.code not in ("backend_unknown", "backend_missing"):
                raise
        return choose(wanted, await installed.discover(), configured)

    async def _chosen_anew(self, job: JobRecord, changes: Changes) -> Chosen:
        """What to go on with, checked as for a new job."""
        chosen = await self._rechosen(job, changes)
        locks.enforce(job.settings, chosen.settings, done=job.done)
        origin = Origin.of(job)
        with origin.spoken_of():
            await admission.check_places(self._db, origin, chosen.settings)
            if not job.done:
                source = await asyncio.to_thread(admission.look, job.path)
                await admission.probe(self._tools, source, chosen)
        return chosen

    async def remove(self, reference: str) -> None:
        """Removes a job, its working files and its upload; never a source of this machine, or
        subtitles."""
        job_id = await self.find(reference)

        def change(tx: Transaction) -> str | None:
            job = self._record(tx.connection, job_id)
            outputs.release(tx, job.id)
            jobs.delete(tx, job)
            return self._unneeded(tx, job)

        await self._clear(job_id, await self._db.write(change))

    async def abandon(self, reference: str) -> None:
        """Cancels a job for which nobody waits any more, and removes its working files and its
        upload. One that has ended already stays as it is."""
        job_id = await self.find(reference)

        def change(tx: Transaction) -> str | None:
            job = self._record(tx.connection, job_id)
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
        folder = self._tools.paths.jobs / job_id
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if upload is not None:
            await self._uploads.folder.forget(upload)

    async def finished(self, sha256: str, settings: Mapping[str, Any]) -> JobRecord | None:
        """The newest complete job of the same bytes, done as `settings` ask by what is installed
        now. Raises what is wrong with them."""
        wanted = wished({"formats": (), **settings}, self._tools.config)
        chosen = await self._choose(wanted, self._tools.config.backends)
        found = await self._db.read(lambda db: jobs.of_content(db, sha256, limit=100))
        for job in found:
            same = locks.same_text(job.settings, chosen.settings)
            if same and job.versions == chosen.versions:
                return job
        return None

    async def _sent(self, upload: str) -> Origin:
        """A complete upload. Raises `upload_not_found`."""
        found = await self._db.read(lambda db: uploads.get(db, upload))
        if found is None:
            raise StenoError("upload_not_found", upload=upload)
        path = os.fsencode(self._uploads.file(found.id))
        return Origin(path, found.name, found.id, found.sha256)


def given(settings: Mapping[str, Any], origin: Origin) -> Mapping[str, Any]:
    """`settings` of a new job: subtitles of an upload are fetched, so that none are written unless
    that is asked for."""
    return {"formats": (), **settings} if origin.upload else settings


def refuse_paths(path: str | None, settings: Mapping[str, Any]) -> None:
    """Raises `local_only` if a client that is not on the Unix socket names places of this machine.

    Backends know what their own settings mean, and text could be a path, a command or an address;
    numbers are none of these.
    """
    if path is not None:
        raise StenoError("local_only", what="A file of this machine")
    for name in ("output_dir", "overwrite"):
        if name in settings:
            raise StenoError("local_only", what=f"The setting {name}")
    options = settings.get("options")
    for kind, own in options.items() if isinstance(options, dict) else ():
        for name, value in own.items() if isinstance(own, dict) else ():
            if not of_numbers(value):
                raise StenoError("local_only", what=f"The setting {name} of the {kind} backend")


def of_numbers(value: Any) -> bool:
    """Whether a value of JSON is a number, true, false or null, or a list of them."""
    several = value if isinstance(value, list) else [value]
    return all(one is None or isinstance(one, int | float) for one in several)


def requeue(tx: Transaction, job: JobRecord, chosen: Chosen | None, *, again: bool) -> None:
    """Prepares a job to go on; `again` tries its gaps anew. Damaged work is refused."""
    wrong = segments.check(tx.connection, job)
    if wrong is not None:
        raise StenoError("data_damaged", why=wrong)
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
    reserve(tx, job, admission.places(job.titled, chosen.settings))


def reserve(tx: Transaction, job: JobRecord, places: Mapping[Format, bytes]) -> None:
    """Makes `places` those of the job. Raises `output_exists` where another file's job, added
    meanwhile, has one of them."""
    for form, path in places.items():
        if outputs.promised(outputs.at(tx.connection, path), job.path):
            raise StenoError("output_exists", path=display(path))
        outputs.reserve(tx, path, job.id, job.path, form)
