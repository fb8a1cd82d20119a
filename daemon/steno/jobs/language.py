"""The language of a job whose owner named none: what its first stretches of speech sound like."""

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from steno.errors import StenoError, WorkerDied, WorkerUnavailable, WorkFailed
from steno.jobs import commit
from steno.jobs.commit import LostLease
from steno.jobs.work import Work
from steno.plugins.contract import MAX_SEGMENT, SAMPLE_RATE, Heard
from steno.store import jobs
from steno.store.database import Transaction
from steno.subtitles.clock import stamp
from steno.subtitles.languages import LANGUAGES
from steno.wire import Notice
from steno.worker import protocol as p

log = logging.getLogger(__name__)

SOON = 60.0
"""Seconds after the beginning of the first stretch in which others must begin to be heard with it:
nobody waits for the end of a long silence."""
LAG = 15.0
"""Seconds by which a splitter may tell of a piece later than its end."""
UNSURE = 0.75
"""Share of the votes below which the owner is told."""
SURE = 0.8
"""Probability from which on a later segment that sounds otherwise is believed."""
LONG = 3.0
"""Seconds that several such segments must have together, one after the other: a short one sounds
like anything."""


class Vote(NamedTuple):
    """What most of the speech sounds like."""

    language: str
    share: float
    """0 to 1: how sure that is."""


def vote(heard: Sequence[Heard], seconds: Mapping[int, float]) -> Vote | None:
    """Each segment counts by its length, in `seconds` by index, and by how sure it is; languages
    that Steno does not know do not count. None: nobody can tell."""
    votes: dict[str, float] = {}
    for one in heard:
        if one.language in LANGUAGES:
            weight = one.probability * seconds[one.index]
            votes[one.language] = votes.get(one.language, 0.0) + weight
    total = sum(seconds[one.index] for one in heard)
    if not votes or not total:
        return None
    language = max(votes, key=lambda name: votes[name])
    return Vote(language, votes[language] / total)


def first(edges: Mapping[int, p.SegmentRef]) -> list[p.SegmentRef]:
    """The first stretches of speech, as many as `MAX_SEGMENT` seconds hold, of those that begin
    within `SOON`."""
    found: list[p.SegmentRef] = []
    room = MAX_SEGMENT * SAMPLE_RATE
    for index in range(len(edges)):
        ref = edges[index]
        room -= ref.end - ref.start
        if found and (room < 0 or ref.start > found[0].start + SOON * SAMPLE_RATE):
            break
        found.append(ref)
    return found


class Language:
    """Finds the language of one job, once, and notes where it is another one later."""

    def __init__(self, work: Work, backend: p.BackendRef, *, detects: bool) -> None:
        self._work = work
        self._backend = backend
        self._detects = detects and work.job.settings.language is None
        self._turn = asyncio.Lock()
        self._settled = not self._detects or work.language is not None
        self._told = False
        self._other = 0.0
        """Seconds of late that surely sound otherwise."""

    async def settle(self) -> None:
        """Before anything is transcribed. Raises LostLease, or WorkFailed where the recogniser
        cannot be loaded."""
        async with self._turn:
            if self._settled:
                return
            if not await self._work.pending.gathered(self._enough):
                raise LostLease(self._work.job.id)
            self._settled = True
            if refs := first(self._work.edges):
                await self._detect(refs)

    def _enough(self) -> bool:
        """Whether all that is listened to was found, and can be heard."""
        work, refs = self._work, first(self._work.edges)
        if not refs or any(ref.index in work.waiting for ref in refs):
            return False
        past = refs[0].start + (SOON + MAX_SEGMENT + LAG) * SAMPLE_RATE
        return len(refs) < len(work.edges) or work.meter.decoded >= past

    async def _detect(self, refs: list[p.SegmentRef]) -> None:
        """Whatever happens to workers meanwhile, the vote is on all of `refs` or there is none."""
        work = self._work
        for chance in reversed(range(work.tools.config.jobs.max_failures)):
            heard, notices = list[Heard](), list[Notice]()
            try:
                await self._ask(refs, heard, notices)
            except (WorkerDied, WorkerUnavailable, WorkFailed) as error:
                if isinstance(error, WorkFailed) and error.loading:
                    raise
                log.warning("the language of job %s is not detected: %s", work.job.id, error)
                if not chance:
                    return await self._note(None, [undetected(error)])
            else:
                break
        found = vote(heard, {ref.index: work.length(ref.index) / SAMPLE_RATE for ref in refs})
        if found is not None and found.share < UNSURE:
            notices.append(unsure(found))
        if found or notices:
            await self._note(found, notices)
        return None

    async def _ask(
        self, refs: list[p.SegmentRef], heard: list[Heard], notices: list[Notice]
    ) -> None:
        """Has the recogniser listen to `refs`."""
        work = self._work
        request = p.Detect(
            id=0, backend=self._backend, audio=os.fsencode(work.audio), segments=refs
        )

        def hear(answer: p.Answers) -> None:
            if isinstance(answer, p.Sounding):
                heard.append(answer.heard)
            elif isinstance(answer, p.Noticed):
                notices.append(answer.notice)

        order = (work.job.seq, refs[0].index)
        await work.tools.executor.perform("speech", request, hear, order=order)

    async def _note(self, found: Vote | None, notices: list[Notice]) -> None:
        work = self._work

        def change(tx: Transaction) -> None:
            commit.check_lease(tx, work.job, work.lease)
            if found is not None:
                jobs.heard_language(tx, work.job.seq, found.language)
            for notice in notices:
                jobs.warn(tx, work.job.seq, notice)

        await work.tools.db.write(change)
        if found is not None:
            work.language = found.language

    def differs(self, heard: Heard) -> Notice | None:
        """The first time that speech surely sounds otherwise: what its owner should know."""
        work = self._work
        if self._told or not self._detects or work.language is None:
            return None
        doubtful = heard.probability < SURE or heard.language not in LANGUAGES
        if heard.language == work.language or doubtful:
            self._other = 0.0
            return None
        self._other += work.length(heard.index) / SAMPLE_RATE
        if self._other < LONG:
            return None
        self._told = True
        at = work.edges[heard.index].start / SAMPLE_RATE
        return Notice(
            code="language_differs",
            message=f"About {stamp(at, '.')} it sounds like {LANGUAGES[heard.language]}, but all of"
            f" it is taken to be {LANGUAGES[work.language]}, which its beginning sounds like.",
        )


def undetected(error: StenoError) -> Notice:
    return Notice(
        code="language_unsure",
        message="What is spoken could not be found out beforehand, so it is taken to be what its"
        f" first text is in: if that is wrong, name the language. {error.problem.detail}"[:1000],
    )


def unsure(found: Vote) -> Notice:
    return Notice(
        code="language_unsure",
        message=f"It is taken to be {LANGUAGES[found.language]}, which is not sure"
        f" ({found.share:.0%}): if it is not, name the language.",
    )
