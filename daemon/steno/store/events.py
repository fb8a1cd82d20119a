"""Durable events, by their sequence number."""

from collections.abc import Collection

from steno.store.database import Reader, StoredEvent, Transaction
from steno.wire import JOBS_CHANNEL, TRANSCRIPTS_CHANNEL
from steno.wire.models import MODELS_CHANNEL

LOUD = {"job": JOBS_CHANNEL, "models": MODELS_CHANNEL}
"""By kind of channel the collective one, which leaves out what is quiet."""
COLLECTIVE = {name: kind for kind, name in LOUD.items()} | {TRANSCRIPTS_CHANNEL: "job"}
"""Collective channels, by name, and the kind whose events they carry."""
QUIET = ("draft", "fragment", "aligned", "edit")
"""Events that tell of a job's text, which is much."""
KEPT = 5000
"""Events that are kept of a job that came to an end, the newest."""


def carried_by(channel: str, kind: str) -> tuple[str, ...]:
    """The channels on which an event of `channel` is heard."""
    return channel, TRANSCRIPTS_CHANNEL if kind in QUIET else LOUD[kind_of(channel)]


def kind_of(channel: str) -> str:
    return channel.partition(":")[0]


def carries(collective: str) -> str:
    """The condition that tells what a collective channel carries; its values are `QUIET`."""
    return f"type {'' if collective == TRANSCRIPTS_CHANNEL else 'NOT '}IN ({marks(QUIET)})"


def last(db: Reader) -> int:
    """The newest event's number; 0 if there never was one."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    return int(row[0]) if row else 0


def of_channel(
    db: Reader, channel: str, after: int, *, types: tuple[str, ...] = (), limit: int = 1000
) -> list[StoredEvent]:
    """Events of one channel after number `after`, in order; only those of `types`, if any."""
    where, values = ["channel = ?", "seq > ?"], list[object]([channel, after])
    if types:
        where.append(f"type IN ({marks(types)})")
        values += types
    rows = db.execute(
        f"SELECT seq, channel, type, data FROM events WHERE {' AND '.join(where)}"
        " ORDER BY seq LIMIT ?",
        (*values, limit),
    )
    return [StoredEvent(*row) for row in rows]


def missed(
    db: Reader, channels: Collection[str], after: int, until: int, *, limit: int, size: int
) -> list[StoredEvent]:
    """What a client of `channels` hears after number `after` up to `until`, in order: at most
    `limit` events, and no more than fill `size` bytes."""
    heard = [f"channel IN ({marks(['', *channels])})"]
    values: list[object] = ["", *channels]
    for collective, kind in COLLECTIVE.items():
        if collective in channels:
            heard.append(f"channel >= ? AND channel < ? AND {carries(collective)}")
            values += [f"{kind}:", f"{kind};", *QUIET]  # ; follows :
    rows = db.execute(
        "SELECT seq, channel, type, data FROM events"
        f" WHERE seq > ? AND seq <= ? AND ({' OR '.join(heard)}) ORDER BY seq LIMIT ?",
        (after, until, *values, limit),
    )
    found: list[StoredEvent] = []
    for row in rows:
        found.append(StoredEvent(*row))
        size -= len(found[-1].data)
        if size <= 0:
            break
    return found


def gone(db: Reader, channels: Collection[str], after: int) -> bool:
    """Whether anything that `channels` carried after number `after` was forgotten."""
    names = [note(channel) for channel in channels]
    row = db.execute(
        f"SELECT 1 FROM meta WHERE key IN ({marks(names)}) AND CAST(value AS INTEGER) > ?",
        (*names, after),
    )
    return row.fetchone() is not None


def forget(tx: Transaction, channel: str, keep: int) -> int:
    """Drops all but the newest `keep` events of one channel; returns how many. For jobs that came
    to an end: what tells of those at work is still to be heard.

    How far each channel was forgotten is noted, so that a client that comes back is told if it
    missed any of it, and only then. A channel that carries others has lost only what it carried.
    """
    row = tx.execute(
        "SELECT seq FROM events WHERE channel = ? ORDER BY seq DESC LIMIT 1 OFFSET ?",
        (channel, keep),
    ).fetchone()
    if row is None:
        return 0
    newest = int(row[0])
    lost = {channel: newest}
    for collective, kind in COLLECTIVE.items():
        if kind == kind_of(channel):
            (lost[collective],) = tx.execute(
                f"SELECT max(seq) FROM events WHERE channel = ? AND seq <= ? AND"
                f" {carries(collective)}",
                (channel, newest, *QUIET),
            ).fetchone()
    for name, seq in lost.items():
        if seq is not None:
            tx.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET"
                " value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))",
                (note(name), str(seq)),
            )
    return tx.execute(
        "DELETE FROM events WHERE channel = ? AND seq <= ?", (channel, newest)
    ).rowcount


def note(channel: str) -> str:
    """The key of `meta` under which the newest forgotten number of a channel stands."""
    return f"forgotten {channel}"


def marks(values: Collection[object]) -> str:
    return ",".join("?" * len(values))
