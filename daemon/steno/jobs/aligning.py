"""Word times for fragments: never at the cost of what is transcribed."""

import os

import msgspec

from steno.errors import StenoError, WorkerDied
from steno.jobs import commit
from steno.jobs.choice import aligner_for, reference
from steno.jobs.work import Work
from steno.store import jobs, segments
from steno.wire import Notice
from steno.worker import protocol as p


class Text(msgspec.Struct):
    """The part of a fragment that tells whether there is anything to align."""

    text: str


class Aligning:
    """Aligns one fragment after another. What cannot be aligned keeps the recogniser's times, with
    a warning on the job."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._aligner = work.job.settings.aligner

    async def align(self, index: int, payload: bytes | None) -> None:
        """Aligns and commits segment `index`, whose fragment is `payload` (None: stored).

        Raises LostLease, or StenoError where not the aligner is at fault.
        """
        work = self._work
        if not work.job.settings.align:
            return
        if payload is None:
            payload = await work.tools.db.read(
                lambda db: segments.fragment(db, work.job.seq, index)
            )
        result = None
        if msgspec.json.decode(payload, type=Text).text.strip():
            result = await self._result(work.edges[index], payload)
        await commit.alignment(work.tools.db, work.job, work.lease, index, result)
        work.meter.aligned += work.length(index)
        work.tell()

    async def _result(self, segment: p.SegmentRef, payload: bytes) -> bytes | None:
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
                fragments=[payload],
            )
            return await self._perform(request, chances=self._work.tools.config.jobs.max_failures)
        except StenoError as error:
            if error.code == "stopping":
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
