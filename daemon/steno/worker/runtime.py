"""The life of a worker process: hears requests, does one at a time, ends when its pipe ends."""

import logging
import os
import queue
import signal
import socket
import threading
import traceback

import msgspec

from steno.disk import FULL
from steno.errors import Problem, StenoError, printable
from steno.plugins.loading import cause
from steno.worker import memory
from steno.worker import protocol as p
from steno.worker.backends import Backends
from steno.worker.channel import ASIDE, Interrupted
from steno.worker.known import Known, LoadFailed
from steno.worker.tasks import perform


class Runtime:
    """Two threads: one hears, so that a cancel arrives while plugin code works on the main one."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._sending = threading.Lock()
        self._inbox: queue.SimpleQueue[p.Requests] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._in_hand = 0
        known = Known(lambda: self._in_hand in self._cancelled)
        self._backends = Backends(known, self._tell_held)

    def run(self) -> None:
        """Works until the process ends."""
        logging.getLogger().addHandler(Forward(self))
        threading.Thread(target=self._hear, name="hear", daemon=True).start()
        self._write(p.Hello(id=os.getpid()))
        while True:
            try:
                request = self._inbox.get(timeout=self._backends.patience())
            except queue.Empty:
                self._backends.unload_idle()
                continue
            if isinstance(request, p.Settle):
                self._backends.settle(request)
            else:
                self._do(request)

    def send(self, answer: p.Answers) -> None:
        """The way to the daemon, for work in hand."""
        self.heed()
        self._write(answer)

    def heed(self) -> None:
        """Raises `Interrupted` if the work in hand is no longer wanted."""
        if self._in_hand in self._cancelled:
            raise Interrupted

    def _hear(self) -> None:
        try:
            while True:
                request = p.read_request(self._receive(p.body_length(self._receive(4))))
                match request:
                    case p.Ping():
                        self._write(p.Pong(id=request.id))
                    case p.Cancel():
                        self._cancelled.add(request.id)
                    case _:
                        self._inbox.put(request)
        except BaseException:  # noqa: BLE001 - whatever ended the pipe, this process has no purpose left
            os._exit(0)

    def _receive(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            part = self._link.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    def _write(self, answer: p.Answers) -> None:
        with self._sending:
            self._link.sendall(p.frame(answer))

    def _tell_held(self, entries: list[p.Held]) -> None:
        self._write(p.Cached(id=0, entries=entries, memory=memory.resident()))

    def _do(self, request: p.Requests) -> None:
        self._in_hand = request.id
        try:
            end = perform(request, self._backends, self)
        except Interrupted:
            end = p.Cancelled(id=request.id)
        except LoadFailed as failure:
            end = failed(request, failure.problem, failure, loading=True)
        except StenoError as error:
            end = failed(request, error.problem, error)
        except Exception as error:  # noqa: BLE001 - plugin code may raise anything; it is told as it is
            end = failed(request, explain(request, error), error)
        self._in_hand = 0
        self._cancelled.discard(request.id)
        usage = self._backends.account()
        spent = any(goes_on(one) for one in threading.enumerate() if one.name == ASIDE)
        end = msgspec.structs.replace(end, memory=memory.resident(), usage=usage, spent=spent)
        self._write(end)


def goes_on(thread: threading.Thread) -> bool:
    """Whether it does not end in a moment."""
    thread.join(0.1)
    return thread.is_alive()


def failed(
    request: p.Requests, problem: Problem, error: BaseException, *, loading: bool = False
) -> p.Failed:
    full = isinstance(error, OSError) and error.errno in FULL
    trace = "".join(traceback.format_exception(error))[-20_000:]
    return p.Failed(id=request.id, problem=problem, trace=trace, loading=loading, disk_full=full)


def explain(request: p.Requests, error: Exception) -> Problem:
    """What an exception of plugin code or of the system means."""
    why = cause(error)
    match request:
        case p.Detect() | p.Transcribe() | p.Align():
            return StenoError("backend_failed", backend=request.backend.name, why=why).problem
        case p.Extract() | p.Fold():
            return StenoError("media_failed", name=request.name, why=why.rstrip(".")).problem
        case p.Verify() | p.Import() if isinstance(error, OSError):
            folder = printable(error.filename or os.fsdecode(request.folder))
            why = (error.strerror or str(error)).lower()
            return StenoError("folder_unusable", folder=folder, why=why).problem
        case _:
            return StenoError("internal", why=why).problem


class Forward(logging.Handler):
    """Sends log records of plugins and libraries to the daemon's log."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(logging.WARNING)
        self._runtime = runtime

    def emit(self, record: logging.LogRecord) -> None:
        message = self.format(record)[:8_000]
        logged = p.Logged(
            id=self._runtime._in_hand, level=record.levelno, logger=record.name, message=message
        )
        self._runtime._write(logged)


def end_with_parent() -> None:
    """Asks the kernel (Linux) to kill this process when the daemon dies, as plugin code may hold
    the interpreter for seconds after the pipe ended."""
    import ctypes
    import sys

    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        pr_set_pdeathsig = 1
        libc.prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)


def main(fd: int, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    if os.getppid() != parent:
        os._exit(0)
    import faulthandler

    faulthandler.enable()
    link = socket.socket(fileno=fd)
    Runtime(link).run()
