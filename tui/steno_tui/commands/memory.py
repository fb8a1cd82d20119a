"""`steno models loaded|unload|preload`."""

import argparse

from steno.errors import Exit, exit_code
from steno.wire.models import CachedModel, CacheState, ModelMetrics, Preload
from steno_tui import output
from steno_tui.naming import find
from steno_tui.problems import told
from steno_tui.session import connected
from steno_tui.texts import _


async def loaded(args: argparse.Namespace) -> Exit:
    """What workers have in memory, with `-v` also what was counted of each model."""
    async with connected() as client:
        state = await client.cache()
    if args.json:
        output.record(state)
        return Exit.OK
    held(state)
    if args.verbose:
        output.say()
        output.columns(
            [
                _("MODEL"), _("LOADS"), _("TIME"), _("BATCHES"), _("TIME"), _("AUDIO"),
                _("SPEED"), _("HITS"),
            ],
            [counted(one) for one in state.metrics],
            [figures(one) for one in state.metrics],
        )  # fmt: skip
    return Exit.OK


def held(state: CacheState) -> None:
    rows = [(worker, model) for worker in state.workers for model in worker.models]
    if not rows and output.is_terminal():
        output.say(_("No model is in memory."))
        return
    output.columns(
        [_("WORKER"), _("MODEL"), _("DEVICE"), _("MEMORY"), _("IDLE")],
        [
            [
                worker.worker,
                one.model or one.backend,
                one.device,
                output.size(one.memory),
                idle(one, busy=worker.busy),
            ]
            for worker, one in rows
        ],
        [
            [
                worker.worker,
                one.model,
                one.backend,
                one.device,
                one.memory,
                f"{one.idle_seconds:.0f}",
            ]
            for worker, one in rows
        ],
    )


def idle(model: CachedModel, *, busy: bool) -> str:
    used = busy and model.idle_seconds < 1
    shown = _("in use") if used else output.clock(model.idle_seconds)
    return _("{idle}, kept").format(idle=shown) if model.kept else shown


def counted(one: ModelMetrics) -> list[str]:
    """What was counted of a model, for people."""
    speed = "" if not one.real_time_factor else f"{1 / one.real_time_factor:.1f}x"
    return [
        one.model, str(one.loads), output.clock(one.load_seconds), str(one.inferences),
        output.clock(one.inference_seconds), output.clock(one.audio_seconds), speed,
        "" if one.hit_rate is None else f"{one.hit_rate:.0%}",
    ]  # fmt: skip


def figures(one: ModelMetrics) -> list[object]:
    return [getattr(one, name) for name in one.__struct_fields__]


async def unload(args: argparse.Namespace) -> Exit:
    """Lets go of models in memory: these, or all."""
    async with connected() as client:
        known = (await client.catalogue()).models if args.models else []
        found = await client.unload([find(name, known).name for name in args.models])
    for name in found.later:
        if output.is_terminal():
            output.say(_("{name}: in use, it goes once the work in hand is done").format(name=name))
        else:
            output.row(name, "later")
    if output.is_terminal() and not found.later:
        output.say(_("Unloaded."))
    return Exit.OK


async def preload(args: argparse.Namespace) -> Exit:
    """Has models loaded ahead; with `--status` only tells how far it is. The exit code of the first
    that failed."""
    async with connected() as client:
        known = (await client.catalogue()).models if args.models else []
        names = [find(name, known).name for name in args.models]
        if args.status:
            found = await client.preloads()
        else:
            if args.reset:
                await client.reset_preload(names)
            found = await client.preload(names)
    shown = [one for one in found.models if not names or one.model in names]
    if args.json:
        output.record({"models": shown})
    else:
        tell(shown)
    errors = [exit_code(one.error) for one in shown if one.status == "failed" and one.error]
    return errors[0] if errors else Exit.OK


def tell(models: list[Preload]) -> None:
    if not models and output.is_terminal():
        output.say(_("Nothing is to be loaded ahead; [models] preload, or names, say what."))
    for one in models:
        if not output.is_terminal():
            output.row(one.model, one.status, one.failures, one.error.detail if one.error else "")
        elif one.error is None:
            output.say(f"{one.model}: {_(one.status)}")
        else:
            status = _(one.status)
            if one.failures > 1:
                status = _("{status} {n} times").format(status=status, n=one.failures)
            output.say(f"{one.model}: {status}: {told(one.error).detail}")
