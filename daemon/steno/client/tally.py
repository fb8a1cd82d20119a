"""How many jobs are in each state, counted on from event to event."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from steno import wire
from steno.client.replay import within


class Told(NamedTuple):
    """What an event told of a job."""

    revision: int
    state: str


@dataclass(frozen=True)
class Tally:
    """Jobs by state."""

    counts: Mapping[str, int] = field(default_factory=dict)
    stale: bool = False
    """A job left a state that is not known: all must be counted anew."""
    as_of: str | None = None
    """The event up to which the daemon counted them."""
    last: str | None = None
    """The last event that was heard of."""
    told: Mapping[str, Told] = field(default_factory=dict)
    """By job, the last that was told of it."""


def begun(news: wire.InitialState) -> Tally:
    """The tally that a connection begins with."""
    told = {job.id: Told(job.revision, job.state) for job in news.jobs or ()}
    return Tally(dict(news.counts or {}), as_of=news.as_of, last=news.as_of, told=told)


def counted(tally: Tally, status: wire.Status) -> Tally:
    """With the daemon's own counts, unless more was told since it made them."""
    if tally.last is not None and not within(tally.last, status.as_of):
        return tally
    return replace(tally, counts=dict(status.jobs), as_of=status.as_of, stale=False)


def heard(tally: Tally, news: wire.JobEvent, ident: str, shown: wire.Job | None) -> Tally:
    """After a change of one job's state. `shown` is the job as it was asked for, if it was: that
    may be before or after this change."""
    before = tally.told.get(news.job_id)
    if before is not None and news.revision <= before.revision:
        return tally
    told = {**tally.told, news.job_id: Told(news.revision, news.state)}
    tally = replace(tally, told=told, last=ident or tally.last)
    if within(ident, tally.as_of):
        return tally
    if news.revision == 1:
        return replace(tally, counts=moved(tally.counts, None, news.state))
    for known in (before, shown):
        if known is not None and known.revision == news.revision - 1:
            return replace(tally, counts=moved(tally.counts, known.state, news.state))
    return replace(tally, stale=True)


def moved(counts: Mapping[str, int], before: str | None, after: str) -> Mapping[str, int]:
    """One job less that is `before`, one more that is `after`."""
    new = dict(counts)
    if before is not None:
        new[before] = new.get(before, 0) - 1
    if after != "removed":
        new[after] = new.get(after, 0) + 1
    return {state: count for state, count in new.items() if count > 0}
