"""`steno jobs` and `steno show`."""

import argparse
import time

from steno.client import Client
from steno.errors import Exit
from steno.wire import Job
from steno_tui import output
from steno_tui.session import connected

PAGE = 100
"""Jobs asked for at once."""


async def jobs(args: argparse.Namespace) -> Exit:
    """Lists jobs, newest first."""
    async with connected() as client:
        found, total = await collect(client, args.state, args.text or "", args.number)
    if args.json:
        output.record({"jobs": found, "total": total})
    elif output.is_terminal():
        table(found)
        if total > len(found):
            output.say(f"… and {total - len(found)} older; -n shows more")
    else:
        for job in found:
            output.row(
                job.id, job.state, f"{job.progress.percent:.0f}", seconds(job.duration), job.name
            )
    return Exit.OK


async def collect(
    client: Client, states: list[str], text: str, number: int
) -> tuple[list[Job], int]:
    """The newest `number` jobs that fit, over as many pages as it takes, and how many fit."""
    found: list[Job] = []
    cursor: str | None = None
    while True:
        limit = min(PAGE, number - len(found))
        page = await client.jobs(states, text=text, limit=limit, cursor=cursor)
        found += page.jobs
        cursor = page.next
        if cursor is None or len(found) >= number or not page.jobs:
            return found[:number], page.total


def table(found: list[Job]) -> None:
    """A table for people, made to fit the terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(markup=False, highlight=False, emoji=False)
    if not found:
        output.say("No jobs. `steno transcribe FILE` adds one.")
        return
    ids = max(len(job.id) for job in found)
    console.print(Text(f"{'JOB':<{ids}}  {'STATE':<9}  {'DONE':>4}  {'LENGTH':>7}  FILE", "dim"))
    room = max(12, console.width - ids - 28)
    for job in found:
        style = {"failed": "red", "running": "cyan", "completed": "green"}.get(job.state, "")
        line = Text(no_wrap=True, overflow="crop")
        line.append(f"{job.id:<{ids}}  ")
        line.append(f"{job.state:<9}  ", style)
        line.append(f"{job.progress.percent:3.0f}%  {output.clock(job.duration):>7}  ")
        line.append(output.middle(output.flat(job.name), room))
        console.print(line, soft_wrap=False)


async def show(args: argparse.Namespace) -> Exit:
    """All that is known of one job."""
    async with connected() as client:
        job = await client.job(args.job)
        checkpoint = await client.checkpoint(args.job)
    if args.json:
        output.record({"job": job, "checkpoint": checkpoint})
        return Exit.OK
    counts = job.segments
    line("job", job.id)
    line("file", job.path)
    line("state", f"{job.state} ({job.reason})" if job.reason else job.state)
    line("progress", f"{job.progress.percent:.0f}%" + phase(job))
    line("length", output.clock(job.duration) if job.duration is not None else None)
    line("language", job.language)
    line("backend", job.settings.backend)
    line("model", job.settings.model)
    line("segments", f"{counts.done} of {counts.planned} done, {counts.failed} given up")
    line("added", local(job.created_at))
    line("started", local(job.started_at))
    line("finished", local(job.finished_at))
    for file in job.outputs:
        line("output", file.path if file.written else f"{file.path} (not written yet)")
    for warning in job.warnings:
        line("warning", warning.message)
    for gap in checkpoint.gaps:
        line("gap", f"{output.moment(gap.start)} to {output.moment(gap.end)}: {gap.reason}")
    if job.error is not None:
        line("error", job.error.detail)
        line("", job.error.hint)
    return Exit.OK


def line(name: str, value: str | None) -> None:
    """A named fact, left out where it is not known."""
    if not value:
        return
    if output.is_terminal():
        output.say(f"{name:<9} {value}")
    else:
        output.row(name, value)


def phase(job: Job) -> str:
    return f", {job.progress.phase}" if job.state == "running" and job.progress.phase else ""


def local(moment: float | None) -> str | None:
    """A moment in the person's own time zone."""
    if moment is None:
        return None
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
