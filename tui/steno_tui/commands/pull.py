"""`steno models pull` and `steno models update`."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable

from steno.client import Client
from steno.errors import Exit, Problem, StenoError, exit_code
from steno.wire.models import ModelInfo
from steno_tui import downloads, output
from steno_tui.commands.settings import language
from steno_tui.downloads import Pulled
from steno_tui.interrupts import Interrupts
from steno_tui.naming import find
from steno_tui.pulling import Pull, Reporter, aligner, trouble
from steno_tui.reporters import JsonLines
from steno_tui.session import connected
from steno_tui.texts import _, some

CANCELLING = 10.0
"""Seconds that cancelling after Ctrl-C may take."""

Ask = Callable[[Client, ModelInfo], Awaitable[ModelInfo]]


async def pull(args: argparse.Namespace) -> Exit:
    """Has models fetched and waits until they are ready."""
    code = language(args.language) if args.language else None

    async def ask(client: Client, model: ModelInfo) -> ModelInfo:
        if model.status == "ready" and code is None:
            return model
        return await client.download(model.name, language=code)

    return await Command(args, ask, code).run()


async def update(args: argparse.Namespace) -> Exit:
    """Has newer revisions fetched, or with `--check` only looks for them."""
    if bool(args.models) == args.all:
        command = "steno models update"
        why = _("`{command}` takes names of models, or --all.").format(command=command)
        hint = _("`{command} --help` shows how.").format(command=command)
        raise StenoError("usage", why=why, hint=hint)

    async def ask(client: Client, model: ModelInfo) -> ModelInfo:
        return await client.update(model.name, check=args.check)

    return await Command(args, ask, None, update=True).run()


class Command:
    """One `pull` or `update`: what was asked for, and what became of it."""

    def __init__(
        self, args: argparse.Namespace, ask: Ask, code: str | None, *, update: bool = False
    ) -> None:
        self._args = args
        self._ask = ask
        self._code = code
        """Of the language whose aligner is fetched, too."""
        self._update = update
        self._wait = not (args.detach or (update and args.check))
        self._refused: dict[str, Problem] = {}
        """By names as they were written."""
        self._named: dict[str, str] = {}
        """Models by names as they were written."""
        self._already: set[str] = set()
        self._remarks: list[str] = []
        self._root = ""

    async def run(self) -> Exit:
        """Raises what took the daemon away, after all that is known was told."""
        lost: StenoError | None = None
        interrupted = False
        with Interrupts() as interrupts:
            async with connected() as client:
                with reporter(self._args.json) as shown:
                    pull = Pull(client, shown)
                    try:
                        work = asyncio.create_task(self._work(client, pull))
                        interrupted = await interrupts.until(work)
                        if interrupted and self._args.cancel:
                            await self._cancel(client, pull)
                    except StenoError as error:
                        lost = error
        found = self._found(pull, lost, interrupted=interrupted)
        for one in found:
            self._tell(one)
        for remark in self._remarks:
            output.note(remark)
        if interrupted and pull.open and not self._args.json:
            goes_on(pull.open)
        if lost is not None:
            raise lost
        return Exit.INTERRUPTED if interrupted else downloads.verdict(found)

    async def _work(self, client: Client, pull: Pull) -> None:
        page = await client.catalogue()
        self._root = page.folder
        for name in self._args.models or installed(page.models):
            try:
                known = find(name, page.models)
                self._named[name] = known.name
                asked = await self._ask(client, known)
            except StenoError as error:
                if exit_code(error.problem) == Exit.NO_DAEMON:
                    raise
                self._refused[name] = error.problem
                continue
            pull.add(asked)
            self._remarks += asked.remarks
            if asked.download is None:
                self._already.add(asked.name)
        if self._code is not None and pull.views:
            also = await aligner(client, self._code)
            here = also is not None and also.status != "not_downloaded"
            if also is not None and here and also.name not in pull.views:
                pull.add(also)
        if self._wait:
            await pull.run()

    async def _cancel(self, client: Client, pull: Pull) -> None:
        try:
            async with asyncio.timeout(CANCELLING):
                for name in dict.fromkeys((*pull.open, *self._named.values())):
                    pull.add(await client.cancel_download(name))
        except TimeoutError as error:
            raise StenoError("daemon_lost", why="it does not answer") from error

    def _found(self, pull: Pull, lost: StenoError | None, *, interrupted: bool) -> list[Pulled]:
        """What became of each model, in the order of the command."""
        found = []
        names = [*self._args.models, *pull.views]
        seen: set[str] = set()
        for written in names:
            name = self._named.get(written, written)
            if name in seen:
                continue
            seen.add(name)
            if problem := self._refused.get(written):
                found.append(Pulled(name, problem=problem))
            elif model := pull.views.get(name):
                found.append(self._one(model, pull, lost, interrupted=interrupted))
            elif problem := left(lost, interrupted=interrupted):
                found.append(Pulled(name, problem=problem, left=True))
        return found

    def _one(
        self, model: ModelInfo, pull: Pull, lost: StenoError | None, *, interrupted: bool
    ) -> Pulled:
        where = downloads.folder(self._root, model)
        if model.name in pull.open:
            why = left(lost, interrupted=interrupted)
            return Pulled(model.name, model, why, left=True, folder=where)
        problem = trouble(model, update=self._update) if self._wait else None
        return Pulled(model.name, model, problem, folder=where)

    def _tell(self, one: Pulled) -> None:
        if self._args.json:
            downloads.record(one)
        elif self._update and one.problem is None and one.info is not None:
            revisions(one.info, already=one.name in self._already)
        elif one.problem is None and one.left:
            queued(one)
        else:
            downloads.show(one, already=one.name in self._already)


def installed(models: list[ModelInfo]) -> list[str]:
    """Names of those that are here and came from a repository."""
    return [m.name for m in models if m.status == "ready" and m.origin == "repository"]


def left(lost: StenoError | None, *, interrupted: bool) -> Problem | None:
    """Why downloads were left before their end; None if they were not."""
    if lost is not None:
        return lost.problem
    if not interrupted:
        return None
    return StenoError("interrupted", hint="The same command shows the downloads again.").problem


def goes_on(names: list[str]) -> None:
    """Says how to see and how to end what goes on."""
    all_ = " ".join(names)
    output.note(
        some(
            "the daemon goes on with the download.",
            "the daemon goes on with the downloads.",
            len(names),
        )
    )
    for text in (
        _("`steno models pull {names}` shows it again,"),
        _("`steno models cancel {names}` ends it."),
    ):
        output.tell(output.INDENT + text.format(names=all_))


def queued(one: Pulled) -> None:
    """A model that goes on without us."""
    assert one.info is not None
    status = one.info.download.status if one.info.download else one.info.status
    if output.is_terminal():
        output.say(f"{one.name}: {_(status.replace('_', ' '))}")
    else:
        output.row(one.name, status, one.folder)


def revisions(model: ModelInfo, *, already: bool) -> None:
    """What an update found, or did."""
    if not output.is_terminal():
        output.row(model.name, model.status, model.revision, model.newer_revision)
    elif model.newer_revision:
        text = _("{name}: there is a newer revision, {revision}")
        output.say(text.format(name=model.name, revision=model.newer_revision))
    elif already:
        output.say(_("{name} is up to date").format(name=model.name))
    else:
        text = _("{name} is updated to {revision}")
        output.say(text.format(name=model.name, revision=model.revision))


def reporter(json: bool) -> Reporter:
    """The one that suits where stderr goes."""
    if json:
        return JsonLines()
    if output.is_terminal(stderr=True) and not output.is_dumb():
        from steno_tui.bars import Screen

        return Screen()
    return downloads.Plain()
