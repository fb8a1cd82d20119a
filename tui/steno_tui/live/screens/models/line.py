"""A model on one line of the table. Pure."""

from collections.abc import Sequence

from steno.wire.models import Download, ModelInfo
from steno_tui import bars
from steno_tui.live import marks
from steno_tui.live.screens.jobs.about import ago
from steno_tui.live.screens.models.pending import Asked, mark
from steno_tui.live.widgets.layout import Cell, Column, Span
from steno_tui.live.widgets.rows import Row
from steno_tui.output import size
from steno_tui.pulling import under_way
from steno_tui.texts import _

BAR = 10
LANGUAGES = 5

COLUMNS = (
    Column(_("Model"), 25, flexible=True),
    Column(_("Status"), 12),
    Column(_("Size"), BAR + 5, right=True),
    Column(_("Speed"), 9, right=True, rank=3),
    Column(_("Left"), 7, right=True, rank=1),
    Column(_("Lang"), LANGUAGES, rank=2),
    Column(_("Used"), 14, rank=4),
    Column(_("Title"), 18, flexible=True, rank=5),
)


def line(model: ModelInfo, asked: Asked | None, now: float) -> Row:
    """`model` in the columns of the table; `asked`: what the daemon was asked to do with it."""
    download = model.download if under_way(model) else None
    runs = download is not None and download.status == "downloading"
    return Row(
        (
            model.name,
            mark(asked.deed) if asked else marks.status(model),
            amount(model, download),
            bars.rate(download) if download and runs else "",
            bars.left(download) if download and runs else "",
            spoken(model.languages),
            Span(ago(now - model.last_used) if model.last_used else "", "dim"),
            Span(model.title, "dim"),
        )
    )


def amount(model: ModelInfo, download: Download | None) -> Cell:
    """How far its download is, or its place in the queue, or its size."""
    if download is None:
        if not model.size:
            return ""
        text = size(model.size)
        return text if model.status == "ready" else Span(text, "dim")
    if download.status == "waiting":
        return place(download)
    return marks.bar(download.progress, BAR)


def place(download: Download) -> str:
    """Its place in the queue."""
    if download.position is None:
        return ""
    if download.position == 1:
        return _("next")
    return _("place {n}").format(n=download.position)


def spoken(languages: Sequence[str]) -> str:
    """Their codes where there is room, else their number."""
    if not languages:
        return _("any")
    text = " ".join(languages)
    return text if len(text) <= LANGUAGES else str(len(languages))
