"""What is known of all jobs: a pure fold of the channel `jobs`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from msgspec import structs

from steno import wire
from steno.client import tally
from steno.client.replay import within
from steno.client.stream import Payload
from steno.client.tally import Tally

News = Payload | wire.Job | wire.Status


@dataclass(frozen=True)
class JobsState:
    """Active jobs, at most 100 of those that were there when it began, jobs that were asked for,
    and what became of them."""

    jobs: Mapping[str, wire.Job] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    stale: bool = True
    """Too much was missed; an `initial_state` has to come."""
    untold: frozenset[str] = frozenset()
    """Jobs of which nothing but events are known; each is to be asked for and folded in."""
    as_of: str | None = None
    """The event up to which the `initial_state` knew all jobs."""

    @property
    def counts(self) -> Mapping[str, int]:
        """All jobs by state."""
        return self.tally.counts

    @property
    def counts_stale(self) -> bool:
        """Whether the counts are not right; the daemon's status is to be asked for and folded
        in."""
        return self.tally.stale


def fold(state: JobsState, news: News, ident: str | None = None) -> JobsState:
    """`state` after `news`: an event, a job as the daemon showed it, or the daemon's status.
    `ident` is the event's id, if it has one."""
    match news:
        case wire.InitialState(jobs=list() as jobs):
            found = {job.id: job for job in jobs}
            return JobsState(found, tally.begun(news), stale=False, as_of=news.as_of)
        case wire.SignalEvent(code="resync"):
            return replace(state, stale=True)
        case wire.JobEvent():
            return transition(state, news, ident or "")
        case wire.Progress() if known := state.jobs.get(news.job_id):
            return put(state, structs.replace(known, progress=news))
        case wire.Job():
            return shown(state, news)
        case wire.Status():
            return replace(state, tally=tally.counted(state.tally, news))
    return state


def transition(state: JobsState, news: wire.JobEvent, ident: str) -> JobsState:
    """After a change of one job's state. Of a new job nothing but that is told."""
    known = state.jobs.get(news.job_id)
    if known is None and within(ident, state.as_of):
        return state  # it was no longer active
    state = replace(state, tally=tally.heard(state.tally, news, ident, known))
    if news.state == "removed":
        left = {name: job for name, job in state.jobs.items() if name != news.job_id}
        return replace(state, jobs=left, untold=state.untold - {news.job_id})
    if known is None:
        return replace(state, untold=state.untold | {news.job_id})
    if news.revision <= known.revision:
        return state
    job = structs.replace(known, state=news.state, reason=news.reason, revision=news.revision)
    return put(state, job)


def shown(state: JobsState, job: wire.Job) -> JobsState:
    """With a job as the daemon showed it, unless more is known of it by now."""
    newest = (state.jobs.get(job.id), state.tally.told.get(job.id))
    if any(known is not None and job.revision < known.revision for known in newest):
        return state
    return put(replace(state, untold=state.untold - {job.id}), job)


def put(state: JobsState, job: wire.Job) -> JobsState:
    return replace(state, jobs={**state.jobs, job.id: job})
