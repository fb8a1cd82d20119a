"""What the kill tests share: a job, the truth of an undisturbed run, and how to look for harm."""

import hashlib
import os
import random
import sqlite3
import struct
import wave
from collections import Counter
from pathlib import Path
from typing import Any

from harness import Home, ended, fake, running, until
from steno.client import Client
from steno.media.peaks import Folding
from steno.wire import Job

SEGMENT = 1.0
"""Seconds."""


def noise(path: Path, seconds: float, seed: int = 1) -> Path:
    """A recording in which every half second is different."""
    samples = random.Random(seed)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        count = int(16000 * seconds)
        file.writeframes(struct.pack(f"<{count}h", *samples.choices(range(-9000, 9000), k=count)))
    return path


def settings(home: Home, *, delay: float = 0.02, **more: Any) -> dict[str, Any]:
    return fake(
        {"delay": delay, "log": str(home.root / "calls.log")},
        options={"splitter": {"every": SEGMENT}},
        formats=["srt", "json"],
        **more,
    )


def digest(media: Path) -> str:
    """Of the subtitle files beside `media`."""
    found = hashlib.sha256()
    for ending in (".srt", ".json"):
        found.update(media.with_suffix(ending).read_bytes())
    return found.hexdigest()


def peaks(media: Path) -> bytes:
    """Of the waveform of a recording."""
    folding = Folding()
    with wave.open(str(media)) as file:
        return folding.fold(memoryview(file.readframes(2**30)).cast("h")) + folding.rest()


def database(home: Home) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{home.paths.database}?mode=ro", uri=True)


def committed(home: Home) -> set[int]:
    """Segments whose fragment is stored."""
    with database(home) as db:
        return {index for (index,) in db.execute("SELECT idx FROM fragments")}


def calls(home: Home) -> list[int]:
    """Segments the recogniser was given, in order."""
    log = home.root / "calls.log"
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def assert_exactly_once(home: Home, job: str) -> None:
    """Every segment of the plan has one fragment, one alignment and one event."""
    with database(home) as db:
        plan = [i for (i,) in db.execute("SELECT idx FROM segments ORDER BY idx")]
        assert plan == list(range(len(plan)))
        for table in ("fragments", "alignments"):
            assert plan == [i for (i,) in db.execute(f"SELECT idx FROM {table} ORDER BY idx")]
        told = Counter(
            index
            for (index,) in db.execute(
                "SELECT json_extract(data, '$.segment_index') FROM events"
                " WHERE channel = ? AND type = 'fragment'",
                (f"job:{job}",),
            )
        )
        assert told == Counter(plan)
        planned, done, aligned, failed = db.execute(
            "SELECT planned, done, aligned, failed FROM jobs WHERE id = ?", (job,)
        ).fetchone()
        assert (planned, done, aligned, failed) == (len(plan), len(plan), len(plan), 0)
    assert not list(home.media.glob(".*")), "something unfinished lies beside the media"
    folder = home.paths.jobs / job
    assert os.listdir(folder) == ["peaks"], "working files are left, or the waveform is lost"
    assert (folder / "peaks").read_bytes() == peaks(next(home.media.glob("*.wav")))


async def finished(home: Home, client: Client, job: str, timeout: float = 60.0) -> Job:
    """The job at its end, its working files removed, which follows the commit that ends it."""
    found = await ended(client, job, timeout)
    if found.state == "completed":
        folder = home.paths.jobs / job
        kept = ["peaks"]
        await until(lambda: os.listdir(folder) == kept, what="working files are removed")
    return found


async def undisturbed(home: Home, media: Path) -> str:
    """The digest of the subtitles of a run that nothing disturbs."""
    async with running(home) as (_, client):
        job = await client.add_job(str(media), settings(home))
        assert (await ended(client, job.id)).state == "completed"
    return digest(media)


async def worker_pids(client: Client) -> list[int]:
    return [worker.pid for worker in (await client.status()).workers if worker.pid]


def children(pid: int) -> list[int]:
    """Processes started by `pid`, as the kernel tells."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                if int(stat.read().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(entry))
        except (OSError, ValueError):
            continue
    return found
