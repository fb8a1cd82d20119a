"""Segments on their way through recognition. As many lanes run as workers can be used."""

import asyncio
import logging
import os
import zlib
from collections.abc import Callable
from functools import partial

from steno.errors import StenoError, WorkerDied, WorkerUnavailable, WorkFailed
from steno.failpoints import passing
from steno.jobs import commit
from steno.jobs.aligning import Aligning
from steno.jobs.choice import pick
from steno.jobs.language import Language
from steno.jobs.provisions import Provisions
from steno.jobs.work import Work
from steno.plugins.contract import AsrOptions, Notice
from steno.store import segments
from steno.store.database import Transaction
from steno.worker import protocol as p

log = logging.getLogger(__name__)

Failure = WorkerDied | WorkFailed | WorkerUnavailable
UNAVAILABLE = 6
"""Times in a row that no worker could be started, after which a job fails."""
HOPELESS = 5
"""Gaps without a single fragment after which a job is given up."""


class Lanes:
    """`plain`: segments that have their fragment and wait for their alignment only."""

    def __init__(
        self, work: Work, provisions: Provisions, aligning: Aligning, plain: set[int], batch: int
    ) -> None:
        self._work = work
        self._aligning = aligning
        self._plain = plain
        self._batch = batch
        self._refused = 0
        self._noticed: set[Notice] = set()
        settings = work.job.settings
        assert settings.backend
        self._backend = provisions.reference("asr", settings.backend, settings.model)
        detects = pick(work.tools.registry, "asr", settings.backend).detects_language
        self._language = Language(work, self._backend, detects=detects)

    async def run(self) -> None:
        """One lane: a batch after another until nothing is left. Raises StenoError or LostLease."""
        pending = self._work.pending
        while batch := await pending.take(self._batch):
            late: list[int] = []
            try:
                fresh = [index for index in batch if index not in self._plain]
                made = await self._transcribe(fresh) if fresh else set()
                wordy = [i for i in batch if i in self._plain or i in made]
                if wordy and not self._aligning.ready():
                    late = wordy
                    self._aligning.when_ready(partial(self._come_back, late))
                else:
                    await self._aligning.align(wordy)
            finally:
                pending.put_down(len(batch) - len(late))

    def _come_back(self, late: list[int]) -> None:
        """Segments that waited for the aligner's model, which they were in hand for, go on."""
        self._plain.update(late)
        for index in late:
            self._work.pending.add(index)
        self._work.pending.put_down(len(late))

    async def _transcribe(self, batch: list[int]) -> set[int]:
        """Returns segments that are now committed. The others were put back or given up.

        The attempt is counted before the segments leave for a worker.
        """
        work = self._work
        await self._language.settle()
        request = p.Transcribe(
            id=0,
            backend=self._backend,
            audio=os.fsencode(work.audio),
            segments=[work.edges[index] for index in batch],
            options=options(work),
        )

        def hand_out(tx: Transaction) -> None:
            commit.check_lease(tx, work.job, work.lease)
            segments.hand_out(tx, work.job.seq, batch)

        await work.tools.db.write(hand_out)
        passing("handout.after_commit")
        made: set[int] = set()
        arrived: asyncio.Queue[p.Produced | Notice | None] = asyncio.Queue()

        def hear(answer: p.Answers) -> None:
            match answer:
                case p.Drafted():
                    work.tell_draft(answer)
                case p.Produced():
                    arrived.put_nowait(answer)
                case p.Noticed():
                    arrived.put_nowait(answer.notice)
                case p.Sounding() if notice := self._language.differs(answer.heard):
                    arrived.put_nowait(notice)

        async with asyncio.TaskGroup() as group:
            group.create_task(self._commit(arrived, made))
            failure = await self._recognise(request, hear)
            arrived.put_nowait(None)
        if failure is not None:
            await self._judge(batch, made, failure)
        return made

    async def _recognise(
        self, request: p.Transcribe, hear: Callable[[p.Answers], None]
    ) -> Failure | None:
        """Has a worker do it. Returns the failure that is to be judged."""
        order = (self._work.job.seq, request.segments[0].index)
        try:
            await self._work.tools.executor.perform("speech", request, hear, order=order)
        except (WorkerDied, WorkFailed, WorkerUnavailable) as failure:
            return failure
        return None

    async def _commit(
        self, arrived: asyncio.Queue[p.Produced | Notice | None], made: set[int]
    ) -> None:
        """Commits what comes in its order, until there is no more."""
        work = self._work
        while (answer := await arrived.get()) is not None:
            if isinstance(answer, Notice):
                await self._notice(answer)
                continue
            if zlib.crc32(answer.payload) != answer.crc:
                raise StenoError("data_damaged", why=f"segment {answer.index} came back damaged")
            segment, percent = work.edges[answer.index], work.meter.percent
            language = await commit.fragment(
                work.tools.db, work.job, work.lease, segment, answer.payload, percent
            )
            work.language = work.language or language
            work.meter.finished += work.length(answer.index)
            made.add(answer.index)
            work.tell()

    async def _judge(self, batch: list[int], made: set[int], failure: Failure) -> None:
        """Decides what becomes of segments that were in hand when `failure` happened."""
        work = self._work
        left = [index for index in batch if index not in made]
        if isinstance(failure, WorkerUnavailable):
            self._put_back_untouched(left, failure)
            return
        self._refused = 0
        if isinstance(failure, WorkFailed) and failure.disk_full:
            raise StenoError("disk_full", folder=work.folder) from failure
        if isinstance(failure, WorkFailed) and failure.loading:
            raise failure
        if isinstance(failure, WorkerDied) and failure.out_of_memory and len(batch) > 1:
            await self._halve(len(batch))
        log.warning("segments %s of job %s failed: %s", left, work.job.id, failure)
        for index in left:
            # Which of several was at fault is not known: each is tried alone and counts alone.
            if len(batch) > 1 or await self._failures(index) < work.tools.config.jobs.max_failures:
                work.pending.add(index, alone=True)
            else:
                await self._give_up(index, failure)

    async def _halve(self, count: int) -> None:
        """The worker was killed, as the kernel does where memory does not suffice for `count`
        segments at once."""
        self._batch = max(1, min(self._batch, count) // 2)
        notice = Notice(
            code="memory_short",
            message="The worker was killed, perhaps as memory did not suffice for"
            f" {count} segments at once: it goes on with {self._batch} at a time.",
        )
        await self._notice(notice)

    async def _notice(self, notice: Notice) -> None:
        """Commits what the job's owner should know, once."""
        if notice not in self._noticed:
            self._noticed.add(notice)
            await commit.notice(self._work.tools.db, self._work.job, self._work.lease, notice)

    def _put_back_untouched(self, left: list[int], failure: WorkerUnavailable) -> None:
        """No worker saw these. Each try waited longer; at last the job fails and can be retried."""
        self._refused += 1
        if self._refused >= UNAVAILABLE:
            raise failure
        for index in left:
            self._work.pending.add(index)

    async def _failures(self, index: int) -> int:
        job = self._work.job.seq
        return await self._work.tools.db.write(lambda tx: segments.count_failure(tx, job, index))

    async def _give_up(self, index: int, failure: StenoError) -> None:
        work = self._work
        reason = failure.problem.detail[:1000]
        counts = await work.tools.db.write(
            lambda tx: commit.gap(tx, work.job, work.lease, index, reason)
        )
        work.meter.finished += work.length(index)
        work.meter.aligned += work.length(index)
        work.tell()
        if counts.done == 0 and counts.failed >= HOPELESS:
            raise StenoError("nothing_transcribed", count=counts.failed, why=reason)


def options(work: Work) -> AsrOptions:
    """What is asked of the recogniser, as far as it is known by now."""
    settings = work.job.settings
    return AsrOptions(
        language=settings.language or work.language,
        task=settings.task,
        prompt=settings.prompt,
        hotwords=settings.hotwords,
    )
