"""Those who should not get in, and what those who may must not do."""

import asyncio
import gzip
import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec
import psutil
import pytest

from e2e.asking import ask, noise, plain, steno, well_told
from harness import Home, Stenod, ended, fake, running, until
from steno.api.interface import GROUPS
from steno.api.openai.errors import Failure
from steno.api.route import Route
from steno.client import Client
from steno.config import Config
from steno.door import allow_many_files
from steno.errors import Exit, Problem

PAGE = "https://page.example"
ENVIRONMENT = {
    "STENO_TCP_ENABLED": "true",
    "STENO_TCP_PORT": "0",
    "STENO_TCP_HOSTS": '["steno.example"]',
    "STENO_TCP_ORIGINS": f'["{PAGE}"]',
    "STENO_REQUESTS_TIMEOUT": "1",
}


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    """Names in small letters."""
    body: bytes
    rest: bytes
    """What came after it."""

    @property
    def code(self) -> str:
        """Of the problem, which is checked for what every one must have; those under `/v1/` have
        OpenAI's shape."""
        if b'{"error":' in self.body:
            return msgspec.json.decode(self.body, type=Failure).error.code
        assert self.headers["content-type"] == "application/problem+json", self
        found = msgspec.json.decode(self.body, type=Problem)
        assert found.status == self.status
        return well_told(found).code


class Tcp(NamedTuple):
    """The TCP door of a daemon, spoken to in bytes."""

    port: int
    token: str

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def bearer(self) -> str:
        return f"Bearer {self.token}"

    def head(self, method: str, path: str, *fields: tuple[str, str]) -> bytes:
        """A request's head that is let in. A field given here replaces the usual one, and is left
        out where it is empty."""
        usual = {"Host": self.host, "Authorization": self.bearer, "Connection": "close"}
        given = {name for name, _ in fields}
        both = [item for item in usual.items() if item[0] not in given]
        lines = [f"{name}: {value}" for name, value in (*both, *fields) if value]
        return "\r\n".join((f"{method} {path} HTTP/1.1", *lines, "", "")).encode("latin-1")

    async def ask(
        self, method: str, path: str, *fields: tuple[str, str], body: bytes | None = None
    ) -> Reply:
        if body is not None and not any(name == "Content-Length" for name, _ in fields):
            fields = (*fields, ("Content-Length", str(len(body))))
        return await self.say(self.head(method, path, *fields) + (body or b""))

    async def say(self, *parts: bytes) -> Reply:
        """Sends `parts`; returns what is answered until the daemon closes the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            async with asyncio.timeout(30):
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                return parsed(await reader.read())
        finally:
            writer.close()


def parsed(raw: bytes) -> Reply:
    head, _, rest = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    assert first.startswith(("HTTP/1.1 ", "HTTP/1.0 ")), raw
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        assert name.lower() not in headers, f"{name} twice"
        headers[name.lower()] = value.strip()
    size = int(headers.get("content-length", "0"))
    if headers.get("transfer-encoding") == "chunked":
        size = len(rest)
    return Reply(int(first.split()[1]), headers, rest[:size], rest[size:])


async def door(home: Home) -> Tcp:
    async with Client(home.paths.socket) as client:
        found = await client.status()
    assert found.tcp is not None
    return Tcp(int(found.tcp.rpartition(":")[2]), home.paths.token.read_text().strip())


@pytest.fixture
async def tcp(shared: Home) -> Tcp:
    return await door(shared)


def pid_of(home: Home) -> int:
    return int(home.paths.lock.read_text().split()[0])


# The door itself ------------------------------------------------------------------------------


async def test_the_tcp_door_is_closed_unless_asked_for(home: Home) -> None:
    async with running(home) as (daemon, client):
        assert (await client.status()).tcp is None
        assert not home.paths.token.exists()
        assert daemon.process is not None
        assert psutil.Process(daemon.process.pid).net_connections("inet") == []


async def test_it_is_open_for_this_machine_only(shared: Home, tcp: Tcp) -> None:
    (listening,) = psutil.Process(pid_of(shared)).net_connections("inet")
    assert listening.laddr == ("127.0.0.1", tcp.port)
    assert stat.S_IMODE(shared.paths.token.stat().st_mode) == 0o600
    assert (await tcp.ask("GET", "/api/health")).status == 200
    assert f"http://{tcp.host}" in (await steno(shared, "status")).out


async def test_without_a_trustworthy_token_or_a_free_port_it_does_not_start(
    home: Home, tcp: Tcp
) -> None:
    taken = refusal(home, STENO_TCP_ENABLED="true", STENO_TCP_PORT=str(tcp.port))
    assert f"{tcp.host} cannot be listened at: address already in use." in taken
    home.paths.token.chmod(0o644)
    spoilt = refusal(home, STENO_TCP_ENABLED="true", STENO_TCP_PORT="0")
    assert f"{home.paths.token} cannot be used" in spoilt
    open_to_all = refusal(home, STENO_TCP_ENABLED="true", STENO_TCP_HOST="0.0.0.0")
    assert "tcp.host" in open_to_all
    anyone = refusal(home, STENO_TCP_ENABLED="true", STENO_TCP_ORIGINS='["*"]')
    assert "tcp.origins" in anyone


def refusal(home: Home, **variables: str) -> str:
    """What a daemon says that does not start."""
    process = Stenod(home).spawn(**variables)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == Exit.USAGE
    return said.decode()


# Who comes in at it ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:{port}0",
        "127.0.0.1:0{port}",
        "127.0.0.1:evil.example",
        "127.0.0.1:{port}.evil.example",
        "127.0.0.1.:{port}",
        "127.1:{port}",
        "2130706433:{port}",
        "0.0.0.0:{port}",
        "[::1]:{port}",
        "LOCALHOST:{port}",
        "localhost.:{port}",
        "user@127.0.0.1:{port}",
        "127.0.0.1:{port}, evil.example",
        "127.0.0.1:{port}/",
        "steno.example:{port}",
        "\xff",
    ],
)
async def test_another_hosts_name_is_refused(host: str, tcp: Tcp) -> None:
    """Also with the token: a page whose name was rebound to this address may have learnt it."""
    named = ("Host", host.format(port=tcp.port))
    head = tcp.head("GET", "/api/health", named)
    reply = await tcp.say(head if host else head.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert (reply.status, reply.code) == (403, "forbidden_host")
    bare = await tcp.ask("GET", "/api/health", named, ("Authorization", ""))
    assert bare.status in (400, 403), "the name counts before the token"


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "steno.example"])
async def test_its_own_names_are_let_in(host: str, tcp: Tcp) -> None:
    reply = await tcp.ask("GET", "/api/health", ("Host", host.format(port=tcp.port)))
    assert reply.status == 200


async def test_a_host_in_the_request_line_or_two_of_them_are_refused(tcp: Tcp) -> None:
    for target in ("http://evil.example/api/health", f"http://{tcp.host}/api/health"):
        assert (await tcp.ask("GET", target)).code == "forbidden_host"
    twice = tcp.head("GET", "/api/health", ("Host", tcp.host), ("Host", "evil.example"))
    assert (await tcp.say(twice)).code == "bad_request"


@pytest.mark.parametrize(
    "fields",
    [
        [("Origin", "https://evil.example")],
        [("Origin", "null")],
        [("Origin", "http://127.0.0.1:{port}")],
        [("Origin", PAGE + ".evil.example")],
        [("Origin", PAGE.upper())],
        [("Origin", PAGE + "/")],
        [("Origin", PAGE + ":443")],
        [("Origin", PAGE), ("Origin", "https://evil.example")],
        [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "same-origin")],
        [("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-site")],
        [("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site")],
    ],
)
async def test_web_pages_are_refused(fields: list[tuple[str, str]], tcp: Tcp) -> None:
    sent = [(name, value.format(port=tcp.port)) for name, value in fields]
    for token in (tcp.bearer, ""):
        reply = await tcp.ask("GET", "/api/jobs", ("Authorization", token), *sent)
        assert (reply.status, reply.code) == (403, "forbidden_origin")
        assert "access-control-allow-origin" not in reply.headers
    asked = ("Access-Control-Request-Method", "GET")
    preflight = await tcp.ask("OPTIONS", "/api/jobs", ("Authorization", ""), asked, *sent)
    assert preflight.code == "forbidden_origin"


async def test_a_web_page_is_refused_at_the_unix_socket_too(shared: Home) -> None:
    answer = await ask(shared, "GET", "/api/health", Origin="https://evil.example")
    assert answer.problem.code == "forbidden_origin"


async def test_a_listed_page_is_let_in_with_the_token(tcp: Tcp) -> None:
    page = (("Origin", PAGE), ("Sec-Fetch-Site", "cross-site"))
    reply = await tcp.ask("GET", "/api/jobs", *page)
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, PAGE)
    exposed = set(reply.headers["access-control-expose-headers"].split(", "))
    assert {"ETag", "Location", "Retry-After", "Steno-Job", "X-Should-Retry"} <= exposed
    assert reply.headers["vary"] == "Origin"
    refused = await tcp.ask("GET", "/api/jobs", ("Authorization", ""), *page)
    assert refused.code == "unauthorized"
    assert refused.headers["access-control-allow-origin"] == PAGE, "so that it learns why"


async def test_a_listed_page_may_ask_beforehand(tcp: Tcp) -> None:
    asked = ("Access-Control-Request-Method", "PATCH")
    for path in ("/api/jobs/1/cues/0.0", "/api/events", "/nowhere"):
        reply = await tcp.ask("OPTIONS", path, ("Authorization", ""), ("Origin", PAGE), asked)
        assert (reply.status, reply.body) == (204, b"")
        assert reply.headers["access-control-allow-origin"] == PAGE
        assert reply.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in reply.headers
        methods = set(reply.headers["access-control-allow-methods"].split(", "))
        assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= methods
        fields = set(reply.headers["access-control-allow-headers"].split(", "))
        assert {"Authorization", "If-Match", "Last-Event-ID", "Content-Range"} <= fields
        assert {"Repr-Digest", "If-None-Match"} <= fields
    wanted = "authorization, X-Stainless-Lang,x-stainless-retry-count, x-evil, openai-project, *"
    headers = (("Origin", PAGE), asked, ("Access-Control-Request-Headers", wanted))
    reply = await tcp.ask("OPTIONS", "/v1/audio/transcriptions", ("Authorization", ""), *headers)
    fields = set(reply.headers["access-control-allow-headers"].split(", "))
    assert {"x-stainless-lang", "x-stainless-retry-count", "openai-project"} <= fields
    assert not fields & {"x-evil", "*"}
    no_page = await tcp.ask("OPTIONS", "/api/jobs", ("Authorization", ""), asked)
    assert no_page.code == "unauthorized"


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer {wrong}",
        "Bearer {token}x",
        "Bearer {start}",
        "Bearer \xff{token}",
        "Bearer {token} {token}",
        "Basic {token}",
        "{token}",
    ],
)
async def test_without_the_token_nothing_is_told(given: str, tcp: Tcp) -> None:
    facts = {"token": tcp.token, "wrong": tcp.token[::-1], "start": tcp.token[:-1]}
    field = ("Authorization", given.format(**facts))
    for method, path in (("GET", "/api/health"), ("GET", "/nowhere"), ("PUT", "/api/jobs")):
        reply = await tcp.ask(method, path, field)
        assert (reply.status, reply.code) == (401, "unauthorized")
        assert reply.headers["www-authenticate"] == "Bearer"
        assert tcp.token.encode() not in reply.body


async def test_the_token_is_taken_from_one_header_only(tcp: Tcp) -> None:
    query = f"?token={tcp.token}&access_token={tcp.token}"
    reply = await tcp.ask("GET", f"/api/health{query}", ("Authorization", ""))
    assert reply.code == "unauthorized"
    both = (("Authorization", tcp.bearer), ("Authorization", "Bearer x"))
    assert (await tcp.ask("GET", "/api/health", *both)).code == "unauthorized"
    assert (await tcp.ask("GET", "/api/health", ("Authorization", f"bearer {tcp.token}"))).status


async def test_who_is_refused_need_not_send_the_body(tcp: Tcp) -> None:
    fields = (("Expect", "100-continue"), ("Content-Length", "10"))
    refused = await tcp.ask("POST", "/api/jobs", ("Authorization", ""), *fields)
    assert refused.code == "unauthorized", "and no 100 before it"
    reader, writer = await asyncio.open_connection("127.0.0.1", tcp.port)
    writer.write(tcp.head("POST", "/api/jobs", *fields))
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b'{"path":1}')
    assert parsed(await reader.read()).code == "bad_request"
    writer.close()


async def test_answers_are_for_nobody_elses_page_and_no_cache(tcp: Tcp) -> None:
    for path in ("/api/jobs", "/nowhere"):
        headers = (await tcp.ask("GET", path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"


async def test_a_stream_over_tcp(tcp: Tcp) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", tcp.port)
    writer.write(tcp.head("GET", "/api/events", ("Last-Event-ID", "x-1"), ("Origin", PAGE)))
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"text/event-stream" in head
    assert f"Access-Control-Allow-Origin: {PAGE}".encode() in head
    await reader.readuntil(b"initial_state")
    writer.close()


async def test_no_places_of_this_machine_are_named_over_tcp(
    folder: Path, shared: Home, tcp: Tcp, client: Client
) -> None:
    media = noise(folder / "a.wav", 1.0)
    kept = await client.add_job(media, fake(), start=False)

    async def send(to: str, **body: Any) -> Reply:
        return await tcp.ask("POST", to, body=json.dumps(body).encode())

    assert (await send("/api/jobs", path=media)).code == "local_only"
    assert (await send("/api/jobs", path="/etc/passwd")).code == "local_only"
    for settings in (
        {"output_dir": "/tmp"},
        {"output_dir": None},
        {"overwrite": True},
        {"options": {"asr": {"log": "/etc/passwd"}}},
        {"options": {"asr": {"segfault": [["/etc/passwd"]]}}},
        {"options": {"asr": {"segfault": nested(800)}}},
    ):
        assert (await send("/api/jobs", upload="x", settings=settings)).code == "local_only"
        for action in ("resume", "resume/validate"):
            reply = await send(f"/api/jobs/{kept.id}/{action}", settings=settings)
            assert reply.code == "local_only", (action, settings)
    numbers = {"options": {"asr": {"delay": 0.1, "fail": [7], "once": True}}, "workers": 1}
    reply = await send(f"/api/jobs/{kept.id}/resume/validate", settings=numbers)
    assert (reply.status, json.loads(reply.body)["allowed"]) == (200, True)
    await client.remove(kept.id)


def nested(depth: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


# Another user ------------------------------------------------------------------------------

KNOCK = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"GET /api/jobs HTTP/1.1\\r\\nHost: steno\\r\\nConnection: close\\r\\n\\r\\n")
data = b""
while part := s.recv(65536):
    data += part
os.write(1, data)
"""
"""What another user does, `nobody`."""


@contextmanager
def opened_up(path: Path) -> Iterator[None]:
    """Lets everybody at `path`."""
    before = [(one, stat.S_IMODE(one.stat().st_mode)) for one in (path, *path.parents)]
    try:
        for one, mode in before:
            if one.is_relative_to("/tmp") and one != Path("/tmp"):
                one.chmod(mode | 0o777)
        yield
    finally:
        for one, mode in before:
            if stat.S_IMODE(one.stat().st_mode) != mode:
                one.chmod(mode)


async def test_another_user_is_refused_even_where_the_folders_are_open(shared: Home) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become another user")

    def knock() -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-I", "-c", KNOCK, str(shared.paths.socket)]
        return subprocess.run(command, capture_output=True, check=False, timeout=30)

    closed = await asyncio.to_thread(knock)
    assert b"PermissionError" in closed.stderr
    with opened_up(shared.paths.socket):
        refused = await asyncio.to_thread(knock)
    assert parsed(refused.stdout).code == "forbidden_peer", refused.stderr


# Heads, bodies and time --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/api/health?" + "x" * 9000, []),
        ("/api/health", [("X-Long", "x" * 5000)]),
        ("/api/health", [("X" * 5000, "x")]),
        ("/api/health", [(f"X-{n}", "x") for n in range(100)]),
        ("/api/health", [("Cookie", "x" * 4000)] * 80),
    ],
    ids=["address", "field", "name", "fields", "together"],
)
async def test_a_head_that_is_too_large_is_refused(
    path: str, fields: list[tuple[str, str]], shared: Home, tcp: Tcp
) -> None:
    reply = await tcp.ask("GET", path, *fields)
    assert (reply.status, reply.code) == (431, "head_too_large")
    assert "Traceback" not in shared.log


async def test_a_head_as_large_as_allowed_is_taken(tcp: Tcp) -> None:
    fields = [(f"X-{n:02}", "x" * 4000) for n in range(60)]
    reply = await tcp.ask("GET", "/api/jobs?q=" + "x" * 500, *fields)
    assert reply.status == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"HELLO\r\n\r\n",
        b"GET /api/health HTTP/9.9\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\n\r\n",
        b"\0" * 100,
    ],
)
async def test_what_is_no_http_is_told_so(sent: bytes, shared: Home, tcp: Tcp) -> None:
    assert (await tcp.say(sent)).code == "bad_request"
    assert "Traceback" not in shared.log


SMUGGLED = b"DELETE /api/jobs/smuggled HTTP/1.1\r\nHost: {host}\r\n\r\n"


@pytest.mark.parametrize(
    "fields",
    [
        [("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
        [("Transfer-Encoding", "chunked"), ("Content-Length", "5")],
        [("Content-Length", "5"), ("Content-Length", "6")],
        [("Content-Length", "5, 6")],
        [("Content-Length", "+5")],
        [("Content-Length", "-1")],
        [("Content-Length", "0x5")],
        [("Content-Length", "99999999999999999999999")],
        [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "identity")],
        [("Transfer-Encoding", "identity, chunked, identity")],
        [("Transfer-Encoding", "xchunked")],
        [("Transfer-Encoding ", "chunked")],
        [(" Transfer-Encoding", "chunked")],
        [("X", "y\nTransfer-Encoding: chunked")],
    ],
)
async def test_no_second_request_is_smuggled_in(fields: list[tuple[str, str]], tcp: Tcp) -> None:
    """One answer, and what follows is not read as a request."""
    head = tcp.head("POST", "/api/jobs", ("Connection", "keep-alive"), *fields)
    second = tcp.head("DELETE", "/api/jobs/smuggled")
    reply = await tcp.say(head + b"0\r\n\r\n" + second)
    assert reply.code == "bad_request"
    assert reply.rest == b""


@pytest.mark.parametrize("chunks", [b"zz\r\n\r\n", b"-1\r\n", b"2\r\n{}XX\r\n"])
async def test_broken_chunks_are_refused(chunks: bytes, shared: Home, tcp: Tcp) -> None:
    head = tcp.head("POST", "/api/jobs", ("Transfer-Encoding", "chunked"))
    reply = await tcp.say(head + chunks)
    assert reply.code == "bad_request"
    assert reply.rest == b""
    assert "Traceback" not in shared.log


async def test_chunks_that_break_later_are_refused(shared: Home, tcp: Tcp) -> None:
    """When the request is already in hand."""
    fields = (("Expect", "100-continue"), ("Transfer-Encoding", "chunked"))
    reader, writer = await asyncio.open_connection("127.0.0.1", tcp.port)
    writer.write(tcp.head("POST", "/api/jobs", *fields))
    assert b"100 Continue" in await reader.readuntil(b"\r\n\r\n")
    writer.write(b"2\r\n{}\r\nzz\r\n" + tcp.head("GET", "/api/health"))
    reply = parsed(await reader.read())
    writer.close()
    assert reply.code in ("bad_request", "too_slow"), "the parser written in C tells nobody"
    assert reply.rest == b""
    assert "Traceback" not in shared.log


async def test_a_body_that_is_too_large_is_refused(tcp: Tcp) -> None:
    reply = await tcp.ask("POST", "/api/jobs", body=b" " * (2**20 + 1))
    assert (reply.status, reply.code) == (413, "too_large")


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "br", "zstd", "x, gzip"])
async def test_nothing_is_inflated(encoding: str, shared: Home, tcp: Tcp) -> None:
    bomb = gzip.compress(bytes(2**20)) * 200
    assert len(bomb) < 2**18
    daemon = psutil.Process(pid_of(shared))
    before = daemon.memory_info().rss
    for route in with_body():
        field = ("Content-Encoding", encoding)
        reply = await tcp.ask(route.method, filled(route, "x"), field, body=bomb)
        assert (reply.status, reply.code) == (415, "encoding_unsupported"), route
    assert daemon.memory_info().rss - before < 50e6


def with_body() -> list[Route]:
    return [route for route in ROUTES if route.method != "GET"]


async def test_a_body_that_does_not_come_is_not_waited_for(tcp: Tcp) -> None:
    reply = await tcp.ask("POST", "/api/jobs", ("Content-Length", "100"), body=b"{")
    assert (reply.status, reply.code) == (408, "too_slow")


HALF_OPEN = 2_000
"""Connections at each door."""
AT_ONCE = 5.0
"""Seconds: a crowded machine answers in this time, and none is over in it that half-open
connections are waited for."""


async def test_half_open_connections_are_closed_and_keep_nobody_out(home: Home) -> None:
    """A third of them says nothing, a third stops midway, a third goes on a byte at a time. They
    have the time that is configured when nobody configured any."""
    allow_many_files()
    assert Config().requests.timeout == 2 * AT_ONCE == 10.0
    home.extra = {k: v for k, v in ENVIRONMENT.items() if k != "STENO_REQUESTS_TIMEOUT"}
    async with running(home):
        tcp = await door(home)
        begun = time.monotonic()
        there = await half_open(socket.AF_INET, ("127.0.0.1", tcp.port))
        here = await half_open(socket.AF_UNIX, str(home.paths.socket))
        sockets = there + here
        dribble = asyncio.create_task(dribbled(there[2::3] + here[2::3]))
        try:
            for _ in range(3):
                async with asyncio.timeout(AT_ONCE):
                    assert (await tcp.ask("GET", "/api/health")).status == 200
                async with asyncio.timeout(AT_ONCE), Client(home.paths.socket) as fresh:
                    assert (await fresh.health()).status == "ok"
            early = sum(map(closed, sockets))
            if time.monotonic() - begun < 2 * AT_ONCE:
                assert early == 0, "they are served meanwhile"
            await until(lambda: all(map(closed, sockets)), what="all are closed")
        finally:
            dribble.cancel()
            for one in sockets:
                one.close()
        assert (await tcp.ask("GET", "/api/health")).status == 200


async def half_open(family: int, address: Any) -> list[socket.socket]:
    loop = asyncio.get_running_loop()
    sockets = [socket.socket(family) for _ in range(HALF_OPEN)]
    for number, one in enumerate(sockets):
        one.setblocking(False)
        await loop.sock_connect(one, address)
        if number % 3:
            one.send(b"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
    return sockets


async def dribbled(sockets: list[socket.socket]) -> None:
    while True:
        await asyncio.sleep(0.5)
        for one in sockets:
            try:
                one.send(b"x")
            except OSError:
                continue


def closed(one: socket.socket) -> bool:
    try:
        return one.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


async def test_workers_inherit_no_connection(folder: Path, shared: Home, client: Client) -> None:
    """A worker that outlived the daemon would else keep its port, and every client waiting."""
    tcp = await door(shared)
    async with AsyncExitStack() as stack:
        for _ in range(3):
            _, writer = await asyncio.open_connection("127.0.0.1", tcp.port)
            stack.callback(writer.close)
        await client.health()
        job = await client.add_job(noise(folder / "a.wav", 1.0), fake())
        assert (await ended(client, job.id)).state == "completed"
        workers = [w.pid for w in (await client.status()).workers if w.pid]
        assert workers
        of_daemon = sockets_of(pid_of(shared))
        assert len(of_daemon) > 5
        for pid in workers:
            assert len(sockets_of(pid)) == 1, "its line to the daemon"
            assert not sockets_of(pid) & of_daemon
            assert psutil.Process(pid).net_connections("inet") == []


def sockets_of(pid: int) -> set[str]:
    """The sockets that a process has open, as the kernel names them."""
    found = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(fd)
        if target.startswith("socket:"):
            found.add(target)
    return found


# Paths out of their folder ------------------------------------------------------------------------

ROUTES = [route for group in GROUPS for route in group.routes]
OUT = [
    "..",
    "../..",
    "../../../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%252e%252e%252fetc%252fpasswd",
    "..%5c..%5cetc%5cpasswd",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "file:%2f%2f%2fetc%2fpasswd",
    "%00",
    "x%00.srt",
    "%ff%fe",
    "%c0%ae%c0%ae%c0%af",
    "%ed%a0%80",
    "%",
    "%zz",
    "\xff",
    "~root",
    "$HOME",
    "-rf",
    ".",
    "",
    "%0d%0aX-Injected:%20yes",
    "x" * 7000,
    "%F0%9F%92%A9" * 300,
]
"""What stands where a parameter of a path belongs, as it is sent."""
PRECIOUS = "precious-" + "a1b2c3"


def filled(route: Route, real: str, /, **parameters: str) -> str:
    """The route's path, of the job `real` but for what `parameters` say."""
    usual = dict.fromkeys(route.parameters, "x") | {"job": real}
    return plain(route).format(**usual | parameters)


@pytest.fixture
async def job(shared: Home, client: Client) -> str:
    """Some job that is done."""
    found = (await client.jobs(["completed"], limit=1)).jobs
    if not found:
        media = noise(shared.media / "done.wav", 1.0)
        found = [await ended(client, (await client.add_job(media, fake())).id)]
    return found[0].id


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {plain(r)}")
async def test_no_parameter_leads_out_of_its_folder(
    route: Route, job: str, shared: Home, tcp: Tcp
) -> None:
    """Of the path and of the query; new routes are tried by themselves."""
    before = everything(shared)
    for value in OUT:
        targets = [filled(route, job, **{name: value}) for name in route.parameters]
        if route.query is not None:
            names = [field.encode_name for field in msgspec.structs.fields(route.query)]
            targets += [f"{filled(route, job)}?{name}={value}" for name in names]
        for target in targets:
            await tried(tcp, route.method, target)
    assert everything(shared) == before
    assert "Traceback" not in shared.log


@pytest.mark.parametrize("value", OUT)
async def test_no_setting_leads_out_of_its_folder(
    value: str, job: str, shared: Home, tcp: Tcp
) -> None:
    names = ("backend", "model", "language", "splitter", "aligner", "device", "task", "nonsense")
    settings: list[dict[str, Any]] = [{name: unquote(value)} for name in names]
    settings += [{"formats": [unquote(value)]}, {unquote(value): 1}, {"style": unquote(value)}]
    settings += [{"options": {unquote(value): {}}}, {"options": {"asr": {unquote(value): 1}}}]
    before = everything(shared)
    for one in settings:
        sent = json.dumps({"settings": one}).encode()
        await tried(tcp, "POST", f"/api/jobs/{job}/resume/validate", sent)
        sent = json.dumps({"upload": unquote(value), "settings": one}).encode()
        await tried(tcp, "POST", "/api/jobs", sent)
    assert everything(shared) == before
    assert "Traceback" not in shared.log


FIELDS = ("If-Match", "If-None-Match", "Last-Event-ID", "Content-Type", "Content-Range", "Range")


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {plain(r)}")
async def test_no_header_breaks_a_route(route: Route, job: str, shared: Home, tcp: Tcp) -> None:
    for value in (
        "\xff\xfe",
        "..%2f..",
        '"' * 3,
        "bytes 9-1/0",
        "99999999999999999999",
        "x" * 4000,
    ):
        for name in FIELDS:
            await tried(tcp, route.method, filled(route, job), b"{}", (name, value))
    assert "Traceback" not in shared.log


async def tried(
    tcp: Tcp, method: str, target: str, body: bytes = b"{}", field: tuple[str, str] = ("", "")
) -> None:
    """Sends it, and looks at the beginning of the answer, as streams do not end."""
    fields = dict([("If-Match", "*"), field])
    if method != "GET":
        fields["Content-Length"] = str(len(body))
    head = tcp.head(method, target, *fields.items())
    reader, writer = await asyncio.open_connection("127.0.0.1", tcp.port)
    try:
        writer.write(head + (b"" if method == "GET" else body))
        async with asyncio.timeout(20):
            reply = await reader.read(65536)
    finally:
        writer.close()
    assert reply[:9] in (b"HTTP/1.1 ", b"HTTP/1.0 "), (method, target)
    assert reply[9:10] in b"24", (method, target, body, reply)
    assert b"root:x:0" not in reply
    assert b"X-Injected" not in reply.partition(b"\r\n\r\n")[0]


def everything(home: Home) -> set[str]:
    """All files beside those that the daemon itself keeps."""
    own = {home.paths.database.name, "steno.log", "uploads"}
    return {
        str(path)
        for path in home.root.rglob("*")
        if not any(part.partition("-")[0] in own for part in path.relative_to(home.root).parts)
    }


async def test_a_link_in_the_output_folder_leads_nowhere(folder: Path, client: Client) -> None:
    """Planted while the job runs, at the place of its subtitles; the folder itself may be a link,
    as the person named it."""
    real, named, precious = folder / "real", folder / "named", folder / "precious.txt"
    real.mkdir()
    named.symlink_to(real)
    precious.write_text(PRECIOUS)
    media = noise(folder / "a.wav", 3.0)
    slow = fake({"delay": 0.3}, options={"splitter": {"every": 1.0}}, formats=["srt", "vtt"])
    job = await client.add_job(media, slow | {"output_dir": str(named)})
    (real / "a.srt").symlink_to(precious)
    assert (await ended(client, job.id)).error.code == "output_exists"  # type: ignore[union-attr]
    assert precious.read_text() == PRECIOUS
    assert (real / "a.srt").is_symlink()
    (real / "a.srt").unlink()
    await client.resume(job.id)
    assert (await ended(client, job.id)).state == "completed"
    assert sorted(os.listdir(real)) == ["a.srt", "a.vtt"]
    assert not (real / "a.srt").is_symlink()
    assert named.is_symlink()
    assert precious.read_text() == PRECIOUS
