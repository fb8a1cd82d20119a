"""One start of one job, from its stored plan to its subtitle files.

Pieces of plan are stored as the splitter finds them and go to lanes at once; a lane has a segment
transcribed, commits its fragment, has it aligned and commits that.
"""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from steno.jobs import commit, peaks
from steno.jobs.aligning import Aligning
from steno.jobs.commit import LostLease
from steno.jobs.extraction import cut
from steno.jobs.lanes import Lanes
from steno.jobs.provisions import Provisions
from steno.jobs.work import Tools, Work
from steno.jobs.writing import write
from steno.store import jobs, segments
from steno.store.database import Reader
from steno.store.jobs import JobRecord
from steno.store.segments import SegmentRecord
from steno.wire import Notice, Progress


class Turn(Protocol):
    """A job's place among those that run at once."""

    def freed(self) -> None:
        """Another job may begin: this one waits for something else."""
        ...

    async def wait(self, run: "JobRun") -> None:
        """Until the job may go on; it then no longer counts as `fetching`."""
        ...


class JobRun:
    """A running job."""

    def __init__(self, job: JobRecord, tools: Tools, turn: Turn) -> None:
        self.fetching = False
        """Whether it waits for models, and so takes no other job's place."""
        self._work = Work(job, tools)
        self._provisions = Provisions(self._work)
        self._turn = turn
        self._cutting: asyncio.Task[None] | None = None
        self._winding_down = False

    @property
    def progress(self) -> Progress:
        return self._work.meter.look(time.monotonic())

    async def run(self) -> None:
        """Ends with the job completed. Raises StenoError, or LostLease if it is no longer ours."""
        async with self._provisions.kept():
            await self._run()

    async def _run(self) -> None:
        work = self._work
        plan = await work.tools.db.read(self._plan)
        await asyncio.to_thread(self._tidy)
        lacking = self._lacking()
        plain = self._take_up(plan)
        await self._fetch_models(lacking)
        await self._compare_versions()
        aligning = Aligning(work, self._provisions)
        share = self._provisions.share
        lanes = Lanes(work, self._provisions, aligning, plain, share.batch)
        if self._winding_down:
            raise LostLease(work.job.id)
        try:
            async with asyncio.TaskGroup() as group:
                self._cutting = group.create_task(self._cut(plan))
                for _ in range(share.lanes):
                    group.create_task(lanes.run())
        except BaseExceptionGroup as failures:
            raise next(leaves(failures)) from failures
        finally:
            aligning.close()
        if self._winding_down:
            raise LostLease(work.job.id)
        work.tell(now=True)
        await write(work)
        work.meter.written = True
        work.tell(now=True)

    def wind_down(self) -> None:
        """Lets segments in hand finish and starts nothing more; `run` then raises LostLease."""
        self._winding_down = True
        self._work.pending.stop()
        if self._cutting is not None:
            self._cutting.cancel()

    def _lacking(self) -> list[str]:
        """Models that the job needs before its work begins; notes whether one is not here."""
        names = self._provisions.known()
        self.fetching = any(not self._work.tools.library.here(name) for name in names)
        if self.fetching:
            self._work.meter.fetching = "a model is not here yet"
            self._turn.freed()
        return names

    async def _fetch_models(self, names: list[str]) -> None:
        """Has the job's models here before its work begins."""
        await self._provisions.fetch(names)
        if self.fetching:
            await self._turn.wait(self)
        self._work.meter.begun = True
        await self._provisions.note_versions()

    def _plan(self, db: Reader) -> list[SegmentRecord]:
        """The stored plan. Raises LostLease if the job was put to rest before it began."""
        now = jobs.get(db, self._work.job.id)
        if now is None or (now.state, now.lease) != ("running", self._work.lease):
            raise LostLease(self._work.job.id)
        return segments.plan(db, self._work.job.seq)

    def _tidy(self) -> None:
        """Makes the job's folder and removes what an earlier start left unfinished."""
        self._work.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for entry in os.scandir(self._work.folder):
            left_over = entry.name.startswith(("audio-", peaks.GROWING))
            if left_over and entry.name != self._work.job.audio:
                os.unlink(entry.path)

    def _take_up(self, plan: Sequence[SegmentRecord]) -> set[int]:
        """Takes up what earlier starts stored. Returns segments that lack only their alignment."""
        work, meter, plain = self._work, self._work.meter, set()
        meter.audio = work.job.audio_samples
        meter.decoded = work.job.audio_samples or 0
        meter.plan_complete = work.job.plan_complete
        for record in plan:
            work.enlist(record.index, record.start, record.end)
            length = record.end - record.start
            settled = record.gap is not None or record.transcribed
            aligned = record.gap is not None or record.aligned or not work.job.settings.align
            meter.finished += length if settled else 0
            meter.aligned += length if settled and aligned else 0
            if settled and not aligned:
                plain.add(record.index)
            if not (settled and aligned):
                work.waiting.add(record.index)
        work.tell(now=True)
        return plain

    async def _compare_versions(self) -> None:
        """Warns where what is left of the job is done by other versions than what is there."""
        work = self._work
        changed = [
            f"{name} was {before}, is {now}"
            for name, before, now in differing(work.job, self._versions())
        ]
        if changed and work.job.done:
            message = f"The rest is done by other versions: {'; '.join(changed)}."
            notice = Notice(code="version_changed", message=message)
            await commit.notice(work.tools.db, work.job, work.lease, notice)

    def _versions(self) -> dict[str, str]:
        """Of what is installed now. Of the models only those that this start uses: one that it
        has not needed yet may still come."""
        tools = self._work.tools
        found = {name: now for name, now in self._work.job.versions.items() if "model/" in name}
        for plugin in tools.registry.plugins:
            for backend in plugin.backends:
                version = f"{plugin.distribution} {plugin.version}"
                found[f"{backend.kind}/{backend.name}"] = version
        return found | self._provisions.versions()

    async def _cut(self, plan: Sequence[SegmentRecord]) -> None:
        await cut(self._work, plan)
        self._work.pending.close()


def differing(job: JobRecord, versions: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Backends and models whose version, among `versions`, is not the one the plan was made with:
    name, then and now."""
    for name, before in job.versions.items():
        now = versions.get(name, "gone")
        if now != before:
            yield name, before, now


def leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    """The exceptions in a group of groups."""
    for one in group.exceptions:
        if isinstance(one, BaseExceptionGroup):
            yield from leaves(one)
        else:
            yield one
