"""Word times for fragments: never at the cost of what is transcribed."""

import asyncio
import os
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from steno.errors import StenoError, WorkerDied, WorkerUnavailable
from steno.jobs import commit
from steno.jobs.choice import aligner_for, no_aligner, pick
from steno.jobs.commit import LostLease
from steno.jobs.provisions import Provisions
from steno.jobs.work import Work
from steno.plugins.contract import Fragment
from steno.store import cues, segments
from steno.store.database import Reader
from steno.wire import Notice
from steno.worker import protocol as p

NOT_ITS_FAULT = ("stopping", "disk_full", "storage_failed", "data_damaged")
"""Errors that no other aligner would mend."""


class Aligning:
    """Aligns committed fragments. What cannot be aligned keeps the recogniser's times, with a
    warning on the job."""

    def __init__(self, work: Work, provisions: Provisions) -> None:
        self._work = work
        self._provisions = provisions
        self._aligner = work.job.settings.aligner
        self._fetching: asyncio.Task[None] | None = None
        self._lost: StenoError | None = None
        """Why its model is not to be had."""
        self._late: list[Callable[[], None]] = []

    def ready(self) -> bool:
        """Whether `align` can begin. If it needs a model that is not here, which only the language
        that is spoken tells, that is fetched from now on, for as long as is configured."""
        if not self._lacking() or self._lost is not None:
            return True
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch())
        return False

    def when_ready(self, then: Callable[[], None]) -> None:
        """Calls `then` once `ready` would be true."""
        self._late.append(then)

    def close(self) -> None:
        """Waits for nothing any more."""
        if self._fetching is not None:
            self._fetching.cancel()

    def _model(self) -> str | None:
        """The aligner's model, where it needs one."""
        work = self._work
        if not work.job.settings.align or work.language is None:
            return None
        if self._aligner is None:
            self._aligner = aligner_for(work.tools.registry, work.language)
        of = self._provisions.of_aligner(self._aligner, work.language) if self._aligner else []
        return of[0] if of else None

    def _lacking(self) -> list[str]:
        model = self._model()
        return self._provisions.lacking([model]) if model else []

    async def _fetch(self) -> None:
        """What goes wrong costs the exact times, never the text."""
        patience = self._work.tools.config.models.aligner_wait
        try:
            async with asyncio.timeout(patience):
                await self._provisions.fetch(self._lacking())
            await self._provisions.note_versions()
        except TimeoutError:
            why = f"the model {self._model()} did not come within {patience:g} s"
            self._lost = StenoError("aligner_late", why=why)
        except (StenoError, LostLease) as error:
            self._lost = error if isinstance(error, StenoError) else StenoError("stopping")
        for then in self._late:
            then()
        self._late.clear()

    async def align(self, indices: list[int]) -> None:
        """Aligns segments whose fragments are committed, and commits each result.

        Raises LostLease, or StenoError where not the aligner is at fault.
        """
        work = self._work
        if not work.job.settings.align or not indices:
            return
        fragments = await work.tools.db.read(lambda db: [self._spoken(db, i) for i in indices])
        wordy = [fragment for fragment in fragments if fragment.words]
        results = await self._results(wordy) if wordy else {}
        for index in indices:
            await self._commit(index, results.get(index))
            work.meter.aligned += work.length(index)
            work.tell()

    def _spoken(self, db: Reader, index: int) -> Fragment:
        """The fragment with the words that stand in its cues, which every fragment has."""
        stored = segments.fragment(db, self._work.job.seq, index)
        words = tuple(word for cue in cues.words(db, self._work.job.seq, index) for word in cue)
        return replace(msgspec.json.decode(stored, type=Fragment), words=words)

    async def _commit(self, index: int, result: bytes | None) -> None:
        work = self._work
        try:
            await commit.alignment(work.tools.db, work.job, work.lease, index, result)
        except ValueError as error:
            name = self._aligner
            await self._warn("not_aligned", StenoError("backend_broken", backend=name, why=error))
            await commit.alignment(work.tools.db, work.job, work.lease, index, None)

    async def _results(self, fragments: list[Fragment]) -> dict[int, bytes]:
        """Alignments by segment, as many as can be had."""
        registry, language = self._work.tools.registry, self._work.language
        if self._lost is not None:
            await self._warn("not_aligned", self._lost)
            return {}
        results: dict[int, bytes] = {}
        if self._aligner is None and language:
            self._aligner = aligner_for(registry, language)
        if self._aligner is None:
            await self._warn("no_aligner", no_aligner(registry, language))
            return {}
        try:
            batch = pick(registry, "aligner", self._aligner).batch
            for first in range(0, len(fragments), batch):
                results |= await self._together(fragments[first : first + batch])
        except StenoError as error:
            if error.code in NOT_ITS_FAULT:
                raise
            await self._warn("not_aligned", error)
        return results

    async def _together(self, fragments: list[Fragment]) -> dict[int, bytes]:
        """Aligns a batch; where that fails, each for itself, so that one does not harm others."""
        try:
            return await self._perform(fragments)
        except StenoError as error:
            if error.code in NOT_ITS_FAULT or len(fragments) == 1:
                raise
        results: dict[int, bytes] = {}
        for fragment in fragments:
            results |= await self._together([fragment])
        return results

    async def _perform(self, fragments: list[Fragment]) -> dict[int, bytes]:
        """Raises StenoError: WorkerDied once the chances are used up."""
        work, results, notices = self._work, dict[int, bytes](), list[Notice]()
        assert self._aligner
        request = p.Align(
            id=0,
            backend=self._provisions.reference("aligner", self._aligner, self._model()),
            audio=os.fsencode(work.audio),
            segments=[work.edges[fragment.index] for fragment in fragments],
            fragments=[msgspec.json.encode(fragment) for fragment in fragments],
        )

        def hear(answer: p.Answers) -> None:
            if isinstance(answer, p.Produced):
                results[answer.index] = answer.payload
            elif isinstance(answer, p.Noticed):
                notices.append(answer.notice)

        order = (work.job.seq, fragments[0].index)
        for chance in reversed(range(work.tools.config.jobs.max_failures)):
            try:
                await work.tools.executor.perform("speech", request, hear, order=order)
            except (WorkerDied, WorkerUnavailable):
                if not chance:
                    raise
            else:
                break
        for notice in notices:
            await commit.notice(work.tools.db, work.job, work.lease, notice)
        return results

    async def _warn(self, code: str, error: StenoError) -> None:
        work = self._work
        message = f"Some words have the recogniser's times only: {error.problem.detail}"
        notice = Notice(code=code, message=message[:1000])

        await commit.notice(work.tools.db, work.job, work.lease, notice)
