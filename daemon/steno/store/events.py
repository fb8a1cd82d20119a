"""Durable events, by their sequence number."""

from steno.store.database import Reader, StoredEvent


def last(db: Reader) -> int:
    """The newest event's number; 0 if there never was one."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    return int(row[0]) if row else 0


def first_kept(db: Reader) -> int:
    """The oldest event's number that is kept; 0 if there is none."""
    return int(db.execute("SELECT coalesce(min(seq), 0) FROM events").fetchone()[0])


def since(
    db: Reader,
    after: int,
    *,
    until: int | None = None,
    channel: str | None = None,
    types: tuple[str, ...] = (),
    limit: int = 1000,
) -> list[StoredEvent]:
    """Events after number `after` up to `until`, in order."""
    where, values = ["seq > ?"], list[object]([after])
    if until is not None:
        where.append("seq <= ?")
        values.append(until)
    if channel is not None:
        where.append("channel = ?")
        values.append(channel)
    if types:
        where.append(f"type IN ({','.join('?' * len(types))})")
        values += types
    rows = db.execute(
        f"SELECT seq, channel, type, data FROM events WHERE {' AND '.join(where)}"
        " ORDER BY seq LIMIT ?",
        (*values, limit),
    )
    return [StoredEvent(*row) for row in rows]
