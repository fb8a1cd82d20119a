"""A job on one line of the table. Pure."""

from steno import wire
from steno_tui.live import marks
from steno_tui.live.widgets.layout import Column, Span
from steno_tui.live.widgets.rows import Row
from steno_tui.output import clock
from steno_tui.texts import _

BAR = 10

COLUMNS = (
    Column(_("Name"), 20, flexible=True),
    Column(_("State"), 11),
    Column(_("Phase"), 14, rank=3),
    Column(_("Progress"), BAR + 5, rank=1),
    Column(_("Speed"), 6, right=True, rank=2),
    Column(_("Left"), 7, right=True, rank=1),
    Column(_("Lang"), 4, rank=2),
    Column(_("Length"), 7, right=True, rank=1),
)


def line(job: wire.Job) -> Row:
    """`job` in the columns of the table."""
    progress = job.progress
    resting = job.state in wire.FINAL or job.state == "created"
    role = "dim" if resting else "busy" if job.state == "running" else "warn"
    shown = "" if job.state == "created" else marks.bar(progress.percent, BAR, role)
    running = job.state == "running"
    return Row(
        (
            job.name,
            marks.state(job),
            Span(marks.phase(job), "dim"),
            shown,
            marks.speed(progress.speed) if running else "",
            marks.left(progress.eta_s) if running else "",
            marks.language(job.language),
            clock(job.duration) if job.duration is not None else "",
        ),
        "dim" if job.state == "cancelled" else "",
    )


def newer(stored: wire.Job, live: wire.Job | None) -> wire.Job:
    """The one that is known better: as a list had it, or as events have it since."""
    return live if live is not None and live.revision >= stored.revision else stored
