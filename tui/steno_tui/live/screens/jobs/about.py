"""What is known of a job, in lines for people. Pure."""

from collections.abc import Iterator

from rich.text import Text

from steno import wire
from steno_tui.live import marks
from steno_tui.output import clock, flat
from steno_tui.problems import told
from steno_tui.texts import _, some


def about(job: wire.Job, now: float) -> Text:
    """Lines on `job`; `now` in seconds since the epoch."""
    text = Text(no_wrap=False)
    text.append(flat(job.name) + "\n", "bold")
    sign = marks.state(job)
    text.append(sign.text)
    if why := reason(job):
        text.append(f", {why}")
    text.append("\n")
    for title, value in facts(job, now):
        text.append(f"{title}: ", "dim")
        text.append(flat(value) + "\n")
    if job.error:
        error = told(job.error)
        text.append(f"\n✖ {flat(error.title)}\n", "bold")
        text.append(f"{flat(error.detail)}\n{flat(error.hint)}\n")
    for notice in job.warnings:
        text.append(f"\n! {flat(notice.message)}\n")
    if job.outputs:
        text.append("\n" + _("Subtitles") + "\n", "bold")
        for output in job.outputs:
            text.append("✔ " if output.written else "… ")
            text.append(flat(output.path) + "\n")
    return text


REASONS = {
    "user": _("by you"),
    "gaps": _("some stretches of speech have no text"),
    "disk_full": _("the disk is full; it goes on by itself"),
    "client_gone": _("nobody waits for it any more"),
    "recovered": _("after a restart"),
    "daemon_stopped": _("the daemon was stopped"),
    "room_again": _("there is room again"),
}


def reason(job: wire.Job) -> str:
    """Why it is in its state, where that says more than the state itself."""
    if not job.reason or job.state in ("failed", "running") or job.reason in ("start", "resume"):
        return ""
    return REASONS.get(job.reason, "" if job.error else flat(job.reason))


def facts(job: wire.Job, now: float) -> Iterator[tuple[str, str]]:
    settings, progress, counts = job.settings, job.progress, job.segments
    if job.duration is not None:
        yield _("Length"), clock(job.duration)
    if job.language:
        yield _("Language"), job.language
    if job.state == "running" and progress.phase:
        yield _("Now"), f"{marks.PHASES[progress.phase]} {flat(progress.message)}".strip()
    if progress.total and job.state not in wire.FINAL:
        yield _("Done"), f"{clock(progress.processed)} / {clock(progress.total)}"
    if counts.planned:
        done = some("{n} segment", "{n} segments", counts.planned)
        parts = [f"{counts.done} / {done}"]
        if counts.aligned:
            parts.append(_("{n} aligned").format(n=counts.aligned))
        if counts.failed:
            parts.append(_("{n} given up").format(n=counts.failed))
        yield _("Text"), ", ".join(parts)
    yield _("Recogniser"), " ".join(filter(None, (settings.backend, settings.model)))
    yield _("Alignment"), (settings.aligner or _("on")) if settings.align else _("off")
    if settings.task != "transcribe":
        yield _("Task"), _("translate to English")
    yield _("Formats"), " ".join(settings.formats) or _("none")
    yield _("Added"), ago(now - job.created_at)
    if job.started_at and job.finished_at:
        yield _("Took"), clock(job.finished_at - job.started_at)
    yield _("File"), job.path
    yield _("Id"), job.id


def ago(seconds: float) -> str:
    if seconds < 60:
        return _("just now")
    if seconds < 5400:
        minutes = round(seconds / 60)
        return some("{n} minute ago", "{n} minutes ago", minutes)
    if seconds < 36 * 3600:
        return some("{n} hour ago", "{n} hours ago", round(seconds / 3600))
    return some("{n} day ago", "{n} days ago", round(seconds / 86400))
