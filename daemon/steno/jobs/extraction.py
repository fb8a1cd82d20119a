"""From a media file to stored segments, while it is still being decoded."""

import asyncio
import contextlib
import os
from collections.abc import Sequence

from steno.errors import StenoError, WorkerDied, WorkerUnavailable, WorkFailed
from steno.failpoints import passing
from steno.jobs import commit, source
from steno.jobs.choice import reference
from steno.jobs.work import Work
from steno.plugins.contract import Piece
from steno.store import jobs, segments
from steno.store.database import Transaction
from steno.store.segments import SegmentRecord
from steno.wire import Notice
from steno.worker import protocol as p


async def cut(work: Work, plan: Sequence[SegmentRecord]) -> None:
    """Decodes and splits as far as that is not done, and releases segments to the lanes.

    Pieces that are stored must come again unchanged. Raises StenoError: source_changed,
    plan_changed, disk_full, or what is wrong with the media.
    """
    have_audio = work.job.audio is not None and await asyncio.to_thread(work.audio.exists)
    if have_audio:
        for index in sorted(work.waiting):
            work.release(index)
    if work.job.plan_complete and not work.waiting:
        return
    if not have_audio:
        await asyncio.to_thread(source.check, work.job)
        work.audio = work.folder / f"audio-{work.lease}.pcm"
        work.meter.audio = None
    settings = work.job.settings
    assert settings.splitter
    request = p.Extract(
        id=0,
        source=work.job.path,
        name=work.job.name,
        audio=os.fsencode(work.audio),
        samples=work.job.audio_samples if have_audio else None,
        peaks=await asyncio.to_thread(work.peaks.wanted),
        max_duration=work.tools.config.media.max_duration,
        splitter=reference(work.tools.registry, settings, "splitter", settings.splitter),
    )
    planner = Planner(work, plan)
    async with work.tools.folding.barred(work.job.id), asyncio.TaskGroup() as group:
        group.create_task(planner.store())
        end = await extract(work, request, planner)
        planner.end()
    if not have_audio:
        await asyncio.to_thread(
            source.check, work.job
        )  # it may have been replaced while it was read
    if request.peaks is not None:  # before the plan is complete, as no later start makes them
        with contextlib.suppress(OSError):  # no job fails for the sake of a drawing
            await asyncio.to_thread(work.peaks.of_length(end.samples).publish)
    await finish(work, end)


async def extract(work: Work, request: p.Extract, planner: "Planner") -> p.Extracted:
    """Decodes in a worker; one that dies is given another chance."""
    chances = work.tools.config.jobs.max_failures
    while True:
        try:
            end = await work.tools.executor.perform(
                "media", request, planner.hear, order=(1, work.job.seq)
            )
        except (WorkerDied, WorkerUnavailable):
            chances -= 1
            if not chances:
                raise
            planner.rewind()
        except WorkFailed as failure:
            if failure.disk_full:
                raise StenoError("disk_full", folder=work.folder) from failure
            raise
        else:
            assert isinstance(end, p.Extracted)
            return end


async def finish(work: Work, end: p.Extracted) -> None:
    """Stores that the audio and the plan are complete."""

    def change(tx: Transaction) -> None:
        commit.check_lease(tx, work.job, work.lease)
        jobs.settle(
            tx, work.job.seq, audio=work.audio.name, audio_samples=end.samples, plan_complete=1
        )
        for notice in notices(end):
            jobs.warn(tx, work.job.seq, notice)

    await work.tools.db.write(change)
    work.meter.audio = work.meter.decoded = end.samples
    work.meter.plan_complete = True
    work.tell(now=True)


def notices(end: p.Extracted) -> list[Notice]:
    """What a person should know of the media."""
    found = []
    if end.missing > 0:
        message = f"The last {end.missing:.0f} s that the file announces could not be decoded."
        found.append(Notice(code="media_truncated", message=message))
    if end.damaged:
        message = f"{end.damaged} damaged places in the file were left out."
        found.append(Notice(code="media_damaged", message=message))
    return found


class Planner:
    """Stores pieces as they are found, those that come together in one transaction."""

    def __init__(self, work: Work, plan: Sequence[SegmentRecord]) -> None:
        self._work = work
        self._pieces = [Piece(r.start, r.end, r.forced) for r in plan]
        self._stored = len(plan)
        self._next = 0
        self._changed = asyncio.Event()
        self._ended = False
        self._mismatch: int | None = None

    def hear(self, answer: p.Answers) -> None:
        """Takes what the extracting worker says."""
        if isinstance(answer, p.Extracting):
            self._work.meter.decoded = max(self._work.meter.decoded, answer.samples)
            self._work.pending.stir()
            self._work.tell()
        elif isinstance(answer, p.Found):
            piece = Piece(answer.start, answer.end, answer.forced)
            if self._next == len(self._pieces):
                self._pieces.append(piece)
            elif self._pieces[self._next] == piece:
                self._work.release(self._next)
            elif self._mismatch is None:
                self._mismatch = self._next
            self._next += 1
            self._changed.set()

    def rewind(self) -> None:
        """The splitter begins anew."""
        self._next = 0

    def end(self) -> None:
        """No more pieces come."""
        if self._next < len(self._pieces) and self._mismatch is None:
            self._mismatch = self._next
        self._ended = True
        self._changed.set()

    async def store(self) -> None:
        """Until all pieces are stored. Raises `plan_changed` if stored ones came otherwise."""
        while True:
            if self._mismatch is not None:
                name, index = self._work.job.name, self._mismatch
                raise StenoError("plan_changed", name=name, index=index)
            if self._stored < len(self._pieces):
                await self._store(self._pieces[self._stored :])
            elif self._ended:
                return
            else:
                self._changed.clear()
                await self._changed.wait()

    async def _store(self, pieces: list[Piece]) -> None:
        work, index = self._work, self._stored

        def change(tx: Transaction) -> None:
            commit.check_lease(tx, work.job, work.lease)
            segments.add_pieces(tx, work.job.seq, index, pieces)
            jobs.reached(tx, work.job.seq, work.meter.percent)
            passing("plan.before_commit")

        await work.tools.db.write(change)
        passing("plan.after_commit")
        self._stored += len(pieces)
        for number, piece in enumerate(pieces, index):
            work.enlist(number, piece.start, piece.end)
            work.pending.add(number)
        work.tell()
