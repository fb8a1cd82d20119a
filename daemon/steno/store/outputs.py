"""Which files Steno wrote, so that it replaces those and no others."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from steno.store.database import Reader, Transaction
from steno.wire import Format


class OutputRecord(NamedTuple):
    path: bytes
    job: str
    source: bytes
    format: Format
    sha256: str | None
    """Hex, of what was written last; None: nothing yet."""
    previous: str | None
    """Hex, of what stood there before: it still does if the last renaming did not happen."""
    behind: bool
    """Whether the text was edited since."""


COLUMNS = "path, job, source, format, sha256, previous, behind"


def of_job(db: Reader, job: str) -> list[OutputRecord]:
    rows = db.execute(f"SELECT {COLUMNS} FROM outputs WHERE job = ? ORDER BY format", (job,))
    return [record(row) for row in rows]


def at(db: Reader, path: bytes) -> OutputRecord | None:
    row = db.execute(f"SELECT {COLUMNS} FROM outputs WHERE path = ?", (path,)).fetchone()
    return record(row) if row else None


def record(row: Sequence[Any]) -> OutputRecord:
    path, job, source, form, sha256, previous, behind = row
    return OutputRecord(path, job, source, form, sha256, previous, bool(behind))


def behind(db: Reader) -> list[str]:
    """Completed jobs with a file whose text was edited since, by id."""
    rows = db.execute(
        "SELECT DISTINCT o.job FROM outputs o CROSS JOIN jobs j ON j.id = o.job"  # in this order
        " WHERE o.behind AND o.sha256 IS NOT NULL AND j.state = 'completed'"
    )
    return [job for (job,) in rows]


def promised(known: OutputRecord | None, source: bytes) -> bool:
    """Whether the place is kept for the subtitles of another file, not yet written."""
    return known is not None and known.source != source and known.sha256 is None


def reserve(tx: Transaction, path: bytes, job: str, source: bytes, form: Format) -> None:
    """Makes `path` the place of a job's subtitles; what is known of a file there stays known."""
    tx.execute(
        "INSERT INTO outputs (path, job, source, format) VALUES (?, ?, ?, ?) ON CONFLICT (path)"
        " DO UPDATE SET job = excluded.job, source = excluded.source, format = excluded.format",
        (path, job, source, form),
    )


def wrote(tx: Transaction, path: bytes, sha256: str, standing: str | None) -> None:
    """Records what is about to stand at `path`, before it is renamed there, and what stands there
    until then."""
    tx.execute(
        "UPDATE outputs SET previous = ?, sha256 = ?, at = ? WHERE path = ?",
        (standing, sha256, time.time(), path),
    )


def fall_behind(tx: Transaction, job: str) -> None:
    """Notes that the text of a job is no longer what its files hold."""
    tx.execute("UPDATE outputs SET behind = 1 WHERE job = ?", (job,))


def settle(tx: Transaction, path: bytes, job: str, revision: int) -> None:
    """Notes that the file of a job at `path` holds its text as it was at `revision`."""
    tx.execute(
        "UPDATE outputs SET behind = coalesce("
        "(SELECT text_revision != ? FROM jobs WHERE id = outputs.job), 0)"
        " WHERE path = ? AND job = ?",
        (revision, path, job),
    )


def release(tx: Transaction, job: str) -> None:
    """Forgets places of a job where nothing was written."""
    tx.execute("DELETE FROM outputs WHERE job = ? AND sha256 IS NULL", (job,))
