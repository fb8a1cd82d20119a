"""What the daemon and the machine do, in lines for people. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from steno import __version__, wire
from steno_tui.live import marks
from steno_tui.live.screens.system.paint import Line, aligned, table, title
from steno_tui.live.widgets.layout import Column, Span
from steno_tui.live.widgets.rows import Row
from steno_tui.output import clock, size
from steno_tui.texts import _, some

BAR = 12
FULL = 90.0
"""Per cent of a memory from which on it is short."""

COLUMNS = (
    Column(_("Worker"), 9),
    Column(_("State"), 12),
    Column(_("Work"), 10, flexible=True, rank=1),
    Column(_("Pid"), 7, right=True, rank=3),
    Column(_("Restarts"), 8, right=True, rank=2),
    Column(_("Memory"), 8, right=True),
    Column("", BAR + 5, rank=1),
)
WORKERS = {
    "starting": ("◌", _("starting"), ""),
    "idle": ("○", _("idle"), "dim"),
    "busy": ("▶", _("busy"), "busy"),
    "waiting": ("!", _("to restart"), "warn"),
}


def daemon(status: wire.Status, now: float, width: int | None = None) -> list[Line]:
    """Lines on the daemon itself, `width` cells wide."""
    return [title(_("Daemon")), *aligned(of_daemon(status, now), width)]


def of_daemon(status: wire.Status, now: float) -> Iterator[tuple[str, Line]]:
    yield _("Version"), versions(status.version)
    yield _("Running for"), [Span(lasting(now - status.started_at))]
    yield _("Process"), [Span(f"{status.pid}, Python {status.python}")]
    yield _("Processor"), [Span(clock(status.cpu_s)), Span(" " + _("without workers"), "dim")]
    yield _("Memory"), [Span(size(status.memory)), Span(" " + _("without workers"), "dim")]
    yield _("Jobs"), [Span(jobs(status.jobs))]
    yield _("Clients"), [Span(some("{n} stream", "{n} streams", status.subscribers))]
    yield _("Socket"), [Span(status.socket)]
    yield _("TCP"), [Span(status.tcp) if status.tcp else Span(_("closed"), "dim")]
    yield _("Data"), [Span(status.data_dir)]
    yield _("Log"), [Span(status.log)]


def versions(theirs: str) -> Line:
    if theirs == __version__:
        return [Span(theirs), Span(" " + _("as this client"), "dim")]
    return [Span(theirs), Span(" ! " + _("this client is {ours}").format(ours=__version__), "warn")]


def jobs(counts: Mapping[str, int]) -> str:
    """All of them, by state, those at work first."""
    order = ("running", "queued", "paused", "created", "completed", "failed", "cancelled")
    known = [state for state in order if counts.get(state)]
    return ", ".join(f"{marks.STATES[state][1]} {counts[state]}" for state in known) or _("none")


def lasting(seconds: float) -> str:
    days, rest = divmod(max(0, round(seconds)), 86400)
    return some("{n} day", "{n} days", days) + f", {clock(rest)}" if days else clock(rest)


def machine(status: wire.Status) -> list[Line]:
    """Lines on memory, GPUs and disk."""
    return [title(_("Machine")), *aligned(of_machine(status))]


def of_machine(status: wire.Status) -> Iterator[tuple[str, Line]]:
    total, available = status.memory_total, status.memory_available
    if total is not None and available is not None:
        yield _("Memory"), used(total - available, total)
    else:
        yield _("Memory"), [Span(_("the system does not tell"), "dim")]
    for number, gpu in enumerate(status.gpus):
        name = _("GPU {n}").format(n=number)
        yield name, [*used(gpu.memory_used, gpu.memory_total), Span(f"  {gpu.name}", "dim")]
    if not status.gpus:
        yield _("GPU"), [Span(_("none of NVIDIA's"), "dim")]
    free = status.disk_free
    yield _("Disk"), [Span(_("{size} free").format(size=size(free)) if free is not None else "?")]


def used(part: int, total: int) -> Line:
    """A bar, and the sizes."""
    percent = 100 * part / total if total else None
    short = percent is not None and percent >= FULL
    said = _("{used} of {total}").format(used=size(part), total=size(total))
    mark = [Span(" ! " + _("short"), "warn")] if short else []
    return [*marks.bar(percent, BAR, "warn" if short else "busy"), Span(f"  {said}"), *mark]


def workers(status: wire.Status, width: int) -> list[Line]:
    """The table of workers, `width` cells wide."""
    if not status.workers:
        return [title(_("Workers")), [Span(_("None runs; jobs start them."), "dim")]]
    rows = [worker(one, status.memory_total) for one in status.workers]
    return table(COLUMNS, rows, width)


def worker(info: wire.WorkerInfo, total: int | None) -> Row:
    sign, word, role = WORKERS[info.state]
    percent = 100 * info.memory / total if info.memory is not None and total else None
    bar: Sequence[Span] = marks.bar(percent, BAR) if percent is not None else [Span("")]
    return Row((
        info.name,
        Span(f"{sign} {word}", role),
        info.work,
        "" if info.pid is None else str(info.pid),
        Span(str(info.restarts), "warn" if info.restarts else "dim"),
        size(info.memory),
        bar,
    ))  # fmt: skip
