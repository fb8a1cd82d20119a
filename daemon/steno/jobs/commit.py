"""The commits of a running job: result, progress and the event that tells of them, all at once.

Each checks the lease, which fences out whatever an earlier start left behind.
"""

import asyncio
import time

import msgspec

from steno.failpoints import passing
from steno.jobs import states
from steno.plugins.contract import SAMPLE_RATE, Alignment, Fragment
from steno.store import cues, jobs, segments
from steno.store.cues import CueRow
from steno.store.database import Database, Transaction
from steno.store.jobs import JobRecord
from steno.subtitles.clock import whole, whole_words
from steno.subtitles.shape import retime, shape
from steno.wire import (
    AlignedEvent,
    CueText,
    FragmentEvent,
    Notice,
    SegmentCounts,
    SignalEvent,
    job_channel,
)
from steno.worker.protocol import SegmentRef


class LostLease(Exception):
    """The job is no longer ours: it was paused, cancelled, removed or started anew."""


def check_lease(tx: Transaction, job: JobRecord, lease: int) -> None:
    """Raises LostLease."""
    if not jobs.holds(tx, job.seq, lease):
        raise LostLease(job.id)


async def fragment(
    db: Database, job: JobRecord, lease: int, segment: SegmentRef, payload: bytes, percent: float
) -> str | None:
    """Commits the fragment in `payload` (JSON) with its cues. Returns the job's language.

    Raises LostLease.
    """
    made = msgspec.json.decode(payload, type=Fragment)
    start, end = segment.start / SAMPLE_RATE, segment.end / SAMPLE_RATE
    shaped = await asyncio.to_thread(shape, made, start, end, job.settings.style)

    def change(tx: Transaction) -> None:
        check_lease(tx, job, lease)
        passing("fragment.before_commit")
        if not segments.commit_fragment(tx, job.seq, segment.index, payload):
            return
        rows = [
            CueRow(whole(cue.start), whole(cue.end), cue.text, whole_words(cue.words))
            for cue in shaped
        ]
        cues.insert(tx, job.seq, segment.index, rows)
        jobs.reached(tx, job.seq, percent)
        jobs.heard_language(tx, job.seq, made.language)
        event = FragmentEvent(
            job_id=job.id,
            segment_index=segment.index,
            language=made.language,
            segments=[
                CueText(id=f"{segment.index}.{n}", start=row.start, end=row.end, text=row.text)
                for n, row in enumerate(rows)
            ],
            words=[word for row in rows for word in row.words],
        )
        tx.tell("fragment", event, job_channel(job.id))
        passing("fragment.in_commit")

    await db.write(change)
    passing("fragment.after_commit")
    return job.language or made.language


async def alignment(
    db: Database, job: JobRecord, lease: int, index: int, payload: bytes | None
) -> None:
    """Commits word times (JSON of an Alignment; None: they cannot be had) and moves cues to them.

    Raises LostLease, or ValueError if these are not the words of the segment's cues.
    """

    def change(tx: Transaction) -> None:
        check_lease(tx, job, lease)
        if not segments.commit_alignment(tx, job.seq, index, payload) or payload is None:
            return
        stored = cues.words(tx.connection, job.seq, index)
        words = msgspec.json.decode(payload, type=Alignment).words
        if [w.text for w in words] != [w.text for cue in stored for w in cue]:
            raise ValueError("the aligner answered with other words")
        times = [
            (whole(start), whole(end), whole_words(held))
            for start, end, held in retime(words, [len(cue) for cue in stored])
        ]
        cues.retime(tx, job.seq, index, times)
        (revision,) = tx.execute(
            "SELECT text_revision FROM jobs WHERE seq = ?", (job.seq,)
        ).fetchone()
        event = AlignedEvent(
            job_id=job.id,
            segment_index=index,
            revision=revision,
            cues=cues.of_segment(tx.connection, job.seq, index),
        )
        tx.tell("aligned", event, job_channel(job.id))

    await db.write(change)
    passing("alignment.after_commit")


async def notice(db: Database, job: JobRecord, lease: int, notice: Notice) -> None:
    """Commits what a person should know of the job. Raises LostLease."""

    def change(tx: Transaction) -> None:
        check_lease(tx, job, lease)
        jobs.warn(tx, job.seq, notice)

    await db.write(change)


def gap(tx: Transaction, job: JobRecord, lease: int, index: int, reason: str) -> SegmentCounts:
    """Gives a segment up. Returns the job's counts. Raises LostLease."""
    check_lease(tx, job, lease)
    segments.give_up(tx, job.seq, job.id, index, reason)
    done, failed = tx.execute("SELECT done, failed FROM jobs WHERE seq = ?", (job.seq,)).fetchone()
    return SegmentCounts(done=done, failed=failed)


def complete(tx: Transaction, job: JobRecord, lease: int) -> None:
    """Ends the job. Raises LostLease."""
    check_lease(tx, job, lease)
    aligned, failed = tx.execute(
        "SELECT aligned, failed FROM jobs WHERE seq = ?", (job.seq,)
    ).fetchone()
    channel = job_channel(job.id)
    jobs.settle(tx, job.seq, percent=100.0, aligned_at=time.time() if aligned else None)
    states.move(tx, job, "completed", reason="gaps" if failed else None)
    if aligned:
        text = f"{aligned} segments have the exact times of their words."
        tx.tell("signal", SignalEvent(code="alignment_ready", message=text, job_id=job.id), channel)
    text = f"{failed} segments are missing." if failed else "The subtitles are ready."
    tx.tell("signal", SignalEvent(code="job_complete", message=text, job_id=job.id), channel)
    passing("complete.before_commit")
