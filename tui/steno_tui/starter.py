"""Starts the daemon where none answers."""

import asyncio
import os
import subprocess
import sys
import time

from steno.client import Client
from steno.errors import Exit, StenoError
from steno.paths import Paths, answering
from steno.wire import Health
from steno_tui.texts import _

TIMEOUT = 20.0
"""Seconds a daemon may take until it answers."""
ENDING = 40.0
"""Seconds more that one may take which is about to end, with work in hand."""
AGAIN = 0.5
"""Seconds before another try while an ending daemon still holds the lock."""
TAIL = 2000
"""Bytes of its output that are shown when it fails."""
MAX_OUTPUT = 1 << 20
"""Bytes of output that are kept from one start to the next."""

children: list[subprocess.Popen[bytes]] = []
"""Kept, because a forgotten child that ended would stay a zombie."""


async def start(paths: Paths, *, timeout: float = TIMEOUT) -> Health:
    """Returns once a daemon answers, starting one unless another process is faster.

    Raises `daemon_start_failed` with the end of what it printed, or if it takes longer than
    `timeout` seconds, not counting `ENDING` for the end of an earlier one.
    """
    if (elsewhere := answering(paths)) != paths.socket:
        async with Client(elsewhere, timeout=5.0) as client:
            if (health := await answer(client)) and health.status == "ok":
                return health
    limit = time.monotonic() + timeout + ENDING
    deadline = limit
    child: subprocess.Popen[bytes] | None = None
    begun = 0
    spawn_at = 0.0
    async with Client(paths.socket, timeout=5.0) as client:
        while time.monotonic() < min(limit, deadline):
            if (health := await answer(client)) and health.status == "ok":
                return health
            if child is not None and child.poll() is not None:
                if child.returncode != Exit.ALREADY_RUNNING:
                    raise failed(
                        _("it ended with status {code}.").format(code=child.returncode),
                        paths,
                        begun,
                    )
                child, deadline = None, limit
                spawn_at = time.monotonic() + AGAIN
            if child is None and health is None and time.monotonic() >= spawn_at:
                child, begun = spawn(paths)
                deadline = time.monotonic() + timeout
            await asyncio.sleep(0.02)
    raise failed(_("it did not answer in time."), paths, begun)


async def answer(client: Client) -> Health | None:
    """What the daemon says of itself; None if none listens."""
    try:
        return await client.health()
    except StenoError as error:
        if error.code in ("daemon_absent", "daemon_lost"):
            return None
        raise


def spawn(paths: Paths) -> tuple[subprocess.Popen[bytes], int]:
    """A detached daemon in exactly these folders, and where in its output file it begins."""
    children[:] = [child for child in children if child.poll() is None]
    folders = {f"STENO_{name.upper()}_DIR": str(path) for name, path in paths._asdict().items()}
    try:
        os.makedirs(paths.state, mode=0o700, exist_ok=True)
        output = os.open(paths.state / "stenod.out", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise StenoError("folder_unusable", folder=paths.state, why=error.strerror) from error
    try:
        if os.fstat(output).st_size > MAX_OUTPUT:
            os.ftruncate(output, 0)
        begun = os.fstat(output).st_size
        # In the root folder it keeps no disk busy; -P keeps that folder off its import path.
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "steno.stenod"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={**os.environ, **folders},
            start_new_session=True,
        )
    finally:
        os.close(output)
    children.append(child)
    return child, begun


def failed(why: str, paths: Paths, begun: int) -> StenoError:
    """`daemon_start_failed` with the end of what the daemon printed since `begun`."""
    try:
        with open(paths.state / "stenod.out", "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(begun, size - TAIL))
            printed = file.read().decode("utf-8", "replace").strip()
    except OSError:
        printed = ""
    return StenoError("daemon_start_failed", why=f"{why}\n{printed}" if printed else why)
