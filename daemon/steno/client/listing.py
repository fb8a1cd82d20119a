"""What is known of all jobs: a pure fold of the channel `jobs`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from msgspec import structs

from steno import wire
from steno.client.stream import Payload


@dataclass(frozen=True)
class JobsState:
    """Active jobs, at most 100 of those that were there when it began, and what became of them."""

    jobs: Mapping[str, wire.Job] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    """All jobs by state."""
    stale: bool = True
    """Something happened to a job that was not told of; the state must be asked for anew."""


def fold(state: JobsState, news: Payload) -> JobsState:
    """`state` after `news`."""
    match news:
        case wire.InitialState(jobs=list() as jobs):
            return JobsState({job.id: job for job in jobs}, dict(news.counts or {}), stale=False)
        case wire.SignalEvent(code="resync"):
            return replace(state, stale=True)
        case wire.JobEvent():
            return transition(state, news)
        case wire.Progress() if known := state.jobs.get(news.job_id):
            return put(state, structs.replace(known, progress=news))
    return state


def transition(state: JobsState, news: wire.JobEvent) -> JobsState:
    """After a change of one job's state. Of a new job nothing but that is told."""
    known = state.jobs.get(news.job_id)
    if known is None:
        return replace(state, stale=True)
    if news.state == "removed":
        left = {ident: job for ident, job in state.jobs.items() if ident != news.job_id}
        return replace(state, jobs=left, counts=moved(state.counts, known.state, None))
    if news.revision <= known.revision:
        return state
    job = structs.replace(known, state=news.state, reason=news.reason, revision=news.revision)
    return put(replace(state, counts=moved(state.counts, known.state, news.state)), job)


def put(state: JobsState, job: wire.Job) -> JobsState:
    return replace(state, jobs={**state.jobs, job.id: job})


def moved(counts: Mapping[str, int], before: str, after: str | None) -> Mapping[str, int]:
    """One job less that is `before`, one more that is `after`."""
    new = dict(counts)
    new[before] = new.get(before, 0) - 1
    if after is not None:
        new[after] = new.get(after, 0) + 1
    return {state: count for state, count in new.items() if count > 0}
