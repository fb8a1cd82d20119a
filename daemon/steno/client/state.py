"""What is known of a job: a pure fold of its events.

Snapshots are news, too: an `initial_state`, a job that was asked for, its text. Whatever was folded
before, a snapshot and what comes after it lead to the state that the whole stream leads to; what a
snapshot contains already is left out by its `as_of` and by the job's revision.

So a job may be opened on a connection that carries it already: a `JobState` of the job as it is
shown, its text, then the events since, which may begin with any from before. Events that come while
a text is on its way are folded after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import msgspec

from steno import wire
from steno.client.cues import Cues
from steno.client.replay import within
from steno.client.stream import ModelPayload, Payload
from steno.wire import FINAL, TRANSCRIPTS_CHANNEL

WAITING = frozenset({"created", "completed", "failed", "cancelled"})
"""States in which a job does nothing until a person asks for it."""


class Text(NamedTuple):
    """All that was said by the event `as_of`, whatever came meanwhile included or not."""

    as_of: str
    revision: int
    cues: Sequence[wire.Cue]
    gaps: Sequence[wire.Gap]


News = Payload | wire.Job | Text


@dataclass(frozen=True)
class JobState:
    """A job as a person sees it. Outputs, warnings and counts are those of the last snapshot."""

    job: wire.Job
    drafts: Mapping[int, wire.DraftEvent] = field(default_factory=dict)
    """Provisional text by segment, until its fragment comes."""
    cues: Cues = field(default_factory=Cues)
    """Without words. All of them, unless `stale`."""
    newest: wire.CueText | None = None
    """The last text that was committed."""
    gaps: Mapping[int, wire.Gap] = field(default_factory=dict)
    revision: int = 0
    """The transcript's, as last told."""
    removed: bool = False
    stale: bool = True
    """Cues are missing or have other times by now: the job must be asked for, then its text."""
    as_of: str | None = None
    """The event up to which the last `initial_state` knew the job."""
    text_as_of: str | None = None
    edited: bool = False
    """The last event told of an edit, which the signal after it announces."""

    @property
    def settled(self) -> bool:
        """Nothing more happens unless a person asks for it. A pause the system made ends by
        itself."""
        if self.removed or self.job.state in WAITING:
            return True
        return self.job.state == "paused" and self.job.reason == "user"

    @property
    def draft(self) -> str:
        """The provisional text that comes first in the media."""
        return self.drafts[min(self.drafts)].text if self.drafts else ""


def fold(state: JobState, news: News, ident: str | None = None) -> JobState:
    """`state` after `news` of the same job; news of another leave it as it is. `ident` is the
    event's id, if it has one."""
    match news:
        case wire.Job():
            return known(state, news)
        case Text():
            return told(state, news)
        case wire.InitialState():
            return shown(state, news)
        case wire.SignalEvent(code="resync"):
            return replace(state, stale=True, edited=False)
    if isinstance(news, ModelPayload) or news.job_id != state.job.id:
        return state
    fresh = not within(ident or "", state.text_as_of)
    match news:
        case wire.JobEvent():
            return transition(state, news, fresh=fresh)
        case wire.Progress():
            return replace(state, job=msgspec.structs.replace(state.job, progress=news))
        case wire.DraftEvent():
            if state.job.state != "running" or state.cues.tells_of(news.segment_index):
                return state
            return replace(state, drafts={**state.drafts, news.segment_index: news})
        case wire.FragmentEvent():
            return fragment(state, news, fresh=fresh)
        case wire.Gap():
            gaps = {**state.gaps, news.segment_index: news} if fresh else state.gaps
            drafts = without(state.drafts, news.segment_index)
            stale = state.stale or (fresh and within(ident or "", state.as_of))
            return replace(state, gaps=gaps, drafts=drafts, stale=stale, edited=False)
        case wire.AlignedEvent():
            return aligned(state, news, fresh=fresh)
        case wire.EditEvent():
            return edit(state, news, fresh=fresh)
        case wire.SignalEvent():
            return signal(state, news, fresh=fresh)
        case wire.ErrorEvent():
            return state


def known(state: JobState, job: wire.Job) -> JobState:
    """With the job as the daemon shows it, unless more is known of it by now."""
    if job.id != state.job.id or job.revision < state.job.revision:
        return state
    return replace(state, job=job, drafts=state.drafts if job.state == "running" else {})


def shown(state: JobState, news: wire.InitialState) -> JobState:
    """With what is told first on a connection. Drafts are not stored: those of before it may never
    be replaced."""
    for job in [news.job, *(news.jobs or ())]:
        if job is not None and job.id == state.job.id:
            # That gaps were tried again is not told after a state that contains it.
            again = bool(state.gaps) and not within(news.as_of, state.text_as_of)
            return replace(
                known(state, job),
                drafts={},
                stale=state.stale or again,
                as_of=news.as_of,
                edited=False,
            )
    return replace(state, drafts={}) if news.channel == TRANSCRIPTS_CHANNEL else state


def told(state: JobState, text: Text) -> JobState:
    """With all of the text."""
    return replace(
        state,
        cues=text.cues if isinstance(text.cues, Cues) else Cues(text.cues),
        gaps={gap.segment_index: gap for gap in text.gaps},
        revision=max(text.revision, state.revision),
        stale=False,
        text_as_of=text.as_of,
    )


def transition(state: JobState, news: wire.JobEvent, *, fresh: bool) -> JobState:
    """After a change of the job's state; one that is older than what is known changes nothing."""
    if news.state == "removed":
        return replace(state, removed=True, drafts={})
    if news.revision <= state.job.revision:
        # Of a job that was asked for meanwhile it is not known whether its gaps were tried again.
        again = fresh and news.state == "queued" and bool(state.gaps)
        return replace(state, stale=True) if again else state
    job = msgspec.structs.replace(
        state.job, state=news.state, reason=news.reason, revision=news.revision
    )
    drafts = state.drafts if news.state == "running" else {}
    # Who wants a job to go on that had ended wants its gaps tried again.
    again = fresh and news.state == "queued" and state.job.state in FINAL
    return replace(state, job=job, drafts=drafts, gaps={} if again else state.gaps, edited=False)


def fragment(state: JobState, news: wire.FragmentEvent, *, fresh: bool) -> JobState:
    """With the text of one segment, which takes the place of its drafts and its gap."""
    more: dict[str, Any] = {"drafts": without(state.drafts, news.segment_index)}
    if said := [cue for cue in news.segments if cue.text.strip()]:
        more["newest"] = said[-1]
    if fresh:
        cues = [wire.Cue(id=c.id, start=c.start, end=c.end, text=c.text) for c in news.segments]
        more["cues"] = state.cues.changed(cues, done=news.segment_index)
        more["gaps"] = without(state.gaps, news.segment_index)
    return replace(state, **more, edited=False)


def aligned(state: JobState, news: wire.AlignedEvent, *, fresh: bool) -> JobState:
    """With the exact times of one segment's cues."""
    if not fresh:
        return replace(state, edited=False)
    cues = state.cues.changed(news.cues)
    revision = max(news.revision, state.revision)
    return replace(state, cues=cues, revision=revision, edited=False)


def edit(state: JobState, news: wire.EditEvent, *, fresh: bool) -> JobState:
    """With the cues as a person left them."""
    if not fresh:
        return replace(state, edited=True)
    cues = state.cues.changed(news.cues, news.removed)
    return replace(state, cues=cues, revision=max(news.revision, state.revision), edited=True)


def signal(state: JobState, news: wire.SignalEvent, *, fresh: bool) -> JobState:
    """An edit was told of with its cues just before; any other change of the text was not."""
    if news.code == "transcript_changed" and fresh and not state.edited:
        return replace(state, stale=True)
    return replace(state, edited=False) if state.edited else state


def without(mapping: Mapping[int, Any], index: int) -> Mapping[int, Any]:
    if index not in mapping:
        return mapping
    return {number: value for number, value in mapping.items() if number != index}
