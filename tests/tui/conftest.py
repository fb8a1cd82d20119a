"""Fixtures of the tests of client and command line."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tui.command import Command, launch
from tui.standin import StandIn, serving


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder with a short name: a socket's path may have 107 bytes only."""
    folder = tempfile.mkdtemp(prefix="st")
    yield Path(folder)
    shutil.rmtree(folder)


@pytest.fixture
def socket(home: Path) -> Path:
    return home / "steno.sock"


@pytest.fixture
async def standin(socket: Path) -> AsyncIterator[StandIn]:
    async with serving(StandIn(), socket) as daemon:
        yield daemon


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """An environment in which `steno` finds the stand-in and nothing of this machine's user."""
    folders = {f"STENO_{name}_DIR": str(home) for name in ("CONFIG", "DATA", "STATE", "RUNTIME")}
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return kept | folders | {"HOME": str(home), "LC_ALL": "C.UTF-8"}


@pytest.fixture
def steno(environment: dict[str, str]) -> Callable[..., Awaitable[Command]]:
    """Runs `steno` as a child process to its end."""

    async def run(*args: str | bytes, **more: str) -> Command:
        command = await launch(args, environment | more)
        await command.end()
        return command

    return run
