"""Event streams of a real daemon."""

import asyncio
import signal
import socket
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from e2e.asking import ask, noise, slow, with_text
from e2e.listening import listening
from harness import Home, ended, fake, running, until
from steno.client import Client, JobsState, JobState, listing, payload, state, watch

ENVIRONMENT = {"STENO_EVENTS_HEARTBEAT": "0.3", "STENO_EVENTS_QUEUE": "64"}


async def test_a_stream_tells_all_and_what_was_missed(
    folder: Path, shared: Home, client: Client
) -> None:
    job = await client.add_job(noise(folder / "a.wav", 6.0), slow(0.05), start=False)
    async with listening(shared, f"/api/jobs/{job.id}/events") as stream:
        await stream.until("initial_state")
        await client.start(job.id)
        await stream.until("signal", code="job_complete")
        await stream.until("progress", percent=100.0, phase=None)
    assert stream.raw.startswith(b"retry: 1000\n")
    first, *rest = stream.events
    assert (first.type, first.data["job"]["state"]) == ("initial_state", "created")
    assert first.data["channel"] == f"job:{job.id}"
    as_of = int(first.data["as_of"].rpartition("-")[2])
    assert all(number > as_of for number in stream.numbers())
    assert stream.numbers() == sorted(set(stream.numbers()))
    assert all("ts" in event.data for event in stream.events)
    passing = {"progress", "draft", "ping"}
    assert all((event.id is None) == (event.type in passing) for event in rest)
    assert {e.data["segment_index"] for e in rest if e.type == "fragment"} == set(range(6))
    assert [e.data["state"] for e in rest if e.type == "job"] == ["queued", "running", "completed"]
    percents = [e.data["percent"] for e in rest if e.type == "progress"]
    assert percents == sorted(percents)

    history = (await ask(shared, "GET", f"/api/jobs/{job.id}/events/history")).json
    stored = [event["id"] for event in history["events"]]
    assert history["count"] == len(stored)
    assert stored[1:] == [event.id for event in rest if event.id]

    for middle in (stored[3], stored[-1]):
        missed = stored[stored.index(middle) + 1 :]
        path = f"/api/jobs/{job.id}/events"
        async with (
            listening(shared, path, **{"Last-Event-ID": middle}) as by_header,
            listening(shared, f"{path}?since={middle}") as by_query,
        ):
            for again in (by_header, by_query):
                await again.until("ping")
                assert again.events[0].type == "initial_state"
                assert again.events[0].data["job"]["state"] == "completed"
                assert [event.id for event in again.events if event.id] == missed


async def test_history_is_filtered(folder: Path, shared: Home, client: Client) -> None:
    job = await client.add_job(noise(folder / "a.wav", 3.0), slow(0.0))
    await ended(client, job.id)
    path = f"/api/jobs/{job.id}/events/history"
    only = (await ask(shared, "GET", f"{path}?types=job,signal")).json["events"]
    assert {event["type"] for event in only} == {"job", "signal"}
    later = (await ask(shared, "GET", f"{path}?since={only[1]['id']}&limit=2")).json["events"]
    assert len(later) == 2
    assert later[0]["id"] > only[1]["id"]
    for query in ("since=x", "since=null", "limit=0"):
        answer = await ask(shared, "GET", f"{path}?{query}")
        assert (answer.status, answer.problem.code) == (400, "bad_request"), query
    gone = await ask(shared, "GET", f"{path}?since=ffffffff-1")
    assert (gone.status, gone.problem.code) == (410, "events_gone")


@pytest.mark.parametrize("foreign", ["ffffffff-1", "nonsense", "-1", "9" * 30])
async def test_an_id_of_another_database_leads_to_a_resync(foreign: str, shared: Home) -> None:
    async with listening(shared, "/api/events", **{"Last-Event-ID": foreign}) as stream:
        await stream.until("signal", code="resync")
    assert [event.type for event in stream.events] == ["initial_state", "signal"]


async def test_pings_come_in_silence_only(folder: Path, shared: Home, client: Client) -> None:
    job = await client.add_job(noise(folder / "a.wav", 5.0), slow(0.25), start=False)
    async with listening(shared, f"/api/jobs/{job.id}/events") as stream:
        await stream.until("ping")
        stream.events.clear()
        await client.start(job.id)
        await stream.until("signal", code="job_complete")
        await stream.until("progress", percent=100.0, phase=None)
        await stream.until("ping")
    pings = [n for n, event in enumerate(stream.events) if event.type == "ping"]
    assert all(stream.events[n].id is None for n in pings)
    told = [event.data["ts"] for event in stream.events]
    assert min(told[n] - told[n - 1] for n in pings) >= 0.29


async def test_one_connection_carries_several_channels(
    folder: Path, shared: Home, client: Client
) -> None:
    heard = await client.add_job(noise(folder / "a.wav", 2.0), slow(0.0), start=False)
    other = await client.add_job(noise(folder / "b.wav", 2.0), slow(0.0), start=False)
    path = f"/api/events?channel=jobs&channel=job:{heard.id}"
    async with listening(shared, path) as stream:
        for job in (other, heard):
            await client.start(job.id)
            await stream.until("signal", code="job_complete", job_id=job.id)
    channels = [e.data["channel"] for e in stream.events if e.type == "initial_state"]
    assert channels == ["jobs", f"job:{heard.id}"]
    assert stream.events[0].data["counts"]["created"] >= 2
    quiet = {e.data["job_id"] for e in stream.events if e.type in ("fragment", "draft")}
    assert quiet == {heard.id}
    assert stream.numbers() == sorted(set(stream.numbers()))


async def test_two_channels_carry_all_of_every_job(
    folder: Path, shared: Home, client: Client
) -> None:
    """What is heard, and what is told again from any event on, is what was stored of both jobs."""
    path = "/api/events?channel=jobs&channel=transcripts&channel=models"
    async with (
        listening(shared, path) as stream,
        listening(shared, "/api/events?channel=transcripts") as texts,
    ):
        await stream.until("initial_state", channel="models")
        jobs = [await client.add_job(noise(folder / f"{n}.wav", 4.0), slow(0.05)) for n in "ab"]
        for job in jobs:
            await stream.until("signal", code="job_complete", job_id=job.id)
            await client.insert_cue(job.id, 2.0, 2.5, "[music]")
        end = await stream.until("signal", code="transcript_changed", job_id=jobs[1].id)
        await texts.until("edit", job_id=jobs[1].id)
    first, second, *_ = stream.events
    assert (first.data["channel"], second.data["channel"]) == ("jobs", "transcripts")
    assert {name for name, value in second.data.items() if value} == {"channel", "as_of", "ts"}
    told = [event for event in stream.events if event.id]
    for job in jobs:
        history = (await ask(shared, "GET", f"/api/jobs/{job.id}/events/history")).json["events"]
        assert [e["id"] for e in history] == [e.id for e in told if e.data.get("job_id") == job.id]
        drafts = [e for e in stream.events if e.type == "draft" and e.data["job_id"] == job.id]
        assert drafts
    kinds = {"fragment", "aligned", "edit"}
    assert [e.id for e in texts.events if e.id] == [e.id for e in told if e.type in kinds]
    assert {e.type for e in texts.events} >= kinds | {"draft"}

    for middle in (1, len(told) // 2, len(told) - 1):
        since = {"Last-Event-ID": str(told[middle - 1].id)}
        async with listening(shared, path, **since) as again:
            await again.until("signal", **end.data)
        assert again.events[0].type == "initial_state"
        assert [event.id for event in again.events if event.id] == [e.id for e in told[middle:]]


async def test_a_job_is_opened_on_a_connection_that_is_there_already(
    folder: Path, shared: Home, client: Client
) -> None:
    """One connection lists all jobs and shows the text of one that somebody opens halfway."""
    jobs, opened = JobsState(), None
    async with aclosing(client.events(["jobs", "transcripts"], reconnect=False)) as stream:
        async for event in stream:
            news = payload(event)
            assert news is not None
            jobs = listing.fold(jobs, news, event.id)
            if event.type == "initial_state" and event.data["channel"] == "transcripts":
                made = await client.add_job(noise(folder / "a.wav", 8.0), slow(0.05))
                jobs = listing.fold(jobs, made)
            if opened is not None:
                opened = state.fold(opened, news, event.id)
            elif event.type == "fragment" and event.data["segment_index"] == 3:
                opened = JobState(await client.job(made.id))
                opened = state.fold(opened, await watch.text(client, made.id))
            if event.type == "signal" and event.data["code"] == "job_complete":
                break
    assert opened is not None
    assert not opened.stale
    assert list(opened.cues) == (await client.transcript(made.id)).cues
    assert opened.job.state == jobs.jobs[made.id].state == "completed"
    status = await client.status()
    assert (jobs.counts, jobs.counts_stale) == (status.jobs, False)
    assert status.as_of == event.id


def rest(stream: socket.socket) -> bytes:
    """All that comes until the stream ends, at most ten seconds long."""
    stream.settimeout(10)
    deadline = time.monotonic() + 10
    parts = []
    while (part := stream.recv(2**16)) and time.monotonic() < deadline:
        parts.append(part)
    return b"".join(parts)


async def test_a_client_that_never_reads_stops_nobody(folder: Path, shared: Home) -> None:
    """Each of them is owed more than a socket holds before it says anything. One reads at last, and
    is told that it missed too much."""
    request = b"GET /api/events HTTP/1.1\r\nHost: steno\r\nConnection: close\r\n\r\n"
    async with Client(shared.paths.socket) as client:
        waiting = [
            await client.add_job(
                noise(folder / f"{n}.wav", 0.5), fake(prompt="x" * 4000), start=False
            )
            for n in range(90)
        ]
        stuck = [socket.socket(socket.AF_UNIX) for _ in range(8)]
        try:
            before = (await client.status()).subscribers
            for one in stuck:
                one.connect(str(shared.paths.socket))
                one.sendall(request)

            async def open_now() -> bool:
                return (await client.status()).subscribers >= before + len(stuck)

            await until(open_now, what="the streams are open")
            job = await client.add_job(noise(folder / "a.wav", 20.0), slow(0.0))
            assert (await ended(client, job.id, timeout=8)).state == "completed"
            for other in waiting:
                await client.remove(other.id)
            assert await open_now(), "the clients were not stuck"
            said = await asyncio.to_thread(rest, stuck[0])
            assert b'"code":"resync"' in said[-1000:], said[-1000:]
        finally:
            for one in stuck:
                one.close()

        async def gone() -> bool:
            return (await client.status()).subscribers <= before

        await until(gone, what="the streams of clients that left are closed", timeout=5)


async def test_streams_end_at_once_when_the_daemon_stops(home: Home) -> None:
    async with running(home) as (daemon, client):
        media = noise(home.media / "a.wav", 20.0)
        job = await client.add_job(media, slow(0.2))
        await with_text(client, job.id)
        async with (
            listening(home, "/api/events") as idle,
            listening(home, f"/api/jobs/{job.id}/events") as lively,
        ):
            await idle.until("initial_state")
            await lively.until("fragment")
            assert daemon.process is not None
            began = time.monotonic()
            daemon.process.send_signal(signal.SIGTERM)
            await asyncio.gather(idle.to_the_end(), lively.to_the_end())
            code = await asyncio.to_thread(daemon.process.wait, 10)
            assert code == 0
            assert time.monotonic() - began < 3
        assert any(e.data.get("reason") == "daemon_stopped" for e in lively.events)


async def test_limits_vanished_clients_and_ids_over_a_restart(home: Home, folder: Path) -> None:
    variables = {"STENO_EVENTS_MAX_STREAMS": "3", "STENO_EVENTS_MAX_STREAMS_PER_JOB": "1"}
    async with running(home, **variables) as (daemon, client):
        job = await client.add_job(noise(folder / "a.wav", 1.0), slow(0.0))
        await ended(client, job.id)
        of_job = f"/api/jobs/{job.id}/events"
        async with listening(home, of_job) as mine, listening(home, "/api/events") as one:
            await mine.until("initial_state")
            for path in (of_job, f"/api/events?channel=jobs&channel=job:{job.id}"):
                await refused_for_now(home, path)
            async with listening(home, "/api/events") as two:
                await two.until("initial_state")
                await refused_for_now(home, "/api/events")
                assert (await ask(home, "GET", "/api/health")).status == 200
            await one.until("initial_state")
            # Nothing else is told and no ping is due: only their leaving says that they are gone.
            await until(lambda: open_streams(client, 2), what="the third is noticed", timeout=5)
        await until(lambda: open_streams(client, 0), what="all are noticed", timeout=5)

        stored = (await ask(home, "GET", f"{of_job}/history")).json["events"]
        assert daemon.terminate() == 0
        await daemon.start()
        middle = [event["id"] for event in stored].index(stored[2]["id"])
        async with listening(home, of_job, **{"Last-Event-ID": stored[2]["id"]}) as again:
            await again.until("signal", code="job_complete")
            await client.remove(job.id)
            gone = await again.until("job", state="removed")
        later = [event["id"] for event in stored[middle + 1 :]]
        assert [event.id for event in again.events if event.id] == [*later, gone.id]
        assert gone.number is not None
        assert gone.number > max(int(ident.rpartition("-")[2]) for ident in later)


async def refused_for_now(home: Home, path: str) -> None:
    answer = await ask(home, "GET", path)
    assert (answer.status, answer.problem.code) == (429, "too_many_streams")
    assert int(answer.headers["Retry-After"]) > 0


async def open_streams(client: Client, count: int) -> bool:
    return (await client.status()).subscribers == count
