"""What is known of all jobs after each event, and after each answer, however late it comes."""

import random
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from steno import wire
from steno.client import JobsState
from steno.client.listing import News, fold
from tui.standin import job

IDS = [f"j{n}" for n in range(6)]
SHOWN = 2
"""Active jobs that an `initial_state` has at most."""


def became(ident: str, state: Any, revision: int) -> wire.JobEvent:
    return wire.JobEvent(job_id=ident, state=state, reason=None, revision=revision)


def status(as_of: int, **jobs: int) -> wire.Status:
    return wire.Status(
        version="1", pid=1, python="3", started_at=0, socket="", data_dir="", log="",
        jobs=jobs, as_of=f"db-{as_of}", workers=[], subscribers=1,
    )  # fmt: skip


def begun(as_of: int, jobs: list[wire.Job], **counts: int) -> JobsState:
    news = wire.InitialState(channel="jobs", as_of=f"db-{as_of}", jobs=jobs, counts=counts)
    return fold(JobsState(), news)


def after(state: JobsState, *news: tuple[int, wire.JobEvent]) -> JobsState:
    for seq, one in news:
        state = fold(state, one, f"db-{seq}")
    return state


def test_a_new_job_is_counted_and_to_be_asked_for() -> None:
    state = begun(3, [], failed=1)
    state = after(state, (4, became("j1", "queued", 1)), (5, became("j1", "running", 2)))
    assert state.untold == {"j1"}
    assert (state.counts, state.counts_stale) == ({"failed": 1, "running": 1}, False)
    state = fold(state, job("j1", state="running", revision=2))
    assert (list(state.jobs), state.untold) == (["j1"], frozenset())
    assert not state.stale


def test_a_job_that_left_an_unknown_state_makes_counts_stale_until_they_are_asked_for() -> None:
    state = after(begun(3, [], completed=5), (5, became("j1", "queued", 7)))
    assert state.counts_stale
    assert fold(state, status(4, completed=5)).counts_stale, "an answer of before that"
    state = fold(state, status(6, completed=3, queued=1, running=1))
    assert (state.counts_stale, state.counts["completed"]) == (False, 3)
    state = after(state, (6, became("j2", "running", 4)), (7, became("j1", "running", 8)))
    assert state.counts == {"completed": 3, "running": 2}, "one was counted already"


def test_what_was_asked_for_counts_as_what_it_was() -> None:
    state = begun(3, [], completed=5)
    state = fold(state, job("j1", state="completed", revision=6))
    assert state.counts == {"completed": 5}
    state = after(state, (4, became("j1", "queued", 7)))
    assert (state.counts, state.jobs["j1"].state) == ({"completed": 4, "queued": 1}, "queued")


def test_an_older_answer_changes_nothing() -> None:
    state = after(begun(3, []), (4, became("j1", "queued", 1)), (5, became("j1", "running", 2)))
    assert fold(state, job("j1", revision=1)) is state
    state = fold(state, job("j1", state="running", revision=2))
    assert fold(state, job("j1", revision=1)) is state
    state = after(state, (6, became("j1", "removed", 3)))
    assert fold(state, job("j1", state="running", revision=2)) is state


def test_jobs_that_ended_before_it_began_are_not_asked_for() -> None:
    state = begun(9, [], completed=1)
    assert after(state, (7, became("j1", "completed", 3))) is state


class Daemon:
    """Jobs that things happen to, all that is told of them, and how they were after each event."""

    def __init__(self, chance: random.Random) -> None:
        self.told: list[wire.JobEvent] = []
        self.states: list[dict[str, wire.Job]] = [{}]
        revisions: Counter[str] = Counter()
        for _ in range(chance.randrange(1, 40)):
            jobs = dict(self.states[-1])
            ident = chance.choice(IDS)
            if ident not in jobs and revisions[ident]:
                continue  # it was removed; an id is never used again
            revisions[ident] += 1
            kinds = ["queued", "running", "completed", "removed"] if ident in jobs else ["queued"]
            event = became(ident, chance.choice(kinds), revisions[ident])
            if event.state == "removed":
                del jobs[ident]
            else:
                jobs[ident] = job(ident, state=event.state, revision=event.revision)
            self.told.append(event)
            self.states.append(jobs)

    def counts(self, at: int) -> dict[str, int]:
        return dict(Counter(job.state for job in self.states[at].values()))

    def began(self, at: int) -> JobsState:
        active = [job for job in self.states[at].values() if job.state != "completed"]
        return begun(at, active[:SHOWN], **self.counts(at))

    def answer(self, at: int, ident: str) -> News | None:
        """What it says after event `at` when it is asked for a job, or for its status."""
        return self.states[at].get(ident) if ident else status(at, **self.counts(at))


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_counts_are_right_whatever_was_asked_and_whenever_the_answer_came(seed: int) -> None:
    chance = random.Random(seed)
    daemon = Daemon(chance)
    end = len(daemon.told)
    now = chance.randrange(end + 1)
    state = daemon.began(now)
    coming: list[News] = []

    def right(at: int) -> None:
        counted = int((state.tally.as_of or "").partition("-")[2])
        if not state.counts_stale:
            assert state.counts == daemon.counts(max(at, counted))

    for at in range(now, end):
        state = fold(state, daemon.told[at], f"db-{at + 1}")
        right(at + 1)
        if chance.random() < 0.7:  # the daemon may be ahead of what it told
            answer = daemon.answer(chance.randrange(at + 1, end + 1), chance.choice(["", *IDS]))
            coming += [answer] if answer else []
        while coming and chance.random() < 0.5:
            state = fold(state, coming.pop(chance.randrange(len(coming))))
            right(at + 1)
    for late in coming:
        state = fold(state, late)
        right(end)
    for ident in [*state.untold, ""]:
        if answer := daemon.answer(end, ident):
            state = fold(state, answer)
    assert (state.untold, state.counts) == (frozenset(), daemon.counts(end))
    assert all(known == daemon.states[end][ident] for ident, known in state.jobs.items())
    lately = {event.job_id for event in daemon.told[now:]} & set(daemon.states[end])
    assert lately <= set(state.jobs)
    assert not state.counts_stale
