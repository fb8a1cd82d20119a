"""The plan of a job and what became of each segment: committed exactly once."""

import time
import zlib
from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct

from steno.errors import StenoError
from steno.plugins.contract import SAMPLE_RATE, Piece
from steno.store import jobs
from steno.store.database import Reader, Transaction
from steno.wire import Gap, job_channel


class SegmentRecord(Struct, frozen=True):
    """A segment of the plan. Edges in samples, `end` exclusive. `aligned`: that is settled, be it
    that no alignment can be had."""

    index: int
    start: int
    end: int
    forced: bool
    attempts: int
    failures: int
    gap: str | None
    transcribed: bool
    aligned: bool


def plan(db: Reader, job: int) -> list[SegmentRecord]:
    """The job's segments in order."""
    rows = db.execute(
        "SELECT s.idx, s.start, s.end, s.forced, s.attempts, s.failures, s.gap,"
        " f.idx IS NOT NULL, a.idx IS NOT NULL FROM segments s"
        " LEFT JOIN fragments f ON f.job = s.job AND f.idx = s.idx"
        " LEFT JOIN alignments a ON a.job = s.job AND a.idx = s.idx"
        " WHERE s.job = ? ORDER BY s.idx",
        (job,),
    )
    return [
        SegmentRecord(
            i, start, end, bool(forced), attempts, failures, gap, bool(done), bool(aligned)
        )
        for i, start, end, forced, attempts, failures, gap, done, aligned in rows
    ]


def between(db: Reader, job: int, start: int, end: int) -> list[tuple[int, int]]:
    """Edges of the segments that touch the samples `start` to `end`, in order."""
    rows = db.execute(
        "SELECT start, end FROM segments WHERE job = ? AND end > ? AND start < ? ORDER BY idx",
        (job, start, end),
    )
    return [(row[0], row[1]) for row in rows]


def add_pieces(tx: Transaction, job: int, first: int, pieces: Sequence[Piece]) -> None:
    """Appends `pieces` to the plan, the first as segment `first`."""
    tx.connection.executemany(
        "INSERT INTO segments (job, idx, start, end, forced) VALUES (?, ?, ?, ?, ?)",
        [(job, i, p.start, p.end, p.forced) for i, p in enumerate(pieces, first)],
    )
    tx.execute("UPDATE jobs SET planned = planned + ? WHERE seq = ?", (len(pieces), job))


def hand_out(tx: Transaction, job: int, indices: Iterable[int]) -> None:
    """Counts an attempt before the segments leave for a worker."""
    tx.connection.executemany(
        "UPDATE segments SET attempts = attempts + 1 WHERE job = ? AND idx = ?",
        [(job, index) for index in indices],
    )


def count_failure(tx: Transaction, job: int, index: int) -> int:
    """Counts a failure that was the worker's fault; returns how many there are."""
    row = tx.execute(
        "UPDATE segments SET failures = failures + 1 WHERE job = ? AND idx = ? RETURNING failures",
        (job, index),
    ).fetchone()
    return int(row[0])


def commit_fragment(tx: Transaction, job: int, index: int, payload: bytes) -> bool:
    """Stores a segment's fragment; False if it already has one or was given up."""
    fresh = tx.execute(
        "INSERT INTO fragments (job, idx, payload, crc, at)"
        " SELECT job, idx, ?, ?, ? FROM segments WHERE job = ? AND idx = ? AND gap IS NULL"
        " ON CONFLICT DO NOTHING",
        (payload, zlib.crc32(payload), time.time(), job, index),
    )
    if fresh.rowcount != 1:
        return False
    finish(tx, job, index, "done")
    return True


def commit_alignment(tx: Transaction, job: int, index: int, payload: bytes | None) -> bool:
    """Stores a segment's alignment (None: it cannot be had); False if there is one already."""
    fresh = tx.execute(
        "INSERT INTO alignments (job, idx, payload, crc, at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (job, index, payload, zlib.crc32(payload or b""), time.time()),
    )
    if fresh.rowcount != 1:
        return False
    counter = "unaligned" if payload is None else "aligned"
    tx.execute(
        f"UPDATE jobs SET {counter} = {counter} + 1, barren_starts = 0,"
        " text_revision = text_revision + 1 WHERE seq = ?",
        (job,),
    )
    return True


def give_up(tx: Transaction, job: int, job_id: str, index: int, reason: str) -> bool:
    """Marks a segment as a gap and tells of it; False if it is done or given up already."""
    row = tx.execute(
        "UPDATE segments SET gap = ? WHERE job = ? AND idx = ? AND gap IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM fragments f WHERE f.job = segments.job AND f.idx = segments.idx)"
        " RETURNING start, end",
        (reason, job, index),
    ).fetchone()
    if row is None:
        return False
    finish(tx, job, index, "failed")
    start, end = row[0] / SAMPLE_RATE, row[1] / SAMPLE_RATE
    event = Gap(job_id=job_id, segment_index=index, start=start, end=end, reason=reason)
    tx.tell("gap", event, job_channel(job_id))
    return True


def finish(tx: Transaction, job: int, index: int, counter: str) -> None:
    tx.execute(
        f"UPDATE jobs SET {counter} = {counter} + 1, barren_starts = 0,"
        " text_revision = text_revision + 1, done_samples = done_samples +"
        " (SELECT end - start FROM segments s WHERE s.job = jobs.seq AND s.idx = ?)"
        " WHERE seq = ?",
        (index, job),
    )


def reopen_gaps(tx: Transaction, job: int) -> int:
    """Lets given-up segments be tried anew; returns how many."""
    tx.execute(
        "UPDATE jobs SET failed = 0, done_samples = done_samples -"
        " (SELECT coalesce(sum(end - start), 0)"
        " FROM segments s WHERE s.job = jobs.seq AND s.gap IS NOT NULL) WHERE seq = ?",
        (job,),
    )
    reopened = tx.execute(
        "UPDATE segments SET gap = NULL, failures = 0 WHERE job = ? AND gap IS NOT NULL", (job,)
    )
    return reopened.rowcount


def forget_plan(tx: Transaction, job: int) -> None:
    """Drops the plan of a job. Raises ValueError if anything of it is transcribed."""
    if tx.execute("SELECT 1 FROM fragments WHERE job = ? LIMIT 1", (job,)).fetchone():
        raise ValueError("a plan cannot be dropped under its text")
    tx.execute("DELETE FROM segments WHERE job = ?", (job,))
    jobs.settle(tx, job, planned=0, plan_complete=0)


def gaps(db: Reader, job: int, job_id: str) -> list[Gap]:
    rows = db.execute(
        "SELECT idx, start, end, gap FROM segments WHERE job = ? AND gap IS NOT NULL ORDER BY idx",
        (job,),
    )
    return [
        Gap(
            job_id=job_id,
            segment_index=i,
            start=s / SAMPLE_RATE,
            end=e / SAMPLE_RATE,
            reason=reason,
        )
        for i, s, e, reason in rows
    ]


def fragment(db: Reader, job: int, index: int) -> bytes:
    """The committed fragment, JSON. Raises `data_damaged` if its checksum is wrong."""
    row = db.execute("SELECT payload, crc FROM fragments WHERE job = ? AND idx = ?", (job, index))
    payload, crc = row.fetchone()
    if zlib.crc32(payload) != crc:
        raise StenoError("data_damaged", why=f"the text of segment {index} has a wrong checksum")
    return bytes(payload)


def check(db: Reader, job: jobs.JobRecord) -> str | None:
    """What is wrong with the stored work of a job, or None."""
    rows = plan(db, job.seq)
    if [r.index for r in rows] != list(range(len(rows))) or len(rows) != job.planned:
        return f"{len(rows)} of {job.planned} planned segments are stored"
    if any(a.end > b.start for a, b in pairwise(rows)):
        return "segments overlap"
    done = sum(r.transcribed for r in rows)
    if done != job.done or sum(r.aligned for r in rows) != job.aligned + job.unaligned:
        return f"{done} fragments and {job.done} said to be done"
    (told,) = db.execute(
        "SELECT count(*) FROM events WHERE channel = ? AND type = 'fragment'",
        (job_channel(job.id),),
    ).fetchone()
    if told < done and not pruned(db, job.id):
        return f"{done} fragments and {told} events that tell of one"
    for table in ("fragments", "alignments"):
        for index, payload, crc in db.execute(
            f"SELECT idx, payload, crc FROM {table} WHERE job = ?", (job.seq,)
        ):
            if zlib.crc32(payload or b"") != crc:
                return f"the stored text of segment {index} has a wrong checksum"
    return None


def pruned(db: Reader, job_id: str) -> bool:
    """Whether the job's first event, its creation, is gone."""
    row = db.execute(
        "SELECT data FROM events WHERE channel = ? ORDER BY seq LIMIT 1", (job_channel(job_id),)
    ).fetchone()
    return row is None or b'"revision":1' not in row[0]
