"""What can be asked of jobs."""

from collections.abc import Mapping
from typing import cast

import msgspec

from steno.errors import StenoError
from steno.jobs import transcript, view
from steno.jobs.scheduler import Scheduler
from steno.jobs.transcript import Encoded, Wanted, read_place
from steno.jobs.work import Tools
from steno.store import events, jobs, outputs, segments
from steno.store.database import Reader
from steno.store.jobs import JobRecord
from steno.wire import Checkpoint, Job, JobPage, Progress

Live = Mapping[str, Progress]
"""Progress of running jobs by id, taken on the loop's thread before a query leaves it."""


class JobQueries:
    """Every method raises StenoError, `job_not_found` among them."""

    def __init__(self, tools: Tools, scheduler: Scheduler) -> None:
        self._tools = tools
        self._scheduler = scheduler
        self._db = tools.db

    async def find(self, reference: str) -> str:
        """The id that `reference`, an id or its beginning, stands for."""
        found = await self._db.read(lambda db: jobs.matching(db, reference))
        if not found or not reference:
            raise StenoError("job_not_found", job=reference)
        if len(found) > 1 and reference not in found:
            raise StenoError("job_ambiguous", job=reference)
        return found[0]

    async def get(self, reference: str) -> Job:
        job, live = await self.find(reference), self.live()
        return await self._db.read(lambda db: self.seen(db, stored(db, job), live))

    async def page(
        self,
        *,
        states: tuple[str, ...],
        text: str,
        cursor: str | None,
        offset: int | None,
        limit: int,
    ) -> bytes:
        """Newest first, a `JobPage` as JSON; `cursor` is that of the page before, `offset` the
        number of jobs to leave out."""
        if cursor is not None and offset is not None:
            raise StenoError("bad_request", why="A page begins at a cursor or at an offset.")
        before, live = read_cursor(cursor), self.live()

        def query(db: Reader) -> bytes:
            found, total = jobs.page(
                db, states=states, text=text, before=before, offset=offset or 0, limit=limit
            )
            more = str(found[-1].seq) if len(found) == limit else None
            # One by one, as many at once would keep the interpreter to themselves.
            seen = [msgspec.Raw(msgspec.json.encode(self.seen(db, job, live))) for job in found]
            return msgspec.json.encode(
                JobPage(jobs=cast("list[Job]", seen), total=total, next=more)
            )

        return await self._db.read(query)

    async def checkpoint(self, reference: str) -> Checkpoint:
        job_id = await self.find(reference)

        def query(db: Reader) -> Checkpoint:
            job = stored(db, job_id)
            return Checkpoint(
                job_id=job.id,
                settings=job.settings,
                versions=job.versions,
                segments=view.counts(job),
                plan_complete=job.plan_complete,
                remaining=job.planned - job.done - job.failed,
                gaps=segments.gaps(db, job.seq, job.id),
            )

        return await self._db.read(query)

    async def transcript(
        self,
        reference: str,
        *,
        start: float | None,
        end: float | None,
        words: bool,
        after: str | None,
        limit: int,
    ) -> Encoded:
        """Cues that touch `start` to `end` seconds, at most `limit` after the cursor `after`."""
        wanted = Wanted(start, end, words, read_place(after), limit)
        job_id, live = await self.find(reference), self.live()

        def query(db: Reader) -> Encoded:
            as_of = self._tools.hub.id_of(events.last(db))
            return transcript.read(db, stored(db, job_id), wanted, live.get(job_id), as_of)

        return await self._db.read(query)

    async def counts(self) -> tuple[dict[str, int], str]:
        """Jobs by state, and the event up to which these are so."""
        counts, seq = await self._db.read(lambda db: (jobs.counts(db), events.last(db)))
        return counts, self._tools.hub.id_of(seq)

    def live(self) -> Live:
        """On the loop's thread only."""
        return self._scheduler.live()

    def seen(self, db: Reader, job: JobRecord, live: Live) -> Job:
        """A job as clients see it."""
        progress = live.get(job.id) if job.state == "running" else None
        waits = job.state in ("queued", "running") and progress is None
        held = self._scheduler.held if waits else None
        return view.job(job, outputs.of_job(db, job.id), progress, held)

    async def _load(self, reference: str) -> JobRecord:
        job = await self.find(reference)
        return await self._db.read(lambda db: stored(db, job))


def stored(db: Reader, job: str) -> JobRecord:
    """The job of the id `job`. Raises `job_not_found`."""
    found = jobs.get(db, job)
    if found is None:
        raise StenoError("job_not_found", job=job)
    return found


def read_cursor(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdecimal() or len(cursor) > 18:
        raise StenoError("bad_request", why=f"{cursor!r} is not a cursor of this list.")
    return int(cursor)
