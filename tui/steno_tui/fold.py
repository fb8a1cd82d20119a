"""What is shown of a job: a pure fold of its events."""

from dataclasses import dataclass, field, replace

import msgspec

from steno import wire
from steno.client import Payload

WAITING = frozenset({"created", "completed", "failed", "cancelled"})
"""States in which a job does nothing until a person asks for it."""


@dataclass(frozen=True)
class View:
    """A job as a person sees it."""

    job: wire.Job
    drafts: dict[int, wire.DraftEvent] = field(default_factory=dict)
    """Provisional text by segment, until its fragment comes."""
    fragments: dict[int, wire.FragmentEvent] = field(default_factory=dict)
    """Text that came while somebody watched, by segment."""
    newest: wire.CueText | None = None
    """The last text that was committed."""
    gaps: dict[int, wire.Gap] = field(default_factory=dict)
    removed: bool = False

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


def fold(view: View, news: Payload) -> View:
    """`view` after `news` of the same job; news of another leave it as it is."""
    match news:
        case wire.InitialState():
            for job in [news.job, *(news.jobs or ())]:
                if job is not None and job.id == view.job.id:
                    # Drafts are not stored: those of before the connection may never be replaced.
                    return replace(view, job=job, drafts={})
            return view
        case wire.ErrorEvent() | wire.SignalEvent():
            return view
    if news.job_id != view.job.id:
        return view
    match news:
        case wire.JobEvent():
            return transition(view, news)
        case wire.Progress():
            return replace(view, job=msgspec.structs.replace(view.job, progress=news))
        case wire.DraftEvent():
            if news.segment_index in view.fragments:
                return view
            return replace(view, drafts=view.drafts | {news.segment_index: news})
        case wire.FragmentEvent():
            said = [cue for cue in news.segments if cue.text.strip()]
            return replace(
                view,
                drafts=without(view.drafts, news.segment_index),
                fragments=view.fragments | {news.segment_index: news},
                newest=said[-1] if said else view.newest,
            )
        case wire.Gap():
            return replace(
                view,
                drafts=without(view.drafts, news.segment_index),
                gaps=view.gaps | {news.segment_index: news},
            )


def transition(view: View, news: wire.JobEvent) -> View:
    """`view` after a change of state; one that is older than what is known changes nothing."""
    if news.state == "removed":
        return replace(view, removed=True, drafts={})
    if news.revision <= view.job.revision:
        return view
    job = msgspec.structs.replace(
        view.job, state=news.state, reason=news.reason, revision=news.revision
    )
    running = news.state == "running"
    return replace(view, job=job, drafts=view.drafts if running else {})


def without(drafts: dict[int, wire.DraftEvent], index: int) -> dict[int, wire.DraftEvent]:
    return {key: draft for key, draft in drafts.items() if key != index}
