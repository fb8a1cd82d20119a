"""Rows of uploads that are complete. What is still being sent is known by its file alone."""

from typing import NamedTuple

from steno.store.database import Reader, Transaction

COLUMNS = "id, name, size, sha256, at"

SPENT = """
NOT EXISTS (
    SELECT 1 FROM jobs j WHERE j.sha256 = u.sha256 AND j.upload = u.id
    AND NOT (j.state = 'completed' AND j.failed = 0 AND NOT :keep)
    AND (:keep OR j.finished_at IS NULL OR j.finished_at >= :before)
) AND (u.at < :before OR EXISTS (
    SELECT 1 FROM jobs j WHERE j.sha256 = u.sha256 AND j.upload = u.id
))
"""
"""Nobody needs it: all its jobs are complete or ended long ago, or it never had one for as long.
The sum is asked for because there is an index of it."""


class UploadRecord(NamedTuple):
    """A complete upload."""

    id: str
    name: str
    """For display."""
    size: int
    """Bytes."""
    sha256: str
    """Hex."""
    at: float
    """Seconds since the epoch."""


def insert(tx: Transaction, new: UploadRecord) -> None:
    tx.execute(f"INSERT INTO uploads ({COLUMNS}) VALUES (?, ?, ?, ?, ?)", new)


def get(db: Reader, upload: str) -> UploadRecord | None:
    row = db.execute(f"SELECT {COLUMNS} FROM uploads WHERE id = ?", (upload,)).fetchone()
    return UploadRecord(*row) if row else None


def named(db: Reader, name: str) -> UploadRecord | None:
    """The newest of this name."""
    row = db.execute(
        f"SELECT {COLUMNS} FROM uploads WHERE name = ? ORDER BY at DESC, id LIMIT 1", (name,)
    ).fetchone()
    return UploadRecord(*row) if row else None


def everything(db: Reader) -> list[UploadRecord]:
    """All, the newest first."""
    rows = db.execute(f"SELECT {COLUMNS} FROM uploads ORDER BY at DESC, id")
    return [UploadRecord(*row) for row in rows]


def needed_by(
    db: Reader, upload: UploadRecord, *, but: str = "", complete: bool = False
) -> str | None:
    """Id of a job, other than `but`, that reads the upload or would if it were resumed, or that is
    `complete`."""
    row = db.execute(
        "SELECT id FROM jobs WHERE sha256 = ? AND upload = ? AND id != ?"
        " AND (? OR NOT (state = 'completed' AND failed = 0)) LIMIT 1",
        (upload.sha256, upload.id, but, complete),
    ).fetchone()
    return str(row[0]) if row else None


def spent(db: Reader, before: float, *, keep: bool) -> list[str]:
    """Ids of uploads that nobody needs: those of jobs that are complete (unless `keep`), and those
    left alone since `before` (seconds since the epoch)."""
    rows = db.execute(f"SELECT id FROM uploads u WHERE {SPENT}", {"before": before, "keep": keep})
    return [row[0] for row in rows]


def delete(tx: Transaction, upload: str) -> None:
    tx.execute("DELETE FROM uploads WHERE id = ?", (upload,))
