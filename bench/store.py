"""A large store: 100,000 jobs, and a transcript of 50,000 cues with words.

Both are written through `steno.store`; then a daemon is started on them and asked over its socket,
one request at a time. Counted: from sending a request to the last byte of its answer. Starting is
measured beside a daemon with an empty store. While the whole transcript is streamed, in each
format, another process asks for GET /api/health all the time: how long the slowest answer took is
how long the loop was held, at most. Of the rounds the quietest counts: other work on the machine
only adds, and what Steno itself does comes in each.
"""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles

import msgspec

from measure.daemon import Home, new_home
from measure.ratios import arguments, judge, pairwise, spread
from steno import door
from steno.plugins import Fragment, Piece, Word
from steno.store import cues, jobs, segments
from steno.store.cues import CueRow
from steno.store.database import Database, Transaction
from steno.store.jobs import NewRecord
from steno.wire import FORMATS, JobSettings

SEGMENTS, CUES, WORDS = 10_000, 5, 10
"""In the transcript; cues a segment, words a cue."""
LASTS = 2.5
"""Seconds a cue."""
TEXT = "it takes a while until somebody has said this aloud"
AT_ONCE = 500
"""Jobs or segments that are stored in one transaction."""
PATIENCE = 60.0
BAR = 10.0
"""Milliseconds an answer may take."""
CLOSED = "Connection: close\r\n\r\n"


def record(name: str) -> NewRecord:
    return NewRecord(
        id=name,
        path=f"/media/{name}.mkv".encode(),
        name=f"{name}.mkv",
        source_size=1,
        source_mtime=1,
        state="queued",
        settings=JobSettings(backend="fake", splitter="fake"),
        versions={"asr/fake": "fake 1"},
        announced=LASTS * CUES * SEGMENTS,
        language="en",
    )


async def filled(home: Home, *, films: int, long: bool) -> None:
    """Stores `films` jobs that are done and, if `long`, one with a long transcript."""
    door.make_folders(home.paths)
    db = Database(home.paths.database)
    await db.open()
    for numbers in batched(films):
        await db.write(partial(add_films, numbers=numbers))
    if long:
        await db.write(lambda tx: done(tx, "long"))
        for numbers in batched(SEGMENTS):
            await db.write(partial(add_text, numbers=numbers))
    await db.close()


def batched(count: int) -> Iterator[range]:
    return (range(first, min(first + AT_ONCE, count)) for first in range(0, count, AT_ONCE))


def add_films(tx: Transaction, numbers: range) -> None:
    for number in numbers:
        done(tx, f"film{number:06}")


def done(tx: Transaction, name: str) -> None:
    job = jobs.insert(tx, record(name))
    jobs.put(tx, job, "running")
    jobs.put(tx, job, "completed")


def add_text(tx: Transaction, numbers: range) -> None:
    job = jobs.get(tx.connection, "long")
    assert job is not None
    lasts = int(LASTS * CUES * 16_000)
    pieces = [Piece(number * lasts, (number + 1) * lasts) for number in numbers]
    segments.add_pieces(tx, job.seq, numbers.start, pieces)
    for number in numbers:
        rows = [spoken((number * CUES + n) * LASTS) for n in range(CUES)]
        words = tuple(word for row in rows for word in row.words)
        fragment = Fragment(index=number, text=" ".join(w.text for w in words), words=words)
        segments.commit_fragment(tx, job.seq, number, msgspec.json.encode(fragment))
        cues.insert(tx, job.seq, number, rows)


def spoken(start: float) -> CueRow:
    step = LASTS / WORDS
    texts = enumerate(TEXT.split())
    words = [Word(t, start + i * step, start + (i + 1) * step, 0.875) for i, t in texts]
    return CueRow(start, start + LASTS, TEXT, words)


# Asking -----------------------------------------------------------------------------------------


def ask(path: Path, head: str, body: bytes = b"") -> tuple[float, bytes]:
    """Seconds that a request takes, and the body of its answer. `head` ends without an empty
    line."""
    sent = f"{head}\r\nHost: steno\r\nContent-Length: {len(body)}\r\n{CLOSED}".encode() + body
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(str(path))
        begun = time.perf_counter()
        link.sendall(sent)
        parts = []
        while part := link.recv(2**20):
            parts.append(part)
        took = time.perf_counter() - begun
    answered, _, found = b"".join(parts).partition(b"\r\n\r\n")
    if b" 20" not in answered[:14]:
        raise SystemExit(f"{head}: {answered.decode()}\n{found[:500].decode()}")
    return took, found


def get(path: Path, what: str) -> tuple[float, bytes]:
    return ask(path, f"GET {what} HTTP/1.1")


def held(what: str, times: list[float], *, most: float = 0.0) -> None:
    """Tells how long requests took, seconds, and holds the median against a bar, milliseconds."""
    millis = [1000 * t for t in times]
    print(f"{what}: {spread(millis)} ms, 95 % within {quantiles(millis, n=20)[-1]:.2f} ms")
    if most:
        judge(f"{what}, ms", median(millis), most=most)


def started(home: Home) -> tuple[subprocess.Popen[bytes], float]:
    """A daemon, and the seconds until it answered."""
    path = home.paths.socket
    path.unlink(missing_ok=True)
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "steno.stenod"],
        env=home.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while True:
        try:
            get(path, "/api/health")
        except OSError:
            if process.poll() is not None or time.monotonic() - begun > PATIENCE:
                process.kill()
                raise SystemExit("stenod does not answer") from None
            time.sleep(0.001)
        else:
            return process, time.monotonic() - begun


def ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()


# What is measured -------------------------------------------------------------------------------


def starts(full: Home, empty: Home, rounds: int) -> None:
    pairs: list[tuple[float, float]] = []
    for _ in range(rounds):
        took = []
        for home in (full, empty):
            process, seconds = started(home)
            took.append(seconds)
            ended(process)
        pairs.append((took[0], took[1]))
    for name, side in (("100,000 jobs", 0), ("no job", 1)):
        print(f"{name}: answers after {spread([1000 * p[side] for p in pairs], 0)} ms")
    judge("start with 100,000 jobs", pairwise(pairs), most=1.3)


def lists(path: Path, count: int) -> None:
    _, first = get(path, "/api/jobs?limit=50")
    cursor = json.loads(first)["next"]
    for what, query in (
        ("a first page of jobs", ""),
        ("a further page of jobs", f"&cursor={cursor}"),
        ("a page of completed jobs", "&state=completed"),
        ("a page of jobs by name", "&q=film0500"),
    ):
        times = [get(path, f"/api/jobs?limit=50{query}")[0] for _ in range(count)]
        held(what, times, most=0.0 if "name" in what else BAR)


def pages(path: Path, count: int) -> None:
    route, middle = "/api/jobs/long/transcript?limit=500", SEGMENTS * CUES * LASTS / 2
    _, body = get(path, f"{route}&from={middle}")
    deep = json.loads(body)
    assert len(deep["cues"]) == 500
    assert len(deep["cues"][0]["words"]) == WORDS
    queries = (
        ("the first page of cues", ""),
        ("a page of cues by cursor", f"&cursor={deep['next']}"),
        ("a page of cues by time", f"&from={middle}&to={middle + 500 * LASTS}"),
    )
    for what, query in queries:
        times = [get(path, route + query)[0] for _ in range(count)]
        held(what, times, most=BAR)


def edits(path: Path, count: int) -> None:
    times = []
    for number in range(count):
        cue = f"{SEGMENTS // 2 + number}.2"
        head = f"PATCH /api/jobs/long/cues/{cue} HTTP/1.1\r\nIf-Match: *"
        body = msgspec.json.encode({"text": f"{TEXT}, number {number}"})
        times.append(ask(path, head, body)[0])
    held("an edit of a text", times, most=BAR)
    times = [ask(path, "POST /api/jobs/long/undo HTTP/1.1")[0] for _ in range(count)]
    held("an undo", times, most=BAR)


def ping(path: Path, ends: Connection) -> None:
    """Asks for the daemon's health until told to end; sends how long the answers took."""
    times = []
    ends.send(True)
    while not ends.poll():
        times.append(get(path, "/api/health")[0])
    ends.send(times)


def beside(path: Path, work: Callable[[], object]) -> list[float]:
    """How long answers took while `work` was done, seconds."""
    spawning = get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=ping, args=(path, theirs), daemon=True)
    process.start()
    ours.recv()
    work()
    ours.send(True)
    times: list[float] = ours.recv()
    process.join()
    return times


def streams(path: Path, rounds: int) -> None:
    resting = beside(path, lambda: time.sleep(2))
    print(f"health at rest: {spread([1000 * t for t in resting])} ms")
    for form in FORMATS:
        worst: list[float] = []
        took: list[float] = []
        most_of_them: list[float] = []

        def work(form: str = form, took: list[float] = took) -> None:
            took.append(get(path, f"/api/jobs/long/output.{form}")[0])

        for _ in range(rounds):
            times = [1000 * t for t in beside(path, work)]
            worst.append(max(times))
            most_of_them.append(quantiles(times, n=100)[-1])
        print(
            f"{form}: streamed in {spread(took)} s; health: slowest {spread(worst)} ms,"
            f" 99 % within {spread(most_of_them)} ms"
        )
        judge(f"the loop held by {form}, ms", min(worst), most=20)


def main() -> None:
    asked = arguments(__doc__, jobs=100_000, rounds=5, requests=100)
    with new_home() as full, new_home() as empty:
        print("filling the store ...", flush=True)
        asyncio.run(filled(empty, films=0, long=False))
        asyncio.run(filled(full, films=asked.jobs, long=False))
        starts(full, empty, asked.rounds)
        process, _ = started(full)
        lists(full.paths.socket, asked.requests)
        ended(process)
        asyncio.run(filled(full, films=0, long=True))
        process, _ = started(full)
        pages(full.paths.socket, asked.requests)
        edits(full.paths.socket, asked.requests)
        streams(full.paths.socket, asked.rounds)
        ended(process)


if __name__ == "__main__":
    main()
