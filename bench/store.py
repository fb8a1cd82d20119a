"""A large store: 100,000 jobs with what belongs to them, and 50,000 cues with words.

All is written through `steno.store`: each job has events and outputs, one in `WORDED` a transcript
of its own. Then a daemon is started on it and asked over its socket, one request at a time; edits
are also made while another process reads pages of 5,000 cues. Counted: from sending a request to
the last byte of its answer. Starting is measured beside a daemon with an empty store.

While the whole transcript is streamed in each format, and while pages of 5,000 cues are read,
another process asks for GET /api/health all the time: how long the slowest answer took is how long
the loop was held, at most. Of the rounds the median counts. In the same round the same is asked of
the daemon for as long while it has nothing else to do, to tell what the machine itself adds.
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
from steno.store import cues, jobs, outputs, segments
from steno.store.cues import CueRow
from steno.store.database import Database, Transaction
from steno.store.jobs import NewRecord
from steno.wire import FORMATS, Format, JobSettings, SignalEvent, job_channel

SEGMENTS, CUES, WORDS = 10_000, 5, 10
"""In the transcript; cues a segment, words a cue."""
LASTS = 2.5
"""Seconds a cue."""
TEXT = "it takes a while until somebody has said this aloud"
OUTPUTS: tuple[Format, ...] = ("srt", "vtt")
"""Each job's."""
STEPS = 20
"""Signals that a job told of itself, beside its transitions."""
WORDED, SHORT = 50, 20
"""One job in so many has a transcript, of so many segments."""
AT_ONCE = 500
"""Jobs or segments that are stored in one transaction."""
PATIENCE = 60.0
BAR = 10.0
"""Milliseconds an answer may take."""
BIG = "/api/jobs/long/transcript?limit=5000"
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
        name = f"film{number:06}"
        done(tx, name)
        if number % WORDED == 0:
            add_text(tx, range(SHORT), name)


def done(tx: Transaction, name: str) -> None:
    job = jobs.insert(tx, record(name))
    jobs.put(tx, job, "running")
    for _ in range(STEPS):
        tx.tell("signal", SignalEvent(code="transcript_changed", message=TEXT), job_channel(name))
    for form in OUTPUTS:
        path = job.path + b"." + form.encode()
        outputs.reserve(tx, path, name, job.path, form)
        outputs.wrote(tx, path, "0" * 64, None)
    jobs.put(tx, job, "completed")


def add_text(tx: Transaction, numbers: range, name: str = "long") -> None:
    job = jobs.get(tx.connection, name)
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
        held(what, times, most=BAR)
    for what, query in (
        ("by a part that all names have", "&q=film"),
        ("by the same, of those completed", "&q=film&state=completed"),
        ("by two letters", "&q=lm"),
    ):
        held(what, [get(path, f"/api/jobs?limit=50{query}")[0] for _ in range(count // 5 + 2)])


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


def edits(path: Path, count: int, what: str) -> None:
    times = []
    for number in range(count):
        cue = f"{SEGMENTS // 2 + number}.2"
        head = f"PATCH /api/jobs/long/cues/{cue} HTTP/1.1\r\nIf-Match: *"
        body = msgspec.json.encode({"text": f"{TEXT}, number {number}"})
        times.append(ask(path, head, body)[0])
    held(what, times, most=BAR)
    times = [ask(path, "POST /api/jobs/long/undo HTTP/1.1")[0] for _ in range(count)]
    held(f"{what}, undone", times, most=BAR)


def read_pages(path: Path, ends: Connection) -> None:
    """Reads pages of 5,000 cues until told to end; sends how long they took."""
    times = list[float]()
    ends.send(True)
    while not ends.poll():
        times.append(get(path, f"{BIG}&from={len(times) % 8 * 5000 * LASTS}")[0])
    ends.send(times)


def ping(path: Path, ends: Connection) -> None:
    """Asks for the daemon's health until told to end; sends how long the answers took."""
    times = []
    ends.send(True)
    while not ends.poll():
        times.append(get(path, "/api/health")[0])
    ends.send(times)


def beside(
    path: Path, work: Callable[[], object], other: Callable[[Path, Connection], None] = ping
) -> list[float]:
    """Has `work` done while another process does `other`; what that sends."""
    spawning = get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=other, args=(path, theirs), daemon=True)
    process.start()
    ours.recv()
    work()
    ours.send(True)
    times: list[float] = ours.recv()
    process.join()
    return times


def streams(path: Path, rounds: int) -> None:
    reads = {str(form): [f"/api/jobs/long/output.{form}"] for form in FORMATS}
    reads["pages of 5,000"] = [f"{BIG}&from={n * 5000 * LASTS}" for n in range(10)]
    for name, asked in reads.items():
        worst: list[float] = []
        resting: list[float] = []
        took: list[float] = []

        def work(asked: list[str] = asked, took: list[float] = took) -> None:
            took.append(sum(get(path, what)[0] for what in asked))

        for _ in range(rounds):
            worst.append(1000 * max(beside(path, work)))
            resting.append(1000 * max(beside(path, partial(time.sleep, took[-1]))))
        print(
            f"{name}: all in {spread(took)} s; health: slowest {spread(worst)} ms,"
            f" at rest {spread(resting)} ms"
        )
        judge(f"the loop held by {name}, ms", median(worst), most=20)


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
        edits(full.paths.socket, asked.requests, "an edit")
        reading = partial(edits, full.paths.socket, asked.requests, "an edit beside big pages")
        held("these pages", beside(full.paths.socket, reading, read_pages))
        streams(full.paths.socket, asked.rounds)
        ended(process)


if __name__ == "__main__":
    main()
