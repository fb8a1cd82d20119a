"""Which files Steno wrote, so that it replaces those and no others."""

import time
from typing import NamedTuple

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


def of_job(db: Reader, job: str) -> list[OutputRecord]:
    rows = db.execute(
        "SELECT path, job, source, format, sha256, previous FROM outputs WHERE job = ?"
        " ORDER BY format",
        (job,),
    )
    return [OutputRecord(*row) for row in rows]


def at(db: Reader, path: bytes) -> OutputRecord | None:
    row = db.execute(
        "SELECT path, job, source, format, sha256, previous FROM outputs WHERE path = ?", (path,)
    )
    found = row.fetchone()
    return OutputRecord(*found) if found else None


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


def release(tx: Transaction, job: str) -> None:
    """Forgets places of a job where nothing was written."""
    tx.execute("DELETE FROM outputs WHERE job = ? AND sha256 IS NULL", (job,))
