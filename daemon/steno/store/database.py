"""One writing connection on one thread, a few reading ones beside it.

What a transaction tells is published after its commit, in the order of commits, whether or not
the coroutine that asked for it still waits: that is the only bridge from storage to the event hub.
"""

import asyncio
import contextlib
import os
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from steno.errors import StenoError

T = TypeVar("T")
Reader = sqlite3.Connection
READERS = 3
"""Queries at a time: a long one, or two, let short ones pass. Each has a connection, which SQLite
gives up to 2 MiB of cache; it is opened when the others are busy for the first time."""

FULL = {sqlite3.SQLITE_FULL}
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
BROKEN = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}


class StoredEvent(NamedTuple):
    """A durable event, as a row says it."""

    seq: int
    channel: str
    """`job:ID` and the like; empty: it concerns everybody."""
    type: str
    data: bytes
    """JSON with `ts`."""


class Transaction:
    """A `BEGIN IMMEDIATE` in progress: its connection and what it will tell."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.told: list[StoredEvent] = []
        self.kept: list[Callable[[], None]] = []
        """Called on the loop's thread once it is committed, before anybody hears what it told."""

    def execute(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        return self.connection.execute(sql, values)

    def tell(self, kind: str, data: msgspec.Struct, channel: str) -> None:
        """Stores the event `kind`, to be published once this transaction is committed."""
        body = stamped(msgspec.json.encode(data), time.time())
        row = self.execute(
            "INSERT INTO events (channel, type, data) VALUES (?, ?, ?)", (channel, kind, body)
        )
        assert row.lastrowid is not None
        self.told.append(StoredEvent(row.lastrowid, channel, kind, body))


def stamped(body: bytes, ts: float) -> bytes:
    """The JSON object `body` with the moment `ts` (seconds since the epoch) as its first member."""
    head = b'{"ts":%.3f' % ts
    return head + (b"}" if body == b"{}" else b"," + body[1:])


class Database:
    """The store. `publish` is called on the loop's thread with what each commit told."""

    def __init__(self, path: Path, *, max_pages: int | None = None) -> None:
        self.path = path
        self.id = ""
        self.publish: Callable[[list[StoredEvent]], None] = lambda events: None
        self.on_broken: Callable[[StenoError], None] = lambda error: None
        """Called on the loop's thread once storage failed for good."""
        self.writing = 0
        """Changes that somebody waits for. On the loop's thread only."""
        self._broken: StenoError | None = None
        self._max_pages = max_pages
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="steno-write")
        self._reading = ThreadPoolExecutor(READERS, thread_name_prefix="steno-read")
        self._writer: sqlite3.Connection | None = None
        self._idle: list[Reader] = []
        """Connections that no query uses; the last one has the warmest cache."""

    async def open(self) -> None:
        """Opens or makes the database and brings its schema up to date.

        Raises `database_damaged`, `database_newer`, `disk_full` or `storage_failed`.
        """
        self._loop = asyncio.get_running_loop()
        await self._loop.run_in_executor(self._writing, self._open)

    def _open(self) -> None:
        try:
            self._connect()
        except StenoError:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            raise

    def _connect(self) -> None:
        with self._explained():
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self._writer = connect(self.path)
            self._writer.execute("PRAGMA journal_mode = WAL")
            self._writer.execute("PRAGMA synchronous = FULL")
            self._writer.execute("PRAGMA foreign_keys = ON")
            if self._max_pages:
                self._writer.execute(f"PRAGMA max_page_count = {int(self._max_pages)}")
            migrate(self._writer, self.path)
            self.id = identity(self._writer)

    async def close(self) -> None:
        """Waits for what is under way, then closes. Further calls fail."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._reading.shutdown()
        while self._idle:
            self._idle.pop().close()
        if self._writer is not None:
            self._writing.submit(self._writer.close).result()
        self._writing.shutdown()

    async def write(self, change: Callable[[Transaction], T]) -> T:
        """Runs `change` in one transaction: all of it is committed and told, or nothing is.

        Raises `disk_full` (nothing changed, try again when there is room) or `storage_failed`;
        after that nothing is written any more.
        """
        self.writing += 1
        try:
            return await self._loop.run_in_executor(self._writing, self._write, change)
        finally:
            self.writing -= 1

    def _write(self, change: Callable[[Transaction], T]) -> T:
        assert self._writer is not None
        if self._broken is not None:
            raise self._broken
        with self._explained():
            self._writer.execute("BEGIN IMMEDIATE")
            transaction = Transaction(self._writer)
            try:
                result = change(transaction)
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
        if transaction.told or transaction.kept:
            self._loop.call_soon_threadsafe(self._committed, transaction)
        return result

    def _committed(self, transaction: Transaction) -> None:
        for keep in transaction.kept:
            keep()
        if transaction.told:
            self.publish(transaction.told)

    async def read(self, query: Callable[[Reader], T]) -> T:
        """Runs `query` on a reading thread, on one view of what is committed: at least all that
        was when it was asked for."""
        return await self._loop.run_in_executor(self._reading, self._read, query)

    def _read(self, query: Callable[[Reader], T]) -> T:
        with self._explained():
            reader = self._idle_reader()
            try:
                reader.execute("BEGIN")  # one view for all that `query` asks
                result = query(reader)
                reader.execute("ROLLBACK")
            except BaseException:
                reader.close()  # a cursor that the error keeps alive would keep its view, too
                raise
            self._idle.append(reader)
        return result

    def _idle_reader(self) -> Reader:
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        return connect(self.path, read_only=True)

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Reader]:
        """A connection of its own for a long read of one view, usable from one thread after
        another."""
        connection = await asyncio.to_thread(connect, self.path, read_only=True)
        try:
            await asyncio.to_thread(connection.execute, "BEGIN")
            yield connection
        finally:
            await asyncio.to_thread(connection.close)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns SQLite's errors into ours."""
        try:
            yield
        except sqlite3.Error as error:
            problem = explain(error, self.path)
            if problem.code == "storage_failed" and self.id:
                self._broken = problem
                self._loop.call_soon_threadsafe(self.on_broken, problem)
            raise problem from error
        except OSError as error:
            raise StenoError("storage_failed", why=error.strerror or error) from error


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Those that only read may be used from one thread after another."""
    mode = "ro" if read_only else "rw"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=10,
        check_same_thread=not read_only,
        cached_statements=256,
    )
    connection.row_factory = sqlite3.Row
    return connection


def explain(error: sqlite3.Error, path: Path) -> StenoError:
    """What `error` means for people."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if primary in FULL:
        return StenoError("disk_full", folder=path.parent)
    if primary in DAMAGED:
        return StenoError("database_damaged", path=path, why=error)
    if primary in BROKEN:
        return StenoError("storage_failed", why=error)
    return StenoError("internal", why=f"SQLite: {error}")


def migrations() -> list[str]:
    """The numbered scripts; the n-th leads from schema n-1 to n."""
    folder = Path(__file__).parent / "migrations"
    return [script.read_text(encoding="utf-8") for script in sorted(folder.glob("*.sql"))]


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Brings the schema up to date, one transaction a step."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    known = migrations()
    if found > len(known):
        raise StenoError("database_newer", path=path, found=found, known=len(known))
    for version, script in enumerate(known[found:], found + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {version};\nCOMMIT;"
        )


def identity(connection: sqlite3.Connection) -> str:
    """The name of this database in event ids."""
    connection.execute(
        "INSERT INTO meta VALUES ('id', ?) ON CONFLICT DO NOTHING", (secrets.token_hex(4),)
    )
    return str(connection.execute("SELECT value FROM meta WHERE key = 'id'").fetchone()[0])
