"""`steno models list|cancel|import|verify|rm|path`."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Iterable

from steno.client import Client
from steno.errors import Exit, StenoError, exit_code
from steno.wire.models import ModelInfo
from steno_tui import downloads, output
from steno_tui.asking import agreed
from steno_tui.commands.pull import installed
from steno_tui.commands.settings import language
from steno_tui.handling import shown
from steno_tui.interrupts import Interrupts
from steno_tui.naming import find
from steno_tui.pulling import under_way
from steno_tui.session import connected
from steno_tui.texts import _, some

Deed = Callable[[Client, ModelInfo], Awaitable[None]]


async def show(args: argparse.Namespace) -> Exit:
    """Lists models, by kind."""
    async with connected() as client:
        page = await client.catalogue(
            [args.kind] if args.kind else [],
            language=language(args.language) if args.language else None,
            text=args.text or "",
        )
    found = [m for m in page.models if m.status != "not_downloaded" or not args.installed]
    if args.json:
        output.record({"models": found, "total": len(found), "folder": page.folder})
    elif output.is_terminal():
        from steno_tui.shelf import table

        table(found, page.folder)
    else:
        for model in found:
            output.row(
                model.name, model.status, percent(model), model.size, model.size_on_disk,
                ",".join(model.languages), model.title,
            )  # fmt: skip
    return Exit.OK


def percent(model: ModelInfo) -> str:
    """How far its download is."""
    done = model.download.progress if model.download is not None else None
    return "" if done is None else f"{done:.0f}"


async def path(args: argparse.Namespace) -> Exit:
    """Prints the folder of a model that is ready, absolute."""
    async with connected() as client:
        page = await client.catalogue()
    model = find(args.model, page.models)
    where = downloads.folder(page.folder, model)
    if where is None and model.status == "ready":
        raise StenoError("model_fixed", name=model.name, why=_("has no folder of its own"), hint="")
    if where is None:
        hint = _("`steno models pull {name}` fetches it.").format(name=model.name)
        raise StenoError("model_idle", name=model.name, why=why(model), hint=hint)
    output.say(where)
    return Exit.OK


def why(model: ModelInfo) -> str:
    """Why it is not ready."""
    match model.status:
        case "waiting" | "downloading":
            return _("is on its way")
        case "incomplete":
            return _("is here in parts only")
        case "error" if model.origin == "folder":
            return _("is your own folder, which is not there")
        case "error":
            return _("could not be fetched")
    return _("is not downloaded")


async def cancel(args: argparse.Namespace) -> Exit:
    """Ends downloads; what came is kept."""

    async def deed(client: Client, model: ModelInfo) -> None:
        was = under_way(model)
        now = await client.cancel_download(model.name)
        report(now, _("cancelled") if was else _("no download is under way"))

    return await each(args.models, deed)


async def remove(args: argparse.Namespace) -> Exit:
    """Deletes models' files, after a question; raises `usage` where nobody can answer it."""
    async with connected() as client:
        known = (await client.catalogue()).models
    names = list(dict.fromkeys(find(name, known).name for name in args.models))
    chosen = [model for model in known if model.name in names]
    for model in chosen:
        if model.origin == "repository" and model.status == "not_downloaded":
            names.remove(model.name)
            report(model, _("nothing of it is here"))
    if not names:
        return Exit.OK
    size = output.size(sum(model.size_on_disk for model in chosen))
    if len(names) > 1:
        question = some("Delete {n} model", "Delete {n} models", len(names))
    else:
        question = _("Delete the model {name}").format(name=names[0])
    question = _("{question} ({size})?").format(question=question, size=size)
    if not args.yes and not agreed(question, "steno models rm", _("deletes models")):
        return Exit.OK

    async def deed(client: Client, model: ModelInfo) -> None:
        await client.remove_model(model.name)
        report(model, _("removed"), "removed")

    return await each(names, deed)


async def verify(args: argparse.Namespace) -> Exit:
    """Compares models' files with their checksums; the exit code of a model with wrong files."""
    if bool(args.models) == args.all:
        command = "steno models verify"
        why = _("`{command}` takes names of models, or --all.").format(command=command)
        hint = _("`{command} --help` shows how.").format(command=command)
        raise StenoError("usage", why=why, hint=hint)

    async def deed(client: Client, model: ModelInfo) -> None:
        async with shown(client, model, _("checking")):
            found = await client.verify(model.name)
        if found.wrong:
            files = ", ".join(found.wrong)
            raise StenoError("model_damaged", name=model.name, files=files)
        report(found.model, _("all files are as they should be"))

    return await each(args.models or None, deed)


async def bring(args: argparse.Namespace) -> Exit:
    """Installs a model from a folder or an archive."""
    async with connected() as client:
        page = await client.catalogue()
        model = find(args.model, page.models)
        with Interrupts() as interrupts:
            async with shown(client, model, _("importing")):
                work = asyncio.create_task(client.import_model(model.name, args.path))
                if await interrupts.until(work):
                    hint = _("What was not complete is not installed.")
                    raise StenoError("interrupted", hint=hint)
        now = work.result()
    found = downloads.Pulled(now.name, now, folder=downloads.folder(page.folder, now))
    if args.json:
        downloads.record(found)
    else:
        downloads.show(found, already=False)
    return Exit.OK


async def each(names: Iterable[str] | None, deed: Deed) -> Exit:
    """Does it to each model, or to all that are here; one refusal leaves the others. The first
    refusal's exit code."""
    codes = []
    async with connected() as client:
        known = (await client.catalogue()).models
        for name in installed(known) if names is None else names:
            try:
                await deed(client, find(name, known))
            except StenoError as error:
                if exit_code(error.problem) == Exit.NO_DAEMON:
                    raise
                codes.append(output.error(error.problem))
    return codes[0] if codes else Exit.OK


def report(model: ModelInfo, what: str, status: str | None = None) -> None:
    """What was done with a model, on stdout."""
    if output.is_terminal():
        output.say(f"{model.name}: {what}")
    else:
        output.row(model.name, status or model.status)
