"""Whatever a client has seen, a snapshot and what follows lead to the same state."""

import dataclasses
import random
from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from steno import wire
from steno.client import Cues, JobState, fold
from steno.client.replay import Replay
from steno.client.state import News, Text
from tui.standin import job as queued

Told = tuple[str | None, str, News]
"""Id, kind and data of an event."""


@dataclass
class Daemon:
    """A job that things happen to, all that is told of it, and what it was after each event."""

    chance: random.Random
    job: wire.Job = field(default_factory=lambda: queued(state="running", revision=2))
    cues: dict[str, wire.Cue] = field(default_factory=dict)
    gaps: dict[int, wire.Gap] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    revision: int = 0
    told: list[Told] = field(default_factory=list)
    states: list[tuple[wire.Job, Text]] = field(default_factory=list)
    seq: int = 0
    mortal: bool = False
    removed: bool = False

    def tell(self, kind: str, data: Any, *, stored: bool = True) -> None:
        self.seq += stored
        self.told.append((f"db-{self.seq}" if stored else None, kind, data))
        self.states.append((self.job, self.text()))

    def text(self) -> Text:
        return Text(
            f"db-{self.seq}", self.revision, list(self.cues.values()), list(self.gaps.values())
        )

    def happen(self) -> None:
        if self.removed:
            return
        free = sorted(set(range(6)) - self.done - set(self.gaps))
        deeds = ["progress", "draft"]
        if self.job.state == "running":
            deeds += ["fragment", "fragment", "gap"] if free else []
            deeds += ["pause", "complete"]
        else:
            deeds += ["again"]
        if self.cues:
            deeds += ["change", "delete", "insert", "align"]
        if self.job.state == "completed" and self.mortal:
            deeds += ["remove"]
        getattr(self, self.chance.choice(deeds))(self.chance.choice(free or [0]))

    def progress(self, _: int) -> None:
        self.job = replace(
            self.job,
            progress=replace(self.job.progress, percent=self.job.progress.percent + 1),
        )
        self.tell("progress", self.job.progress, stored=False)

    def draft(self, index: int) -> None:
        data = wire.DraftEvent(job_id="j1", segment_index=index, text="hm", start=0, end=1)
        self.tell("draft", data, stored=False)

    def fragment(self, index: int) -> None:
        self.done.add(index)
        said = [
            wire.CueText(
                id=f"{index}.{n}", start=index * 10.0 + n, end=index * 10.0 + n + 1, text="so"
            )
            for n in range(self.chance.randrange(3))
        ]
        for one in said:
            self.cues[one.id] = wire.Cue(id=one.id, start=one.start, end=one.end, text=one.text)
        self.tell(
            "fragment",
            wire.FragmentEvent(job_id="j1", segment_index=index, language="en", segments=said),
        )

    def gap(self, index: int) -> None:
        self.gaps[index] = wire.Gap(job_id="j1", segment_index=index, start=0, end=1, reason="x")
        self.tell("gap", self.gaps[index])

    def became(self, state: Any, reason: str | None = None) -> None:
        self.job = replace(self.job, state=state, reason=reason, revision=self.job.revision + 1)
        self.tell(
            "job",
            wire.JobEvent(job_id="j1", state=state, reason=reason, revision=self.job.revision),
        )

    def pause(self, _: int) -> None:
        self.became("paused", "user")

    def complete(self, _: int) -> None:
        self.became("completed")

    def again(self, _: int) -> None:
        if self.job.state == "completed":
            self.gaps.clear()
        if self.job.state != "queued":
            self.became("queued", "resume")
        else:
            self.became("running")

    def remove(self, _: int) -> None:
        self.removed = True
        self.became("removed")

    def change(self, _: int) -> None:
        old = self.cues[self.chance.choice(list(self.cues))]
        new = replace(
            old, text=f"edit {self.seq}", start=float(self.chance.randrange(60)),
            modified=["text", "start"], revision=old.revision + 1,
        )  # fmt: skip
        self.cues[new.id] = new
        self.edited("change", [new], [])

    def delete(self, _: int) -> None:
        gone = self.chance.choice(list(self.cues))
        del self.cues[gone]
        self.edited("delete", [], [gone])

    def insert(self, _: int) -> None:
        new = wire.Cue(id=f"0.{10_000 + self.seq}", start=3.5, end=4, text="mine")
        self.cues[new.id] = new
        self.edited("insert", [new], [])

    def edited(self, action: Any, cues: list[wire.Cue], removed: list[str]) -> None:
        self.revision += 1
        self.tell(
            "edit",
            wire.EditEvent(
                job_id="j1", edit=self.revision, action=action, revision=self.revision,
                cues=cues, removed=removed,
            ),
        )  # fmt: skip
        self.signal("transcript_changed")

    def align(self, _: int) -> None:
        index = int(self.chance.choice(list(self.cues)).partition(".")[0])
        of_it = [cue for cue in self.cues.values() if cue.id.startswith(f"{index}.")]
        for old in of_it:
            if not old.modified:
                self.cues[old.id] = replace(old, start=old.start + 0.25)
        self.revision += 1
        self.tell(
            "aligned",
            wire.AlignedEvent(
                job_id="j1", segment_index=index, revision=self.revision,
                cues=[self.cues[old.id] for old in of_it],
            ),
        )  # fmt: skip

    def signal(self, code: Any) -> None:
        self.tell("signal", wire.SignalEvent(code=code, message="", job_id="j1"))


class Watcher:
    """Folds what is told, and asks for text that is stale, which comes `later` events late."""

    def __init__(self, daemon: Daemon, later: random.Random) -> None:
        self.daemon = daemon
        self.later = later
        self.state = JobState(queued(state="running", revision=2))
        self.last: str | None = None
        self.now = 0
        self.ask(0)

    def moment(self, now: int) -> int:
        """Some event after `now`, the one that is being folded: a question is answered later."""
        self.now = max(now, self.now)  # what is replayed lies in the past, answers do not
        self.now = min(self.now + self.later.randrange(4), len(self.daemon.states) - 1)
        return self.now

    def ask(self, now: int) -> None:
        self.state = fold(self.state, self.daemon.states[self.moment(now)][1])

    def hear(self, start: int, end: int, replay: Replay | None = None) -> None:
        for number in range(start, end):
            ident, kind, data = self.daemon.told[number]
            event = wire.Event(type=kind, data={"job_id": "j1"}, id=ident)
            if replay is not None and not replay.news(event):
                continue
            self.state = fold(self.state, data, ident)
            self.complete(number, data)
            self.last = ident or self.last

    def complete(self, now: int, news: News) -> None:
        if self.state.stale:
            self.ask(now)

    def reconnect(self, now: int, *, lost: bool) -> Replay:
        """A new connection when event `now` is the newest; what was missed is told, or lost."""
        as_of = next((i for i, _, _ in reversed(self.daemon.told[: now + 1]) if i), "db-0")
        if lost:
            resync = wire.SignalEvent(code="resync", message="")
            self.state = fold(self.state, resync)
            self.last = None
        self.now = max(now, self.now)
        replay = Replay(self.last)
        for shown in self.shown(now, as_of):
            data = msgspec.to_builtins(shown)
            replay.news(wire.Event(type="initial_state", data=data))
            self.state = fold(self.state, shown)
        self.complete(now, shown)
        return replay

    def shown(self, now: int, as_of: str) -> list[wire.InitialState]:
        job = self.daemon.states[now][0]
        return [wire.InitialState(channel="job:j1", as_of=as_of, job=job)]


class Interface(Watcher):
    """Opens the job on a connection of `jobs` and `transcripts`, and asks for it whenever it
    changed, as `Client.watch` does."""

    listed = True
    """Whether the job is among the hundred that are shown."""
    text_at = 0
    """The event after which the text was asked for."""

    def ask(self, now: int) -> None:
        at = self.moment(now)
        if self.daemon.removed and at == len(self.daemon.states) - 1:
            self.state = dataclasses.replace(self.state, removed=True)
            return
        self.state = fold(self.state, self.daemon.states[at][0])
        if self.state.stale:
            self.text_at = self.moment(at)
            self.state = fold(self.state, self.daemon.states[self.text_at][1])

    def complete(self, now: int, news: News) -> None:
        if not self.state.removed and (self.state.stale or isinstance(news, wire.JobEvent)):
            self.ask(now)

    def hear(self, start: int, end: int, replay: Replay | None = None) -> None:
        for number in range(start, end):
            super().hear(number, number + 1, replay)
            _, text = self.daemon.states[max(number, self.text_at)]
            assert self.state.stale or list(self.state.cues) == list(Cues(text.cues))

    def shown(self, now: int, as_of: str) -> list[wire.InitialState]:
        job = self.daemon.states[now][0]
        active = self.listed and job.state in ("queued", "running", "paused")
        return [
            wire.InitialState(channel="jobs", as_of=as_of, jobs=[job] if active else []),
            wire.InitialState(channel="transcripts", as_of=as_of),
        ]


def known(state: JobState) -> tuple[object, ...]:
    """What does not depend on who was there: drafts and the newest words are of the moment."""
    return state.job, list(state.cues), dict(state.gaps), state.revision, state.stale


@given(st.integers(0, 2**32), st.integers(1, 60), st.data())
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_prefix_and_a_snapshot_give_what_the_whole_stream_gives(
    seed: int, count: int, data: st.DataObject
) -> None:
    daemon = Daemon(random.Random(seed))
    daemon.tell("progress", daemon.job.progress, stored=False)
    for _ in range(count):
        daemon.happen()
    end = len(daemon.told)
    whole = Watcher(daemon, random.Random(seed))
    whole.hear(0, end)
    assert known(whole.state) == known(fold(JobState(daemon.job), daemon.text())), (
        "and both what is so"
    )

    other = Watcher(daemon, random.Random(seed + 1))
    left = data.draw(st.integers(0, end), label="left after")
    back = data.draw(st.integers(left, end), label="back at")
    lost = data.draw(st.booleans(), label="the past is lost")
    other.hear(0, left)
    replay = other.reconnect(max(back - 1, 0), lost=lost)
    durable = [n for n in range(left, back) if daemon.told[n][0] is not None]
    for number in [] if lost else durable:
        other.hear(number, number + 1, replay)
    other.hear(back, end, replay)
    assert known(other.state) == known(whole.state)


def essence(state: JobState) -> object:
    """What is known however the job was looked at; of one that is removed only that it is."""
    job = state.job
    return state.removed or (
        (job.state, job.reason, job.revision), list(state.cues), dict(state.gaps), state.revision,
        state.stale,
    )  # fmt: skip


@given(st.integers(0, 2**32), st.integers(1, 60), st.data())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_job_opened_on_a_connection_is_what_the_whole_stream_says(
    seed: int, count: int, data: st.DataObject
) -> None:
    """It is opened at some moment, when what came before is still being folded in; later the
    connection breaks."""
    daemon = Daemon(random.Random(seed), mortal=True)
    daemon.tell("progress", daemon.job.progress, stored=False)
    for _ in range(count):
        daemon.happen()
    end = len(daemon.told)
    whole = Watcher(daemon, random.Random(seed))
    whole.hear(0, end)

    late = Interface(daemon, random.Random(seed + 1))
    late.listed = data.draw(st.booleans(), label="among those shown")
    opened = data.draw(st.integers(0, end - 1 - daemon.removed), label="opened at")
    begin = data.draw(st.integers(0, opened), label="folded from")
    left = data.draw(st.integers(opened + 1, end), label="left after")
    back = data.draw(st.integers(left, end), label="back at")
    lost = data.draw(st.booleans(), label="the past is lost")

    late.now = 0
    late.state = JobState(daemon.states[opened][0])
    late.ask(opened)
    if data.draw(st.booleans(), label="its connection just began"):
        late.reconnect(begin, lost=False)
        late.last = None
        begin += 1
    late.hear(begin, left)
    replay = late.reconnect(back - 1, lost=lost)
    for number in [] if lost else range(left, back):
        if daemon.told[number][0] is not None:
            late.hear(number, number + 1, replay)
    late.hear(back, end, replay)
    assert essence(late.state) == essence(whole.state)
