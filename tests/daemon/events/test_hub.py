"""Delivery to subscribers: bounded, in order, never blocking."""

import msgspec
import pytest

from steno.errors import StenoError
from steno.events.hub import Hub
from steno.store.database import StoredEvent
from steno.wire import DraftEvent, Progress


def hub(**limits: int) -> Hub:
    made = Hub(**({"queue": 256, "most": 10, "most_per_job": 5} | limits))
    made.database = "d"
    return made


def stored(seq: int, kind: str = "job", job: str = "a", **data: object) -> StoredEvent:
    return StoredEvent(seq, f"job:{job}", kind, msgspec.json.encode(data))


def draft(text: str, index: int = 0) -> DraftEvent:
    return DraftEvent(job_id="a", segment_index=index, text=text, start=0.0, end=1.0)


async def test_durable_events_keep_order_and_ids() -> None:
    h = hub()
    mine = h.subscribe(["job:a"])
    h.publish([stored(1, state="queued"), stored(2, state="running")])
    assert await mine.next(1) == [
        (1, b'id: d-1\nevent: job\ndata: {"state":"queued"}\n\n'),
        (2, b'id: d-2\nevent: job\ndata: {"state":"running"}\n\n'),
    ]


async def test_each_event_is_encoded_once() -> None:
    h = hub()
    one, two = h.subscribe(["job:a"]), h.subscribe(["jobs"])
    h.publish([stored(1)])
    assert (await one.next(1))[0][1] is (await two.next(1))[0][1]


async def test_the_latest_draft_wins_and_the_fragment_ends_it() -> None:
    h = hub()
    mine = h.subscribe(["job:a"])
    h.pass_on("draft", "job:a", draft("one"), 0)
    h.pass_on("draft", "job:a", draft("one two"), 0)
    h.pass_on("draft", "job:a", draft("other", 1), 1)
    h.publish([stored(1, "fragment", segment_index=0)])
    kinds = [data.split(b"\n")[0 if seq is None else 1] for seq, data in await mine.next(1)]
    assert kinds == [b"event: draft", b"event: fragment"]


async def test_a_busy_client_loses_progress_and_never_order() -> None:
    h = hub(queue=16)
    mine = h.subscribe(["job:a"])
    for step in range(1000):
        h.pass_on("progress", "job:a", Progress(job_id="a", phase="split", percent=step / 10))
    assert len(await mine.next(1)) == 1


async def test_falling_behind_on_durable_events_is_said_and_bounded() -> None:
    h = hub(queue=16)
    mine, other = h.subscribe(["job:a"]), h.subscribe(["job:a"])
    for seq in range(1, 17):
        h.publish([stored(seq)])
    assert not mine.overrun
    assert len(await other.next(1)) == 16
    h.publish([stored(17)])
    assert mine.overrun
    assert await mine.next(1) == []
    assert not other.overrun, "another client is not harmed"


async def test_channels() -> None:
    h = hub()
    all_jobs, one, else_ = (h.subscribe([c]) for c in ("jobs", "job:a", "job:b"))
    h.publish([stored(1, "fragment", segment_index=0), stored(2, "gap")])
    assert [seq for seq, _ in await all_jobs.next(1)] == [2]
    assert [seq for seq, _ in await one.next(1)] == [1, 2]
    assert await else_.next(0.01) == []


async def test_a_client_of_two_channels_gets_an_event_once() -> None:
    h = hub()
    mine = h.subscribe(["jobs", "job:a"])
    h.publish([stored(1)])
    assert len(await mine.next(1)) == 1


async def test_limits() -> None:
    h = hub(most=6, most_per_job=2)
    open_now = [h.subscribe(["job:a"]), h.subscribe(["job:a"])]
    with pytest.raises(StenoError) as caught:
        h.subscribe(["job:a"])
    assert caught.value.problem.status == 429
    h.unsubscribe(open_now[0])
    open_now = [h.subscribe(["job:a"]), *(h.subscribe(["jobs"]) for _ in range(4))]
    with pytest.raises(StenoError):
        h.subscribe(["jobs"])
    assert len(h) == 6


async def test_ids_of_another_database_are_known_as_such() -> None:
    h = hub()
    assert h.number("d-12") == 12
    for foreign in ("e-12", "12", "d-", "d-x", "d-9999999999999999999999"):
        assert h.number(foreign) is None


async def test_what_concerns_everybody_is_heard_on_every_channel() -> None:
    h = hub()
    listeners = [h.subscribe([c]) for c in ("jobs", "job:a", "models")]
    h.publish([StoredEvent(1, "", "error", b"{}")])
    assert [len(await one.next(1)) for one in listeners] == [1, 1, 1]
