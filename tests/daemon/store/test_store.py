"""The database: transactions, what they tell, and damage."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steno.errors import StenoError
from steno.plugins import Piece, Word
from steno.store import cues, database, edits, events, jobs, outputs, segments
from steno.store.database import Database, Reader, StoredEvent, Transaction
from steno.store.jobs import JobRecord, NewRecord
from steno.subtitles.layers import Layer
from steno.wire import JobSettings, Notice, SignalEvent

PIECES = [Piece(0, 16000), Piece(16000, 40000), Piece(50000, 60000, True)]
FRAGMENT = b'{"index":0,"text":"hello","language":"en"}'


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(tmp_path / "steno.db")
    await made.open()
    yield made
    await made.close()


def new(job: str = "j1", path: bytes = b"/m/bad\xff.wav") -> NewRecord:
    return NewRecord(
        id=job, path=path, name="bad\ufffd.wav", source_size=1, source_mtime=2, state="queued",
        settings=JobSettings(backend="b"), versions={"asr/b": "b 1"}, announced=3.0, language=None,
    )  # fmt: skip


def begin(tx: Transaction, job: JobRecord) -> None:
    jobs.new_lease(tx, job.seq)
    jobs.put(tx, job, "running")


async def planned(db: Database) -> JobRecord:
    def change(tx: Transaction) -> JobRecord:
        job = jobs.insert(tx, new())
        begin(tx, job)
        segments.add_pieces(tx, job.seq, 0, PIECES)
        found = jobs.get(tx.connection, job.id)
        assert found is not None
        return found

    return await db.write(change)


async def read_job(db: Database) -> JobRecord:
    found = await db.read(lambda reader: jobs.get(reader, "j1"))
    assert found is not None
    return found


async def test_a_job_comes_back_as_it_was_stored(db: Database) -> None:
    job = await planned(db)
    assert job.path == b"/m/bad\xff.wav"
    assert job.settings == JobSettings(backend="b")
    assert (job.state, job.lease, job.revision, job.planned) == ("running", 1, 2, 3)


async def test_what_is_told_is_published_after_the_commit_in_order(db: Database) -> None:
    heard: list[StoredEvent] = []
    db.publish = heard.extend
    signal = SignalEvent(code="resync", message="")
    for _ in range(20):
        await db.write(lambda tx: tx.tell("signal", signal, "job:j"))
    await asyncio.sleep(0)
    stored = await db.read(
        lambda reader: events.missed(reader, ["jobs"], 0, 1000, limit=100, size=10**6)
    )
    assert [event.seq for event in heard] == [event.seq for event in stored]
    assert len(heard) == 20
    assert b'"ts":' in heard[0].data


async def test_nothing_is_told_of_what_was_rolled_back(db: Database) -> None:
    heard: list[StoredEvent] = []
    db.publish = heard.extend

    def broken(tx: Transaction) -> None:
        jobs.insert(tx, new())
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await db.write(broken)
    await asyncio.sleep(0)
    assert heard == []
    assert await db.read(jobs.counts) == {}


async def test_a_fragment_is_committed_once(db: Database) -> None:
    job = await planned(db)
    assert await db.write(lambda tx: segments.commit_fragment(tx, job.seq, 0, FRAGMENT))
    assert not await db.write(lambda tx: segments.commit_fragment(tx, job.seq, 0, b"{}"))
    assert await db.read(lambda reader: segments.fragment(reader, job.seq, 0)) == FRAGMENT
    found = await read_job(db)
    assert (found.done, found.done_samples) == (1, 16000)


async def test_a_gap_and_a_fragment_exclude_each_other(db: Database) -> None:
    job = await planned(db)
    assert await db.write(lambda tx: segments.give_up(tx, job.seq, "j1", 1, "why"))
    assert not await db.write(lambda tx: segments.commit_fragment(tx, job.seq, 1, FRAGMENT))
    await db.write(lambda tx: segments.commit_fragment(tx, job.seq, 0, FRAGMENT))
    assert not await db.write(lambda tx: segments.give_up(tx, job.seq, "j1", 0, "why"))
    assert (await read_job(db)).failed == 1
    assert await db.write(lambda tx: segments.reopen_gaps(tx, job.seq)) == 1
    found = await read_job(db)
    assert (found.failed, found.done, found.done_samples) == (0, 1, 16000)
    assert await db.write(lambda tx: segments.commit_fragment(tx, job.seq, 1, FRAGMENT))


async def test_an_old_lease_is_known(db: Database) -> None:
    job = await planned(db)
    assert await db.write(lambda tx: jobs.holds(tx, job.seq, 1))
    await db.write(lambda tx: jobs.put(tx, job, "paused"))
    assert not await db.write(lambda tx: jobs.holds(tx, job.seq, 1))
    await db.write(lambda tx: begin(tx, job))
    assert not await db.write(lambda tx: jobs.holds(tx, job.seq, 1))
    assert await db.write(lambda tx: jobs.holds(tx, job.seq, 2))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE fragments SET payload = x'00'", "checksum"),
        ("DELETE FROM fragments", "0 fragments and 1"),
        ("DELETE FROM segments WHERE idx = 1", "2 of 3"),
        ("UPDATE segments SET start = 5 WHERE idx = 1", "overlap"),
        ("UPDATE jobs SET done = 2", "1 fragments and 2"),
        ("DELETE FROM events WHERE type = 'fragment'", "events"),
    ],
)
async def test_stored_work_that_contradicts_itself_is_noticed(
    db: Database, damage: str, said: str
) -> None:
    job = await planned(db)

    def change(tx: Transaction) -> None:
        segments.commit_fragment(tx, job.seq, 0, FRAGMENT)
        tx.tell("fragment", SignalEvent(code="resync", message=""), "job:j1")

    await db.write(change)
    found = await read_job(db)
    assert await db.read(lambda reader: segments.check(reader, found)) is None
    await db.write(lambda tx: tx.execute(damage) and None)
    found = await read_job(db)
    wrong = await db.read(lambda reader: segments.check(reader, found))
    assert wrong is not None
    assert said in wrong


async def test_a_full_disk_changes_nothing_and_is_said(tmp_path: Path) -> None:
    db = Database(tmp_path / "steno.db", max_pages=60)
    await db.open()
    count = 0
    with pytest.raises(StenoError) as caught:
        for count in range(10_000):
            await db.write(lambda tx, n=count: jobs.insert(tx, new(f"j{n:05}")))  # type: ignore[misc]
    assert caught.value.code == "disk_full"
    assert (await db.read(jobs.counts)) == {"queued": count}
    await db.write(lambda tx: tx.execute("DELETE FROM jobs") and None)
    await db.write(lambda tx: jobs.insert(tx, new()))
    await db.close()


async def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "steno.db"
    path.write_bytes(b"this is not a database, it is a poem " * 100)
    before = path.read_bytes()
    with pytest.raises(StenoError) as caught:
        await Database(path).open()
    assert caught.value.code == "database_damaged"
    assert path.read_bytes() == before


async def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "steno.db"
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(StenoError) as caught:
        await Database(path).open()
    assert caught.value.code == "database_newer"


async def test_acknowledged_work_survives_a_torn_log(tmp_path: Path) -> None:
    """The write-ahead log cut anywhere leaves a beginning of what was committed, never a hole."""
    path = tmp_path / "steno.db"
    db = Database(path)
    await db.open()
    signal = SignalEvent(code="resync", message="x" * 200)
    for _ in range(40):
        await db.write(lambda tx: tx.tell("signal", signal, ""))
    whole, log = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    await db.close()
    assert len(log) > 4096
    last = 0
    for cut in range(0, len(log), max(512, len(log) // 60 // 512 * 512)):
        copy = tmp_path / "copy.db"
        copy.write_bytes(whole)
        Path(f"{copy}-wal").write_bytes(log[:cut])
        again = Database(copy)
        await again.open()
        found = await again.read(
            lambda reader: events.missed(reader, ["jobs"], 0, 1000, limit=100, size=10**6)
        )
        assert [event.seq for event in found] == list(range(1, len(found) + 1))
        assert len(found) >= last
        last = len(found)
        await again.close()
        for leftover in tmp_path.glob("copy.db*"):
            leftover.unlink()
    assert last > 30


async def test_warnings_are_kept_once_a_code_until_they_are_taken_back(db: Database) -> None:
    job = await planned(db)
    for text in ("old", "new"):
        notice = Notice(code="c", message=text)
        await db.write(lambda tx, n=notice: jobs.warn(tx, job.seq, n))  # type: ignore[misc]
    assert (await read_job(db)).warnings == [Notice(code="c", message="new")]
    await db.write(lambda tx: jobs.warn(tx, job.seq, Notice(code="d", message="it")))
    await db.write(lambda tx: jobs.unwarn(tx, job.seq, ["c", "e"]))
    assert (await read_job(db)).warnings == [Notice(code="d", message="it")]


async def test_outputs_remember_this_and_the_last_writing(db: Database) -> None:
    def change(tx: Transaction) -> None:
        outputs.reserve(tx, b"/m/a.srt", "j1", b"/m/a.wav", "srt")
        outputs.wrote(tx, b"/m/a.srt", "two", "one")
        outputs.reserve(tx, b"/m/a.vtt", "j1", b"/m/a.wav", "vtt")
        outputs.release(tx, "j1")

    await db.write(change)
    (found,) = await db.read(lambda reader: outputs.of_job(reader, "j1"))
    assert (found.sha256, found.previous) == ("two", "one")


async def test_files_that_lack_edits_are_found_by_their_index(db: Database) -> None:
    job = await planned(db)

    def written(tx: Transaction) -> None:
        for path, form in ((b"/m/a.srt", "srt"), (b"/m/a.vtt", "vtt")):
            outputs.reserve(tx, path, "j1", b"/m/a.wav", form)  # type: ignore[arg-type]
            outputs.wrote(tx, path, "one", None)

    await db.write(written)
    assert await db.read(outputs.behind) == []

    def edited(tx: Transaction) -> int:
        outputs.fall_behind(tx, "j1")
        return edits.count(tx, job.seq)

    earlier = await db.write(edited)
    assert await db.read(outputs.behind) == [], "its job runs still"
    await db.write(lambda tx: jobs.put(tx, job, "completed"))
    assert await db.read(outputs.behind) == ["j1"]
    now = await db.write(edited)
    await db.write(lambda tx: outputs.settle(tx, b"/m/a.srt", "j1", earlier))
    await db.write(lambda tx: outputs.settle(tx, b"/m/a.vtt", "j1", now))
    await db.write(lambda tx: outputs.settle(tx, b"/m/a.srt", "another", now))
    found = await db.read(lambda reader: outputs.of_job(reader, "j1"))
    assert [(one.format, one.behind) for one in found] == [("srt", True), ("vtt", False)]

    asked: list[str] = []

    def watched(reader: Reader) -> None:
        reader.set_trace_callback(asked.append)
        outputs.behind(reader)
        reader.set_trace_callback(None)

    await db.read(watched)
    plan = await db.read(
        lambda reader: [row[3] for row in reader.execute(f"EXPLAIN QUERY PLAN {asked[-1]}")]
    )
    assert "outputs_behind" in plan[0], plan
    assert plan[1].startswith("SEARCH j"), plan


async def test_a_long_read_sees_one_moment(db: Database) -> None:
    job = await planned(db)
    query = "SELECT text_revision FROM jobs"
    async with db.snapshot() as reader:
        before = await asyncio.to_thread(lambda: reader.execute(query).fetchone()[0])
        await db.write(lambda tx: edits.count(tx, job.seq))
        assert await asyncio.to_thread(lambda: reader.execute(query).fetchone()[0]) == before
    assert (await read_job(db)).text_revision == before + 1


async def test_cues_by_range_and_after_a_cue(db: Database) -> None:
    job = await planned(db)

    def change(tx: Transaction) -> None:
        for segment in range(3):
            rows = [
                cues.CueRow(10.0 * segment + n, 10.0 * segment + n + 1, f"{segment}{n}", [])
                for n in range(4)
            ]
            cues.insert(tx, job.seq, segment, rows)

    await db.write(change)

    async def ids(**query: object) -> list[str]:
        found = await db.read(lambda r: list(cues.scan(r, job.seq, **query)))  # type: ignore[arg-type]
        return [cue.id for cue in found]

    assert await ids(start=10.5, end=12.0) == ["1.0", "1.1"]
    assert await ids(after=cues.Place(12.0, 1, 2), limit=3) == ["1.3", "2.0", "2.1"]
    assert len(await ids()) == 12


async def test_a_database_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "steno.db"
    with sqlite3.connect(path) as raw:
        raw.executescript(f"{database.migrations()[0]}\nPRAGMA user_version = 1;")
        raw.execute(
            "INSERT INTO jobs (id, path, name, source_size, source_mtime, state, created_at,"
            " settings, versions) VALUES ('j1', x'2f', 'old film', 1, 1, 'completed', 1, '{}',"
            " '{}')"
        )
        raw.executemany(
            "INSERT INTO cues (job, idx, n, start, end, text, words) VALUES (1, ?, ?, ?, ?, ?, ?)",
            [
                (0, 1, 1.0, 2.0, "later", b"[]"),
                (0, 0, 0.5, 1.0, "first", b'[{"text":"first","start":0.5,"end":1.0,"score":0.9}]'),
            ],
        )
    raw.close()
    db = Database(path)
    await db.open()
    job = await read_job(db)
    found = await db.read(lambda reader: list(cues.scan(reader, job.seq)))
    assert [(cue.id, cue.text, cue.revision, cue.modified) for cue in found] == [
        ("0.0", "first", 0, []), ("0.1", "later", 0, []),
    ]  # fmt: skip
    assert found[0].words == [Word("first", 0.5, 1.0, 0.9)]

    def change(tx: Transaction) -> None:
        layer = Layer(text="edited", start=3.0, end=4.0, words=())
        edits.put(tx, job.seq, edits.Touched(0, 0, layer))

    await db.write(change)
    found = await db.read(lambda reader: list(cues.scan(reader, job.seq)))
    assert [cue.text for cue in found] == ["later", "edited"]
    assert await named(db, "old fil") == (["j1"], 1)
    await db.close()


async def test_a_long_query_lets_short_ones_pass(db: Database) -> None:
    """With each of the others' connections, and with what is committed meanwhile."""
    await planned(db)
    many = max(1, database.READERS - 1)
    begun, go_on = threading.Barrier(many + 1), threading.Event()

    def count(reader: Reader) -> int:
        (found,) = reader.execute("SELECT count(*) FROM jobs").fetchone()
        return int(found)

    def long(reader: Reader) -> tuple[int, int]:
        first = count(reader)
        begun.wait(20)
        assert go_on.wait(20)
        return first, count(reader)

    waiting = [asyncio.create_task(db.read(long)) for _ in range(many)]
    try:
        await asyncio.to_thread(begun.wait, 20)
        async with asyncio.timeout(20):
            assert await db.read(count) == 1
        await db.write(lambda tx: jobs.insert(tx, new("j2")))
        assert await db.read(count) == 2
    finally:
        go_on.set()
    assert await asyncio.gather(*waiting) == [(1, 1)] * many, "one view a query"
    assert [await db.read(count) for _ in range(5)] == [2] * 5


async def test_a_query_that_fails_leaves_no_old_view_behind(db: Database) -> None:
    await planned(db)
    kept: list[sqlite3.Cursor] = []

    def half(reader: Reader) -> None:
        kept.append(reader.execute("SELECT idx FROM segments"))
        kept[0].fetchone()
        raise StenoError("job_not_found", job="x")

    with pytest.raises(StenoError, match="x"):
        await db.read(half)
    await db.write(lambda tx: jobs.insert(tx, new("j2")))
    assert await db.read(lambda reader: jobs.get(reader, "j2")) is not None


async def test_closing_waits_for_queries_and_leaves_no_log_behind(tmp_path: Path) -> None:
    db = Database(tmp_path / "steno.db")
    await db.open()
    await planned(db)
    begun, go_on = threading.Event(), threading.Event()

    def long(reader: Reader) -> int:
        begun.set()
        assert go_on.wait(20)
        return len(reader.execute("SELECT * FROM jobs").fetchall())

    reading = asyncio.create_task(db.read(long))
    await asyncio.to_thread(begun.wait, 20)
    closing = asyncio.create_task(db.close())
    go_on.set()
    await closing
    assert await reading == 1
    assert [path.name for path in tmp_path.iterdir()] == ["steno.db"], "every connection is closed"


NAMES = [
    "Bad\u00c9 one.mkv",
    "film%two_.mkv",
    'a "quoted" AND.wav',
    "ab",
    "Film 3\\x.MKV",
    "*-^:(.wav",
]
PARTS = [*{name[a:b] for name in NAMES for a in range(len(name)) for b in range(a + 1, a + 7)}]
PARTS += [
    "bad\u00e9",
    "FILM",
    "one.*",
    "film_two",
    "m%t",
    "mkv.",
    "zzz",
    "\0\0\0",
    "ab\0",
    "a b c d",
]


async def named(db: Database, text: str, *states: str, **limits: int) -> tuple[list[str], int]:
    """Ids and number of the jobs that a search finds."""

    def query(reader: Reader) -> tuple[list[jobs.JobRecord], int]:
        before, limit = limits.get("before"), limits.get("limit", 50)
        offset = limits.get("offset", 0)
        return jobs.page(
            reader, states=states, text=text, before=before, offset=offset, limit=limit
        )

    found, total = await db.read(query)
    return [job.id for job in found], total


async def test_jobs_are_found_by_any_part_of_their_name(db: Database) -> None:
    def add(tx: Transaction) -> None:
        for number, name in enumerate(NAMES):
            job = jobs.insert(tx, new(f"j{number}")._replace(name=name))
            if number % 2:
                jobs.put(tx, job, "running")

    await db.write(add)
    for part in PARTS:
        hits = [n for n, name in enumerate(NAMES) if part.lower() in name.lower()][::-1]
        ids = [f"j{n}" for n in hits]
        assert await named(db, part) == (ids, len(ids)), part
        odd = [f"j{n}" for n in hits if n % 2]
        assert await named(db, part, "running", "paused") == (odd, len(odd)), part
        assert await named(db, part, limit=1) == (ids[:1], len(ids)), part
        assert await named(db, part, offset=1, limit=2) == (ids[1:3], len(ids)), part
        assert await named(db, part, "running", offset=1) == (odd[1:], len(odd)), part
        assert await named(db, part, before=3) == ([i for i in ids if i < "j2"], len(ids))


async def test_names_are_found_as_they_are_now(db: Database) -> None:
    """The index keeps no word of what is gone, which would be taken for another job's later on."""
    job = await planned(db)
    await db.write(lambda tx: jobs.settle(tx, job.seq, name="renamed.mkv"))
    assert await named(db, "bad\ufffd") == ([], 0)
    assert await named(db, "renamed") == (["j1"], 1)
    await db.write(lambda tx: jobs.delete(tx, job))
    assert await named(db, "renamed") == ([], 0)
    await db.write(
        lambda tx: tx.execute("INSERT INTO job_names(job_names) VALUES('integrity-check')")
    )


async def test_files_of_the_old_schema_lack_what_was_edited_since(tmp_path: Path) -> None:
    path = tmp_path / "steno.db"
    with sqlite3.connect(path) as raw:
        for script in database.migrations()[:4]:
            raw.executescript(script)
        raw.execute("PRAGMA user_version = 4")
        for n, edit in ((1, 20.0), (2, 5.0), (3, None)):
            raw.execute(
                "INSERT INTO jobs (seq, id, path, name, source_size, source_mtime, state,"
                " created_at, settings, versions) VALUES (?, 'j' || ?, x'2f', 'f', 1, 1,"
                " 'completed', 1, '{}', '{}')",
                (n, n),
            )
            raw.execute(
                "INSERT INTO outputs (path, job, source, format, sha256, at)"
                " VALUES ('/' || ?, 'j' || ?, x'2f', 'srt', 'one', 10.0)",
                (n, n),
            )
            if edit is not None:
                raw.execute(
                    "INSERT INTO edits VALUES (?, 1, 'change', '[]', '[]', 0, ?)", (n, edit)
                )
    raw.close()
    db = Database(path)
    await db.open()
    assert await db.read(outputs.behind) == ["j1"]
    await db.close()
