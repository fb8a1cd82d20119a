"""What pulling shows where no person looks at a terminal, and what became of each model."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from steno.errors import Exit, Problem, exit_code
from steno.wire import Event
from steno.wire.models import Download, ModelInfo
from steno_tui import output
from steno_tui.bars import amount, left, rate, waiting
from steno_tui.reporters import Silent
from steno_tui.texts import _

STEP = 10
"""Percent between two lines."""


class Plain(Silent):
    """Lines on stderr: changes of state, what is waited for, and how far it is in steps."""

    def begin(self, views: dict[str, ModelInfo]) -> None:
        for model in views.values():
            tell(None, model)

    def changed(self, before: ModelInfo, after: ModelInfo, _news: Event, /) -> None:
        tell(before, after)


def tell(before: ModelInfo | None, after: ModelInfo) -> None:
    """A line about what is new of a download, if there is anything to say."""
    old, new = before.download if before else None, after.download
    if new is None or new.status not in ("waiting", "downloading"):
        return  # its end is told of afterwards
    same = old is not None and old.status == new.status
    if same and old is not None and cause(old) == cause(new) and step(old) == step(new):
        return
    said = [waiting(new) if new.status == "waiting" else _("downloading")]
    if new.status == "downloading" and new.progress is not None:
        said = [f"{new.progress:.0f}%, {amount(new)}"]
        said += [rate(new)] if new.speed_mbps is not None else []
        said += [_("{time} to go").format(time=left(new))] if new.eta_s is not None else []
    if new.status == "downloading" and new.message:
        said.append(new.message)
    output.tell(f"{after.name}: {', '.join(said)}")


def cause(download: Download) -> str:
    """What it waits for, without how long."""
    return download.message.partition("; trying again in ")[0]


def step(download: Download) -> int:
    return int((download.progress or 0.0) // STEP)


@dataclass(frozen=True)
class Pulled:
    """What became of one model that was asked for."""

    name: str
    """As the person wrote it, or as it is called where it is known."""
    info: ModelInfo | None = None
    """None: there is no such model."""
    problem: Problem | None = None
    """Why it is not ready, or not newer."""
    left: bool = False
    """Nobody waited for its end."""
    folder: str | None = None
    """Where it is ready, absolute."""

    @property
    def exit(self) -> Exit:
        return Exit.OK if self.problem is None else exit_code(self.problem)


def verdict(found: Iterable[Pulled]) -> Exit:
    """The exit code of the first that failed."""
    return next((one.exit for one in found if one.exit != Exit.OK), Exit.OK)


def folder(root: str, model: ModelInfo) -> str | None:
    """The absolute folder of a model that is ready; None where it has none."""
    ready = model.status == "ready" and model.path is not None
    return os.path.join(root, model.path or "") if ready else None


def show(found: Pulled, already: bool) -> None:
    """A model that is ready on stdout, one that is not on stderr; `already`: nothing had to be
    fetched."""
    if found.problem is not None:
        if not found.left:
            output.error(found.problem, found.name if found.info else "")
        return
    assert found.info is not None
    if not output.is_terminal():
        output.row(found.name, found.info.status, found.folder)
        return
    about = [] if found.info.size is None else [output.size(found.info.size)]
    about += [_("unverified")] if found.info.verified == "unverified" else []
    size = f" ({', '.join(about)})" if about else ""
    what = _("{name} is here already") if already else _("{name} is ready")
    where = f": {found.folder}" if found.folder else ""
    output.say(what.format(name=found.name + size) + where)


def record(found: Pulled) -> None:
    """The last line of JSON for a model."""
    output.record(
        {
            "event": "result",
            "model": found.name,
            "status": found.info.status if found.info else None,
            "path": found.folder,
            "exit_code": int(found.exit),
            "info": found.info,
            "error": found.problem,
        }
    )
