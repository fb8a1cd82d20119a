"""A connection to the daemon's socket: requests, streams, and what can go wrong with either."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

import aiohttp
import msgspec
from yarl import URL

from steno import wire
from steno.errors import Problem, StenoError
from steno.paths import check_socket

T = TypeVar("T")

TIMEOUT = 120.0
"""Seconds an answer may take."""
IDLE = 30.0
"""Seconds without a byte after which a stream is dead: three heartbeats."""

Revive = Callable[[], Awaitable[object]]
"""Starts a daemon; returns once it answers, raises `StenoError` if it does not."""
Query = Iterable[tuple[str, str]]


class Tcp(NamedTuple):
    """The daemon's TCP door, as `steno status` tells it."""

    url: str
    """For example `http://127.0.0.1:7866`."""
    token: str
    """What the file of the token holds."""

    def __str__(self) -> str:
        return self.url


Address = Path | Tcp
"""A Unix socket, or the TCP door."""


class Connection:
    """The daemon at `address`, for `async with`.

    Every method raises `StenoError`: what the daemon answered, `daemon_absent` if none listens,
    `daemon_lost` if the connection broke. With `revive` an absent daemon is started instead.
    """

    def __init__(
        self,
        address: Address,
        *,
        revive: Revive | None = None,
        timeout: float = TIMEOUT,
        idle: float = IDLE,
    ) -> None:
        self.address = address
        self._revive = revive
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._stream_timeout = aiohttp.ClientTimeout(total=None, sock_read=idle)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self.open()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def open(self) -> Self:
        """As `async with` begins; `close` ends it. On a running loop only."""
        # A kept connection would be a stale one after each restart of the daemon, and a new one
        # costs next to nothing.
        if isinstance(self.address, Tcp):
            if not self.address.url.startswith("http://"):
                raise StenoError("bad_request", why=f"{self.address.url} is no http:// address.")
            self._session = aiohttp.ClientSession(
                self.address.url,
                connector=aiohttp.TCPConnector(force_close=True),
                headers={"Authorization": f"Bearer {self.address.token.strip()}"},
            )
        else:
            check_socket(self.address)
            connector = aiohttp.UnixConnector(path=str(self.address), force_close=True)
            self._session = aiohttp.ClientSession("http://steno", connector=connector)
        return self

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str | URL, kind: type[T], query: Query = ()) -> T:
        """The answer at `path` as a `kind`."""
        return decoded(await self.request("GET", path, params=list(query)), kind)

    async def send(
        self,
        method: str,
        path: str,
        kind: type[T],
        body: object = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> T:
        """The answer to `body` (JSON; none without it) as a `kind`. `options`: as in `request`."""
        if body is not None:
            headers = {"Content-Type": "application/json", **(headers or {})}
            options["data"] = wire.encode(body)
        return decoded(await self.request(method, path, headers=headers, **options), kind)

    async def request(self, method: str, path: str | URL, **options: Any) -> bytes:
        """The body of the answer. `options` are those of aiohttp."""
        options.setdefault("timeout", self._timeout)
        response = await self._open(method, path, self._revive, **options)
        try:
            return await response.read()
        except (aiohttp.ClientError, OSError) as error:
            raise StenoError("daemon_lost", why=reason(error)) from error
        finally:
            response.close()

    @asynccontextmanager
    async def stream(
        self, query: Query, last: str | None, *, revive: bool
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes of one event stream, after the event `last`; its iterator raises `daemon_lost`
        where the connection breaks and ends where the daemon ends it."""
        headers = {"Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = last
        response = await self._open(
            "GET",
            "/api/events",
            self._revive if revive else None,
            params=list(query),
            headers=headers,
            timeout=self._stream_timeout,
        )
        try:
            async with aclosing(self._chunks(response)) as chunks:
                yield chunks
        finally:
            response.close()

    async def _chunks(self, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in response.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, OSError) as error:  # a timeout is an OSError
            raise StenoError("daemon_lost", why=reason(error)) from error

    async def _open(
        self, method: str, path: str | URL, revive: Revive | None, **options: Any
    ) -> aiohttp.ClientResponse:
        assert self._session is not None, "use `async with`"
        try:
            response = await self._session.request(method, path, **options)
        except aiohttp.ClientConnectorError as error:
            if revive is None:
                raise StenoError("daemon_absent", socket=self.address) from error
            await revive()
            return await self._open(method, path, None, **options)
        except (aiohttp.ClientError, OSError) as error:
            raise StenoError("daemon_lost", why=reason(error)) from error
        if response.status >= 400:
            raise await refusal(response)
        return response


def decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise StenoError(
            "internal", why=f"the daemon's answer cannot be understood ({error})"
        ) from error


async def refusal(response: aiohttp.ClientResponse) -> StenoError:
    """What the daemon said instead of doing it."""
    try:
        problem = msgspec.json.decode(await response.read(), type=Problem)
    except (msgspec.MsgspecError, aiohttp.ClientError, OSError):
        return StenoError("internal", why=f"the daemon answered {response.status}")
    finally:
        response.close()
    return StenoError.of(problem)


def reason(error: Exception) -> str:
    """Why a connection ended, in words."""
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError):
        return "it ended"
    return str(error) or type(error).__name__
