"""The table of models for people."""

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from steno.wire.models import ModelInfo
from steno_tui import output
from steno_tui.problems import told
from steno_tui.texts import _, some

STYLES = {
    "ready": "green", "downloading": "cyan", "waiting": "cyan", "incomplete": "yellow",
    "error": "red",
}  # fmt: skip
STATUS, SIZE, LANGUAGES = 11, 8, 14
"""Columns of these."""
LEAST_TITLE = 16
"""Columns of a title, or it is left out."""


def table(models: Sequence[ModelInfo], folder: str) -> None:
    """Prints `models`, made to fit the terminal, and where they lie."""
    if not models:
        output.say(_("No such models. `steno models` lists all."))
        return
    console = Console(markup=False, highlight=False, emoji=False)
    for line in lines(models, console.width):
        console.print(line, soft_wrap=False)
    here = [model for model in models if model.status == "ready"]
    size = output.size(sum(model.size_on_disk for model in models))
    for model in models:
        if model.status == "error" and model.download is not None and model.download.error:
            problem = told(model.download.error)
            output.say()
            tell(f"{model.name}: {problem.detail} {problem.hint}")
    if unverified := [model.name for model in here if model.verified == "unverified"]:
        output.say()
        names = ", ".join(unverified)
        tell(_("unverified, as nobody states their checksums: {names}").format(names=names))
    output.say()
    text = _("{here} of {all} are here, {size} in {folder}")
    output.say(text.format(here=len(here), all=len(models), size=size, folder=folder))


def tell(text: str) -> None:
    """A sentence below the table."""
    for part in output.wrapped(text).split("\n"):
        output.say(part)


def lines(models: Sequence[ModelInfo], columns: int) -> list[Text]:
    """A line for each model, kinds apart; on a narrow terminal with fewer facts."""
    names = min(max(output.width(model.name) for model in models), max(5, columns - STATUS - 2))
    room = columns - names - STATUS - 2
    size = room >= SIZE + 2
    room -= SIZE + 2 if size else 0
    languages = room >= LANGUAGES + 2
    room -= LANGUAGES + 2 if languages else 0
    title = room - 2 if room >= LEAST_TITLE + 2 else 0
    head = [output.padded(_("MODEL"), names), output.padded(_("STATUS"), STATUS)]
    head += [output.padded(_("SIZE"), SIZE, right=True)] if size else []
    head += [output.padded(_("LANGUAGES"), LANGUAGES)] if languages else []
    head += [_("TITLE")] if title else []
    found = [Text(output.start("  ".join(head), columns), "dim", no_wrap=True)]
    for number, (__, group) in enumerate(groupby(models, key=lambda model: model.type)):
        if number:
            found.append(Text())
        for model in group:
            line = Text(no_wrap=True, overflow="crop")
            style = STYLES.get(model.status, "")
            line.append(f"{output.padded(output.middle(model.name, names), names)}  ", style)
            line.append(output.padded(status(model), STATUS), style)
            if size:
                known = "" if model.size is None else output.size(model.size)
                line.append(f"  {known:>{SIZE}}")
            if languages:
                line.append("  " + output.padded(spoken(model.languages), LANGUAGES))
            if title:
                line.append("  " + output.middle(output.flat(model.title), title))
            line.truncate(columns)
            found.append(line)
    return found


def status(model: ModelInfo) -> str:
    """Nothing for what is not here, so that the rest is seen at once."""
    download = model.download
    if model.status == "not_downloaded":
        return ""
    if download is not None and download.status == "downloading":
        sign = "↑ " if model.status == "ready" else ""
        return sign + (_("starting") if download.progress is None else f"{download.progress:.0f}%")
    if model.status == "ready":
        return _("ready, old") if model.newer_revision else _("ready")
    return _(model.status)


def spoken(languages: Sequence[str]) -> str:
    """The codes, as many as there is room for."""
    if not languages:
        return _("any")
    text = " ".join(languages)
    if len(text) <= LANGUAGES:
        return text
    return some("{n} language", "{n} languages", len(languages))
