"""Which language a job is taken to be."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from daemon.assembled import assembled, at_rest, new
from e2e.kills import noise
from harness import fake, until
from steno.api.keys import Daemon
from steno.jobs.language import Language, Vote, first, vote
from steno.plugins import SAMPLE_RATE, Heard
from steno.store import segments
from steno.store.database import Reader
from steno.wire import Changes, Job
from steno.worker.protocol import BackendRef, SegmentRef


def test_most_of_the_speech_counts() -> None:
    heard = [Heard(0, "en", 0.9), Heard(1, "de", 0.6), Heard(2, "de", 0.5)]
    found = vote(heard, {0: 10.0, 1: 10.0, 2: 10.0})
    assert found is not None
    assert (found.language, round(found.share, 3)) == ("de", 0.367)
    found = vote(heard, {0: 20.0, 1: 5.0, 2: 5.0})
    assert found is not None
    assert (found.language, round(found.share, 3)) == ("en", 0.6)


def test_a_language_that_nobody_knows_is_none() -> None:
    assert vote([Heard(0, "tlh", 0.9), Heard(1, "de", 0.1)], {0: 9.0, 1: 1.0}) == Vote("de", 0.01)
    assert vote([Heard(0, "tlh", 0.9)], {0: 9.0}) is None
    assert vote([], {}) is None
    assert vote([Heard(0, "de", 0.9)], {0: 0.0}) is None


@pytest.mark.parametrize(
    ("lengths", "count"),
    [((30.0, 1.0), 1), ((10.0, 10.0, 10.0, 1.0), 3), ((10.0, 21.0, 1.0), 1), ((5.0, 4.0), 2)],
)
def test_as_many_stretches_as_30_seconds_hold(lengths: tuple[float, ...], count: int) -> None:
    edges, at = {}, 0
    for index, seconds in enumerate(lengths):
        end = at + round(seconds * SAMPLE_RATE)
        edges[index] = SegmentRef(index, at, end)
        at = end + SAMPLE_RATE
    assert [ref.index for ref in first(edges)] == list(range(count))


async def done(daemon: Daemon, media: Path, asr: dict[str, Any], **more: Any) -> Job:
    options = {"splitter": {"every": 10.0}}
    wanted = {k: v for k, v in fake(asr, options=options, **more).items() if k != "aligner"}
    return await at_rest(daemon, (await daemon.jobs.add(new(media, wanted))).id)


async def languages(daemon: Daemon, job: str) -> set[str]:
    """Those of all fragments."""

    def read(db: Reader) -> set[str]:
        (seq,) = db.execute("SELECT seq FROM jobs WHERE id = ?", (job,)).fetchone()
        found = [segments.fragment(db, seq, record.index) for record in segments.plan(db, seq)]
        return {
            part.split(b'"')[0].decode() for f in found for part in f.split(b'"language":"')[1:]
        }

    return await daemon.db.read(read)


SOUNDS = {"0": ("de", 0.9), "1": ("en", 0.6), "2": ("de", 0.8), "3": ("en", 0.99)}


async def test_the_first_stretches_decide_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    async with assembled(monkeypatch) as (daemon, home):
        media, notes = noise(home.media / "a.wav", 62), home.media / "notes"
        job = await done(daemon, media, {"sounds": SOUNDS, "loads": str(notes)})
        assert (job.state, job.language) == ("completed", "de")
        assert await languages(daemon, job.id) == {"de"}
        detected = [line for line in notes.read_text().splitlines() if line.startswith("detect")]
        assert [line.rpartition(" ")[0] for line in detected] == ["detect [0, 1, 2]"]
        told = {notice.code: notice.message for notice in job.warnings}
        # The second sounds otherwise too, but not surely.
        assert set(told) == {"language_differs", "language_unsure", "no_aligner"}
        assert told["language_differs"].startswith("About 00:00:30.000 it sounds like English")
        assert "No aligner for German is installed" in told["no_aligner"]


async def test_what_is_not_sure_is_said_and_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with assembled(monkeypatch) as (daemon, home):
        media = noise(home.media / "a.wav", 25)
        job = await done(daemon, media, {"sounds": {"0": ("de", 0.4), "1": ("en", 0.3)}})
        assert (job.state, job.language) == ("completed", "de")
        (told,) = [notice for notice in job.warnings if notice.code == "language_unsure"]
        assert told.message == (
            "It is taken to be German, which is not sure (20%): if it is not, name the language."
        )


@pytest.mark.parametrize("deaths", [2, 9])
async def test_a_worker_that_dies_listening_changes_nothing_unless_all_do(
    monkeypatch: pytest.MonkeyPatch, deaths: int
) -> None:
    """The vote is on all of the first stretches, or there is none, which is said."""
    async with assembled(monkeypatch) as (daemon, home):
        media, notes = noise(home.media / "a.wav", 32), home.media / "notes"
        settings = {"sounds": SOUNDS, "loads": str(notes), "deaf": deaths}
        job = await done(daemon, media, settings, align=False)
        assert job.state == "completed"
        assert notes.read_text().count("detect") == 3
        (warning,) = [one for one in job.warnings if one.code == "language_unsure"]
        if deaths == 2:
            assert job.language == "de"
            assert warning.message.startswith("It is taken to be German")
        else:
            assert job.language == "en"
            assert warning.message.startswith("What is spoken could not be found out beforehand")


async def test_short_answers_in_another_language_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each alone is too short to be sure of."""
    async with assembled(monkeypatch) as (daemon, home):
        media = noise(home.media / "a.wav", 44)
        sounds = {str(n): ("de" if n < 31 or n == 33 else "en", 0.95) for n in range(44)}
        more = {"options": {"splitter": {"every": 1.0}}, "workers": 1, "align": False}
        settings = fake({"sounds": sounds}, **more)
        job = await at_rest(daemon, (await daemon.jobs.add(new(media, settings))).id)
        (warning,) = job.warnings
        assert warning.code == "language_differs"
        assert warning.message.startswith("About 00:00:36.000 it sounds like English")


async def test_nobody_waits_for_the_end_of_a_long_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """What begins more than a minute after the first stretch is not listened to with it."""
    assert [ref.index for ref in first({
        0: SegmentRef(0, 0, 5 * SAMPLE_RATE),
        1: SegmentRef(1, 59 * SAMPLE_RATE, 62 * SAMPLE_RATE),
        2: SegmentRef(2, 61 * SAMPLE_RATE, 62 * SAMPLE_RATE),
    })] == [0, 1]  # fmt: skip
    work: Any = SimpleNamespace(
        job=SimpleNamespace(settings=SimpleNamespace(language=None)),
        language=None,
        edges={0: SegmentRef(0, 0, 5 * SAMPLE_RATE)},
        waiting=set(),
        meter=SimpleNamespace(decoded=100 * SAMPLE_RATE),
    )
    language = Language(
        work, BackendRef(kind="asr", entry_point="", module="", name=""), detects=True
    )
    assert not language._enough()
    work.meter.decoded = 105 * SAMPLE_RATE
    assert language._enough()
    work.waiting.add(0)
    assert not language._enough()


async def test_a_language_that_is_named_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async with assembled(monkeypatch) as (daemon, home):
        media, notes = noise(home.media / "a.wav", 42), home.media / "notes"
        settings = {"sounds": SOUNDS, "loads": str(notes)}
        job = await done(daemon, media, settings, language="en")
        assert (job.language, job.warnings) == ("en", [])
        assert await languages(daemon, job.id) == {"en"}
        assert "detect" not in notes.read_text()


async def test_a_resume_keeps_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    async with assembled(monkeypatch) as (daemon, home):
        media, notes = noise(home.media / "a.wav", 80), home.media / "notes"
        settings = {"sounds": SOUNDS, "loads": str(notes), "delay": 0.3}
        wanted = fake(settings, options={"splitter": {"every": 10.0}}, workers=1)
        job = await daemon.jobs.add(new(media, wanted))

        async def some() -> bool:
            return (await daemon.jobs.get(job.id)).segments.done >= 2

        await until(some, what="two segments")
        await daemon.jobs.act(job.id, "pause")
        changes = Changes(settings={"options": {"asr": {**settings, "sounds": {"0": ["fr", 1.0]}}}})
        with pytest.raises(Exception, match="already transcribed"):
            await daemon.jobs.act(job.id, "resume", changes)
        await daemon.jobs.act(job.id, "resume")
        found = await at_rest(daemon, job.id)
        assert (found.state, found.language) == ("completed", "de")
        assert await languages(daemon, job.id) == {"de"}
        assert notes.read_text().count("detect") == 1


async def test_without_an_answer_each_segment_is_of_its_own_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with assembled(monkeypatch) as (daemon, home):
        job = await done(daemon, noise(home.media / "a.wav", 12), {})
        assert (job.state, job.language, job.warnings) == ("completed", "en", [])


async def test_a_recogniser_has_its_say_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with assembled(monkeypatch) as (daemon, home):
        media = noise(home.media / "a.wav", 52)
        job = await done(daemon, media, {"notice": "the model is made of cheese"}, language="en")
        assert [(n.code, n.message) for n in job.warnings] == [
            ("fake_notice", "the model is made of cheese")
        ]


async def test_a_translation_is_not_aligned(monkeypatch: pytest.MonkeyPatch) -> None:
    async with assembled(monkeypatch) as (daemon, home):
        media = noise(home.media / "a.wav", 12)
        more = {"backend": "fake-translate", "task": "translate", "language": "de"}
        job = await at_rest(daemon, (await daemon.jobs.add(new(media, fake() | more))).id)
        assert (job.state, job.settings.align, job.settings.aligner) == ("completed", False, None)
        assert (job.segments.aligned, job.warnings) == (0, [])
