"""Requests to the daemon, one method for each route."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
import msgspec

from steno import wire
from steno.client.stream import follow
from steno.errors import Problem, StenoError, printable
from steno.paths import check_socket, to_reference

T = TypeVar("T")

TIMEOUT = 120.0
"""Seconds an answer may take."""
IDLE = 30.0
"""Seconds without a byte after which a stream is dead: three heartbeats."""
JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

Revive = Callable[[], Awaitable[object]]
"""Starts a daemon; returns once it answers, raises `StenoError` if it does not."""
Chunks = AbstractAsyncContextManager[AsyncIterator[bytes]]
Query = Iterable[tuple[str, str]]


class Client:
    """A connection to the daemon behind `socket`, for `async with`.

    Every method raises `StenoError`: what the daemon answered, `daemon_absent` if none listens,
    `daemon_lost` if the connection broke. With `revive` an absent daemon is started instead. A
    job is named by its id or an unambiguous beginning of it.
    """

    def __init__(
        self,
        socket: Path,
        *,
        revive: Revive | None = None,
        timeout: float = TIMEOUT,
        idle: float = IDLE,
    ) -> None:
        self.socket = socket
        self._revive = revive
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._stream_timeout = aiohttp.ClientTimeout(total=None, sock_read=idle)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        check_socket(self.socket)
        # A kept connection would be a stale one after each restart of the daemon, and a new one
        # to a Unix socket costs next to nothing.
        connector = aiohttp.UnixConnector(path=str(self.socket), force_close=True)
        self._session = aiohttp.ClientSession("http://steno", connector=connector)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    # The daemon

    async def health(self) -> wire.Health:
        return await self._get("/api/health", wire.Health)

    async def status(self) -> wire.Status:
        return await self._get("/api/status", wire.Status)

    async def plugins(self, *, refresh: bool = False) -> wire.Plugins:
        """What is installed; `refresh` asks every plugin again."""
        query = [("refresh", "true")] if refresh else []
        return await self._get("/api/plugins", wire.Plugins, query)

    # Jobs

    async def add_job(
        self, path: str, settings: Mapping[str, Any] | None = None, *, start: bool = True
    ) -> wire.Job:
        """Adds the local file `path`, whose name need not be UTF-8 (`surrogateescape`).

        `settings` holds those of `wire.JobSettings` that were chosen; the daemon knows the rest.
        """
        body = {"path": to_reference(path), "settings": settings or {}, "start": start}
        return await self._send("POST", "/api/jobs", wire.Job, body)

    async def jobs(
        self,
        states: Iterable[str] = (),
        *,
        text: str = "",
        limit: int = 50,
        cursor: str | None = None,
    ) -> wire.JobPage:
        """A page of jobs, newest first; those in `states` and with `text` in their name."""
        query = [("limit", str(limit))]
        if wanted := ",".join(states):
            query.append(("state", wanted))
        if text:
            query.append(("q", printable(text)))
        if cursor:
            query.append(("cursor", cursor))
        return await self._get("/api/jobs", wire.JobPage, query)

    async def job(self, job: str) -> wire.Job:
        return await self._get(route(job), wire.Job)

    async def remove(self, job: str) -> None:
        """Forgets the job; its media file and subtitles stay."""
        await self._request("DELETE", route(job))

    async def start(self, job: str) -> wire.Job:
        return await self._send("POST", route(job, "/start"), wire.Job)

    async def pause(self, job: str) -> wire.Job:
        return await self._send("POST", route(job, "/pause"), wire.Job)

    async def resume(self, job: str, changes: Mapping[str, Any] | None = None) -> wire.Job:
        """Goes on, with the settings in `changes` changed; raises `setting_locked`."""
        body = {"settings": changes or {}}
        return await self._send("POST", route(job, "/resume"), wire.Job, body)

    async def validate(self, job: str, changes: Mapping[str, Any]) -> wire.Validation:
        """What a resume would say of `changes`."""
        body = {"settings": changes}
        return await self._send("POST", route(job, "/resume/validate"), wire.Validation, body)

    async def cancel(self, job: str) -> wire.Job:
        return await self._send("POST", route(job, "/cancel"), wire.Job)

    async def retry(self, job: str) -> wire.Job:
        return await self._send("POST", route(job, "/retry"), wire.Job)

    async def checkpoint(self, job: str) -> wire.Checkpoint:
        return await self._get(route(job, "/checkpoint"), wire.Checkpoint)

    async def transcript(
        self,
        job: str,
        *,
        start: float | None = None,
        end: float | None = None,
        words: bool = False,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> wire.Transcript:
        """A page of cues between `start` and `end`, seconds."""
        wanted = {"from": start, "to": end, "limit": limit, "cursor": cursor}
        query = [(name, str(value)) for name, value in wanted.items() if value is not None]
        query.append(("words", "true" if words else "false"))
        return await self._get(route(job, "/transcript"), wire.Transcript, query)

    async def output(self, job: str, form: wire.Format) -> bytes:
        """The subtitles as they stand now, UTF-8."""
        return await self._request("GET", route(job, f"/output.{form}"))

    # Events

    def events(
        self, channels: Iterable[str], *, reconnect: bool = True
    ) -> AsyncGenerator[wire.Event, None]:
        """The events of `channels`, each beginning with an `initial_state`.

        With `reconnect` a lost connection is opened again and goes on where it ended: there comes
        another `initial_state`, then what was missed. Nothing comes twice, and no `job` event
        that the state already contains. After `resync` (which is passed on) too much was missed:
        only the state comes, and the transcript has the text.
        """
        query = [("channel", channel) for channel in channels]

        def connect(last: str | None, may_revive: bool) -> Chunks:
            return self._stream(query, last, self._revive if may_revive else None)

        return follow(connect, reconnect=reconnect)

    @asynccontextmanager
    async def _stream(
        self, query: Query, last: str | None, revive: Revive | None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        headers = {"Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = last
        response = await self._open(
            "GET",
            "/api/events",
            revive,
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

    # Requests

    async def _get(self, path: str, kind: type[T], query: Query = ()) -> T:
        return decoded(await self._request("GET", path, params=list(query)), kind)

    async def _send(self, method: str, path: str, kind: type[T], body: object = None) -> T:
        if body is None:
            return decoded(await self._request(method, path), kind)
        headers = {"Content-Type": "application/json"}
        data = wire.encode(body)
        return decoded(await self._request(method, path, data=data, headers=headers), kind)

    async def _request(self, method: str, path: str, **options: Any) -> bytes:
        response = await self._open(method, path, self._revive, timeout=self._timeout, **options)
        try:
            return await response.read()
        except (aiohttp.ClientError, OSError) as error:
            raise StenoError("daemon_lost", why=reason(error)) from error
        finally:
            response.close()

    async def _open(
        self, method: str, path: str, revive: Revive | None, **options: Any
    ) -> aiohttp.ClientResponse:
        assert self._session is not None, "use `async with`"
        try:
            response = await self._session.request(method, path, **options)
        except aiohttp.ClientConnectorError as error:
            if revive is None:
                raise StenoError("daemon_absent", socket=self.socket) from error
            await revive()
            return await self._open(method, path, None, **options)
        except (aiohttp.ClientError, OSError) as error:
            raise StenoError("daemon_lost", why=reason(error)) from error
        if response.status >= 400:
            raise await refusal(response)
        return response


def route(job: str, rest: str = "") -> str:
    """The path of a job; raises `job_not_found` for what cannot be the id of one."""
    if not JOB_ID.fullmatch(job):
        raise StenoError("job_not_found", job=job)
    return f"/api/jobs/{job}{rest}"


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
