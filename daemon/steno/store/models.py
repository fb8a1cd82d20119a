"""Rows of models and of their downloads."""

import time
from typing import Literal, NamedTuple

import msgspec

from steno.errors import Problem
from steno.store.database import Reader, Transaction
from steno.wire.models import Trust

MODEL = "name, version, revision, pinned, size, verified, installed_at, newer, uses, last_used"
DOWNLOAD = "seq, name, status, revision, started_at, done, total, problem"


class ModelRecord(NamedTuple):
    """A model that is or was installed or used. Moments in seconds since the epoch."""

    name: str
    version: str | None = None
    """Name of its folder below the model's; None: not installed."""
    revision: str | None = None
    pinned: str | None = None
    """The catalogue's revision when it was installed."""
    size: int = 0
    """Bytes."""
    verified: Trust | None = None
    installed_at: float | None = None
    newer: str | None = None
    uses: int = 0
    last_used: float | None = None


class DownloadRecord(NamedTuple):
    """A download that waits, runs, or ended too soon."""

    seq: int
    name: str
    status: Literal["waiting", "downloading", "incomplete", "error"]
    revision: str | None
    started_at: float | None
    done: int
    """Bytes."""
    total: int | None
    problem: Problem | None


class Stored(NamedTuple):
    """All rows, by name."""

    models: dict[str, ModelRecord]
    downloads: dict[str, DownloadRecord]
    """In the order of the queue."""


def everything(db: Reader) -> Stored:
    models = [ModelRecord(*row) for row in db.execute(f"SELECT {MODEL} FROM models ORDER BY name")]
    downloads = []
    for row in db.execute(f"SELECT {DOWNLOAD} FROM downloads ORDER BY seq"):
        problem = msgspec.json.decode(row["problem"], type=Problem) if row["problem"] else None
        downloads.append(DownloadRecord(**{**dict(row), "problem": problem}))
    return Stored({one.name: one for one in models}, {one.name: one for one in downloads})


def install(tx: Transaction, new: ModelRecord) -> None:
    """Notes what is installed now, and that no download is wanted any more."""
    tx.execute(
        f"INSERT INTO models ({MODEL}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET version = excluded.version,"
        " revision = excluded.revision, pinned = excluded.pinned, size = excluded.size,"
        " verified = excluded.verified, installed_at = excluded.installed_at, newer = NULL",
        new,
    )
    forget_download(tx, new.name)


def uninstall(tx: Transaction, name: str) -> None:
    """Notes that nothing of a model is installed."""
    tx.execute(
        "UPDATE models SET version = NULL, revision = NULL, pinned = NULL, size = 0,"
        " verified = NULL, installed_at = NULL, newer = NULL WHERE name = ?",
        (name,),
    )


def know_newer(tx: Transaction, name: str, newer: str | None) -> None:
    """Notes the newest revision of an installed model; None: the installed one is it."""
    tx.execute("UPDATE models SET newer = ? WHERE name = ?", (newer, name))


def used(tx: Transaction, name: str) -> None:
    """Counts a use."""
    tx.execute(
        "INSERT INTO models (name, uses, last_used) VALUES (?, 1, ?) ON CONFLICT (name)"
        " DO UPDATE SET uses = uses + 1, last_used = excluded.last_used",
        (name, time.time()),
    )


def queue(tx: Transaction, name: str, revision: str | None) -> None:
    """Puts a download at the end of the queue; how far an earlier one came stays known, and what
    revision it was of, unless another one is asked for."""
    row = tx.execute(
        "SELECT done, total, revision FROM downloads WHERE name = ?", (name,)
    ).fetchone()
    done, total, before = row or (0, None, None)
    forget_download(tx, name)
    tx.execute(
        "INSERT INTO downloads (name, status, revision, done, total)"
        " VALUES (?, 'waiting', ?, ?, ?)",
        (name, revision or before, done, total),
    )


def forget_revision(tx: Transaction, name: str) -> None:
    """Has the catalogue's revision fetched."""
    tx.execute("UPDATE downloads SET revision = NULL WHERE name = ?", (name,))


def begin_download(tx: Transaction, name: str) -> None:
    tx.execute(
        "UPDATE downloads SET status = 'downloading', problem = NULL,"
        " started_at = coalesce(started_at, ?) WHERE name = ?",
        (time.time(), name),
    )


def end_download(
    tx: Transaction,
    name: str,
    status: Literal["incomplete", "error"],
    *,
    done: int,
    total: int | None,
    revision: str | None = None,
    problem: Problem | None = None,
) -> None:
    """Notes that a download ended too soon, with `done` of `total` bytes; `revision`: of another
    one than was asked for."""
    said = msgspec.json.encode(problem) if problem else None
    row = tx.execute("SELECT 1 FROM downloads WHERE name = ?", (name,)).fetchone()
    if row is None:
        tx.execute("INSERT INTO downloads (name, status) VALUES (?, ?)", (name, status))
    tx.execute(
        "UPDATE downloads SET status = ?, done = ?, total = ?, problem = ?,"
        " revision = coalesce(?, revision) WHERE name = ?",
        (status, done, total, said, revision, name),
    )


def forget_download(tx: Transaction, name: str) -> None:
    tx.execute("DELETE FROM downloads WHERE name = ?", (name,))
