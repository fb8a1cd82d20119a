"""Rows of jobs."""

import time
from collections.abc import Collection
from typing import Any, NamedTuple

import msgspec

from steno.errors import Problem
from steno.store import events
from steno.store.database import Reader, Transaction
from steno.wire import FINAL, JobEvent, JobSettings, Notice, State, job_channel

COLUMNS = (
    "seq, id, path, name, source_size, source_mtime, state, reason, problem, revision, lease,"
    " barren_starts, created_at, queued_at, started_at, finished_at, settings, versions, announced,"
    " audio, audio_samples, plan_complete, planned, done, aligned, unaligned, failed,"
    " done_samples, percent, language, aligned_at, text_revision, warnings, upload, sha256"
)
INDEXED = 3
"""Characters that a part of a name must have to be found by the index of names."""
NAMED = "(SELECT rowid AS hit FROM job_names WHERE job_names MATCH ?)"


class JobRecord(NamedTuple):
    """A job as its row says. Lengths in samples, moments in seconds since the epoch."""

    seq: int
    id: str
    path: bytes
    name: str
    source_size: int
    source_mtime: int
    state: State
    reason: str | None
    problem: Problem | None
    revision: int
    lease: int
    barren_starts: int
    created_at: float
    queued_at: float | None
    started_at: float | None
    finished_at: float | None
    settings: JobSettings
    versions: dict[str, str]
    announced: float | None
    audio: str | None
    audio_samples: int | None
    plan_complete: bool
    planned: int
    done: int
    aligned: int
    unaligned: int
    failed: int
    done_samples: int
    percent: float
    language: str | None
    aligned_at: float | None
    text_revision: int
    warnings: list[Notice]
    upload: str | None
    sha256: str | None


class NewRecord(NamedTuple):
    """What is known of a job when it is added."""

    id: str
    path: bytes
    name: str
    source_size: int
    source_mtime: int
    state: State
    settings: JobSettings
    versions: dict[str, str]
    announced: float | None
    language: str | None
    upload: str | None = None
    sha256: str | None = None


def record(row: Any) -> JobRecord:
    values = dict(zip(row.keys(), row, strict=True))
    decode = msgspec.json.decode
    values["problem"] = decode(row["problem"], type=Problem) if row["problem"] else None
    values["settings"] = decode(row["settings"], type=JobSettings)
    values["versions"] = decode(row["versions"], type=dict[str, str])
    values["warnings"] = decode(row["warnings"], type=list[Notice])
    values["plan_complete"] = bool(row["plan_complete"])
    return JobRecord(**values)


def insert(tx: Transaction, new: NewRecord) -> JobRecord:
    """Adds a job and tells of it."""
    now = time.time()
    tx.execute(
        "INSERT INTO jobs (id, path, name, source_size, source_mtime, state, created_at, queued_at,"
        " settings, versions, announced, language, upload, sha256)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            new.id, new.path, new.name, new.source_size, new.source_mtime, new.state, now,
            now if new.state == "queued" else None, msgspec.json.encode(new.settings),
            msgspec.json.encode(new.versions), new.announced, new.language, new.upload, new.sha256,
        ),
    )  # fmt: skip
    event = JobEvent(job_id=new.id, state=new.state, reason=None, revision=1)
    tx.tell("job", event, job_channel(new.id))
    found = get(tx.connection, new.id)
    assert found is not None
    return found


def get(db: Reader, job: str) -> JobRecord | None:
    row = db.execute(f"SELECT {COLUMNS} FROM jobs WHERE id = ?", (job,)).fetchone()
    return record(row) if row else None


def of_content(db: Reader, sha256: str, *, limit: int) -> list[JobRecord]:
    """Jobs of a file with these bytes: first those that are complete without gaps, then those that
    are queued or run, each the newest first."""
    rows = db.execute(
        f"SELECT {COLUMNS} FROM jobs WHERE sha256 = ? AND (state IN ('queued', 'running')"
        " OR state = 'completed' AND failed = 0) ORDER BY state != 'completed', seq DESC LIMIT ?",
        (sha256, limit),
    )
    return [record(row) for row in rows]


def of_upload(db: Reader, upload: str) -> str | None:
    """Id of a job that was made of the upload, if it is there yet."""
    row = db.execute(
        "SELECT j.id FROM uploads u JOIN jobs j ON j.sha256 = u.sha256 AND j.upload = u.id"
        " WHERE u.id = ? LIMIT 1",
        (upload,),
    ).fetchone()
    return str(row[0]) if row else None


def matching(db: Reader, prefix: str) -> list[str]:
    """Ids that begin with `prefix`, at most two."""
    rows = db.execute(
        "SELECT id FROM jobs WHERE id >= ? AND id < ? ORDER BY id LIMIT 2",
        (prefix, prefix + "\x7f"),
    )
    return [row[0] for row in rows]


def page(
    db: Reader,
    *,
    states: tuple[str, ...],
    text: str,
    before: int | None,
    offset: int = 0,
    limit: int,
) -> tuple[list[JobRecord], int]:
    """Jobs newest first, those older than `before` (a seq) without the first `offset` of them, and
    how many fit in all.

    `text` is a part of the name, whatever its case; of one or two characters, of which there is no
    index, only the case of ASCII is left out of account.
    """
    if "\0" in text:
        return [], 0  # no file has such a name, and SQLite would end the text there
    found, seq, where, values = "jobs", "seq", ["1"], list[object]()
    if len(text) >= INDEXED:
        found, seq = NAMED, "hit"
        values.append('"' + text.replace('"', '""') + '"')
    elif text:
        where.append("name LIKE ? ESCAPE '\\'")
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values.append(f"%{escaped}%")
    if states:
        where.append(f"state IN ({','.join('?' * len(states))})")
        values += states
        if found != "jobs":
            found += " CROSS JOIN jobs ON seq = hit"  # in this order
    clause = " AND ".join(where)
    (total,) = db.execute(f"SELECT count(*) FROM {found} WHERE {clause}", tuple(values)).fetchone()
    if before is not None:
        clause += f" AND {seq} < ?"
        values.append(before)
    # Rows are large: those that are left out, or only sorted, are not read where an index will do.
    rows = db.execute(
        f"SELECT {COLUMNS} FROM jobs WHERE seq IN (SELECT {seq} FROM {found} WHERE {clause}"
        f" ORDER BY {seq} DESC LIMIT ? OFFSET ?) ORDER BY seq DESC",
        (*values, limit, offset),
    )
    return [record(row) for row in rows], total


def in_state(db: Reader, *states: State, limit: int = -1) -> list[JobRecord]:
    """Jobs in one of `states`, in the order they were queued."""
    marks = ",".join("?" * len(states))
    rows = db.execute(
        f"SELECT {COLUMNS} FROM jobs WHERE state IN ({marks}) ORDER BY queued_at, seq LIMIT ?",
        (*states, limit),
    )
    return [record(row) for row in rows]


def finished(db: Reader, job: str | None = None) -> dict[str, bool]:
    """Ids of all jobs, or of one: whether it is complete, without gaps."""
    where, values = ("", ()) if job is None else (" WHERE id = ?", (job,))
    rows = db.execute(f"SELECT id, state = 'completed' AND failed = 0 FROM jobs{where}", values)
    return {ident: bool(done) for ident, done in rows}


def counts(db: Reader) -> dict[str, int]:
    return dict(db.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall())


def put(
    tx: Transaction,
    job: JobRecord,
    state: State,
    *,
    reason: str | None = None,
    problem: Problem | None = None,
) -> None:
    """Puts the job into `state`, as the caller's rules allow, and tells of it."""
    now = time.time()
    tx.execute(
        "UPDATE jobs SET state = ?, reason = ?, problem = ?, revision = revision + 1,"
        " queued_at = CASE WHEN ? = 'queued' THEN ? ELSE queued_at END,"
        " finished_at = CASE WHEN ? IN ('completed', 'failed', 'cancelled') THEN ? END"
        " WHERE seq = ?",
        (
            state, reason, msgspec.json.encode(problem) if problem else None, state, now, state,
            now, job.seq,
        ),
    )  # fmt: skip
    (revision,) = tx.execute("SELECT revision FROM jobs WHERE seq = ?", (job.seq,)).fetchone()
    event = JobEvent(job_id=job.id, state=state, reason=reason, revision=revision)
    tx.tell("job", event, job_channel(job.id))
    if state in FINAL:
        events.forget(tx, job_channel(job.id), events.KEPT)


def new_lease(tx: Transaction, seq: int) -> None:
    """Fences out what is left of earlier starts of the job."""
    tx.execute(
        "UPDATE jobs SET lease = lease + 1, started_at = coalesce(started_at, ?) WHERE seq = ?",
        (time.time(), seq),
    )


def holds(tx: Transaction, seq: int, lease: int) -> bool:
    """Whether the job is still running under `lease`."""
    row = tx.execute(
        "SELECT 1 FROM jobs WHERE seq = ? AND lease = ? AND state = 'running'", (seq, lease)
    )
    return row.fetchone() is not None


def warn(tx: Transaction, seq: int, notice: Notice) -> None:
    """Adds a warning to the job, once for each code."""
    _set_warnings(tx, seq, [*_warnings(tx, seq, but=(notice.code,)), notice])


def unwarn(tx: Transaction, seq: int, codes: Collection[str]) -> None:
    """Takes warnings of these codes back."""
    _set_warnings(tx, seq, _warnings(tx, seq, but=codes))


def _warnings(tx: Transaction, seq: int, *, but: Collection[str]) -> list[Notice]:
    (stored,) = tx.execute("SELECT warnings FROM jobs WHERE seq = ?", (seq,)).fetchone()
    return [w for w in msgspec.json.decode(stored, type=list[Notice]) if w.code not in but]


def _set_warnings(tx: Transaction, seq: int, warnings: list[Notice]) -> None:
    encoded = msgspec.json.encode(warnings)
    tx.execute("UPDATE jobs SET warnings = ? WHERE seq = ?", (encoded, seq))


def reached(tx: Transaction, seq: int, percent: float) -> None:
    """Notes how far the job is, which never falls."""
    tx.execute("UPDATE jobs SET percent = max(percent, ?) WHERE seq = ?", (percent, seq))


def heard_language(tx: Transaction, seq: int, language: str | None) -> None:
    """Notes the language, unless it is known."""
    tx.execute("UPDATE jobs SET language = coalesce(language, ?) WHERE seq = ?", (language, seq))


def settle(tx: Transaction, seq: int, **columns: object) -> None:
    """Sets columns of the job; the names are the program's own."""
    assignments = ", ".join(f"{name} = ?" for name in columns)
    tx.execute(f"UPDATE jobs SET {assignments} WHERE seq = ?", (*columns.values(), seq))


def set_settings(tx: Transaction, seq: int, settings: JobSettings) -> None:
    tx.execute("UPDATE jobs SET settings = ? WHERE seq = ?", (msgspec.json.encode(settings), seq))


def set_versions(tx: Transaction, seq: int, versions: dict[str, str]) -> None:
    """Notes what the job is done with."""
    tx.execute("UPDATE jobs SET versions = ? WHERE seq = ?", (msgspec.json.encode(versions), seq))


def delete(tx: Transaction, job: JobRecord) -> None:
    """Removes the job and what was made of it, also what its events told; its outputs stay."""
    tx.execute("DELETE FROM jobs WHERE seq = ?", (job.seq,))
    gone = JobEvent(job_id=job.id, state="removed", reason=None, revision=job.revision + 1)
    tx.tell("job", gone, job_channel(job.id))
    events.forget(tx, job_channel(job.id), 1)
