"""What a person set in cues, beside what the machine made, and how it is taken back."""

import time
from typing import NamedTuple

import msgspec
from msgspec import Struct

from steno.plugins.contract import SAMPLE_RATE
from steno.store import cues
from steno.store.cues import CueKey, Place
from steno.store.database import Reader, Transaction
from steno.subtitles.layers import Layer, Standing
from steno.subtitles.rewording import tokens_of
from steno.wire import FIRST_OWN, Cue, EditAction


class Touched(Struct, frozen=True):
    """A cue that an edit touches, and the layer it has before or after."""

    segment: int
    n: int
    layer: Layer

    @property
    def key(self) -> CueKey:
        return CueKey(self.segment, self.n)


LAYERS = msgspec.json.Decoder(list[Touched])


class Edit(NamedTuple):
    """A stored edit."""

    action: EditAction
    before: list[Touched]
    after: list[Touched]


# Cues -------------------------------------------------------------------------------------------


def cue(db: Reader, job: int, key: CueKey) -> Cue | None:
    """The cue as it is shown, with words; None if there is none."""
    row = db.execute(
        f"SELECT {cues.SHOWN}, words, words_set FROM cues"
        " WHERE job = ? AND idx = ? AND n = ? AND NOT hidden",
        (job, *key),
    ).fetchone()
    return cues.shown(row, cues.hearing(db, job)) if row else None


def standing(db: Reader, job: int, key: CueKey) -> Standing | None:
    """The cue as it is shown, with what of it a person set; None if there is none."""
    found = cue(db, job, key)
    if found is None:
        return None
    over = layer(db, job, key)
    tokens = tokens_of(found.words, *key) if over.words is None else over.words
    return Standing(found, over, tokens)


def layer(db: Reader, job: int, key: CueKey) -> Layer:
    """What a person set in a cue that there is."""
    text, start, end, words, hidden = db.execute(
        "SELECT text_set, start_set, end_set, words_set, hidden FROM cues"
        " WHERE job = ? AND idx = ? AND n = ?",
        (job, *key),
    ).fetchone()
    return Layer(text, start, end, cues.TOKENS.decode(words) if words else None, bool(hidden))


def following(db: Reader, job: int, cue: Cue) -> CueKey | None:
    """The cue that is shown after `cue`."""
    after = Place.of(cue)
    found = next(cues.scan(db, job, words=False, after=after, limit=1), None)
    return Place.of(found).key if found else None


def segment_at(db: Reader, job: int, second: float) -> int:
    """The segment in which, or after which, `second` is; 0 if it is before all."""
    (index,) = db.execute(
        "SELECT coalesce(max(idx), 0) FROM segments WHERE job = ? AND start <= ?",
        (job, second * SAMPLE_RATE),
    ).fetchone()
    return int(index)


def make(tx: Transaction, job: int, segment: int) -> CueKey:
    """A cue of a person's own, not shown yet, under a number that no other ever had."""
    (n,) = tx.execute(
        "INSERT INTO cues (job, idx, n, start, end, text, words, hidden)"
        " SELECT ?, ?, coalesce(max(n) + 1, ?), 0, 0, '', '[]', 1 FROM cues"
        " WHERE job = ? AND idx = ? AND n >= ? RETURNING n",
        (job, segment, FIRST_OWN, job, segment, FIRST_OWN),
    ).fetchone()
    return CueKey(segment, n)


def put(tx: Transaction, job: int, touched: Touched) -> None:
    """Gives a cue another layer, and a new revision."""
    over = touched.layer
    words = None if over.words is None else msgspec.json.encode(over.words)
    tx.execute(
        "UPDATE cues SET text_set = ?, start_set = ?, end_set = ?, words_set = ?, hidden = ?,"
        " revision = revision + 1 WHERE job = ? AND idx = ? AND n = ?",
        (over.text, over.start, over.end, words, over.hidden, job, *touched.key),
    )


# The stack --------------------------------------------------------------------------------------


def count(tx: Transaction, job: int) -> int:
    """Raises the transcript's revision and returns it."""
    row = tx.execute(
        "UPDATE jobs SET text_revision = text_revision + 1 WHERE seq = ? RETURNING text_revision",
        (job,),
    ).fetchone()
    return int(row[0])


def push(tx: Transaction, job: int, n: int, edit: Edit) -> None:
    """Stores an edit under the transcript's revision `n` that it made; what could have been made
    again is forgotten."""
    tx.execute("DELETE FROM edits WHERE job = ? AND undone = 1", (job,))
    tx.execute(
        "INSERT INTO edits (job, n, action, before, after, at) VALUES (?, ?, ?, ?, ?, ?)",
        (
            job, n, edit.action, msgspec.json.encode(edit.before), msgspec.json.encode(edit.after),
            time.time(),
        ),
    )  # fmt: skip


def undoable(db: Reader, job: int) -> int | None:
    """The number of the last edit that stands."""
    row = db.execute("SELECT max(n) FROM edits WHERE job = ? AND undone = 0", (job,)).fetchone()
    return None if row[0] is None else int(row[0])


def redoable(db: Reader, job: int) -> int | None:
    """The number of the first edit that was taken back."""
    row = db.execute("SELECT min(n) FROM edits WHERE job = ? AND undone = 1", (job,)).fetchone()
    return None if row[0] is None else int(row[0])


def turn(tx: Transaction, job: int, n: int, *, undone: bool) -> Edit:
    """Notes that an edit is taken back, or made again, and returns it."""
    action, before, after = tx.execute(
        "UPDATE edits SET undone = ? WHERE job = ? AND n = ? RETURNING action, before, after",
        (undone, job, n),
    ).fetchone()
    return Edit(action, LAYERS.decode(before), LAYERS.decode(after))
