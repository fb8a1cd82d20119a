"""New jobs, and those there are already that are as good as new ones."""

import asyncio
import os
import secrets
from collections.abc import Mapping
from typing import Any

from steno.errors import StenoError
from steno.jobs import admission, locks, source
from steno.jobs.choice import Chosen, OfBackends, choose, wished
from steno.jobs.origin import Origin
from steno.jobs.queries import JobQueries, stored
from steno.jobs.scheduler import Scheduler
from steno.jobs.uploads import Uploads
from steno.jobs.work import Tools
from steno.paths import from_reference
from steno.plugins.described import Kind
from steno.store import jobs, uploads
from steno.store.database import Transaction
from steno.store.jobs import JobRecord, NewRecord
from steno.wire import Job, JobSettings, NewJob

OF_UPLOADS: dict[str, Any] = {"formats": ()}
"""Settings of jobs of uploads that are given no others: subtitles are fetched, so that none are
written."""


class Adding(JobQueries):
    """Every method raises StenoError."""

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
            admission.refuse_paths(new.path, new.settings)
        if new.path is not None:
            origin = Origin.local(from_reference(new.path))
        else:
            origin = await self._sent(new.upload or "")
        wanted = wished(given(new.settings, origin), tools.config)
        chosen = await self._choose(wanted, tools.config.backends)
        with origin.spoken_of():
            media = await asyncio.to_thread(source.look, origin.path)
            places = await admission.check_places(tools.db, origin, chosen.settings)
            announced = await admission.probe(tools, media, chosen)
        record = NewRecord(
            id=secrets.token_hex(4),
            path=origin.path,
            name=origin.name,
            source_size=media.size,
            source_mtime=media.mtime,
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
            admission.reserve(tx, job, places)
            return self.seen(tx.connection, stored(tx.connection, job.id), {})

        return await self._db.write(change)

    async def alike(self, sha256: str, settings: Mapping[str, Any]) -> JobRecord | None:
        """The newest job of an upload of the same bytes that is complete, or else is queued or
        runs, done as `settings` ask by what is installed now. Raises what is wrong with them."""
        wanted = wished({**OF_UPLOADS, **settings}, self._tools.config)
        chosen = await self._choose(wanted, self._tools.config.backends)
        found = await self._db.read(lambda db: jobs.of_content(db, sha256, limit=100))
        for job in found:
            same = locks.same_text(job.settings, chosen.settings)
            if same and chosen.versions.items() <= job.versions.items():
                return job
        return None

    async def _choose(self, wanted: JobSettings, configured: Mapping[Kind, OfBackends]) -> Chosen:
        """A backend that is not known may have been installed a moment ago."""
        installed = self._tools.installed
        try:
            return choose(wanted, await installed.known(), configured)
        except StenoError as error:
            if error.code not in ("backend_unknown", "backend_missing"):
                raise
        return choose(wanted, await installed.discover(), configured)

    async def _sent(self, upload: str) -> Origin:
        """A complete upload. Raises `upload_not_found`."""
        found = await self._db.read(lambda db: uploads.get(db, upload))
        if found is None:
            raise StenoError("upload_not_found", upload=upload)
        path = os.fsencode(self._uploads.file(found.id))
        return Origin(path, found.name, found.id, found.sha256)


def given(settings: Mapping[str, Any], origin: Origin) -> Mapping[str, Any]:
    """What the settings of a new job are, if it is made with these."""
    return {**OF_UPLOADS, **settings} if origin.upload else settings
