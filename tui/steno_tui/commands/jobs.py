"""`steno jobs` and `steno show`."""

import argparse
import time

from steno.client import Client
from steno.errors import Exit
from steno.wire import Job
from steno_tui import output
from steno_tui.problems import told
from steno_tui.session import connected
from steno_tui.texts import _, some

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
            older = total - len(found)
            output.say(
                some("… and {n} older; -n shows more", "… and {n} older; -n shows more", older)
            )
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
        output.say(_("No jobs. `steno transcribe FILE` adds one."))
        return
    ids = max(output.width(_("JOB")), *(len(job.id) for job in found))
    head = [
        output.padded(_("JOB"), ids), output.padded(_("STATE"), 9),
        output.padded(_("DONE"), 4, right=True), output.padded(_("LENGTH"), 7, right=True),
        _("FILE"),
    ]  # fmt: skip
    console.print(Text("  ".join(head), "dim"))
    room = max(12, console.width - ids - 28)
    for job in found:
        style = {"failed": "red", "running": "cyan", "completed": "green"}.get(job.state, "")
        line = Text(no_wrap=True, overflow="crop")
        line.append(f"{job.id:<{ids}}  ")
        line.append(output.padded(_(job.state), 9) + "  ", style)
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
    _ = output.words()
    line(_("job"), job.id)
    line(_("file"), job.path)
    line(_("state"), state(job))
    line(_("progress"), f"{job.progress.percent:.0f}%" + phase(job))
    line(_("length"), output.clock(job.duration) if job.duration is not None else None)
    line(_("language"), job.language)
    line(_("backend"), job.settings.backend)
    line(_("model"), job.settings.model)
    line(
        _("segments"),
        _("{done} of {planned} done, {failed} given up").format(
            done=counts.done, planned=counts.planned, failed=counts.failed
        ),
    )
    line(_("added"), local(job.created_at))
    line(_("started"), local(job.started_at))
    line(_("finished"), local(job.finished_at))
    for file in job.outputs:
        written = "" if file.written else " " + _("(not written yet)")
        line(_("output"), file.path + written)
    for warning in job.warnings:
        line(_("warning"), warning.message)
    for gap in checkpoint.gaps:
        span = _("{start} to {end}").format(
            start=output.moment(gap.start), end=output.moment(gap.end)
        )
        line(_("gap"), f"{span}: {gap.reason}")
    if job.error is not None:
        error = told(job.error) if output.is_terminal() else job.error
        line(_("error"), error.detail)
        line("", error.hint)
    return Exit.OK


def line(name: str, value: str | None) -> None:
    """A named fact, left out where it is not known."""
    if value:
        output.fact(name, value)


def state(job: Job) -> str:
    _ = output.words()
    reason = _(job.reason.replace("_", " ")) if output.is_terminal() and job.reason else job.reason
    return f"{_(job.state)} ({reason})" if reason else _(job.state)


def phase(job: Job) -> str:
    if job.state != "running" or not job.progress.phase:
        return ""
    return f", {output.words()(job.progress.phase)}"


def local(moment: float | None) -> str | None:
    """A moment in the person's own time zone."""
    if moment is None:
        return None
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
