"""All that the application knows of the daemon: a pure fold of everything it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeVar

from msgspec import structs

from steno import wire
from steno.client import JobsState, JobState, ModelsState, catalogue, listing
from steno.client import state as texts
from steno.client.state import News as TextNews
from steno.client.state import Text
from steno.client.stream import JobPayload, ModelPayload, Payload
from steno.errors import Problem
from steno.wire.models import ModelCompleteEvent, ModelErrorEvent, ModelInfo

T = TypeVar("T")

KEPT = 500
"""Jobs at rest that are remembered beside those at work; lists fetch others when they show them."""


RESTING = wire.FINAL | {"removed"}


class Link(NamedTuple):
    """The connection to the daemon."""

    status: Literal["connecting", "live", "lost"] = "connecting"
    problem: Problem | None = None
    """Why it is lost."""
    version: str | None = None
    """The daemon's, once it is known."""


class Opened(NamedTuple):
    """The transcript of this job is looked at from now on."""

    job: wire.Job


class Closed(NamedTuple):
    """It no longer is."""

    job_id: str


class Asked(NamedTuple):
    """The whole transcript of this job is asked for: what happens until it comes may be in it, and
    may not."""

    job_id: str


class Page(NamedTuple):
    """The first cues of a transcript of which the rest is on its way."""

    job_id: str
    cues: Sequence[wire.Cue]


class Told(NamedTuple):
    """The whole transcript of a job."""

    job_id: str
    text: Text


News = (
    Payload
    | wire.Job
    | wire.Edited
    | wire.Status
    | ModelInfo
    | Link
    | Opened
    | Closed
    | Asked
    | Page
    | Told
)


@dataclass(frozen=True)
class World:
    """What is known, at one moment."""

    link: Link = field(default_factory=Link)
    jobs: JobsState = field(default_factory=JobsState)
    """Jobs at work, and some that were told of lately."""
    models: ModelsState = field(default_factory=ModelsState)
    texts: Mapping[str, JobState] = field(default_factory=dict)
    """Transcripts that are open, by job."""
    pages: Mapping[str, Sequence[wire.Cue]] = field(default_factory=dict)
    """The first cues of those that are not yet complete."""
    meanwhile: Mapping[str, Sequence[tuple[TextNews, str | None]]] = field(default_factory=dict)
    """What happened to transcripts since they were asked for, by job."""
    shuffles: int = 0
    """How often jobs were added, removed or changed their state: lists of jobs have other rows."""


def fold(world: World, news: News, ident: str | None = None) -> World:
    """`world` after `news`; `ident` is the event's id, if it has one."""
    match news:
        case Link():
            return replace(world, link=news)
        case Opened(job):
            if job.id in world.texts:
                return world
            return replace(world, texts={**world.texts, job.id: JobState(job)})
        case Closed(job_id):
            return replace(
                world,
                texts=without(world.texts, job_id),
                pages=without(world.pages, job_id),
                meanwhile=without(world.meanwhile, job_id),
            )
        case Asked(job_id):
            return replace(world, meanwhile={**world.meanwhile, job_id: ()})
        case Page(job_id, cues):
            return replace(world, pages={**world.pages, job_id: cues})
        case Told(job_id, text):
            since = world.meanwhile.get(job_id, ())
            world = replace(
                world,
                pages=without(world.pages, job_id),
                meanwhile=without(world.meanwhile, job_id),
            )
            world = open_text(world, job_id, text, None)
            for later, at in since:
                world = open_text(world, job_id, later, at)
            return world
        case ModelInfo():
            return replace(world, models=catalogue.fold(world.models, news))
        case wire.Edited():
            return answered(world, news)
        case wire.Status():
            return replace(world, jobs=listing.fold(world.jobs, news))
    if isinstance(news, ModelPayload):
        return replace(world, models=catalogue.fold(world.models, news))
    return of_jobs(world, news, ident)


def of_jobs(world: World, news: JobPayload | wire.Job, ident: str | None) -> World:
    """After news of one job or of all."""
    match news:
        case wire.InitialState(models=list()):
            return replace(world, models=catalogue.fold(world.models, news))
        case wire.InitialState(channel=wire.TRANSCRIPTS_CHANNEL):
            return world
        case wire.InitialState() | wire.SignalEvent(code="resync"):
            models = world.models
            if isinstance(news, wire.SignalEvent):
                models = catalogue.fold(models, news)
            seen = {job: texts.fold(known, news, ident) for job, known in world.texts.items()}
            jobs = listing.fold(world.jobs, news, ident)
            more = world.shuffles + 1
            return replace(world, jobs=jobs, texts=seen, models=models, shuffles=more)
        case wire.Job():
            job_id: str | None = news.id
        case _:
            job_id = news.job_id
    jobs = world.jobs if quiet(news) else listing.fold(world.jobs, news, ident)
    moved = isinstance(news, wire.JobEvent) and jobs is not world.jobs
    if jobs is not world.jobs:
        world = replace(world, jobs=pruned(jobs, world.texts), shuffles=world.shuffles + moved)
    return open_text(world, job_id, news, ident) if job_id is not None else world


def answered(world: World, edited: wire.Edited) -> World:
    """After an edit of one's own, before its event comes: that changes nothing any more."""
    known = world.texts.get(edited.job_id)
    if known is None or edited.edit == 0:
        return world
    cues = [structs.replace(cue, words=[]) for cue in edited.cues]
    event = wire.EditEvent(
        job_id=edited.job_id,
        edit=edited.edit,
        action=edited.action,
        revision=edited.revision,
        cues=cues,
        removed=edited.removed,
    )
    after = replace(texts.fold(known, event), edited=known.edited)
    return replace(world, texts={**world.texts, edited.job_id: after})


def quiet(news: JobPayload | wire.Job) -> bool:
    """Whether the list of jobs takes no notice of it."""
    return isinstance(
        news, wire.DraftEvent | wire.FragmentEvent | wire.AlignedEvent | wire.EditEvent
    )


def open_text(world: World, job: str, news: TextNews, ident: str | None) -> World:
    """With `news` folded into the transcript of this job, if it is open."""
    known = world.texts.get(job)
    if known is None:
        return world
    if job in world.meanwhile:
        since = (*world.meanwhile[job], (news, ident))
        world = replace(world, meanwhile={**world.meanwhile, job: since})
    after = texts.fold(known, news, ident)
    return world if after is known else replace(world, texts={**world.texts, job: after})


def pruned(state: JobsState, kept: Mapping[str, JobState]) -> JobsState:
    """Without the jobs at rest that were told of first, where there are twice as many as `KEPT`."""
    told = state.tally.told
    if len(state.jobs) > 2 * KEPT:
        at_rest = [i for i, job in state.jobs.items() if job.state in wire.FINAL and i not in kept]
        gone = set(at_rest[: max(0, len(at_rest) - KEPT)])
        state = replace(state, jobs={i: job for i, job in state.jobs.items() if i not in gone})
    if len(told) > 4 * KEPT:  # of a job that is forgotten here the daemon is asked for its counts
        left = {i: one for i, one in told.items() if i in state.jobs or one.state not in RESTING}
        state = replace(state, tally=replace(state.tally, told=left))
    return state


def without(mapping: Mapping[str, T], key: str) -> Mapping[str, T]:
    return {name: value for name, value in mapping.items() if name != key}


class Toast(NamedTuple):
    """Something ended that a person may be waiting for."""

    kind: Literal[
        "job_completed", "job_gaps", "job_failed", "aligned", "model_ready", "model_failed"
    ]
    name: str
    """Of the file or the model."""
    problem: Problem | None = None


def toast(before: World, news: News) -> Toast | None:
    """What a person is told of `news`, `before` being what was known until then."""
    match news:
        case wire.JobEvent(state="completed" | "failed" as state, job_id=job_id):
            job = before.jobs.jobs.get(job_id)
            if job is None or news.revision <= job.revision:
                return None
            if state == "failed":
                return Toast("job_failed", job.name)
            return Toast("job_gaps" if news.reason else "job_completed", job.name)
        case wire.SignalEvent(code="alignment_ready", job_id=str(job_id)):
            return Toast("aligned", text.job.name) if (text := before.texts.get(job_id)) else None
        case ModelCompleteEvent():
            return Toast("model_ready", f"{news.type}/{news.model_id}")
        case ModelErrorEvent():
            return Toast("model_failed", f"{news.type}/{news.model_id}", news.error)
    return None
