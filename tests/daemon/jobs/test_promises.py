"""Promises that break only between two lines: leases, settings, places, alignment."""

import asyncio
import os
import signal
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from daemon.assembled import FAST, assembled, at_rest, new
from e2e.kills import noise
from harness import fake, until
from steno.config import Config, Transcription
from steno.errors import StenoError
from steno.jobs.scheduler import begin
from steno.store import cues, jobs, outputs
from steno.store import events as stored_events
from steno.store.cues import Place
from steno.store.database import StoredEvent, Transaction
from steno.store.events import KEPT, carried_by
from steno.wire import AlignedEvent, Changes, SignalEvent, SubtitleStyle, Transcript, job_channel
from steno.workers import process


async def test_a_job_is_done_as_configured_where_it_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = Config(
        workers=FAST,
        transcription=Transcription(
            backend="fake", splitter="fake", align=False, formats=("vtt",), language="de"
        ),
        subtitles=SubtitleStyle(max_lines=3, min_gap=0.5),
    )
    async with assembled(monkeypatch, config, at_work=False) as (daemon, home):
        media = noise(home.media / "a.wav", 2)
        job = await daemon.jobs.add(new(media, {}, start=False))
        assert job.settings.formats == ("vtt",)
        assert (job.settings.align, job.language) == (False, "de")
        asked = {"align": True, "formats": [], "style": {"max_lines": 1}, "language": "auto"}
        job = await daemon.jobs.add(new(media, asked, start=False))
        assert (job.settings.align, job.settings.formats, job.outputs) == (True, (), [])
        assert (job.settings.style.max_lines, job.settings.style.min_gap) == (1, 0.5)
        assert job.language is None


async def test_a_resume_goes_on_as_begun_whatever_is_configured_by_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with assembled(monkeypatch) as (daemon, home):
        media = noise(home.media / "a.wav", 12)
        wanted = fake({"delay": 0.2}, options={"splitter": {"every": 1.0}})
        job = await daemon.jobs.add(new(media, wanted))

        async def some() -> bool:
            return (await daemon.jobs.get(job.id)).segments.done >= 3

        await until(some, what="three segments")
        await daemon.jobs.act(job.id, "pause")
        today = Config(
            workers=FAST,
            transcription=Transcription(language="de"),
            backends={"splitter": {"fake": {"every": 2.0}}},
        )
        daemon.settings.current = today
        resumed = await daemon.jobs.act(job.id, "resume", Changes(settings={"workers": 1}))
        assert resumed.settings.workers == 1
        found = await at_rest(daemon, job.id)
        assert (found.state, found.segments.planned, found.language) == ("completed", 12, "en")
        assert found.settings.options["splitter"] == {"every": 1.0}


async def test_a_backend_that_answers_nonsense_costs_the_segment_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with assembled(monkeypatch) as (daemon, home):
        media = noise(home.media / "a.wav", 12)
        job = await daemon.jobs.add(new(media, fake({"nonsense": [1]})))
        found = await at_rest(daemon, job.id)
        assert (found.state, found.reason) == ("completed", "gaps")
        (gap,) = (await daemon.jobs.checkpoint(job.id)).gaps
        assert gap.segment_index == 1
        assert "broke its contract" in gap.reason


async def test_segments_that_no_worker_saw_are_not_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with assembled(monkeypatch) as (daemon, home):
        media = noise(home.media / "a.wav", 12)
        settings = fake({"delay": 0.1}, options={"splitter": {"every": 1.0}}, workers=1)
        job = await daemon.jobs.add(new(media, settings))

        async def begun() -> bool:
            return (await daemon.jobs.get(job.id)).segments.done >= 2

        await until(begun, what="two segments")
        with monkeypatch.context() as broken:
            broken.setattr(process, "sys", SimpleNamespace(executable="/bin/false"))
            for worker in daemon.pool.info():
                if worker.pid and worker.name.startswith("speech"):
                    os.kill(worker.pid, signal.SIGKILL)
            found = await at_rest(daemon, job.id)
        assert (found.state, found.reason) == ("failed", "worker_unavailable")
        assert found.segments.failed == 0
        await daemon.jobs.act(job.id, "retry")
        found = await at_rest(daemon, job.id)
        assert (found.state, found.segments.done, found.segments.failed) == ("completed", 12, 0)


@pytest.mark.parametrize("language", ["de", "auto"])
async def test_nothing_is_called_aligned_that_is_not(
    monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    async with assembled(monkeypatch) as (daemon, home):
        if language == "auto":  # found only by hearing, and then no aligner knows it
            monkeypatch.setattr("steno.jobs.aligning.aligner_for", lambda *_: None)
        media = noise(home.media / "a.wav", 4)
        wanted = {k: v for k, v in fake(language=language).items() if k != "aligner"}
        job = await daemon.jobs.add(new(media, wanted))
        found = await at_rest(daemon, job.id)
        assert found.state == "completed"
        assert found.segments.aligned == 0
        assert "no_aligner" in [notice.code for notice in found.warnings]
        page = await daemon.jobs.transcript(
            job.id, start=None, end=None, words=False, after=None, limit=1
        )
        seen = msgspec.json.decode(page.body, type=Transcript)
        assert (seen.source, seen.aligned_at) == ("checkpoint", None)


def paused(job: str) -> list[StoredEvent]:
    data = {"job_id": job, "state": "paused", "reason": "user", "revision": 9}
    return [StoredEvent(1, f"job:{job}", "job", msgspec.json.encode(data))]


async def test_a_run_cancelled_before_its_first_step_leaves_no_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with assembled(monkeypatch, at_work=False) as (daemon, home):
        job = await daemon.jobs.add(new(noise(home.media / "a.wav", 2), fake()))
        await daemon.scheduler._start(job.id)
        daemon.scheduler.notice(paused(job.id))
        await until(lambda: not daemon.scheduler.live(), what="the run is forgotten")


async def test_a_pause_right_after_the_start_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    async with assembled(monkeypatch, at_work=False) as (daemon, home):
        log = home.root / "calls.log"
        settings = fake({"delay": 5.0, "log": str(log)})
        job = await daemon.jobs.add(new(noise(home.media / "a.wav", 2), settings))
        began = daemon.db.write

        async def overtaken(change: Any) -> Any:
            result = await began(change)
            if getattr(result, "state", "") == "running":
                await began(lambda tx: jobs.put(tx, result, "paused"))
            return result

        monkeypatch.setattr(daemon.db, "write", overtaken)
        await daemon.scheduler._start(job.id)
        await until(lambda: not daemon.scheduler.live(), what="the run ends", timeout=4)
        assert not log.exists()


async def test_stopping_while_a_job_starts_leaves_it_queued(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with assembled(monkeypatch, at_work=False) as (daemon, home):
        job = await daemon.jobs.add(new(noise(home.media / "a.wav", 2), fake({"delay": 1.0})))
        running = asyncio.create_task(daemon.scheduler.run())
        await asyncio.sleep(0)
        await daemon.scheduler.stop(5)
        running.cancel()
        await asyncio.wait((running,))
        assert daemon.scheduler.live() == {}
        assert (await daemon.jobs.get(job.id)).state == "queued"


async def test_damaged_work_is_not_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    async with assembled(monkeypatch, at_work=False) as (daemon, home):
        job = await daemon.jobs.add(new(noise(home.media / "a.wav", 2), fake()))
        await daemon.db.write(lambda tx: tx.execute("UPDATE jobs SET planned = 4") and None)
        assert await daemon.db.write(lambda tx: begin(tx, job.id)) is None
        found = await daemon.jobs.get(job.id)
        assert (found.state, found.reason) == ("failed", "data_damaged")


async def test_of_two_files_for_one_place_the_second_is_refused_also_at_the_same_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with assembled(monkeypatch, at_work=False) as (daemon, home):
        one, two = noise(home.media / "a.wav", 2), home.media / "a.wave"
        two.write_bytes(one.read_bytes())
        added = await asyncio.gather(
            *(daemon.jobs.add(new(path, fake())) for path in (one, two)), return_exceptions=True
        )
        refused = [result for result in added if isinstance(result, StenoError)]
        assert [error.code for error in refused] == ["output_exists"]
        assert await daemon.db.read(lambda db: len(outputs.of_job(db, "none"))) == 0


async def test_of_a_job_that_ended_the_newest_events_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with assembled(monkeypatch) as (daemon, home):
        media = noise(home.media / "a.wav", 2)
        job = await daemon.jobs.add(new(media, fake(), start=False))
        channel = job_channel(job.id)
        past = SignalEvent(code="transcript_changed", message="Long ago.", job_id=job.id)

        def much_happened(tx: Transaction) -> None:
            for _ in range(KEPT + 500):
                tx.tell("signal", past, channel)

        await daemon.db.write(much_happened)
        await daemon.jobs.act(job.id, "start")
        await at_rest(daemon, job.id)

        found = await daemon.db.read(
            lambda db: stored_events.of_channel(db, channel, 0, limit=2 * KEPT)
        )
        assert KEPT <= len(found) < KEPT + 5  # signals follow the end
        assert b"job_complete" in found[-1].data
        await daemon.jobs.remove(job.id)
        left = await daemon.db.read(lambda db: stored_events.of_channel(db, channel, 0))
        assert [(one.type, b"removed" in one.data) for one in left] == [("job", True)]


async def test_each_alignment_is_told_with_the_cues_as_they_are_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with assembled(monkeypatch) as (daemon, home):
        media = noise(home.media / "a.wav", 4)
        wanted = fake(options={"splitter": {"every": 1.0}})
        job = await daemon.jobs.add(new(media, wanted))
        await at_rest(daemon, job.id)
        told = await daemon.db.read(
            lambda db: stored_events.of_channel(db, job_channel(job.id), 0, types=("aligned",))
        )
        events = [msgspec.json.decode(one.data, type=AlignedEvent) for one in told]
        assert sorted(event.segment_index for event in events) == [0, 1, 2, 3]
        record = await daemon.db.read(lambda db: jobs.get(db, job.id))
        assert record is not None
        shown = await daemon.db.read(lambda db: list(cues.scan(db, record.seq, words=False)))
        assert shown
        assert sorted((cue for event in events for cue in event.cues), key=Place.of) == shown
        assert max(event.revision for event in events) <= record.text_revision
        assert not any("jobs" in carried_by(one.channel, one.type) for one in told)
