"""What the application knows is a fold of what it is told."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steno import wire
from steno.client.state import Text
from steno.errors import StenoError
from steno.wire.models import ModelErrorEvent
from steno_tui.live import toasts, world
from steno_tui.live.removals import Removals
from steno_tui.live.world import Asked, Closed, Link, Opened, Page, Toast, Told, World, fold, toast
from tui.standin import job
from tui.test_fold import Daemon


def happened(seed: int, length: int) -> Daemon:
    """A job that many things happened to."""
    daemon = Daemon(random.Random(seed))
    for _ in range(length):
        daemon.happen()
    return daemon


def begun(daemon: Daemon, *, at: int = 0) -> World:
    """What is known of the job after `at` events, its transcript being open."""
    known, text = daemon.states[at - 1] if at else (job(state="running", revision=2), None)
    number = 0 if text is None else int(text.as_of.removeprefix("db-"))
    state = wire.InitialState(
        channel="jobs", as_of=f"db-{number}", jobs=[known], counts={known.state: 1}
    )
    after = fold(fold(World(), state), Opened(known))
    text = text or Text("db-0", 0, [], [])
    return fold(after, Told("j1", text))


def heard(state: World, daemon: Daemon, start: int, end: int) -> World:
    for ident, _, news in daemon.told[start:end]:
        state = fold(state, news, ident)  # type: ignore[arg-type]
    return state


def essence(state: World) -> Any:
    """What a person sees, but for drafts, which a snapshot does not have."""
    text = state.texts["j1"]
    return (
        dict(state.jobs.counts),
        {i: (j.state, j.reason, j.revision) for i, j in state.jobs.jobs.items()},
        list(text.cues),
        dict(text.gaps),
        text.job.state,
    )


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(), length=st.integers(1, 60), cut=st.floats(0, 1), back=st.integers(0, 9))
def test_a_prefix_and_a_snapshot_are_the_whole(
    seed: int, length: int, cut: float, back: int
) -> None:
    """Whoever comes late, and is told some of the past again, knows the same."""
    daemon = happened(seed, length)
    at = int(cut * len(daemon.told))
    whole = heard(begun(daemon), daemon, 0, len(daemon.told))
    late = heard(begun(daemon, at=at), daemon, max(0, at - back), len(daemon.told))
    if late.texts["j1"].stale or whole.texts["j1"].stale:
        return  # its text would be asked for; test_fold tells when
    assert essence(late) == essence(whole)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(), length=st.integers(1, 60), ask=st.floats(0, 1), wait=st.integers(0, 12))
def test_what_comes_while_a_text_is_on_its_way_is_not_lost(
    seed: int, length: int, ask: float, wait: int
) -> None:
    daemon = happened(seed, length)
    end = len(daemon.told)
    asked = int(ask * end)
    answered = min(end, asked + wait)
    made = random.Random(seed).randrange(asked, answered + 1)  # the moment the answer tells of
    state = heard(begun(daemon), daemon, 0, asked)
    state = fold(state, Asked("j1"))
    state = heard(state, daemon, asked, answered)
    text = daemon.states[made - 1][1] if made else Text("db-0", 0, [], [])
    state = heard(fold(state, Told("j1", text)), daemon, answered, end)
    assert not state.meanwhile
    if not state.texts["j1"].stale:
        assert list(state.texts["j1"].cues) == sorted(
            daemon.cues.values(), key=lambda cue: (cue.start, *map(int, cue.id.split(".")))
        )


def test_a_transcript_that_is_not_open_is_not_kept() -> None:
    daemon = happened(1, 40)
    state = heard(fold(begun(daemon), Closed("j1")), daemon, 0, len(daemon.told))
    assert not state.texts
    assert not state.meanwhile


def test_the_first_cues_are_there_until_all_are() -> None:
    state = fold(World(), Opened(job()))
    cue = wire.Cue(id="0.0", start=0, end=1, text="so")
    state = fold(state, Page("j1", [cue]))
    assert list(state.pages["j1"]) == [cue]
    assert not fold(state, Told("j1", Text("db-1", 1, [cue], []))).pages


def test_events_of_one_job_leave_all_others_as_they_are() -> None:
    state = fold(fold(World(), Opened(job())), Opened(job("j2")))
    after = fold(state, wire.Progress(job_id="j2", phase="align", percent=7.0))
    assert after.texts["j1"] is state.texts["j1"]
    assert after.texts["j2"].job.progress.percent == 7.0


def test_jobs_at_rest_are_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "KEPT", 5)
    state = fold(World(), wire.InitialState(channel="jobs", as_of="db-0", jobs=[], counts={}))
    state = fold(state, Opened(job("open", state="completed", revision=4)))
    for number in range(60):
        name = f"j{number}"
        for revision, became in enumerate(("queued", "running", "completed"), 1):
            news = wire.JobEvent(job_id=name, state=became, reason=None, revision=revision)  # type: ignore[arg-type]
            state = fold(state, news, f"db-{3 * number + revision}")
            state = fold(state, job(name, state=became, revision=revision))
    assert len(state.jobs.jobs) <= 10
    assert len(state.jobs.tally.told) <= 20
    assert state.jobs.counts == {"completed": 60}
    assert "open" in state.texts


@pytest.mark.parametrize(("reason", "kind"), [(None, "job_completed"), ("gaps", "job_gaps")])
def test_the_end_of_a_job_is_told_once(reason: str | None, kind: str) -> None:
    state = fold(
        World(),
        wire.InitialState(
            channel="jobs", as_of="db-0", jobs=[job(state="running", revision=2)], counts={}
        ),
    )
    ended = wire.JobEvent(job_id="j1", state="completed", reason=reason, revision=3)
    assert toast(state, ended) == Toast(kind, "j1.wav")  # type: ignore[arg-type]
    assert toast(fold(state, ended, "db-1"), ended) is None


def test_many_ends_are_one_notice() -> None:
    few = [Toast("job_completed", f"{n}.wav") for n in range(3)]
    assert [notice.text for notice in toasts.notices(few)] == ["0.wav", "1.wav", "2.wav"]
    assert [n.text for n in toasts.notices(few * 4)] == ["12 jobs"]


def test_a_failed_download_says_why() -> None:
    problem = StenoError("daemon_lost", why="it ended").problem
    news = ModelErrorEvent(type="whisper", model_id="small", error=problem)
    told = toast(World(), news)
    assert told is not None
    (notice,) = toasts.notices([told])
    assert "whisper/small" in notice.text
    assert problem.detail in notice.text


def test_the_link_is_part_of_what_is_known() -> None:
    lost = Link("lost", StenoError("daemon_lost", why="it ended").problem)
    assert fold(World(), lost) == replace(World(), link=lost)


async def test_a_removal_is_taken_back_however_often_it_was_asked_for() -> None:
    removals = Removals(never, print)
    removals.add("j1")
    removals.add("j1")
    assert removals.undo() == "j1"
    assert "j1" not in removals
    assert removals.undo() is None
    await removals.finish()


def never() -> Any:
    raise AssertionError("the daemon is told nothing")
