"""Streams on real sockets, served in this process: clients that do not read, and the end."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import pytest
from aiohttp import web

from daemon.assembled import assembled
from harness import until
from steno.api import stream
from steno.api.keys import Daemon
from steno.app import application
from steno.config import Config, Events
from steno.store import events, jobs
from steno.store.database import Transaction
from steno.store.jobs import NewRecord
from steno.wire import JOBS_CHANNEL, JobSettings, SignalEvent, job_channel

CONFIG = Config(events=Events(queue=32))
HEAD = b"HTTP/1.1 200 OK\r\n"
LARGE = SignalEvent(code="job_complete", message="x" * 50_000)
SMALL = SignalEvent(code="job_complete", message="small")


class Served(NamedTuple):
    daemon: Daemon
    runner: web.AppRunner
    path: str

    async def tell(self, what: SignalEvent, times: int = 1, channel: str = "job:a") -> None:
        """Commits an event; what is told lies in the queues when this returns."""
        for _ in range(times):
            await self.daemon.db.write(lambda tx: tx.tell("signal", what, channel))
        await asyncio.sleep(0)

    async def listener(self, query: str = "", version: str = "1.1", **headers: str) -> "Socket":
        """A client of all jobs that listens from now on."""
        before = len(self.daemon.hub)
        found = Socket(self.path)
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        found.send(f"GET /api/events{query} HTTP/{version}\r\nHost: steno\r\n{lines}\r\n")
        await until(lambda: len(self.daemon.hub) == before + 1, what="it listens")
        return found


class Socket:
    """A client that reads when it is told to, and only then."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.setblocking(False)
        self.got = b""
        sockets.append(self)

    def send(self, text: str) -> None:
        self.socket.send(text.encode())

    async def until(self, text: bytes) -> bytes:
        """Reads until `text` came."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            while text not in self.got:
                part = await loop.sock_recv(self.socket, 2**16)
                assert part, f"the stream ended before {text!r}: {self.got[-300:]!r}"
                self.got += part
        return self.got

    async def to_the_end(self) -> bytes:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionResetError):
                while part := await loop.sock_recv(self.socket, 2**16):
                    self.got += part
        return self.got

    def close(self) -> None:
        self.socket.close()


sockets: list[Socket] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while sockets:
        sockets.pop().close()


@contextlib.asynccontextmanager
async def serving(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    async with assembled(monkeypatch, CONFIG, at_work=False) as (daemon, home):
        runner = web.AppRunner(
            application(daemon), handler_cancellation=True, shutdown_timeout=5.0, access_log=None
        )
        await runner.setup()
        await web.UnixSite(runner, str(home.paths.socket)).start()
        try:
            yield Served(daemon, runner, str(home.paths.socket))
        finally:
            await runner.cleanup()


@pytest.fixture
async def served(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    async with serving(monkeypatch) as found:
        yield found


def connections(served: Served) -> int:
    assert served.runner.server is not None
    return len(served.runner.server.connections)


async def test_a_stream_is_chunked_for_those_who_know_chunks_only(served: Served) -> None:
    new, old = await served.listener(), await served.listener(version="1.0")
    for one in (new, old):
        await one.until(b"initial_state")
    await served.tell(SMALL)
    for one in (new, old):
        await one.until(b'"small","job_id":null}\n\n')
    event = new.got[new.got.index(b"id: ") :].removesuffix(b"\r\n")
    assert b"\r\n%x\r\n%b\r\n" % (len(event), event) in new.got
    assert b"retry: 1000\n\n\r\n" in new.got
    assert b"chunked" not in old.got
    assert b"retry: 1000\n\nevent: initial_state" in old.got
    assert old.got.endswith(b"\n\n" + event)


async def test_a_client_that_reads_late_misses_nothing(served: Served) -> None:
    """More than a socket holds, less than the queue."""
    late = await served.listener()
    await late.until(b"initial_state")
    await served.tell(LARGE, 20)
    await served.tell(SMALL)
    said = await late.until(b'"small","job_id":null}\n\n')
    numbers = [int(line.rpartition(b"-")[2]) for line in said.split(b"\n") if line[:4] == b"id: "]
    assert numbers == list(range(1, 22))
    assert b"resync" not in said


async def test_a_client_that_fell_behind_is_told_so_and_comes_back_to_it_all(
    served: Served,
) -> None:
    late = await served.listener()
    await late.until(b"initial_state")
    await served.tell(LARGE, 60)
    said = await late.to_the_end()
    assert said.count(b"event: signal") < 60
    assert b'"code":"resync"' in said[-300:]
    assert said.endswith(b"0\r\n\r\n"), "the stream ends in good order"
    last = max(int(x.split(b"\n")[0].rpartition(b"-")[2]) for x in said.split(b"id: ")[1:])
    again = await served.listener(Last_Event_ID=served.daemon.hub.id_of(last))
    await again.until(b"id: " + served.daemon.hub.id_of(60).encode())
    assert again.got.count(b"id: ") == 60 - last


async def test_what_a_stuck_client_costs_is_bounded(served: Served) -> None:
    stuck = await served.listener()
    await stuck.until(b"initial_state")
    await served.tell(SignalEvent(code="job_complete", message="x" * 5_000), 100)
    assert served.runner.server is not None
    (connection,) = served.runner.server.connections
    assert connection.transport is not None
    assert 0 < connection.transport.get_write_buffer_size() < 6_000, "one write waits"
    (subscription,) = served.daemon.hub._all
    assert subscription.overrun
    assert not subscription._waiting


async def test_a_client_that_takes_nothing_is_let_go(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SEND_TIMEOUT", 0.05)
    await served.tell(LARGE, 20)
    stuck = [await served.listener(), await served.listener("?since=" + served.daemon.hub.id_of(0))]
    await stuck[0].until(b"initial_state")
    await served.tell(LARGE, 20)
    await until(lambda: len(served.daemon.hub) == 0, what="they are given up")
    await until(lambda: connections(served) == 0, what="nothing is kept of them")


async def test_a_vanished_client_is_noticed_at_once(served: Served) -> None:
    one = await served.listener()
    await one.until(b"initial_state")
    one.close()
    await until(lambda: len(served.daemon.hub) == 0, what="its leaving is noticed", timeout=5)


async def test_the_end_comes_at_once_and_in_good_order(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(monkeypatch) as served:
        reader, late, stuck = [await served.listener() for _ in range(3)]
        for one in (reader, late, stuck):
            await one.until(b"initial_state")
        reading = asyncio.create_task(reader.to_the_end())
        await served.tell(LARGE, 20)
        await served.tell(SMALL)
        async with asyncio.timeout(4):
            ending = asyncio.create_task(served.runner.cleanup())
            await until(lambda: served.daemon.hub.closing, what="the end")
            said = [await late.to_the_end(), await reading]
            await ending
        for whole in said:
            assert whole.count(b"id: ") == 21
            assert whole.endswith(b'"small","job_id":null}\n\n\r\n0\r\n\r\n')
        assert not (await stuck.to_the_end()).endswith(b"0\r\n\r\n"), "it was stuck"


async def test_what_was_forgotten_is_said(served: Served) -> None:
    new = NewRecord(
        id="a", path=b"/a", name="a", source_size=1, source_mtime=1, state="created",
        settings=JobSettings(), versions={}, announced=None, language=None,
    )  # fmt: skip
    await served.daemon.db.write(lambda tx: jobs.insert(tx, new))
    await served.tell(SMALL, 9)
    await served.tell(SMALL, 5, "job:b")

    def change(tx: Transaction) -> None:
        events.forget(tx, job_channel("a"), 3)

    await served.daemon.db.write(change)
    ident = served.daemon.hub.id_of
    late = await served.listener(f"?channel={JOBS_CHANNEL}&since={ident(6)}")
    await late.until(b'"code":"resync"')
    assert b"id: " not in late.got
    await served.tell(SMALL)
    await late.until(b"id: " + ident(16).encode()), "it goes on live"
    early = await served.listener(f"?channel={JOBS_CHANNEL}&since={ident(7)}")
    await early.until(b"id: " + ident(16).encode())
    assert early.got.count(b"id: ") == 9
    assert b"resync" not in early.got
    for since, answer in ((4, b"410"), (99, b"200")):
        history = Socket(served.path)
        history.send(
            f"GET /api/jobs/a/events/history?since={ident(since)} HTTP/1.1\r\n"
            "Host: steno\r\nConnection: close\r\n\r\n"
        )
        assert (await history.to_the_end()).split()[1] == answer
