"""What was said, segment by segment, as far as nothing before it is missing."""

from steno.store.database import Reader


def settled(db: Reader, job: int, first: int) -> int:
    """Up to which segment all are transcribed or given up, if those before `first` are."""
    (open_one,) = db.execute(
        "SELECT min(s.idx) FROM segments s WHERE s.job = ? AND s.idx >= ? AND s.gap IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM fragments f WHERE f.job = s.job AND f.idx = s.idx)",
        (job, first),
    ).fetchone()
    if open_one is not None:
        return int(open_one)
    (known,) = db.execute("SELECT count(*) FROM segments WHERE job = ?", (job,)).fetchone()
    return int(known)


def texts(db: Reader, job: int, first: int, until: int) -> list[str]:
    """Those of the cues of segments `first` up to `until`, in order."""
    rows = db.execute(
        "SELECT coalesce(text_set, text) FROM cues WHERE job = ? AND NOT hidden"
        " AND idx >= ? AND idx < ? ORDER BY idx, coalesce(start_set, start), n",
        (job, first, until),
    )
    return [text for (text,) in rows]
