"""The daemon's lock and its socket.

Servers of asyncio and aiohttp unlink a live socket, so that two daemons can both bind one path and
the second gets every client. Here a `flock` held for life decides, and the socket takes its place
by a rename once it listens.
"""

import contextlib
import fcntl
import os
import resource
import socket
import time
from pathlib import Path

from steno.errors import StenoError
from steno.paths import Paths, check_socket

BACKLOG = 4096
"""Connections that wait to be taken; the system may allow fewer."""
MOST_FILES = 65_536
"""Open files of the daemon, at most: one for each connection, and some more."""
NOTED = 1.0
"""Seconds in which the holder of the lock notes its pid."""


def allow_many_files() -> None:
    """Raises the limit of open files as far as the system lets us: an event stream is one each."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_strangers() -> int:
    """Connections over TCP, where anybody can make them: half of the files that may be open, so
    that they do not keep out our own user or stop the work."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_FILES // 2 if soft == resource.RLIM_INFINITY else min(soft, MOST_FILES) // 2


def make_folders(paths: Paths) -> None:
    """The daemon's folders, closed to others. Raises `folder_unusable`."""
    for folder in (paths.config, paths.data, paths.state, paths.runtime, paths.jobs, paths.uploads):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if folder in (paths.runtime, paths.state, paths.data):
                folder.chmod(0o700)
            if folder != paths.config and not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(0, "it cannot be written")
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise StenoError("folder_unusable", folder=folder, why=why) from error


def lock(path: Path, socket_path: Path) -> int:
    """Takes the lock for life and notes in it our pid and where we listen, for clients whose
    environment names another place. Raises `already_running`.

    Returns its file descriptor, which children do not inherit.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = holder(fd)
        os.close(fd)
        raise StenoError("already_running", pid=pid) from error
    os.ftruncate(fd, 0)
    os.pwrite(fd, f"{os.getpid()}\n{socket_path}\n".encode(), 0)
    return fd


def holder(fd: int) -> str:
    """The pid noted in the lock file `fd`. Who took the lock this moment is yet to note it, over
    that of a daemon that is gone."""
    deadline = time.monotonic() + NOTED
    while True:
        noted = os.pread(fd, 32, 0).decode("ascii", "replace").partition("\n")[0]
        with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):
            os.kill(int(noted), 0)
            return noted
        if time.monotonic() > deadline:
            return noted or "unknown"
        time.sleep(0.01)


def listen(path: Path) -> socket.socket:
    """A listening Unix socket, for this user only, at `path`. The lock must be held.

    Raises `socket_path`.
    """
    temporary = path.with_name(f".{os.getpid()}")
    check_socket(path)
    check_socket(temporary)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        server.bind(str(temporary))
        # Not by umask, which is that of all threads. Until it listens nobody can connect.
        os.chmod(temporary, 0o600)
        server.listen(BACKLOG)
        os.rename(temporary, path)
    except OSError as error:
        server.close()
        why = (error.strerror or str(error)).lower()
        raise StenoError("socket_path", path=path, why=why) from error
    return server
