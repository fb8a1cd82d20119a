"""`steno start`, `pause`, `resume`, `cancel`, `retry` and `rm`."""

import argparse
from collections.abc import Awaitable, Callable

from steno.client import Client
from steno.errors import Exit, StenoError, exit_code
from steno.wire import Job
from steno_tui import output
from steno_tui.asking import agreed
from steno_tui.commands import settings
from steno_tui.session import connected
from steno_tui.texts import _, some

Action = Callable[[Client, str], Awaitable[Job | None]]


async def start(args: argparse.Namespace) -> Exit:
    return await each(args.jobs, lambda client, job: client.start(job))


async def pause(args: argparse.Namespace) -> Exit:
    return await each(args.jobs, lambda client, job: client.pause(job))


async def cancel(args: argparse.Namespace) -> Exit:
    return await each(args.jobs, lambda client, job: client.cancel(job))


async def retry(args: argparse.Namespace) -> Exit:
    return await each(args.jobs, lambda client, job: client.retry(job))


async def resume(args: argparse.Namespace) -> Exit:
    """Goes on, or with `--validate` only says which changes that would allow."""
    changes = settings.changes(args.set, overwrite=args.overwrite)
    if args.validate:
        return await validate(args.jobs, changes)
    return await each(args.jobs, lambda client, job: client.resume(job, changes))


async def remove(args: argparse.Namespace) -> Exit:
    """Forgets jobs, after a question; raises `usage` where nobody can answer it."""
    if len(args.jobs) > 1:
        question = some(
            "Forget {n} job and what is transcribed? Files stay.",
            "Forget {n} jobs and what is transcribed? Files stay.",
            len(args.jobs),
        )
    else:
        question = _("Forget job {job} and what is transcribed? Files stay.")
        question = question.format(job=args.jobs[0])
    if not args.yes and not agreed(question, "steno rm", _("forgets jobs")):
        return Exit.OK
    return await each(args.jobs, lambda client, job: client.remove(job))


async def each(jobs: list[str], action: Action) -> Exit:
    """Does it to each job; one refusal leaves the others. The first refusal's exit code."""
    codes = []
    async with connected() as client:
        for ident in jobs:
            try:
                job = await action(client, ident)
            except StenoError as error:
                if exit_code(error.problem) == Exit.NO_DAEMON:
                    raise
                codes.append(output.error(error.problem, ident if len(jobs) > 1 else ""))
            else:
                report(ident, job)
    return codes[0] if codes else Exit.OK


def report(ident: str, job: Job | None) -> None:
    """The new state of a job, on stdout."""
    ident, state, *name = [ident, "removed"] if job is None else [job.id, job.state, job.name]
    if output.is_terminal():
        output.say("  ".join([ident, _(state), *name]))
    else:
        output.row(ident, state, *name)


async def validate(jobs: list[str], changes: dict[str, object]) -> Exit:
    """What a resume would say of the changes, or of any if there are none; CONFLICT if it would
    refuse them."""
    allowed = True
    _ = output.words()
    async with connected() as client:
        for ident in jobs:
            answer = await client.validate(ident, changes)
            allowed = allowed and answer.allowed
            for verdict in answer.verdicts:
                now = _("allowed") if verdict.allowed else _("refused")
                output.row(ident, verdict.setting, verdict.ruling, now, verdict.reason)
    return Exit.OK if allowed else Exit.CONFLICT
