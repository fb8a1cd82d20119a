"""What is shown of a job after each event."""

from typing import Any

import pytest

from steno import wire
from steno.client import JobState, Payload, fold
from steno.client.state import Text
from tui.standin import job


def draft(index: int, text: str) -> wire.DraftEvent:
    return wire.DraftEvent(job_id="j1", segment_index=index, text=text, start=0, end=1)


def spoken(index: int, *texts: str) -> wire.FragmentEvent:
    cues = [
        wire.CueText(id=f"{index}.{n}", start=index, end=index + 1, text=text)
        for n, text in enumerate(texts)
    ]
    return wire.FragmentEvent(job_id="j1", segment_index=index, language="en", segments=cues)


def changed(state: Any, revision: int, reason: str | None = None) -> wire.JobEvent:
    return wire.JobEvent(job_id="j1", state=state, reason=reason, revision=revision)


def gap(index: int) -> wire.Gap:
    return wire.Gap(job_id="j1", segment_index=index, start=0, end=1, reason="died")


def after(*news: Payload, view: JobState | None = None) -> JobState:
    view = view or JobState(job(state="running", revision=2))
    for one in news:
        view = fold(view, one)
    return view


def test_a_fragment_replaces_the_drafts_of_its_segment_only() -> None:
    view = after(draft(1, "a rea"), draft(0, "hel"), draft(0, "hello"))
    assert view.draft == "hello"
    view = after(spoken(0, "Hello.", "You there."), view=view)
    assert (view.draft, view.newest and view.newest.text) == ("a rea", "You there.")


def test_a_draft_that_comes_after_its_fragment_changes_nothing() -> None:
    assert after(spoken(0, "Hello."), draft(0, "hell")).draft == ""


def test_silence_leaves_the_newest_words() -> None:
    view = after(spoken(0, "Hello."), spoken(1), spoken(2, " "))
    assert view.newest is not None
    assert view.newest.text == "Hello."


def test_an_older_revision_changes_nothing() -> None:
    assert after(changed("queued", 1)).job.state == "running"
    assert after(changed("paused", 3, "user"), changed("running", 2)).job.state == "paused"


def test_a_pause_drops_drafts() -> None:
    assert after(draft(0, "hel"), changed("paused", 3, "user")).draft == ""


def test_a_new_connection_drops_drafts_and_keeps_text() -> None:
    state = wire.InitialState(channel="job:j1", as_of="db-9", job=job(state="running", revision=4))
    view = after(spoken(0, "Hello."), draft(1, "you"), state)
    assert (view.draft, view.job.revision) == ("", 4)
    assert view.newest is not None


def test_active_jobs_are_taken_from_the_channel_of_all() -> None:
    state = wire.InitialState(
        channel="jobs", as_of="db-9", jobs=[job("j2"), job(state="running", revision=7)]
    )
    assert after(state).job.revision == 7


def test_a_gap_is_kept_and_ends_its_draft() -> None:
    view = after(draft(3, "x"), gap(3))
    assert (list(view.gaps), view.draft) == ([3], "")


@pytest.mark.parametrize(
    "news",
    [
        wire.JobEvent(job_id="j2", state="failed", reason=None, revision=9),
        wire.Progress(job_id="j2", phase="split", percent=50),
        wire.DraftEvent(job_id="j2", segment_index=0, text="x", start=0, end=1),
        wire.Gap(job_id="j2", segment_index=0, start=0, end=1, reason="x"),
        wire.InitialState(channel="job:j2", as_of="db-1", job=job("j2")),
        wire.SignalEvent(code="job_complete", message="", job_id="j1"),
        wire.ErrorEvent(code="x", message="", hint="", retryable=False),
    ],
    ids=lambda news: type(news).__name__,
)
def test_news_of_another_job_or_without_a_state_change_nothing(news: Payload) -> None:
    view = JobState(job(state="running"))
    assert fold(view, news) is view


@pytest.mark.parametrize(
    ("state", "reason", "settled"),
    [
        ("created", None, True),
        ("queued", None, False),
        ("running", None, False),
        ("paused", "user", True),
        ("paused", "disk_full", False),
        ("completed", None, True),
        ("failed", "media_failed", True),
        ("cancelled", "user", True),
        ("removed", None, True),
    ],
)
def test_settled_means_that_only_a_person_makes_it_go_on(
    state: str, reason: str | None, settled: bool
) -> None:
    assert after(changed(state, 3, reason)).settled is settled


def test_text_that_changed_by_no_edit_that_was_told_is_to_be_asked_for() -> None:
    changed = wire.SignalEvent(code="transcript_changed", message="", job_id="j1")
    edit = wire.EditEvent(job_id="j1", edit=1, action="delete", revision=2, cues=[], removed=[])
    whole = fold(JobState(job(state="running")), Text("db-4", 1, [], []))
    assert not fold(fold(whole, edit, "db-5"), changed, "db-6").stale
    assert fold(whole, changed, "db-6").stale
    assert fold(fold(fold(whole, edit, "db-5"), spoken(0), "db-6"), changed, "db-7").stale
    assert not fold(whole, changed, "db-4").stale
