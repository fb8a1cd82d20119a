"""One worker process: spawned, asked, watched, ended."""

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from steno.errors import WorkerDied
from steno.worker import protocol as p

log = logging.getLogger(__name__)

KILL_AFTER = 5.0
"""Seconds between SIGTERM and SIGKILL."""
SECRETS = ("TOKEN", "SECRET", "PASSWORD", "CREDENTIALS", "API_KEY", "ACCESS_KEY")
"""Variables whose names end with one of these are kept from plugin code."""
MOST_DATA = 3 * 2**30
"""Bytes of memory for workers that ask servers, whose answers may have no end. It has room for
downloaders that load torch, which sets much aside."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""For workers that compute nothing: libraries set memory aside for each thread."""
SHARING = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Threads of OpenMP that wait for each other sleep meanwhile. Otherwise they turn round and round
on a processor that the one they wait for may need: measured 50 times slower beside other work."""
SILENT = {
    "HF_HUB_OFFLINE": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "PYANNOTE_METRICS_ENABLED": "0",
}
"""For workers that have no business with a network: libraries fetch, and tell their makers."""
NICENESS = 10
"""Of workers that nobody waits for by the second."""
HUB_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
"""What downloaders need of them."""
LINE = 4_000
"""Longest line of a worker's own output that is logged, characters."""


class WorkerProcess:
    """A child that runs `steno.worker`. It ends when this object's socket does."""

    def __init__(self, name: str, *, network: bool = False, patient: bool = False) -> None:
        self.name = name
        self._network = network
        self._patient = patient
        self.pid: int | None = None
        self.memory = 0
        """Resident size when it last told it, bytes."""
        self.spent = False
        """Whether something goes on in it that nothing but its end will end."""
        self.cached: list[p.Held] = []
        """What it holds, the least recently used first."""
        self.ordered = False
        """Whether its end was our doing."""
        self.dead = asyncio.Event()
        self._last_lines: deque[str] = deque(maxlen=60)
        self._on_answer: Callable[[p.Answers], None] | None = None
        self._spoilt: Exception | None = None
        """What the hearer of answers raised."""
        self._end: asyncio.Future[p.End] | None = None
        self._heard = asyncio.Event()
        self._numbers = 0
        self._settled: p.Settle | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, timeout: float) -> None:
        """Spawns the process and waits for its hello. Raises `WorkerDied`."""
        ours, theirs = socket.socketpair()
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "steno.worker", str(theirs.fileno()), str(os.getpid()),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT, pass_fds=(theirs.fileno(),),
                start_new_session=True, env=environment(network=self._network), cwd="/",
            )  # fmt: skip
        except OSError as error:
            ours.close()
            raise WorkerDied("worker_died", how=f"could not be started: {error}") from error
        finally:
            theirs.close()
        self.pid = self._process.pid
        if self._patient:
            await asyncio.to_thread(give_way, self.pid)
        if self._network:
            bound(self.pid)
        self._reader, self._writer = await asyncio.open_unix_connection(sock=ours, limit=2**18)
        self._tasks = [
            asyncio.create_task(self._listen(), name=f"{self.name}-listen"),
            asyncio.create_task(self._log_output(), name=f"{self.name}-output"),
        ]
        try:
            async with asyncio.timeout(timeout):
                await self._heard.wait()
        except TimeoutError:
            await self.stop(now=True)
        if self.dead.is_set():
            raise self.death()

    async def perform(
        self, request: p.Requests, on_answer: Callable[[p.Answers], None], patience: float
    ) -> p.End:
        """Does one request. Without any answer for `patience` seconds the worker is ended.

        Raises `WorkerDied`, or what `on_answer` raised. A cancelled caller leaves the work
        running: see `abandon`.
        """
        self._numbers += 1
        self._end = asyncio.get_running_loop().create_future()
        self._on_answer, self._spoilt = on_answer, None
        self._send(msgspec.structs.replace(request, id=self._numbers))
        while True:
            self._heard.clear()
            heard = asyncio.ensure_future(self._heard.wait())
            try:
                await asyncio.wait(
                    (self._end, heard), timeout=patience, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                heard.cancel()
            if self._spoilt is not None:
                raise self._spoilt
            if self._end.done():
                return self._end.result()
            if not self._heard.is_set():
                await self.stop()
                raise WorkerDied("worker_stuck", seconds=f"{patience:g}")

    async def abandon(self, grace: float) -> None:
        """Cancels the work in hand; a worker that goes on for `grace` seconds is ended."""
        self._on_answer = None
        if self._end is None or self._end.done():
            return
        self._send(p.Cancel(id=self._numbers))
        await asyncio.wait((self._end,), timeout=grace)
        if not self._end.done():
            await self.stop()
        elif not self._end.cancelled():
            self._end.exception()

    def settle(self, limits: p.Settle) -> None:
        """Has it heed `limits` from now on."""
        if limits != self._settled:
            self._settled = limits
            self._send(limits)

    def tell(self, request: p.Load | p.Unload) -> None:
        """Has it do `request` after the work in hand. Nobody waits for its end."""
        self._send(request)

    async def answers_ping(self, timeout: float) -> bool:
        """Whether an idle worker answers."""
        self._heard.clear()
        self._send(p.Ping(id=0))
        try:
            async with asyncio.timeout(timeout):
                await self._heard.wait()
        except TimeoutError:
            return False
        return not self.dead.is_set()

    async def stop(self, *, now: bool = False) -> None:
        """Ends the process group: SIGTERM, and SIGKILL after `KILL_AFTER` seconds or at once."""
        self.ordered = True
        if not now:
            self._signal(signal.SIGTERM)
            self._signal(signal.SIGCONT)  # one that is stopped heeds nothing else
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KILL_AFTER):
                    await self.dead.wait()
        self._signal(signal.SIGKILL)
        await self.dead.wait()

    def death(self) -> WorkerDied:
        """How the process ended."""
        code = self._process.returncode
        said = f" (it said: {last_words(list(self._last_lines))})" if self._last_lines else ""
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                how = f"was ended by {signal.Signals(-code).name}"
                error = WorkerDied("worker_died", how=how + said)
                error.out_of_memory = code == -signal.SIGKILL and not self.ordered
                return error
        return WorkerDied("worker_died", how=f"ended with status {code}" + said)

    def _send(self, request: p.Requests) -> None:
        if not self.dead.is_set():
            self._writer.write(p.frame(request))

    def _signal(self, number: int) -> None:
        if self.pid is not None and not self.dead.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    async def _listen(self) -> None:
        try:
            while True:
                length = p.body_length(await self._reader.readexactly(p.HEADER.size))
                self._route(p.read_answer(await self._reader.readexactly(length)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except (ValueError, msgspec.DecodeError) as error:
            log.error("%s spoke nonsense: %s", self.name, error)
        finally:
            await self._bury()

    async def _bury(self) -> None:
        """After the pipe ended: makes sure that the whole process group is gone."""
        try:
            async with asyncio.timeout(KILL_AFTER):
                await self._process.wait()
        except TimeoutError:
            self.ordered = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await asyncio.wait(self._tasks[1:], timeout=1.0)
        self._writer.close()
        self.dead.set()
        self._heard.set()
        if self._end is not None and not self._end.done():
            self._end.set_exception(self.death())

    def _route(self, answer: p.Answers) -> None:
        self._heard.set()
        if isinstance(answer, p.Logged):
            logging.getLogger(answer.logger).log(
                answer.level, "%s", answer.message, extra={"worker": self.name}
            )
        elif isinstance(answer, p.Cached):
            self.cached, self.memory = answer.entries, answer.memory
        elif answer.id != self._numbers or self._end is None or self._end.done():
            return
        elif isinstance(answer, p.End):
            self.memory, self.spent = answer.memory, answer.spent
            self._end.set_result(answer)
        elif self._on_answer is not None:
            try:
                self._on_answer(answer)
            except Exception as error:  # noqa: BLE001 - whoever asked is told; the pipe is heard on
                self._on_answer = None
                self._spoilt = error

    async def _log_output(self) -> None:
        """What the process prints, libraries' chatter and a crash's last words."""
        assert self._process.stdout is not None
        pending = b""
        while chunk := await self._process.stdout.read(65_536):
            *lines, pending = (pending + chunk).split(b"\n")
            pending = pending[-LINE:]
            for raw in lines:
                if line := raw.decode("utf-8", "replace").strip()[:LINE]:
                    self._last_lines.append(line)
                    log.info("%s: %s", self.name, line)


def last_words(lines: Sequence[str]) -> str:
    """What a person should see of a process's last lines; all of them are in the log. Of a crash
    that is its name and the innermost place, of anything else the last line."""
    for number, line in enumerate(lines):
        if line.startswith("Fatal Python error"):
            places = [line for line in lines[number:] if line.startswith('File "')]
            return " ".join([line, *places[:1]])[:300]
    return lines[-1][-300:]


def give_way(pid: int) -> None:
    """Lets others compute first: within a session, and (Linux) among the sessions."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
        with open(f"/proc/{pid}/autogroup", "w", encoding="ascii") as group:
            group.write(str(NICENESS))


def bound(pid: int) -> None:
    """Has the process run out of memory before others do (Linux)."""
    if hasattr(resource, "prlimit"):
        with contextlib.suppress(OSError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (MOST_DATA, MOST_DATA))


def environment(*, network: bool = False) -> dict[str, str]:
    """What plugin code sees of the environment: no secrets, no way to a model hub. With `network`
    it sees that way, and the token for it."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().endswith(SECRETS)}
    if network:
        tokens = {name: os.environ[name] for name in HUB_TOKENS if name in os.environ}
        return kept | tokens | ONE_THREAD | {"PYTHONUNBUFFERED": "1"}
    return SHARING | kept | SILENT | {"PYTHONUNBUFFERED": "1"}
