"""Ways to ask a daemon: raw HTTP, an error expected, the `steno` command; and media to ask with."""

import asyncio
import io
import random
import re
import wave
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import msgspec
import pytest

from harness import Home, fake, until
from steno.api.route import Route
from steno.client import Client
from steno.errors import Problem, StenoError
from steno.wire import Job
from steno.wire.models import ModelInfo, ModelStatus
from tui.command import Command, launch


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def problem(self) -> Problem:
        """The problem+json, checked for what every one must have."""
        assert self.headers["Content-Type"] == "application/problem+json", self.body
        found = msgspec.json.decode(self.body, type=Problem)
        assert found.status == self.status
        return well_told(found)


def well_told(problem: Problem) -> Problem:
    """`problem`, which is one sentence and a next step."""
    assert problem.detail.endswith("."), problem.detail
    assert "\n" not in problem.detail
    assert ". " not in problem.detail
    assert problem.hint
    return problem


class Connector(aiohttp.UnixConnector):
    """Ends its connections for good: what is not sent when a daemon refuses a body would keep one
    open beyond its loop."""

    def __init__(self, home: Home) -> None:
        super().__init__(path=str(home.paths.socket), force_close=True)
        self._transports: list[asyncio.Transport] = []

    async def connect(self, *args: Any, **more: Any) -> aiohttp.connector.Connection:
        connection = await super().connect(*args, **more)
        assert isinstance(connection.transport, asyncio.Transport)
        self._transports.append(connection.transport)
        return connection

    async def end(self) -> None:
        for transport in self._transports:
            if transport.get_protocol() is not None:  # Not lost yet.
                transport.abort()
        await asyncio.sleep(0)


async def ask(home: Home, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """One request; `body` is bytes, or a value to be sent as JSON."""
    sent = body if isinstance(body, bytes) else msgspec.json.encode(body)
    data = None if body is None else io.BytesIO(sent)
    connector = Connector(home)
    try:
        async with (
            aiohttp.ClientSession("http://steno", connector=connector) as session,
            session.request(method, path, data=data, headers=headers) as response,
        ):
            return Answer(response.status, dict(response.headers), await response.read())
    finally:
        await connector.end()


def plain(route: Route) -> str:
    """The route's path as its description has it, without the patterns of its parameters."""
    return re.sub(r":[^{}]*", "", route.path)


async def refused(request: Awaitable[object]) -> Problem:
    """What the daemon says instead of doing it."""
    with pytest.raises(StenoError) as caught:
        await request
    return well_told(caught.value.problem)


async def steno(home: Home, *args: str | bytes) -> Command:
    """The `steno` command, ended."""
    command = await launch(args, home.environment)
    await command.end()
    return command


def noise(path: Path | bytes, seconds: float, seed: int = 1) -> str:
    """A WAV file at `path` whose every half second sounds different. Returns the path as text."""
    target = path if isinstance(path, Path) else Path(path.decode("utf-8", "surrogateescape"))
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(random.Random(seed).randbytes(2 * round(16000 * seconds)))
    return str(target)


def harm(job: Job) -> list[str]:
    """Codes of the job's warnings, but for a last cue that the end of the sound cuts short."""
    return [warning.code for warning in job.warnings if warning.code != "cues_short"]


def slow(delay: float = 0.2, **more: Any) -> dict[str, Any]:
    """Settings of a job whose segments of one second take `delay` seconds each."""
    return fake({"delay": delay}, options={"splitter": {"every": 1.0}}, **more)


async def with_text(client: Client, job: str, count: int = 1) -> Job:
    """The job, once some of it is transcribed."""

    async def begun() -> Job | None:
        found = await client.job(job)
        return found if found.segments.done >= count else None

    found = await until(begun, what=f"{count} segments")
    assert found is not None
    return found


async def reached(client: Client, name: str, *status: ModelStatus) -> ModelInfo:
    """The model, once it is in one of these states."""

    async def there() -> ModelInfo | None:
        found = await client.model(name)
        return found if found.status in status else None

    found = await until(there, what=f"{name} is {status}")
    assert found is not None
    return found


async def pulled(client: Client, name: str) -> ModelInfo:
    await client.download(name)
    return await reached(client, name, "ready", "error")


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Files of a model, by their paths in `folder`."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
