"""Cues: what a person reads, by range, without holding a whole film in memory.

A row has what the machine made and, beside it, what a person set; shown is the second over the
first (see `steno.store.edits`). Here are the machine's columns and what is shown.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple, Self

import msgspec

from steno.plugins.contract import MAX_SEGMENT, Word
from steno.store.database import Reader, Transaction
from steno.subtitles.clock import whole_words
from steno.subtitles.rewording import Heard, Token, timed, tokens_of
from steno.wire import FIRST_OWN, LONGEST_CUE, Cue

WORDS = msgspec.json.Decoder(list[Word])
TOKENS = msgspec.json.Decoder(tuple[Token, ...])

START = "coalesce(start_set, min(start, end_set), start)"
"""The start that is shown, in the very words of the index `cues_shown`."""
SHOWN = (
    f"idx, n, {START}, coalesce(end_set, max(end, {START})), coalesce(text_set, text),"
    " revision, (text_set IS NOT NULL) + 2 * (start_set IS NOT NULL) + 4 * (end_set IS NOT NULL)"
)
REACH = LONGEST_CUE + MAX_SEGMENT
"""Seconds a cue lasts at most: of one that a person set in part the machine moves the rest."""
Field = Literal["text", "start", "end"]
FIELDS: tuple[Field, ...] = ("text", "start", "end")
MODIFIED = [[name for bit, name in enumerate(FIELDS) if bits >> bit & 1] for bits in range(8)]
KEPT = 64
"""Cues whose words are kept at hand while others are read."""


class CueKey(NamedTuple):
    """Where a cue stands: segment and number within it."""

    segment: int
    n: int

    def __str__(self) -> str:
        return f"{self.segment}.{self.n}"


class Place(NamedTuple):
    """Where a cue comes in the order in which cues are shown."""

    start: float
    segment: int
    n: int

    @classmethod
    def of(cls, cue: Cue) -> Self:
        segment, _, n = cue.id.partition(".")
        return cls(cue.start, int(segment), int(n))

    @property
    def key(self) -> CueKey:
        return CueKey(self.segment, self.n)


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
    """The words that the machine gave each cue of the segment, whatever a person made of them."""
    rows = db.execute(
        "SELECT words FROM cues WHERE job = ? AND idx = ? AND n < ? ORDER BY n",
        (job, segment, FIRST_OWN),
    )
    return [WORDS.decode(encoded) for (encoded,) in rows]


def retime(
    tx: Transaction, job: int, segment: int, times: Sequence[tuple[float, float, Sequence[Word]]]
) -> None:
    """Sets the machine's times and words of a segment's cues; their text stays."""
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
    after: Place | None = None,
    limit: int = -1,
) -> Iterator[Cue]:
    """Cues as they are shown, by their start, lazily; those that touch `start` to `end` seconds,
    after the place `after`."""
    where, values = ["job = ?", "NOT hidden"], list[object]([job])
    least = -REACH if start is None else start - REACH
    if after is not None:
        least = max(least, after.start)
        where.append(f"({START}, idx, n) > (?, ?, ?)")
        values += after
    where.append(f"{START} >= ?")
    values.append(least)
    if start is not None:
        where.append(f"coalesce(end_set, max(end, {START})) > ?")
        values.append(start)
    if end is not None:
        where.append(f"{START} < ?")
        values.append(end)
    columns = "words, words_set" if words else "NULL, NULL"
    rows = db.execute(
        f"SELECT {SHOWN}, {columns} FROM cues WHERE {' AND '.join(where)}"
        f" ORDER BY {START}, idx, n LIMIT ?",
        (*values, limit),
    )
    heard = hearing(db, job)
    for row in rows:
        yield shown(row, heard)


def of_segment(db: Reader, job: int, segment: int) -> list[Cue]:
    """The cues of a segment as they are shown, without words."""
    rows = db.execute(
        f"SELECT {SHOWN}, NULL, NULL FROM cues WHERE job = ? AND idx = ? AND NOT hidden ORDER BY n",
        (job, segment),
    )
    return [shown(row, lambda segment, n: ()) for row in rows]


def shown(row: Sequence[Any], heard: Heard) -> Cue:
    """The cue of a row of `SHOWN` with the columns `words` and `words_set`."""
    segment, n, start, end, text, revision, bits, encoded, rewritten = row
    words: Sequence[Word] = WORDS.decode(encoded) if encoded else ()
    if bits and encoded:
        tokens = TOKENS.decode(rewritten) if rewritten else tokens_of(words, segment, n)
        words = whole_words(timed(tokens, heard, start, end))
    return Cue(
        id=f"{segment}.{n}",
        start=start,
        end=end,
        text=text,
        words=list(words),
        modified=MODIFIED[bits],
        revision=revision,
    )


def hearing(db: Reader, job: int) -> Heard:
    """Looks up the words of the machine's cues."""
    known: dict[tuple[int, int], list[Word]] = {}

    def heard(segment: int, n: int) -> Sequence[Word]:
        found = known.get((segment, n))
        if found is None:
            row = db.execute(
                "SELECT words FROM cues WHERE job = ? AND idx = ? AND n = ?", (job, segment, n)
            ).fetchone()
            if len(known) >= KEPT:
                known.clear()
            found = known[segment, n] = WORDS.decode(row[0]) if row else []
        return found

    return heard
