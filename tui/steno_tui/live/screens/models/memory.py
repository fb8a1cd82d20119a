"""What workers have in memory and what is to be loaded ahead, in lines for people. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.text import Text

from steno.wire.models import CachedModel, CacheState, ModelMetrics, Preload, Preloads
from steno_tui.live.widgets.layout import Column, Span
from steno_tui.live.widgets.rows import Row
from steno_tui.output import clock, flat, size
from steno_tui.problems import told
from steno_tui.texts import _, some

COLUMNS = (
    Column(_("Model"), 20, flexible=True),
    Column(_("State"), 12),
    Column(_("Device"), 6, rank=2),
    Column(_("Memory"), 8, right=True),
    Column(_("Idle"), 7, right=True, rank=1),
    Column(_("Uses"), 5, right=True, rank=3),
    Column(_("Worker"), 10, rank=4),
)

PRELOADS = {
    "waiting": ("◌", _("waiting"), ""),
    "fetching": ("⇣", _("fetching"), "busy"),
    "loading": ("▶", _("loading"), "busy"),
    "loaded": ("✔", _("loaded"), "ok"),
    "failed": ("✖", _("failed"), "bad"),
}


class Held(NamedTuple):
    """A model in a worker's memory, or one that is on its way there."""

    name: str
    """`kind/id`; of a backend without a model `aligner/…` or `asr/…`."""
    worker: str = ""
    busy: bool = False
    model: CachedModel | None = None
    preload: Preload | None = None

    @property
    def ident(self) -> str:
        """Several workers may hold the same model."""
        return f"{self.name} {self.worker}"


def held(cache: CacheState, preloads: Preloads) -> list[Held]:
    """First what is in memory, then what is to be loaded."""
    ahead = {one.model: one for one in preloads.models}
    found = [
        Held(name, worker.worker, worker.busy, model, ahead.get(name))
        for worker in cache.workers
        for model in worker.models
        for name in [model.model or f"{model.kind}/{model.backend}"]
    ]
    there = {one.name for one in found}
    return found + [
        Held(one.model, preload=one) for one in preloads.models if one.model not in there
    ]


def state(one: Held) -> Span:
    if one.model is None and one.preload is not None:
        sign, word, role = PRELOADS[one.preload.status]
        return Span(f"{sign} {word}", role)
    if one.model is not None and one.busy and one.model.idle_seconds < 1:
        return Span("▶ " + _("in use"), "busy")
    return Span("✔ " + (_("kept") if one.model and one.model.kept else _("loaded")), "ok")


def line(one: Held) -> Row:
    model = one.model
    if model is None:
        return Row((one.name, state(one)))
    return Row(
        (
            one.name,
            state(one),
            model.device,
            size(model.memory),
            clock(model.idle_seconds),
            str(model.uses),
            Span(one.worker, "dim"),
        )
    )


def about(one: Held, cache: CacheState) -> Text:
    """Lines on a model in memory, what was counted of it, and within which limits it is kept."""
    text = Text()
    text.append(flat(one.name) + "\n", "bold")
    text.append(state(one).text + "\n")
    counted = next((of for of in cache.metrics if of.model == one.name), None)
    for title, value in [*facts(one), *figures(counted), *limits(cache)]:
        text.append(f"{title}: ", "dim")
        text.append(flat(value) + "\n")
    if one.preload is not None and one.preload.error is not None:
        error = told(one.preload.error)
        text.append(f"\n✖ {flat(error.title)}\n", "bold")
        text.append(f"{flat(error.detail)}\n{flat(error.hint)}\n")
        if one.preload.failures:
            n = one.preload.failures
            text.append(some("It failed once.", "It failed {n} times in a row.", n) + "\n")
        text.append(_("l tries again.") + "\n")
    text.rstrip()
    return text


def facts(one: Held) -> Iterator[tuple[str, str]]:
    model = one.model
    if model is None:
        return
    yield _("Backend"), model.backend
    yield _("Worker"), one.worker
    yield _("Device"), model.device
    yield _("Memory"), _("about {size}").format(size=size(model.memory))
    yield _("Loaded within"), _("{n} s").format(n=f"{model.load_seconds:.1f}")
    yield _("Uses"), str(model.uses)
    yield _("Idle"), clock(model.idle_seconds)
    if model.kept:
        yield _("Kept"), _("loaded ahead; idleness does not unload it")


def figures(counted: ModelMetrics | None) -> Iterator[tuple[str, str]]:
    """Since the daemon started."""
    if counted is None:
        return
    yield _("Loads"), str(counted.loads)
    if counted.audio_seconds:
        yield _("Speech"), clock(counted.audio_seconds)
    if counted.real_time_factor:
        yield _("Speed"), f"{1 / counted.real_time_factor:.1f}×"
    if counted.hit_rate is not None:
        yield _("Found loaded"), f"{counted.hit_rate:.0%}"


def limits(cache: CacheState) -> Iterator[tuple[str, str]]:
    limit = cache.limits
    if limit.size is not None:
        yield _("A worker keeps"), some("{n} model", "{n} models", limit.size)
    if limit.idle_timeout is not None:
        yield _("Idle ones go after"), clock(limit.idle_timeout)


def total(rows: Sequence[Held]) -> str:
    models = [one.model for one in rows if one.model is not None]
    count = some("{n} model in memory", "{n} models in memory", len(models))
    return f"{count}, {size(sum(one.memory for one in models))}"
