"""What stands above a transcript: the job, how far it is, and whether its end is followed. Pure."""

from rich.text import Text

from steno import wire
from steno_tui.live import marks
from steno_tui.output import clock, flat
from steno_tui.texts import _, some

BAR = 12


def heading(job: wire.Job, *, following: bool, lines: int) -> Text:
    """One line."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(flat(job.name), "bold")
    text.append("  " + marks.state(job).text)
    progress = job.progress
    if job.state == "running":
        for span in marks.bar(progress.percent, BAR):
            text.append(" " + span.text if span.text.startswith(marks.FULL) else span.text)
    if following:
        text.append("  ▼ " + _("following"))
    if job.state == "running":
        parts = [marks.phase(job), marks.speed(progress.speed)]
        if progress.eta_s is not None:
            parts.append(_("{time} left").format(time=clock(progress.eta_s)))
        text.append("  " + "  ".join(filter(None, parts)), "dim")
    text.append("  " + some("{n} line", "{n} lines", lines), "dim")
    if job.language:
        text.append(f"  {job.language}", "dim")
    return text


def nothing(job: wire.Job) -> str:
    """Why there are no lines."""
    if job.state in ("queued", "running"):
        return _("Nothing is recognised yet. Lines appear here as they come.")
    if job.state == "completed":
        return _("Nobody speaks in this file.")
    return _("Nothing was recognised. Resume the job in the list of jobs to go on.")
