"""How states, phases and numbers are written: a sign, a word and a role, never a colour alone."""

from collections.abc import Sequence

from steno import wire
from steno.wire.models import ModelInfo
from steno_tui.live.widgets.layout import Span
from steno_tui.output import clock
from steno_tui.pulling import under_way
from steno_tui.texts import _

FULL, EMPTY = "━", "─"

STATES: dict[str, tuple[str, str, str]] = {
    "created": ("○", _("added"), "dim"),
    "queued": ("◌", _("queued"), ""),
    "running": ("▶", _("running"), "busy"),
    "completed": ("✔", _("done"), "ok"),
    "failed": ("✖", _("failed"), "bad"),
    "paused": ("‖", _("paused"), "warn"),
    "cancelled": ("⊘", _("cancelled"), "dim"),
}
"""Sign, word and role of a job's state."""

PHASES: dict[str, str] = {
    "fetch": _("fetching a model"),
    "extract": _("reading"),
    "split": _("splitting"),
    "transcribe": _("transcribing"),
    "align": _("aligning"),
    "write": _("writing"),
}

MODELS: dict[str, tuple[str, str, str]] = {
    "not_downloaded": ("○", _("not here"), "dim"),
    "waiting": ("◌", _("waiting"), ""),
    "downloading": ("⇣", _("fetching"), "busy"),
    "ready": ("✔", _("ready"), "ok"),
    "incomplete": ("◐", _("in part"), "warn"),
    "error": ("✖", _("failed"), "bad"),
}
"""Sign, word and role of a model's status."""


def state(job: wire.Job) -> Span:
    sign, word, role = STATES[job.state]
    if job.state == "completed" and job.reason == "gaps":
        return Span("✔ " + _("gaps"), "warn")
    return Span(f"{sign} {word}", role)


def status(model: ModelInfo) -> Span:
    """What is here of a model, or on its way; of one that is ready also its update."""
    if model.status == "ready":
        if under_way(model):
            return Span("⇣ " + _("updating"), "busy")
        if model.newer_revision:
            return Span("✔ " + _("ready, old"), "ok")
    sign, word, role = MODELS[model.status]
    return Span(f"{sign} {word}", role)


def phase(job: wire.Job) -> str:
    """What a job that runs does."""
    found = job.progress.phase
    return PHASES[found] if job.state == "running" and found else ""


def bar(percent: float | None, width: int, role: str = "busy") -> Sequence[Span]:
    """`percent` of `width` cells, and the number behind it: five cells more."""
    if percent is None:
        return [Span(EMPTY * width, "dim"), Span("   ? ", "dim")]
    full = int(width * min(max(percent, 0.0), 100.0) / 100)
    shown = min(int(percent), 100)
    return [Span(FULL * full, role), Span(EMPTY * (width - full), "dim"), Span(f" {shown:3d}%")]


def speed(value: float | None) -> str:
    """× real time."""
    if value is None:
        return ""
    return f"{value:.1f}×" if value < 99.95 else f"{value:.0f}×"


def left(seconds: float | None) -> str:
    return "" if seconds is None else clock(seconds)


def language(code: str | None) -> str:
    return code or ""
