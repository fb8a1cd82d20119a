"""Who hears what, and delivery that neither waits nor raises."""

import asyncio
from collections.abc import Callable, Iterator

import msgspec
import pytest

from harness import until
from steno.errors import StenoError
from steno.events import delivery, encoding, hub
from steno.events.hub import Hub
from steno.events.subscription import AT_ONCE
from steno.store.database import StoredEvent
from steno.wire import DraftEvent, Progress


class Listener:
    """A subscription and all that was sent to it, write by write."""

    def __init__(self, h: Hub, *channels: str, after: int = 0, flow: bool = True) -> None:
        self.writes: list[bytes] = []
        self.takes = True
        self.subscription = h.subscribe(channels or ["job:a"])
        self.after = after
        if flow:
            self.flow()

    def flow(self) -> None:
        self.subscription.flow(self.send, self.after)

    def send(self, data: bytes) -> bool:
        self.writes.append(data)
        return self.takes

    @property
    def told(self) -> list[str]:
        """Kinds of events, or ids where they have one."""
        lines = b"".join(self.writes).decode().splitlines()
        heads = [line.partition(": ")[2] for line in lines if line.startswith(("id", "event"))]
        return [h for n, h in enumerate(heads) if n == 0 or "-" not in heads[n - 1]]


async def made(**limits: int) -> Hub:
    found = Hub(**({"queue": 256, "most": 10, "most_per_job": 5} | limits))
    found.database = "d"
    return found


async def settled() -> None:
    """Lets the hub deliver what is due."""
    for _ in range(50):
        await asyncio.sleep(0)


def stored(seq: int, kind: str = "job", job: str = "a", **data: object) -> StoredEvent:
    return StoredEvent(seq, f"job:{job}", kind, msgspec.json.encode(data))


def draft(text: str, index: int = 0) -> DraftEvent:
    return DraftEvent(job_id="a", segment_index=index, text=text, start=0.0, end=1.0)


async def test_durable_events_keep_order_and_ids() -> None:
    h = await made()
    mine = Listener(h)
    h.publish([stored(1, state="queued"), stored(2, state="running")])
    await settled()
    one = b'id: d-1\nevent: job\ndata: {"state":"queued"}\n\n'
    two = b'id: d-2\nevent: job\ndata: {"state":"running"}\n\n'
    assert mine.writes == [one + two], "one write for all that waits"


async def test_each_event_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[str] = []

    def counted(call: Callable[..., bytes]) -> Callable[..., bytes]:
        def count(kind: str, *args: object) -> bytes:
            encoded.append(kind)
            return call(kind, *args)

        return count

    monkeypatch.setattr(hub, "encode", counted(encoding.encode))
    monkeypatch.setattr(hub, "passing", counted(encoding.passing))
    h = await made(most=100, most_per_job=100)
    listeners = [Listener(h, "job:a") for _ in range(40)]
    listeners += [Listener(h, "jobs") for _ in range(40)]
    h.publish([stored(1), stored(2, "fragment", segment_index=0)])
    h.pass_on("progress", "job:a", Progress(job_id="a", phase="split", percent=1.0))
    h.pass_on("progress", "job:b", Progress(job_id="b", phase="split", percent=1.0))
    h.publish([stored(3, "fragment", job="b", segment_index=0)])
    await settled()
    assert all(len(one.writes) == 1 for one in listeners)
    assert encoded == ["job", "fragment", "progress", "progress"], "and not at all for nobody"


async def test_the_latest_draft_wins_and_the_fragment_ends_it() -> None:
    h = await made()
    mine = Listener(h)
    h.pass_on("draft", "job:a", draft("one"), 0)
    h.pass_on("draft", "job:a", draft("one two"), 0)
    h.pass_on("draft", "job:a", draft("other", 1), 1)
    h.pass_on("draft", "job:a", draft("lost", 2), 2)
    h.publish([stored(1, "fragment", segment_index=0), stored(2, "gap", segment_index=2)])
    await settled()
    assert mine.told == ["draft", "d-1", "d-2"]
    assert b"other" in mine.writes[0]


async def test_drafts_of_all_jobs_wait_for_their_own_fragments_only() -> None:
    h = await made()
    mine = Listener(h, "transcripts")
    for job in ("a", "b"):
        h.pass_on("draft", f"job:{job}", draft(f"{job} one"), 0)
        h.pass_on("draft", f"job:{job}", draft(f"{job} two"), 0)
    h.publish([stored(1, "fragment", segment_index=0), stored(2, "job")])
    await settled()
    assert mine.told == ["draft", "d-1"]
    assert b"b two" in mine.writes[0]


async def test_progress_of_a_busy_client_is_the_latest() -> None:
    h = await made(queue=16)
    mine = Listener(h, flow=False)
    for step in range(1000):
        h.pass_on("progress", "job:a", Progress(job_id="a", phase="split", percent=step / 10))
    mine.flow()
    await settled()
    assert mine.told == ["progress"]
    assert b"99.9" in mine.writes[0]


async def test_falling_behind_on_durable_events_is_said_and_bounded() -> None:
    h = await made(queue=16)
    mine, other = Listener(h, flow=False), Listener(h)
    for seq in range(1, 17):
        h.publish([stored(seq)])
        await settled()
    assert not mine.subscription.overrun
    h.publish([stored(17)])
    h.pass_on("progress", "job:a", Progress(job_id="a", phase="split", percent=1.0))
    await settled()
    assert mine.subscription.overrun
    assert await mine.subscription.attention(9)
    mine.flow()
    await settled()
    assert mine.writes == []
    assert not other.subscription.overrun, "another client is not harmed"
    assert other.told == [*(f"d-{n}" for n in range(1, 18)), "progress"]


async def test_what_the_state_contains_is_not_told_again() -> None:
    h = await made()
    mine = Listener(h, after=2, flow=False)
    h.publish([stored(1), stored(2), stored(3)])
    mine.flow()
    await settled()
    assert mine.told == ["d-3"]


async def test_a_client_that_takes_nothing_is_left_until_it_does() -> None:
    h = await made()
    mine, other = Listener(h), Listener(h)
    mine.takes = False
    for seq in range(1, 5):
        h.publish([stored(seq)])
        await settled()
    assert mine.told == ["d-1"]
    assert mine.subscription.stalled
    assert await mine.subscription.attention(9)
    assert len(other.writes) == 4
    mine.takes = True
    mine.flow()
    await settled()
    assert mine.told == ["d-1", "d-2", "d-3", "d-4"]
    assert len(mine.writes) == 2


async def test_a_write_is_bounded() -> None:
    h = await made()
    mine = Listener(h, flow=False)
    for seq in range(1, 9):
        h.publish([stored(seq, text="x" * (AT_ONCE // 3))])
    mine.flow()
    await settled()
    assert [write.count(b"event:") for write in mine.writes] == [3, 3, 2]


async def test_channels() -> None:
    h = await made()
    channels = ("jobs", "transcripts", "job:a", "job:b")
    all_jobs, texts, one, else_ = (Listener(h, c) for c in channels)
    h.publish([stored(1, "fragment", segment_index=0), stored(2, "edit")])
    h.publish([stored(3, "gap", segment_index=1)])
    await settled()
    assert all_jobs.told == ["d-3"]
    assert texts.told == ["d-1", "d-2"]
    assert one.told == ["d-1", "d-2", "d-3"]
    assert else_.told == []


async def test_a_client_of_two_channels_gets_an_event_once() -> None:
    h = await made()
    mine = Listener(h, "jobs", "transcripts", "job:a")
    h.publish([stored(1), stored(2, "fragment", segment_index=0)])
    await settled()
    assert mine.told == ["d-1", "d-2"]


async def test_limits() -> None:
    h = await made(most=6, most_per_job=2)
    open_now = [h.subscribe(["job:a"]), h.subscribe(["job:a"])]
    for wanted in (["job:a"], ["jobs", "job:b", "job:a"]):
        with pytest.raises(StenoError) as caught:
            h.subscribe(wanted)
        assert caught.value.problem.status == 429
    h.unsubscribe(open_now[0])
    collective = ["jobs", "transcripts", "models"]
    open_now = [h.subscribe(["job:a"]), *(h.subscribe(collective) for _ in range(4))]
    with pytest.raises(StenoError):
        h.subscribe(["jobs"])
    assert len(h) == 6


async def test_a_client_that_fell_behind_costs_no_more_and_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    h = await made(queue=16, most_per_job=2)
    stuck, other = Listener(h, flow=False), Listener(h)
    for seq in range(1, 18):
        h.publish([stored(seq)])
        await settled()
    offered: list[object] = []
    monkeypatch.setattr(stuck.subscription, "offer_durable", lambda *told: offered.append(told))
    h.publish([stored(18)])
    await settled()
    assert offered == []
    assert other.told[-1] == "d-18"
    with pytest.raises(StenoError):
        h.subscribe(["job:a"])
    h.unsubscribe(stuck.subscription)
    assert h.subscribe(["job:a"])


async def test_ids_of_another_database_are_known_as_such() -> None:
    h = await made()
    assert h.number("d-12") == 12
    for foreign in ("e-12", "12", "d-", "d-x", "d-9999999999999999999999"):
        assert h.number(foreign) is None


async def test_what_concerns_everybody_is_heard_on_every_channel() -> None:
    h = await made()
    listeners = [Listener(h, c) for c in ("jobs", "job:a", "models")]
    h.publish([StoredEvent(1, "", "error", b"{}")])
    await settled()
    assert [one.told for one in listeners] == [["d-1"]] * 3


async def test_what_cannot_be_published_is_logged_and_told_as_a_loss(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Publishing never raises into what committed the event."""
    h = await made()
    mine = Listener(h)
    h.publish([stored(1), StoredEvent(2, "weather:x", "rain", b"{}"), stored(3)])
    h.pass_on("progress", "weather:x", Progress(job_id="a", phase="split", percent=1.0))
    await settled()
    assert mine.subscription.overrun, "what is lost is not lost silently"
    assert [record.getMessage() for record in caplog.records if record.exc_info] == [
        "rain d-2 could not be published", "progress of weather:x could not be passed on",
    ]  # fmt: skip


async def test_a_connection_that_breaks_oddly_takes_no_other_with_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    h = await made()

    def broken(data: bytes) -> bool:
        raise RuntimeError("no more")

    listeners = [Listener(h) for _ in range(3)]
    listeners[1].subscription.flow(broken)
    h.publish([stored(1)])
    await settled()
    h.publish([stored(2)])
    await settled()
    assert listeners[0].told == listeners[2].told == ["d-1", "d-2"]
    assert listeners[1].subscription.ending.is_set()
    assert "cannot be written to" in caplog.text


async def test_delivery_takes_turns_with_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """While many are served, other callbacks of the loop get their turn."""
    h = await made(most=1000, most_per_job=1000)
    clock = ticks()
    monkeypatch.setattr("time.perf_counter", lambda: next(clock) * delivery.TURN_OF_FEW / 10)
    listeners = [Listener(h) for _ in range(200)]
    h.publish([stored(1)])
    served = []
    while not all(one.writes for one in listeners):
        await asyncio.sleep(0)
        served.append(sum(bool(one.writes) for one in listeners))
        assert len(served) < 1000
    turns = [b - a for a, b in zip([0, *served], served, strict=False)]
    assert max(turns) <= 10
    assert all(len(one.writes) == 1 for one in listeners)


async def test_many_are_served_once_no_work_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "PATIENCE", 60.0)
    h = await made(most=1000, most_per_job=1000)
    working = True
    h.delivery.busy = lambda: working
    few = [Listener(h, "job:b") for _ in range(10)]
    many = [Listener(h) for _ in range(delivery.MANY + 1)]
    h.publish([stored(1, job="b")])
    await until(lambda: all(one.writes for one in few), what="few are served at once")
    h.publish([stored(2)])
    await asyncio.sleep(0.02)
    assert not any(one.writes for one in many)
    working = False
    await until(lambda: all(one.writes for one in many), what="all are served")
    working = True
    monkeypatch.setattr(delivery, "PATIENCE", 0.005)
    h.publish([stored(3)])
    await until(lambda: all(len(one.writes) == 2 for one in many), what="patience ends")


def ticks() -> Iterator[int]:
    n = 0
    while True:
        yield n
        n += 1


async def test_silence_is_counted_from_the_last_write() -> None:
    h = await made()
    mine = Listener(h)
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def speak() -> None:
        for seq in range(1, 6):
            await asyncio.sleep(0.02)
            h.publish([stored(seq)])

    speaking = asyncio.create_task(speak())
    assert not await mine.subscription.attention(0.05)
    assert len(mine.writes) == 5
    assert loop.time() - began >= 0.15
    await speaking
