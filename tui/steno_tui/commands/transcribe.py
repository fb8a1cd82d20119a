"""`steno transcribe` and `steno watch`."""

import argparse
import asyncio
from typing import Any

from steno.client import Client
from steno.errors import Exit, Problem, StenoError, exit_code
from steno.wire import Job
from steno_tui import outcome, output
from steno_tui.commands import settings
from steno_tui.interrupts import Interrupts
from steno_tui.outcome import Outcome
from steno_tui.reporters import JsonLines, Plain
from steno_tui.session import connected
from steno_tui.watch import Reporter, Watch

PAUSING = 10.0
"""Seconds that pausing after Ctrl-C may take."""


class Batch:
    """The files of one command: what was refused, and the jobs of the others."""

    def __init__(self, client: Client, watch: Watch) -> None:
        self.refused: dict[int, Problem] = {}
        self.jobs: dict[int, Job] = {}
        self._client = client
        self._watch = watch
        self._adding: asyncio.Task[Job] | None = None

    async def add(self, files: list[str], wanted: dict[str, Any], *, json: bool) -> None:
        """Adds a job for each file, in order; a refused file is told of and leaves the others."""
        for index, file in enumerate(files):
            self._adding = asyncio.create_task(self._client.add_job(file, wanted))
            try:
                # A job that is half added when Ctrl-C comes would be nobody's.
                self._keep(index, await asyncio.shield(self._adding))
            except StenoError as error:
                if exit_code(error.problem) in (Exit.NO_DAEMON, Exit.STORAGE):
                    raise
                self.refused[index] = error.problem
                if not json:
                    output.error(error.problem)
            self._adding = None

    async def last(self) -> None:
        """Waits for a job that was being added when the command was interrupted."""
        if self._adding is not None:
            try:
                self._keep(len(self.jobs) + len(self.refused), await self._adding)
            except StenoError:
                self._adding = None

    def _keep(self, index: int, job: Job) -> None:
        self.jobs[index] = job
        self._watch.add(job)

    def outcomes(self, files: list[str]) -> list[Outcome]:
        """What became of each file, in the order of the command."""
        return [
            outcome.of(self._watch.views[self.jobs[index].id], file)
            if index in self.jobs
            else Outcome(name=output.flat(file), problem=self.refused[index])
            for index, file in enumerate(files)
            if index in self.jobs or index in self.refused
        ]


async def transcribe(args: argparse.Namespace) -> Exit:
    """Adds the files and waits for their subtitles."""
    wanted = settings.of_transcribe(args)
    with Interrupts() as interrupts:
        async with connected() as client:
            with reporter(args.json) as shown:
                watch = Watch(client, shown)
                batch = Batch(client, watch)
                work = asyncio.create_task(work_on(batch, watch, args, wanted))
                interrupted = await interrupts.until(work)
                if interrupted:
                    await pause(batch, watch, client)
    outcomes = batch.outcomes(args.files)
    if interrupted:
        go_on(watch)
    elif args.detach:
        for job in batch.jobs.values():
            announce(job, json=args.json)
        outcomes = [one for one in outcomes if one.job is None]
    if args.json:
        for one in outcomes:
            outcome.record(one)
    elif not interrupted:
        for one in outcomes:
            if one.job is not None:
                outcome.show(one)
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
    except TimeoutError as error:
        raise StenoError("daemon_lost", why="it does not answer") from error


def go_on(watch: Watch) -> None:
    """Says how to go on with what was paused."""
    paused = [ident for ident, view in watch.views.items() if view.job.state == "paused"]
    if paused:
        ids = " ".join(paused)
        output.note(f"paused. `steno resume {ids}` goes on, `steno watch {ids}` shows it.")


async def watch(args: argparse.Namespace) -> Exit:
    """Shows jobs until each is settled; leaving it changes nothing."""
    with Interrupts() as interrupts:
        async with connected() as client:
            jobs = [await client.job(ident) for ident in args.jobs]
            with reporter(args.json) as shown:
                watched = Watch(client, shown)
                for job in jobs:
                    watched.add(job)
                if await interrupts.until(asyncio.create_task(watched.run())):
                    return Exit.INTERRUPTED
    outcomes = [outcome.of(view) for view in watched.views.values()]
    for one in outcomes:
        (outcome.record if args.json else outcome.show)(one)
    return outcome.verdict(outcomes)


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
