"""`steno transcribe` and `steno watch`."""

import argparse
import asyncio
from collections.abc import Iterable
from typing import Any

from steno.client import Client
from steno.errors import Exit, Problem, StenoError
from steno.wire import Job
from steno_tui import outcome, output
from steno_tui.batch import Batch
from steno_tui.commands import settings
from steno_tui.interrupts import Interrupts
from steno_tui.outcome import Outcome
from steno_tui.reporters import JsonLines, Plain
from steno_tui.session import connected
from steno_tui.texts import _
from steno_tui.watch import Reporter, Watch

PAUSING = 10.0
"""Seconds that pausing after Ctrl-C may take."""


async def transcribe(args: argparse.Namespace) -> Exit:
    """Adds the files and waits for their subtitles. Raises what took the daemon away, after all
    that is known was told."""
    wanted = settings.of_transcribe(args)
    lost: StenoError | None = None
    interrupted = False
    with Interrupts() as interrupts:
        async with connected() as client:
            with reporter(args.json) as shown:
                watch = Watch(client, shown)
                batch = Batch(client, watch)
                work = asyncio.create_task(work_on(batch, watch, args, wanted))
                try:
                    interrupted = await interrupts.until(work)
                    if interrupted:
                        await pause(batch, watch, client)
                except StenoError as error:
                    lost = error
    outcomes = batch.outcomes(args.files, left(lost, interrupted=interrupted))
    if args.detach and not interrupted:
        for job in batch.jobs.values():
            announce(job, json=args.json)
        outcomes = [one for one in outcomes if one.job is None]
    told(outcomes, json=args.json, paused=not interrupted)
    if interrupted:
        go_on(watch)
    if lost is not None:
        raise lost
    return Exit.INTERRUPTED if interrupted else outcome.verdict(outcomes)


async def work_on(
    batch: Batch, watch: Watch, args: argparse.Namespace, wanted: dict[str, Any]
) -> None:
    await batch.add(args.files, wanted, json=args.json)
    if not args.detach:
        await watch.run()


async def pause(batch: Batch, watch: Watch, client: Client) -> None:
    """Pauses what this command began; what ended in this moment stays as it is."""
    try:
        async with asyncio.timeout(PAUSING):
            await batch.last()
            for ident in watch.open:
                try:
                    watch.add(await client.pause(ident))
                except StenoError as error:
                    if error.code not in ("transition_refused", "job_not_found"):
                        raise
                    await watch.refresh(ident)
    except TimeoutError as error:
        raise StenoError("daemon_lost", why="it does not answer") from error


def go_on(watch: Watch) -> None:
    """Says how to go on with what was paused."""
    paused = [ident for ident, view in watch.views.items() if view.job.state == "paused"]
    if paused:
        ids = " ".join(paused)
        text = _("paused. `steno resume {ids}` goes on, `steno watch {ids}` shows it.")
        output.note(text.format(ids=ids))


async def watch(args: argparse.Namespace) -> Exit:
    """Shows jobs until each is settled; leaving it changes nothing. Raises what took the daemon
    away, after all that is known was told."""
    lost: StenoError | None = None
    interrupted = False
    with Interrupts() as interrupts:
        async with connected() as client:
            jobs = [await client.job(ident) for ident in args.jobs]
            with reporter(args.json) as shown:
                watched = Watch(client, shown)
                for job in jobs:
                    watched.add(job)
                try:
                    interrupted = await interrupts.until(asyncio.create_task(watched.run()))
                except StenoError as error:
                    lost = error
    why = left(lost, interrupted=interrupted)
    outcomes = [outcome.of(view, left=why) for view in watched.views.values()]
    told(outcomes, json=args.json)
    if lost is not None:
        raise lost
    return Exit.INTERRUPTED if interrupted else outcome.verdict(outcomes)


def told(outcomes: Iterable[Outcome], *, json: bool, paused: bool = True) -> None:
    """Records of all files; for people what they did not see yet of jobs that came to rest,
    without those that are `paused` where one line tells of all of them."""
    for one in outcomes:
        if json:
            outcome.record(one)
        elif one.job is not None and not one.left and (paused or one.state != "paused"):
            outcome.show(one)


def left(lost: StenoError | None, *, interrupted: bool) -> Problem | None:
    """Why files were left before their end; None if they were not."""
    if lost is not None:
        return lost.problem
    return StenoError("interrupted").problem if interrupted else None


def reporter(json: bool) -> Reporter:
    """The one that suits where stderr goes."""
    if json:
        return JsonLines()
    if output.is_terminal(stderr=True) and not output.is_dumb():
        from steno_tui.progress import Screen

        return Screen()
    return Plain()


def announce(job: Job, *, json: bool) -> None:
    """Tells of a job that goes on without us."""
    if json:
        output.record({"event": "added", "job_id": job.id, "job": job})
    elif output.is_terminal():
        output.say(f"{job.id}  {job.name}")
    else:
        output.say(job.id)
