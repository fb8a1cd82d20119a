"""What a person is told when something ends: many at once become one notice. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from steno_tui.live.world import Toast
from steno_tui.problems import told
from steno_tui.texts import _, some

MOST = 3
"""Notices of one kind that are shown one by one."""


class Notice(NamedTuple):
    title: str
    text: str
    severity: Literal["information", "warning", "error"]


def notices(ended: Sequence[Toast]) -> Iterator[Notice]:
    """What is shown of all that ended since the last paint."""
    for kind in dict.fromkeys(toast.kind for toast in ended):
        of_kind = [toast for toast in ended if toast.kind == kind]
        if len(of_kind) <= MOST:
            yield from (one(toast) for toast in of_kind)
        else:
            yield many(kind, of_kind)


def one(toast: Toast) -> Notice:
    why = f": {told(toast.problem).detail}" if toast.problem else ""
    text = toast.name + why
    match toast.kind:
        case "job_completed":
            return Notice(_("Subtitles are ready"), text, "information")
        case "job_gaps":
            return Notice(_("Ready, with gaps"), text, "warning")
        case "job_failed":
            return Notice(_("A job failed"), text, "error")
        case "aligned":
            words = _("{name}: each word has its exact time now. Your edits stay as they are.")
            return Notice(_("Aligned"), words.format(name=text), "information")
        case "model_ready":
            return Notice(_("A model is ready"), text, "information")
        case "model_failed":
            return Notice(_("A download failed"), text, "error")


def many(kind: str, ended: Iterable[Toast]) -> Notice:
    n = len(list(ended))
    match kind:
        case "job_completed":
            return Notice(_("Subtitles are ready"), some("{n} job", "{n} jobs", n), "information")
        case "job_gaps":
            return Notice(_("Ready, with gaps"), some("{n} job", "{n} jobs", n), "warning")
        case "job_failed":
            return Notice(_("Jobs failed"), some("{n} job", "{n} jobs", n), "error")
        case "aligned":
            return Notice(_("Aligned"), some("{n} job", "{n} jobs", n), "information")
        case "model_ready":
            return Notice(_("Models are ready"), some("{n} model", "{n} models", n), "information")
        case _:
            return Notice(_("Downloads failed"), some("{n} model", "{n} models", n), "error")
