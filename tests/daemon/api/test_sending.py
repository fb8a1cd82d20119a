"""Answers as they are sent: to clients that do not read, broken off, and not sent again."""

import asyncio
import logging

import msgspec
import pytest
from aiohttp import web

from daemon.events.test_stream import Served, Socket, closed, connections, served
from harness import until
from steno.api import middleware, sending
from steno.plugins import Piece, Word
from steno.store import cues, jobs, segments
from steno.store.cues import CueRow
from steno.store.database import Transaction
from steno.store.jobs import NewRecord
from steno.wire import JobSettings, Transcript

__all__ = ["closed", "served"]

ROUTE = "/api/jobs/a1"
LONG = 4000
"""Cues of 500 characters: more than sockets hold, and than is kept in memory."""


@pytest.fixture
async def spoken(served: Served) -> Served:
    """A daemon with a job that said much."""
    new = NewRecord(
        id="a1", path=b"/a", name="a", source_size=1, source_mtime=1, state="created",
        settings=JobSettings(), versions={}, announced=None, language=None,
    )  # fmt: skip

    def change(tx: Transaction) -> None:
        job = jobs.insert(tx, new)
        segments.add_pieces(tx, job.seq, 0, [Piece(0, 16_000 * LONG)])
        rows = [CueRow(n, n + 1.0, "x " * 250, [Word("x", n, n + 0.5, 0.9)]) for n in range(LONG)]
        cues.insert(tx, job.seq, 0, rows)

    await served.daemon.db.write(change)
    return served


def get(served: Served, path: str, **headers: str) -> Socket:
    """A client that asked, and reads nothing yet."""
    found = Socket(served.path)
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    found.send(f"GET {path} HTTP/1.1\r\nHost: steno\r\nConnection: close\r\n{lines}\r\n")
    return found


def parted(said: bytes) -> tuple[dict[bytes, bytes], bytes]:
    """Headers and body of an answer that is not chunked."""
    head, _, body = said.partition(b"\r\n\r\n")
    lines = [line.partition(b": ") for line in head.split(b"\r\n")[1:]]
    return {name.lower(): value for name, _, value in lines}, body


async def test_a_reader_that_stops_is_let_go_and_gets_no_second_answer(
    spoken: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sending, "SEND_TIMEOUT", 0.1)
    with caplog.at_level(logging.DEBUG, "steno.api.middleware"):
        stuck = get(spoken, f"{ROUTE}/output.srt")
        await stuck.until(b"HTTP/1.1 200 OK\r\n")
        await until(lambda: connections(spoken) == 0, what="it is given up")
    said = await stuck.to_the_end()
    assert said.count(b"HTTP/1.1") == 1
    assert not said.endswith(b"0\r\n\r\n"), "it can be seen that it is not whole"
    (told,) = [record for record in caplog.records if "output.srt" in record.getMessage()]
    assert (told.levelno, told.exc_info) == (logging.DEBUG, None)


async def test_a_reader_that_is_slow_holds_nothing_of_the_database(spoken: Served) -> None:
    slow = get(spoken, f"{ROUTE}/output.srt")
    await slow.until(b"HTTP/1.1 200 OK\r\n")

    db = spoken.daemon.db
    await db.write(lambda tx: jobs.settle(tx, 1, language="en"))
    writer = db._writer
    assert writer is not None

    def checkpoint() -> tuple[int, ...]:
        return tuple(writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())

    done = await asyncio.get_running_loop().run_in_executor(db._writing, checkpoint)
    assert done == (0, 0, 0), "all was taken over, and nobody looks at what was before"
    said = await slow.to_the_end()
    assert said.count(b" --> ") == LONG
    assert said.endswith(b"0\r\n\r\n")


async def test_what_fails_before_its_answer_begins_is_told(
    spoken: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("steno.jobs.result.rendered", broken)
    said = await get(spoken, f"{ROUTE}/output.srt").to_the_end()
    assert said.startswith(b"HTTP/1.1 500 ")
    assert b'"code":"internal"' in said


async def test_what_fails_later_ends_its_connection(
    spoken: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(response: web.StreamResponse) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("steno.api.transcripts.finish", broken)
    said = await get(spoken, f"{ROUTE}/output.srt").to_the_end()
    assert said.count(b"HTTP/1.1") == 1
    assert not said.endswith(b"0\r\n\r\n")
    (told,) = [one for one in caplog.records if one.name == middleware.__name__]
    assert (told.levelno, bool(told.exc_info)) == (logging.ERROR, True)


async def test_an_answer_that_is_at_hand_is_not_sent_again(spoken: Served) -> None:
    headers, body = parted(await get(spoken, f"{ROUTE}/transcript?limit=2").to_the_end())
    found = msgspec.json.decode(body, type=Transcript)
    assert [(cue.id, len(cue.words)) for cue in found.cues] == [("0.0", 1), ("0.1", 1)]
    tag = headers[b"etag"].decode()
    assert tag.startswith('W/"')

    await spoken.daemon.db.write(lambda tx: tx.tell("signal", found.progress, "job:else"))
    for given in (tag, f'"other", {tag}', "*"):
        same = get(spoken, f"{ROUTE}/transcript?limit=2", If_None_Match=given)
        headers, body = parted(await same.to_the_end())
        assert same.got.startswith(b"HTTP/1.1 304 "), "what happens to others changes nothing"
        assert (headers[b"etag"].decode(), body) == (tag, b"")

    for query in (
        "limit=3",
        "limit=2&from=5",
        "limit=2&words=false",
        f"limit=2&cursor={found.next}",
    ):
        other = get(spoken, f"{ROUTE}/transcript?{query}", If_None_Match=tag)
        assert (await other.to_the_end()).startswith(b"HTTP/1.1 200 "), query

    await spoken.daemon.db.write(lambda tx: jobs.settle(tx, 1, language="en"))
    changed = get(spoken, f"{ROUTE}/transcript?limit=2", If_None_Match=tag)
    assert (await changed.to_the_end()).startswith(b"HTTP/1.1 200 ")
