"""Stored events: who missed what, and what is no longer known."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steno.store import events
from steno.store.database import Database, Reader, Transaction
from steno.wire import SignalEvent

SIGNAL = SignalEvent(code="job_complete", message="x" * 100)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    found = Database(tmp_path / "steno.db")
    await found.open()
    yield found
    await found.close()


async def tell(db: Database, *told: str) -> None:
    """Stores events, each named `kind channel`; the n-th has the number n."""

    def change(tx: Transaction) -> None:
        for one in told:
            kind, _, channel = one.partition(" ")
            tx.tell(kind, SIGNAL, channel)

    await db.write(change)


async def missed(
    db: Database, *channels: str, after: int = 0, until: int = 99, limit: int = 99, size: int = 9999
) -> list[int]:
    def query(reader: Reader) -> list[int]:
        found = events.missed(reader, channels, after, until, limit=limit, size=size)
        return [event.seq for event in found]

    return await db.read(query)


async def gone(db: Database, *channels: str, after: int) -> bool:
    return await db.read(lambda reader: events.gone(reader, channels, after))


async def forget(db: Database, channel: str, keep: int) -> int:
    return await db.write(lambda tx: events.forget(tx, channel, keep))


async def test_a_client_missed_what_its_channels_carry(db: Database) -> None:
    await tell(
        db, "job job:a", "fragment job:a", "job job:b", "fragment job:b", "edit job:a", "error ",
        "model_complete models:asr/x", "gap job:a", "job jobs2:x",
    )  # fmt: skip
    assert await missed(db, "job:a") == [1, 2, 5, 6, 8]
    assert await missed(db, "jobs") == [1, 3, 6, 8]
    assert await missed(db, "jobs", "job:b") == [1, 3, 4, 6, 8]
    assert await missed(db, "models") == [6, 7]
    assert await missed(db, "transcripts") == [2, 4, 5, 6]
    assert await missed(db, "transcripts", "job:b") == [2, 3, 4, 5, 6]
    assert await missed(db, "jobs", "transcripts", "models") == [1, 2, 3, 4, 5, 6, 7, 8]
    assert await missed(db, "job:a", after=2, until=6) == [5, 6]
    assert await missed(db, "jobs", "job:a", limit=3) == [1, 2, 3]


async def test_what_was_missed_is_read_in_bounded_portions(db: Database) -> None:
    await tell(db, *["job job:a"] * 9)
    portion = await missed(db, "jobs", size=400)
    assert portion == [1, 2, 3]
    assert await missed(db, "job:a", after=3, size=1) == [4], "one at least, however large"


async def test_all_is_known_until_something_is_forgotten(db: Database) -> None:
    await tell(db, *["job job:a"] * 5)
    assert await forget(db, "job:a", 5) == 0
    assert not await gone(db, "job:a", "jobs", after=0)


async def test_only_who_missed_what_was_forgotten_is_told_so(db: Database) -> None:
    await tell(
        db, "job job:a", "job job:b", "fragment job:a", "job job:a", "fragment job:a", "job job:b",
        "fragment job:a", "fragment job:a",
    )  # fmt: skip
    assert await forget(db, "job:a", 2) == 4
    assert await missed(db, "job:a") == [7, 8]
    assert await gone(db, "job:a", after=4)
    assert not await gone(db, "job:a", after=5), "the newest that is forgotten was seen"
    assert not await gone(db, "job:b", after=0)
    assert await gone(db, "job:b", "job:a", after=0)
    assert await gone(db, "jobs", after=3)
    assert not await gone(db, "jobs", after=4), "a fragment was none of its own"
    assert await gone(db, "transcripts", after=4)
    assert not await gone(db, "transcripts", after=5)
    assert await gone(db, "jobs", "transcripts", after=4)
    assert not await gone(db, "models", after=0)


async def test_what_was_forgotten_last_counts(db: Database) -> None:
    await tell(db, *["job job:a"] * 3, *["job job:b"] * 3)
    await forget(db, "job:b", 1)
    await forget(db, "job:a", 1)
    assert await gone(db, "jobs", after=4), "the older job was forgotten later"
    assert not await gone(db, "jobs", after=5)
    await tell(db, "job job:a", "job job:a")
    await forget(db, "job:a", 1)
    assert await gone(db, "job:a", after=6)
    assert not await gone(db, "job:a", after=7)


async def test_numbers_beyond_nine_are_compared_as_numbers(db: Database) -> None:
    await tell(db, *["job job:a"] * 12)
    await forget(db, "job:a", 3)
    await forget(db, "job:a", 1)
    assert await gone(db, "job:a", after=10)
    assert not await gone(db, "job:a", after=11)


async def test_numbers_are_never_used_again(tmp_path: Path) -> None:
    db = Database(tmp_path / "steno.db")
    await db.open()
    await tell(db, *["job job:a"] * 3)
    await forget(db, "job:a", 0)
    await db.close()
    again = Database(tmp_path / "steno.db")
    await again.open()
    assert await again.read(events.last) == 3
    await tell(again, "job job:a")
    assert await missed(again, "job:a") == [4]
    assert await gone(again, "job:a", after=2)
    await again.close()
