"""Cues: what a person reads, by range, without holding a whole film in memory."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from steno.plugins.contract import Word
from steno.store.database import Reader, Transaction
from steno.wire import Cue

WORDS = msgspec.json.Decoder(list[Word])


class CueKey(NamedTuple):
    """Where a cue stands: segment and number within it."""

    segment: int
    n: int

    def __str__(self) -> str:
        return f"{self.segment}.{self.n}"


class CueRow(NamedTuple):
    """Times in seconds."""

    start: float
    end: float
    text: str
    words: Sequence[Word]


def insert(tx: Transaction, job: int, segment: int, rows: Sequence[CueRow]) -> None:
    """Stores the cues of a segment, in order."""
    tx.connection.executemany(
        "INSERT INTO cues (job, idx, n, start, end, text, words) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (job, segment, n, row.start, row.end, row.text, msgspec.json.encode(list(row.words)))
            for n, row in enumerate(rows)
        ],
    )


def words(db: Reader, job: int, segment: int) -> list[list[Word]]:
    """The words of each cue of the segment."""
    rows = db.execute("SELECT words FROM cues WHERE job = ? AND idx = ? ORDER BY n", (job, segment))
    return [WORDS.decode(encoded) for (encoded,) in rows]


def retime(
    tx: Transaction, job: int, segment: int, times: Sequence[tuple[float, float, Sequence[Word]]]
) -> None:
    """Sets times and words of a segment's cues; their text stays."""
    tx.connection.executemany(
        "UPDATE cues SET start = ?, end = ?, words = ? WHERE job = ? AND idx = ? AND n = ?",
        [
            (start, end, msgspec.json.encode(list(words)), job, segment, n)
            for n, (start, end, words) in enumerate(times)
        ],
    )


def scan(
    db: Reader,
    job: int,
    *,
    words: bool = True,
    start: float | None = None,
    end: float | None = None,
    after: CueKey | None = None,
    limit: int = -1,
) -> Iterator[Cue]:
    """Cues in order, lazily; those that touch `start` to `end` seconds, after the cue `after`."""
    where, values = ["job = ?"], list[object]([job])
    if start is not None:
        where.append("end > ?")
        values.append(start)
    if end is not None:
        where.append("start < ?")
        values.append(end)
    if after is not None:
        where.append("(idx, n) > (?, ?)")
        values += after
    column = "words" if words else "NULL"
    rows = db.execute(
        f"SELECT idx, n, start, end, text, {column} FROM cues WHERE {' AND '.join(where)}"
        " ORDER BY idx, n LIMIT ?",
        (*values, limit),
    )
    for idx, n, cue_start, cue_end, text, encoded in rows:
        yield Cue(
            id=str(CueKey(idx, n)),
            start=cue_start,
            end=cue_end,
            text=text,
            words=WORDS.decode(encoded) if encoded else [],
        )
