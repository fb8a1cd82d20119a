"""`steno status`, `steno stop` and `steno daemon start|stop|status|run|logs`."""

import argparse
import asyncio
import os
import signal
import sys
import time

from steno import paths
from steno.client import Client
from steno.errors import Exit, StenoError
from steno_tui import logs, output, starter
from steno_tui.session import compare, present
from steno_tui.texts import _

STOPPING = 30.0
"""Seconds a daemon may take to end."""
SECOND = 0.5
"""Seconds until `--now` sends its second signal: sent at once the two would become one."""


async def start(_args: argparse.Namespace) -> Exit:
    """Starts a daemon unless one runs."""
    where = paths.default()
    async with Client(paths.answering(where)) as client:
        running = await starter.answer(client)
    if running is not None and running.status == "ok":
        output.say(_("stenod is running, pid {pid}.").format(pid=running.pid))
        compare(running.version)
        return Exit.OK
    health = await starter.start(where)
    output.say(_("stenod started, pid {pid}.").format(pid=health.pid))
    return Exit.OK


async def stop(args: argparse.Namespace) -> Exit:
    """Ends the daemon; running jobs go on at the next start."""
    async with present() as client:
        health = await starter.answer(client)
    if health is None:
        output.say(_("No daemon is running."))
        return Exit.OK
    deadline = time.monotonic() + STOPPING
    send(health.pid)
    second = time.monotonic() + SECOND if args.now else None
    while await lives(health.pid):
        if second is not None and time.monotonic() > second:
            second = None
            send(health.pid)
        if time.monotonic() > deadline:
            hint = _("`steno daemon stop --now` does not wait for work in hand.")
            raise StenoError("stopping", hint=hint)
        await asyncio.sleep(0.02)
    output.say(_("stenod stopped."))
    return Exit.OK


def send(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise StenoError("forbidden_peer", owner="another", peer=os.getuid()) from error


async def lives(pid: int) -> bool:
    """Whether the daemon `pid` still answers, or still holds its lock until it has ended."""
    async with present() as client:
        health = await starter.answer(client)
    if health is not None:
        return health.pid == pid
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not zombie(pid)


def zombie(pid: int) -> bool:
    """Whether `pid` ended and only waits for its parent to notice. False where it cannot be
    told."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] == b"Z"
    except OSError:
        return False


async def status(args: argparse.Namespace) -> Exit:
    """What the daemon does; NO_DAEMON if none runs."""
    async with present() as client:
        found = await client.status()
    if args.json:
        output.record(found)
        return Exit.OK
    compare(found.version)
    _ = output.words()
    jobs = ", ".join(f"{count} {_(state)}" for state, count in found.jobs.items() if count)
    uptime = output.clock(time.time() - found.started_at)
    about = _("{version}, pid {pid}, Python {python}, up {uptime}").format(
        version=found.version, pid=found.pid, python=found.python, uptime=uptime
    )
    output.fact("stenod", about)
    output.fact(_("jobs"), jobs or _("none"))
    for worker in found.workers:
        work = f": {worker.work}" if worker.work else ""
        restarts = _(", {n} restarts").format(n=worker.restarts) if worker.restarts else ""
        memory = "" if worker.memory is None else f", {output.size(worker.memory)}"
        output.fact(_("worker"), f"{worker.name} {_(worker.state)}{work}{restarts}{memory}")
    output.fact(_("clients"), found.subscribers)
    output.fact(_("socket"), found.socket)
    if found.tcp:
        output.fact("tcp", found.tcp)
    output.fact(_("data"), found.data_dir)
    output.fact(_("log"), found.log)
    if found.held:
        output.fact(_("held"), found.held)
    return Exit.OK


async def run(_args: argparse.Namespace) -> Exit:
    """Becomes the daemon, in this terminal."""
    os.execv(sys.executable, [sys.executable, "-m", "steno.stenod"])  # noqa: S606


async def show_logs(args: argparse.Namespace) -> Exit:
    """Prints the end of the daemon's log."""
    await logs.show(paths.default().log, args.number, follow=args.follow)
    return Exit.OK
