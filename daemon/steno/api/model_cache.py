"""Models in memory: what is loaded, loading ahead, unloading."""

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from steno.api.keys import Daemon
from steno.api.route import Routes
from steno.wire.models import CacheLimits, CacheState, Preloads, PreloadWanted, Unloaded

routes = Routes(
    "Models in memory",
    """Workers keep the models that they loaded, each worker its own, and unload the least recently
used one where there are too many, where memory is short, or when it was idle for a while. A model
that is loaded ahead is not unloaded for being idle.""",
)

Name = Annotated[str, Meta(max_length=200)]


class UnloadWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query of `DELETE /api/models/cache`."""

    model: list[Name] = []
    """`kind/id`; all without it."""


@routes.post(
    "/api/models/preload",
    gives=Preloads,
    status=202,
    refuses=("model_not_found", "backend_missing", "preload_given_up"),
    example={"models": ["fake/one"]},
)
async def preload(daemon: Daemon, body: PreloadWanted = PreloadWanted()) -> Preloads:  # noqa: B008 - a constant
    """Loads models ahead, and fetches those that are not here.

    The answer does not wait for that: `GET` tells how it goes. What is loaded, or about to be, is
    left alone. One that failed three times in a row is refused until it is reset.
    """
    await daemon.preloader.preload(body.models)
    return Preloads(models=daemon.preloader.told())


@routes.get("/api/models/preload")
async def preloads(daemon: Daemon) -> Preloads:
    """Models that were to be loaded ahead, and how it stands with each.

    `waiting`: its turn has not come yet, or it was unloaded again; it is loaded when a job needs it
    or when it is asked for. One whose worker died is loaded again by itself.
    """
    return Preloads(models=daemon.preloader.told())


@routes.post("/api/models/preload/reset", example={"models": []})
async def reset(daemon: Daemon, body: PreloadWanted = PreloadWanted()) -> Preloads:  # noqa: B008 - a constant
    """Forgets failures, those of all models where none is named, and tries again what failed."""
    daemon.preloader.reset(body.models)
    return Preloads(models=daemon.preloader.told())


@routes.get("/api/models/cache")
async def cache(daemon: Daemon) -> CacheState:
    """What each worker holds in memory, within which limits, and what was counted of each model
    since the daemon started.

    A backend without a model is counted as `kind/name`, for example `aligner/fake`.
    """
    return state(daemon)


@routes.delete("/api/models/cache", curl="?model=fake/one")
async def unload(daemon: Daemon, query: UnloadWanted) -> Unloaded:
    """Unloads models, all of them where none is named.

    Workers that are at work do it once the work in hand is done: `later` names what these hold. A
    job that needs the model after that loads it again.
    """
    later = await daemon.holdings.unload(query.model or None)
    return Unloaded(later=later, workers=daemon.holdings.workers())


@routes.patch("/api/models/cache", example={"size": 2, "memory_threshold": 0.7})
async def change(daemon: Daemon, body: CacheLimits) -> CacheState:
    """Changes how much workers keep in memory, until the daemon ends: then it is as configured in
    `[models]`.

    What is left out stays. Where fewer models may be kept, workers unload the others at once, those
    at work after the work in hand.
    """
    wanted = {name: value for name, value in asdict(body).items() if value is not None}
    daemon.holdings.limits = replace(daemon.holdings.limits, **wanted)
    return state(daemon)


def state(daemon: Daemon) -> CacheState:
    limits = daemon.holdings.limits
    return CacheState(
        limits=CacheLimits(
            size=limits.size,
            memory_threshold=limits.memory_threshold,
            idle_timeout=limits.idle_timeout,
        ),
        workers=daemon.holdings.workers(),
        metrics=daemon.metrics.told(),
    )
