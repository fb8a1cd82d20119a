"""The live screen: a bar for each file, and the newest words below it."""

from collections.abc import Sequence

from rich.text import Text

from steno.client import JobState
from steno.errors import CATALOG
from steno_tui import output
from steno_tui.reporters import Silent
from steno_tui.screen import Block, bar
from steno_tui.texts import _

NAME_COLUMNS = 30
"""Most columns of a name."""
FIGURES = 39
"""Columns of phase, percent, speed and time left."""
STYLES = {"completed": "green", "failed": "red", "cancelled": "yellow", "paused": "yellow"}


class Screen(Block, Silent):
    """Jobs, as a block of lines on the terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._views: dict[str, JobState] = {}

    def begin(self, views: dict[str, JobState]) -> None:
        self._views = views

    def lines(self, columns: int, rows: int, symbols: str) -> Sequence[Text]:
        return block(list(self._views.values()), columns, rows, symbols)


def block(views: Sequence[JobState], columns: int, lines: int, symbols: str = "━╺") -> list[Text]:
    """The lines for `views`, at most `lines` of at most `columns`.

    Where there is no room for all jobs those that run come first, then those that wait.
    """
    shown = [job_lines(view, columns, symbols) for view in views]
    if sum(map(len, shown)) <= lines:
        return [line for part in shown for line in part]
    order = sorted(range(len(views)), key=lambda i: (urgency(views[i]), i))
    kept: set[int] = set()
    left = lines - 1
    for index in order:
        if len(shown[index]) > left:
            break
        left -= len(shown[index])
        kept.add(index)
    hidden = [views[index] for index in order if index not in kept]
    done = sum(view.settled for view in hidden)
    summary = _("… and {n} more: {open} to do, {done} done").format(
        n=len(hidden), open=len(hidden) - done, done=done
    )
    rest = Text(output.start(summary, columns), style="dim", no_wrap=True)
    return [*(line for index in sorted(kept) for line in shown[index]), rest]


def urgency(view: JobState) -> int:
    if view.job.state == "running":
        return 0
    return 2 if view.settled else 1


def job_lines(view: JobState, columns: int, symbols: str) -> list[Text]:
    """The bar of a job, and while it runs its newest words."""
    lines = [bar_line(view, columns, symbols)]
    if view.job.state == "running" and not view.settled:
        lines.append(words_line(view, columns))
    return lines


def bar_line(view: JobState, columns: int, symbols: str) -> Text:
    """Name, bar, phase, percent, speed and time left; on a narrow terminal fewer of them."""
    job = view.job
    percent = 100.0 if job.state == "completed" else job.progress.percent
    names = min(NAME_COLUMNS, max(8, columns - FIGURES - 2))
    name = output.middle(output.flat(job.name), min(names, columns))
    room = columns - names - FIGURES - 2
    style = STYLES.get(job.state, "")
    line = Text(no_wrap=True, overflow="crop")
    line.append(output.padded(name, names), style=style)
    if room >= 8:
        line.append(" ")
        bar(line, percent, room, symbols, style or "cyan")
    line.append(f" {output.padded(label(view), 12)} {percent:3.0f}% ", style=style)
    line.append(figures(view))
    line.truncate(columns)
    return line


def label(view: JobState) -> str:
    """What happens to the job, in a word."""
    job = view.job
    if view.removed:
        return _("removed")
    match job.state:
        case "running":
            return _(job.progress.phase or "finish")
        case "queued" | "created":
            return _("waiting")
        case "completed":
            return _("gaps") if view.gaps else _("done")
        case "paused" if job.reason in CATALOG:
            return _(job.reason.replace("_", " "))
    return _(job.state)


def figures(view: JobState) -> str:
    """Speed and time left, or how long it took."""
    job = view.job
    if job.state == "completed" and job.started_at and job.finished_at:
        took = output.clock(job.finished_at - job.started_at)
        return output.padded(_("in"), 8, right=True) + f" {took:>9}"
    if job.state != "running":
        return " " * 18
    speed = "" if job.progress.speed is None else f"{job.progress.speed:.1f}x"
    eta = job.progress.eta_s
    left = "" if eta is None else output.clock(eta)
    return f"{speed:>8} {left:>9}"


def words_line(view: JobState, columns: int) -> Text:
    """The end of what was said: committed words, then provisional ones, dim."""
    if view.job.progress.phase == "fetch":
        told = output.middle(output.flat(view.job.progress.message), max(0, columns - 4))
        return Text("  " + told, style="dim", no_wrap=True, overflow="crop")
    said = " ".join(view.newest.text.split()) if view.newest else ""
    draft = " ".join(view.draft.split())
    room = max(0, columns - 4)
    draft = output.ending(output.flat(draft), room)
    left = room - output.width(draft) - 1
    said = output.ending(output.flat(said), left) if left > 1 else ""
    line = Text("  ", no_wrap=True, overflow="crop")
    line.append(said)
    if draft:
        line.append((" " if said else "") + draft, style="dim")
    return line
