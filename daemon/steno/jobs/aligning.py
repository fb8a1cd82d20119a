"""Word times for fragments: never at the cost of what is transcribed."""

import os

import msgspec
from msgspec.structs import replace

from steno.errors import StenoError, WorkerDied
from steno.jobs import commit
from steno.jobs.choice import aligner_for, reference
from steno.jobs.work import Work
from steno.plugins.contract import Fragment
from steno.store import cues, jobs, segments
from steno.store.database import Reader
from steno.wire import Notice
from steno.worker import protocol as p


class Aligning:
    """Aligns one fragment after another. What cannot be aligned keeps the recogniser's times, with
    a warning on the job."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._aligner = work.job.settings.aligner

    async def align(self, index: int) -> None:
        """Aligns and commits segment `index`, whose fragment is committed.

        Raises LostLease, or StenoError where not the aligner is at fault.
        """
        work = self._work
        if not work.job.settings.align:
            return
        fragment = await work.tools.db.read(lambda db: self._spoken(db, index))
        result = await self._result(work.edges[index], fragment) if fragment.words else None
        try:
            await commit.alignment(work.tools.db, work.job, work.lease, index, result)
        except ValueError as error:
            await self._warn(StenoError("backend_broken", backend=self._aligner, why=f"{error}."))
            await commit.alignment(work.tools.db, work.job, work.lease, index, None)
        work.meter.aligned += work.length(index)
        work.tell()

    def _spoken(self, db: Reader, index: int) -> Fragment:
        """The fragment with the words that stand in its cues, which every fragment has."""
        stored = segments.fragment(db, self._work.job.seq, index)
        words = tuple(word for cue in cues.words(db, self._work.job.seq, index) for word in cue)
        return replace(msgspec.json.decode(stored, type=Fragment), words=words)

    async def _result(self, segment: p.SegmentRef, fragment: Fragment) -> bytes | None:
        registry = self._work.tools.registry
        if self._aligner is None and self._work.language:
            self._aligner = aligner_for(registry, self._work.language)
        if self._aligner is None:
            return None
        try:
            backend = reference(registry, self._work.job.settings, "aligner", self._aligner)
            request = p.Align(
                id=0,
                backend=backend,
                audio=os.fsencode(self._work.audio),
                segments=[segment],
                fragments=[msgspec.json.encode(fragment)],
            )
            return await self._perform(request, chances=self._work.tools.config.jobs.max_failures)
        except StenoError as error:
            if error.code in ("stopping", "disk_full", "storage_failed", "data_damaged"):
                raise
            await self._warn(error)
            return None

    async def _perform(self, request: p.Align, *, chances: int) -> bytes | None:
        """Raises StenoError, WorkerDied once the chances are used up."""
        results: list[bytes] = []

        def hear(answer: p.Answers) -> None:
            if isinstance(answer, p.Produced):
                results.append(answer.payload)

        order = (self._work.job.seq, request.segments[0].index)
        try:
            await self._work.tools.executor.perform("speech", request, hear, order=order)
        except WorkerDied:
            if chances <= 1:
                raise
            return await self._perform(request, chances=chances - 1)
        return results[-1]

    async def _warn(self, error: StenoError) -> None:
        message = f"Some words have the recogniser's times only: {error.problem.detail}"
        notice = Notice(code="not_aligned", message=message[:1000])
        await self._work.tools.db.write(lambda tx: jobs.warn(tx, self._work.job.seq, notice))
