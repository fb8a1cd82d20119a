"""A real daemon on a real socket, in folders of its own, with the plugin for tests beside it."""

import asyncio
import contextlib
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, overload

from steno.client import Client
from steno.errors import StenoError
from steno.paths import Paths
from steno.wire import FINAL, Job

T = TypeVar("T")
FAKES = Path(__file__).parent / "fakes"
DATA = Path(__file__).parent / "data"
DEFAULTS = """
[transcription]
backend = "pocketsphinx"
splitter = "pocketsphinx"
"""
"""Of a home that says nothing of it: what works without a model, whatever else is installed."""
WATCHED = (str(Path(__file__).parent / "loop_watch.py"),)
"""`stenod`, noting what blocks its loop."""


class Home:
    """Folders for one daemon. Short, as a socket's path must be."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="steno-", dir="/tmp"))
        self.paths = Paths(*(self.root / name for name in ("c", "d", "s", "r")))
        self.media = self.root / "media"
        self.media.mkdir()
        self.paths.state.mkdir(mode=0o700)
        self.paths.descriptions.write_bytes(descriptions())
        self.configure("")
        self.extra: dict[str, str] = {}
        """Variables of the environment beside those of the folders."""

        self.watched = True
        """Whether its daemons note what blocks their loop."""

    def untouched(self) -> None:
        """As on a machine that never had Steno."""
        shutil.rmtree(self.paths.state)

    @property
    def blocked(self) -> Path:
        """What blocked the loops of its daemons."""
        return self.root / "blocked"

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("STENO_", "COV_"))}
        folders = {
            f"STENO_{name.upper()}_DIR": str(getattr(self.paths, name))
            for name in ("config", "data", "state", "runtime")
        }
        fast = {"STENO_WORKERS_RESTART_DELAY": "0.02", "STENO_WORKERS_RESTART_DELAY_MAX": "0.2"}
        patient = {"STENO_PLUGINS_DESCRIBE_TIMEOUT": "60"}  # many daemons start at once
        found = {"PYTHONPATH": str(FAKES), "LOOP_WATCH": str(self.blocked)}
        english = {"STENO_LANGUAGE": "C"}
        return kept | folders | fast | patient | found | english | self.extra

    def configure(self, text: str) -> None:
        """Writes `config.toml`: `text`, and `DEFAULTS` unless it has such a section itself."""
        self.paths.config.mkdir(parents=True, exist_ok=True)
        more = "" if "[transcription]" in text else DEFAULTS
        self.paths.config_file.write_text(text + more)

    def remove(self) -> None:
        for folder in self.root.rglob("*"):
            if folder.is_dir() and not folder.is_symlink():
                folder.chmod(0o700)
        shutil.rmtree(self.root, ignore_errors=True)

    @property
    def log(self) -> str:
        return self.paths.log.read_text() if self.paths.log.exists() else ""


@functools.cache
def descriptions() -> bytes:
    """What plugins said of themselves. They are asked once: asking all of them anew in each home
    took a sixth of all tests' time."""
    program = (
        "import asyncio, pathlib, sys; from steno.discovery import discover;"
        "asyncio.run(discover(pathlib.Path(sys.argv[1]), 60.0))"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said"
        subprocess.run(
            [sys.executable, "-P", "-c", program, path],
            env=os.environ | {"PYTHONPATH": str(FAKES)},
            check=True,
        )
        return path.read_bytes()


class Stenod:
    """A daemon process in a `Home`."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(self, **variables: str) -> subprocess.Popen[bytes]:
        """Starts it and returns at once."""
        self.process = subprocess.Popen(
            [sys.executable, "-P", *(WATCHED if self.home.watched else ("-m", "steno.stenod"))],
            env=self.home.environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self.process

    async def start(self, **variables: str) -> "Stenod":
        """Starts it and waits until it answers."""
        process = self.spawn(**variables)
        async with Client(self.home.paths.socket) as client:

            async def answers() -> bool:
                if process.poll() is not None:
                    assert process.stdout is not None
                    raise AssertionError(f"stenod ended: {process.stdout.read().decode()}")
                with contextlib.suppress(StenoError):
                    return (await client.health()).pid == process.pid
                return False

            await until(answers, what="stenod answers")
        return self

    def kill(self) -> None:
        """As `kill -9` does: the daemon only; its workers must notice."""
        if self.process is not None:
            self.process.kill()
            self._reap()

    def terminate(self, timeout: float = 20) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self._reap(timeout)

    def _reap(self, timeout: float = 20) -> int:
        assert self.process is not None
        code = self.process.wait(timeout)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def stop(self) -> None:
        """Ends it. Fails if it did anything on its loop's thread that waits for a disk."""
        self._end()
        blocked = self.home.blocked.read_text() if self.home.blocked.exists() else ""
        assert not blocked, f"on the thread of the daemon's loop:\n{blocked}"

    def _end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.terminate(10)
                return
            self.kill()
        elif self.process is not None:
            self._reap()


@overload
async def until(
    condition: Callable[[], Awaitable[T]], *, what: str, timeout: float = 60.0
) -> T: ...


@overload
async def until(condition: Callable[[], T], *, what: str, timeout: float = 60.0) -> T: ...


async def until(condition: Callable[[], Any], *, what: str, timeout: float = 60.0) -> Any:
    """The first true value of `condition`, asked again and again."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if hasattr(value, "__await__"):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        await asyncio.sleep(0.02)


async def ended(client: Client, job: str, timeout: float = 60.0) -> Job:
    """The job, once it has come to rest."""

    async def at_rest() -> Job | None:
        found = await client.job(job)
        return found if found.state in FINAL or found.state == "paused" else None

    found = await until(at_rest, what=f"job {job} ends", timeout=timeout)
    assert found is not None
    return found


def fake(settings: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Settings of a job done by the plugin for tests; `settings` go to its recogniser."""
    options = {"asr": settings or {}} | more.pop("options", {})
    return {"backend": "fake", "splitter": "fake", "aligner": "fake", "options": options, **more}


@contextlib.contextmanager
def new_home() -> Iterator[Home]:
    home = Home()
    try:
        yield home
    finally:
        home.remove()


@contextlib.contextmanager
def started(home: Home) -> Iterator[Stenod]:
    """A daemon in `home` for tests that share it, beside their loops."""
    daemon = Stenod(home)
    try:
        asyncio.run(daemon.start())
        yield daemon
    finally:
        daemon.stop()


@contextlib.asynccontextmanager
async def running(home: Home, **variables: str) -> AsyncIterator[tuple[Stenod, Client]]:
    """A daemon in `home`, and a client of it."""
    daemon = Stenod(home)
    try:
        await daemon.start(**variables)
        async with Client(home.paths.socket) as client:
            yield daemon, client
    finally:
        daemon.stop()
