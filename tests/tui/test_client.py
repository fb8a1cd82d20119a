"""The client against a stand-in on a real socket."""

import asyncio
import os
from contextlib import aclosing
from pathlib import Path

import pytest

from harness import until
from steno import wire
from steno.client import Client, payload
from steno.client.replay import Replay, within
from steno.client.stream import pause
from steno.errors import StenoError
from tui.standin import (
    ABORTED,
    ENDED,
    SILENT,
    StandIn,
    became,
    event,
    fragment,
    initial,
    job,
    serving,
)

FAST = b"retry: 5\n\n"


async def take(client: Client, count: int, *channels: str) -> list[wire.Event]:
    """The first `count` events."""
    found = []
    async with asyncio.timeout(20):
        async with aclosing(client.events(channels or ("job:j1",))) as events:
            async for one in events:
                found.append(one)
                if len(found) == count:
                    break
    return found


def kinds(events: list[wire.Event]) -> list[str]:
    return [f"{one.type} {one.id}" if one.id else one.type for one in events]


async def test_answers_are_typed(standin: StandIn, socket: Path) -> None:
    standin.jobs["j1"] = job()
    async with Client(socket) as client:
        assert (await client.health()).status == "ok"
        assert (await client.job("j1")).name == "j1.wav"
        assert (await client.pause("j1")).state == "paused"
        assert (await client.jobs(["paused"], text="a&b", limit=3)).total == 1
        assert (await client.output("j1", "srt")).decode() == "srt Grüße\n"
        await client.remove("j1")
    assert standin.requests == [
        ("POST", "/api/jobs/j1/pause", None),
        ("GET", "/api/jobs?limit=3&state=paused&q=a%26b", None),
        ("DELETE", "/api/jobs/j1", None),
    ]


async def test_a_name_that_is_not_utf8_travels_as_uri(standin: StandIn, socket: Path) -> None:
    async with Client(socket) as client:
        await client.add_job("/m/bad\udcff.wav", {"language": "en"})
        await client.add_job("/m/gut ü.wav")
    assert [body["path"] for _, _, body in standin.requests] == [
        "file:///m/bad%FF.wav",
        "/m/gut ü.wav",
    ]


@pytest.mark.parametrize("ident", ["", "..", "a/b", "j1?x", "é", "x" * 65])
async def test_what_cannot_be_an_id_is_not_sent(standin: StandIn, socket: Path, ident: str) -> None:
    async with Client(socket) as client:
        with pytest.raises(StenoError) as caught:
            await client.remove(ident)
    assert caught.value.code == "job_not_found"
    assert standin.requests == []


async def test_what_the_daemon_refuses_is_raised_as_it_said(standin: StandIn, socket: Path) -> None:
    standin.jobs["j1"] = job(state="completed")
    async with Client(socket) as client:
        with pytest.raises(StenoError) as caught:
            await client.cancel("j1")
    assert caught.value.problem.detail == "The job is completed; cancel is not possible."


@pytest.mark.parametrize("left", [True, False], ids=["stale socket", "no socket"])
async def test_no_daemon(socket: Path, left: bool) -> None:
    if left:
        async with serving(StandIn(), socket):
            pass
        import socket as sockets

        dead = sockets.socket(sockets.AF_UNIX)
        dead.bind(str(socket))
        dead.close()
    async with Client(socket) as client:
        with pytest.raises(StenoError) as caught:
            await client.health()
        with pytest.raises(StenoError) as events:
            await take(client, 1)
    assert caught.value.code == events.value.code == "daemon_absent"


async def test_a_path_too_long_for_a_socket_is_told(tmp_path: Path) -> None:
    with pytest.raises(StenoError) as caught:
        async with Client(tmp_path / ("x" * 120)):
            pass
    assert caught.value.code == "socket_path"


async def test_a_stranger_at_the_socket_is_no_crash(socket: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(next(answers))
        await writer.drain()
        writer.close()

    head = b"HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\n"
    answers = iter([b"SSH-2.0\r\n", head + b"<htm>", b"HTTP/1.1 200 OK\r\n\r\n[]", head + b"x"])
    server = await asyncio.start_unix_server(talk, socket)
    codes = []
    async with server, Client(socket) as client:
        for _ in range(4):
            with pytest.raises(StenoError) as caught:
                await client.health()
            codes.append(caught.value.code)
    assert codes == ["daemon_lost", "internal", "internal", "internal"]


async def test_an_absent_daemon_is_started_and_asked_again(socket: Path) -> None:
    standin = StandIn()
    standin.scripts = [[initial(job())]]
    standin.jobs["j1"] = job()
    server = serving(standin, socket)

    async def revive() -> None:
        await server.__aenter__()

    async with Client(socket, revive=revive) as client:
        assert (await client.job("j1")).id == "j1"
    await server.__aexit__(None, None, None)


async def test_a_broken_stream_goes_on_where_it_ended(standin: StandIn, socket: Path) -> None:
    standin.jobs["j1"] = job()
    later = job(state="running", revision=2)
    standin.scripts = [
        [FAST, initial(job(), "db-3"), fragment("j1", 0, "one", 4), ABORTED],
        [
            initial(later, "db-7"),
            fragment("j1", 0, "one", 4),
            became("j1", "running", 2, 5),
            fragment("j1", 1, "two", 6),
            fragment("j1", 2, "three", 8),
            SILENT,
        ],
    ]
    async with Client(socket) as client:
        events = await take(client, 5)
    assert kinds(events) == [
        "initial_state",
        "fragment db-4",
        "initial_state",
        "fragment db-6",  # missed, and no part of the state
        "fragment db-8",
    ]
    assert standin.streams == [(["job:j1"], None), (["job:j1"], "db-4")]


async def test_resync_asks_for_the_state_anew(standin: StandIn, socket: Path) -> None:
    standin.jobs["j1"] = job()
    resync = event("signal", {"code": "resync", "message": "too slow"})
    standin.scripts = [
        [FAST, initial(job(), "db-3"), became("j1", "running", 2, 4), resync, SILENT],
        [initial(job(state="running", revision=5), "db-90"), SILENT],
    ]
    async with Client(socket) as client:
        events = await take(client, 4)
    assert kinds(events) == ["initial_state", "job db-4", "signal", "initial_state"]
    assert [last for _, last in standin.streams] == [None, None]


async def test_pings_are_kept_from_the_caller(standin: StandIn, socket: Path) -> None:
    standin.jobs["j1"] = job()
    standin.scripts = [
        [event("ping", {}), initial(job()), event("ping", {}), became("j1", "failed", 2, 1), SILENT]
    ]
    async with Client(socket) as client:
        assert kinds(await take(client, 2)) == ["initial_state", "job db-1"]


async def test_silence_means_that_the_connection_is_dead(standin: StandIn, socket: Path) -> None:
    standin.jobs["j1"] = job()
    standin.scripts = [[FAST, initial(job()), SILENT]]
    async with Client(socket, idle=0.05) as client:
        assert kinds(await take(client, 3)) == ["initial_state"] * 3


@pytest.mark.parametrize("noise", [b"data: {\n\n", b"data: []\n\n"])
async def test_an_event_that_cannot_be_read_breaks_only_the_connection(
    standin: StandIn, socket: Path, noise: bytes
) -> None:
    standin.jobs["j1"] = job()
    standin.scripts = [[FAST, initial(job()), noise, SILENT], [initial(job()), SILENT]]
    async with Client(socket) as client:
        assert kinds(await take(client, 2)) == ["initial_state"] * 2


async def test_a_killed_daemon_is_started_again(socket: Path) -> None:
    """The stream breaks, nobody listens, and `revive` brings a daemon that knows the past."""
    first, second = StandIn(), StandIn()
    for daemon in (first, second):
        daemon.jobs["j1"] = job()
    revived = serving(second, socket)
    second.scripts = [[initial(job(), "db-4"), fragment("j1", 1, "two", 5), SILENT]]
    async with serving(first, socket):

        async def die() -> None:
            os.unlink(socket)

        first.scripts = [[FAST, initial(job()), fragment("j1", 0, "one", 4), die, ABORTED]]

        async def revive() -> None:
            await revived.__aenter__()

        async with Client(socket, revive=revive) as client:
            events = await take(client, 4)
    await revived.__aexit__(None, None, None)
    assert kinds(events) == [
        "initial_state",
        "fragment db-4",
        "initial_state",
        "fragment db-5",
    ]
    assert second.streams == [(["job:j1"], "db-4")]


async def test_a_stopped_daemon_is_not_started_behind_its_persons_back(
    socket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steno.client.stream.GRACE", 0.05)
    standin = StandIn()
    standin.jobs["j1"] = job()
    async with serving(standin, socket):

        async def stop() -> None:
            os.unlink(socket)

        standin.scripts = [[FAST, initial(job()), stop, ENDED]]

        async def revive() -> None:
            raise AssertionError

        async with Client(socket, revive=revive) as client:
            with pytest.raises(StenoError) as caught:
                await take(client, 2)
    assert caught.value.code == "daemon_lost"


async def test_whoever_is_patient_is_told_of_each_loss_and_waits_for_ever(
    socket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No daemon, then one that stops in good order, none again, one that breaks, and one more."""
    monkeypatch.setattr("steno.client.stream.GRACE", 0.0)
    monkeypatch.setattr("steno.client.stream.PATIENT_RETRY", 600.0)
    standin, wake = StandIn(), asyncio.Event()
    standin.scripts = [
        [b"retry: 600000\n\n", initial(job()), ENDED],
        [initial(job()), ABORTED],
        [initial(job(), "db-4"), SILENT],
    ]
    lost: list[str] = []
    seen: list[wire.Event] = []

    async def listen(client: Client) -> None:
        events = client.events(
            ["jobs"], patient=True, wake=wake, on_lost=lambda error: lost.append(error.code)
        )
        async with aclosing(events):
            async for event in events:
                seen.append(event)

    async with Client(socket) as client:
        listening = asyncio.create_task(listen(client))
        await until(lambda: len(lost) == 1, what="it is told that nobody is there")
        async with serving(standin, socket):
            wake.set()
            await until(lambda: len(lost) == 2, what="it is told of the end")
        wake.set()
        await until(lambda: len(lost) == 3, what="it tries again, in vain")
        assert not wake.is_set()
        async with serving(standin, socket):
            wake.set()
            await until(lambda: len(lost) == 4, what="it is told of the break")
            wake.set()
            await until(lambda: len(seen) == 3, what="it is back")
            listening.cancel()
            await asyncio.wait([listening])
    assert lost == ["daemon_absent", "daemon_lost", "daemon_absent", "daemon_lost"]
    assert standin.streams[-1] == (["jobs"], "db-0")


async def test_a_patient_client_pauses_for_two_seconds_at_most(
    standin: StandIn, socket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def rest(seconds: float, _: asyncio.Event) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("steno.client.stream.rest", rest)
    standin.scripts = [[b"retry: 5000\n\n", initial(job()), ENDED]]
    async with Client(socket) as client, aclosing(client.events(["jobs"], patient=True)) as events:
        async for _ in events:
            if len(pauses) == 9:
                break
    assert all(1.0 <= seconds <= 2.0 for seconds in pauses)


async def test_a_refusal_that_waiting_does_not_mend_ends_the_stream(
    standin: StandIn, socket: Path
) -> None:
    standin.jobs["j1"] = job()

    async def forget() -> None:
        standin.jobs.clear()

    standin.scripts = [[FAST, initial(job()), forget, ENDED]]
    async with Client(socket) as client:
        with pytest.raises(StenoError) as caught:
            await take(client, 2)
    assert caught.value.code == "job_not_found"


def test_ids_are_compared_within_one_database() -> None:
    assert within("a-b-9", "a-b-10")
    assert within("a-10", "a-10")
    assert not within("a-11", "a-10")
    assert not within("b-9", "a-10")
    assert not within("9", "x")
    assert not within("a-1", None)


def test_of_several_channels_the_oldest_state_counts() -> None:
    replay = Replay("db-1")
    for name, as_of in (("a", "db-9"), ("b", "db-5")):
        shown = {"channel": f"job:{name}", "as_of": as_of, "job": {"id": name}}
        replay.news(wire.Event(type="initial_state", data=shown))
    assert not replay.news(wire.Event(type="job", data={"job_id": "a"}, id="db-5"))
    assert replay.news(wire.Event(type="job", data={"job_id": "a"}, id="db-6"))
    assert replay.news(wire.Event(type="gap", data={}, id="db-2"))


def test_that_a_job_ended_is_news_where_the_state_has_only_active_ones() -> None:
    replay = Replay("db-1")
    shown = {"channel": "jobs", "as_of": "db-9", "jobs": [{"id": "active"}]}
    replay.news(wire.Event(type="initial_state", data=shown))
    replay.news(wire.Event(type="initial_state", data={"channel": "models", "as_of": "db-9"}))
    assert not replay.news(wire.Event(type="job", data={"job_id": "active"}, id="db-5"))
    assert replay.news(wire.Event(type="job", data={"job_id": "ended"}, id="db-5"))
    assert not replay.news(wire.Event(type="job", data={"job_id": "ended"}, id="db-1"))
    assert not replay.news(wire.Event(type="model_complete", data={}, id="db-5"))


def test_pauses_grow_to_a_bound_and_differ() -> None:
    assert all(0.5 <= pause(1.0, 0, 10.0) <= 1.0 for _ in range(100))
    assert all(pause(1.0, 99, 10.0) <= 10.0 for _ in range(100))
    assert len({pause(1.0, 3, 10.0) for _ in range(20)}) > 10


def test_events_of_a_newer_daemon_are_no_payload() -> None:
    assert payload(wire.Event(type="fanfare", data={})) is None
    assert payload(wire.Event(type="job", data={"job_id": 3})) is None
