"""What is known of a model, in lines for people. Pure."""

import os
from collections.abc import Iterator, Sequence

from rich.text import Text

from steno.wire.models import ModelInfo
from steno_tui import bars
from steno_tui.live import marks
from steno_tui.live.screens.jobs.about import ago
from steno_tui.live.screens.models.line import place
from steno_tui.live.screens.models.pending import Asked, mark
from steno_tui.output import flat, size
from steno_tui.problems import told
from steno_tui.pulling import under_way
from steno_tui.texts import _, some

SHOWN = 12
"""Figures of a revision that are shown."""

TRUST = {
    "catalogue": _("all files are as the catalogue says"),
    "repository": _("all files are as the repository says"),
    "unverified": _("not checked: nobody states the sums of all files"),
}


def unfetched(model: ModelInfo) -> str:
    """Why it cannot be fetched; empty where it can."""
    if model.origin == "plugin":
        return _("It comes with its plugin: there is nothing to fetch.")
    if model.origin == "folder":
        return _("It is your own folder, named in the configuration: Steno does not fetch it.")
    if model.repository is None:
        return _("It is nowhere to be fetched from; i imports it from a folder or an archive.")
    return ""


def about(
    model: ModelInfo, asked: Asked | None, folder: str, now: float, *, loaded: bool = False
) -> Text:
    """Lines on `model`; `folder`: where models lie; `now` in seconds since the epoch; `loaded`:
    a worker has it in memory."""
    text = Text()
    text.append(flat(model.title) + "\n", "bold")
    text.append((mark(asked.deed) if asked else marks.status(model)).text + "\n")
    for title, value in facts(model, folder, now, loaded):
        text.append(f"{title}: ", "dim")
        text.append(flat(value) + "\n")
    if why := unfetched(model):
        text.append(f"\n{why}\n")
    problem = model.download.error if model.download else None
    if problem is not None:
        problem = told(problem)
        text.append(f"\n✖ {flat(problem.title)}\n", "bold")
        text.append(f"{flat(problem.detail)}\n{flat(problem.hint)}\n")
    for remark in model.remarks:
        text.append(f"\n! {flat(remark)}\n")
    text.rstrip()
    return text


def facts(model: ModelInfo, folder: str, now: float, loaded: bool) -> Iterator[tuple[str, str]]:
    yield _("Name"), model.name
    yield from on_its_way(model)
    if model.size:
        yield _("Size"), size(model.size)
    if model.size_on_disk and model.size_on_disk != model.size:
        yield _("On disk"), size(model.size_on_disk)
    yield _("Languages"), languages(model.languages)
    yield _("For"), ", ".join(model.used_by) or _("no backend that is installed")
    if model.repository is not None:
        yield _("Repository"), model.repository
    if model.revision is not None:
        yield _("Revision"), model.revision[:SHOWN]
    if model.newer_revision is not None:
        yield (
            _("Newer"),
            _("{revision}; U fetches it").format(revision=model.newer_revision[:SHOWN]),
        )
    if model.verified is not None:
        yield _("Trust"), TRUST[model.verified]
    if model.installed_at is not None:
        yield _("Came"), ago(now - model.installed_at)
    if model.uses:
        last = ago(now - model.last_used) if model.last_used else ""
        times = some("once", "{n} times", model.uses)
        yield _("Used"), ", ".join(filter(None, (times, last)))
    if loaded:
        yield _("Memory"), _("loaded")
    if model.path is not None:
        yield _("Folder"), os.path.join(folder, model.path)


def on_its_way(model: ModelInfo) -> Iterator[tuple[str, str]]:
    """How its download stands."""
    download = model.download
    if download is None:
        return
    if download.downloaded_bytes:
        yield _("Came so far"), bars.amount(download)
    if not under_way(model):
        return
    if download.status == "waiting" and (where := place(download)):
        yield _("Queue"), where
    if download.speed_mbps is not None:
        yield _("Speed"), bars.rate(download)
    if download.eta_s is not None:
        yield _("Left"), bars.left(download)
    if download.message:
        yield _("Now"), download.message


def languages(codes: Sequence[str]) -> str:
    if not codes:
        return _("any")
    return " ".join(codes)


def shelf(models: Sequence[ModelInfo], folder: str) -> str:
    """How many of `models` are here, and what all of them take."""
    here = sum(one.status == "ready" for one in models)
    said = _("{here} of {all} here").format(here=here, all=len(models))
    taken = sum(one.size_on_disk for one in models)
    if not taken or not folder:
        return said
    return _("{said}, {size} in {folder}").format(said=said, size=size(taken), folder=folder)
