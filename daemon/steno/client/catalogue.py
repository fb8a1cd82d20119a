"""What is known of all models: a pure fold of the channel `models`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from msgspec import structs

from steno import wire
from steno.client.stream import ModelPayload, Payload
from steno.wire.models import (
    Download,
    ModelCompleteEvent,
    ModelDeletedEvent,
    ModelErrorEvent,
    ModelIncompleteEvent,
    ModelInfo,
    ModelProgressEvent,
)


@dataclass(frozen=True)
class ModelsState:
    """Models by name, `kind/id`, in the order of the catalogue."""

    models: Mapping[str, ModelInfo] = field(default_factory=dict)
    stale: bool = True
    """Something happened to a model that is not known; the state must be asked for anew."""
    untold: frozenset[str] = frozenset()
    """Models of which more changed than events tell; each is to be asked for and folded in."""


def fold(state: ModelsState, news: Payload | ModelInfo) -> ModelsState:
    """`state` after `news`: an event, or a model as the daemon showed it when asked."""
    match news:
        case wire.InitialState(channel="models", models=list() as models):
            return ModelsState({model.name: model for model in models}, stale=False)
        case wire.SignalEvent(code="resync"):
            return replace(state, stale=True)
        case ModelInfo():
            return put(
                replace(state, untold=(state.untold | moved(state, news)) - {news.name}), news
            )
    if not isinstance(news, ModelPayload):
        return state
    before = state.models.get(f"{news.type}/{news.model_id}")
    if before is None:
        return replace(state, stale=True)
    after = changed(before, news)
    untold = state.untold
    if not isinstance(news, ModelProgressEvent) or (after.download and not before.download):
        untold |= {after.name}
    return put(replace(state, untold=untold | moved(state, after)), after)


def moved(state: ModelsState, after: ModelInfo) -> frozenset[str]:
    """Models that have another place in the queue where `after` is news of its download."""
    before = state.models.get(after.name)
    if before is not None and phase(before) == phase(after):
        return frozenset()
    return frozenset(name for name, one in state.models.items() if phase(one) == "waiting")


def phase(model: ModelInfo) -> str | None:
    """What its download does; as that changes, those that wait move up."""
    return model.download.status if model.download else None


def put(state: ModelsState, model: ModelInfo) -> ModelsState:
    return replace(state, models={**state.models, model.name: model})


def changed(model: ModelInfo, news: ModelPayload) -> ModelInfo:
    """The model after an event of its own, as far as the event tells."""
    match news:
        case ModelProgressEvent():
            if news.status == "ready":
                return model  # its files are looked at
            # While an update is under way the old revision is ready.
            status = "ready" if model.status == "ready" else news.status
            return structs.replace(model, status=status, download=under_way(model, news))
        case ModelCompleteEvent():
            return structs.replace(
                model,
                status=news.status,
                revision=news.revision,
                size=news.size,
                size_on_disk=news.size,
                download=None,
            )
        case ModelErrorEvent():
            ended = structs.replace(begun(model), status="error", error=news.error)
            return structs.replace(model, status=news.status, download=at_rest(ended))
        case ModelIncompleteEvent():
            ended = structs.replace(
                begun(model),
                status="incomplete",
                downloaded_bytes=news.downloaded_bytes,
                total_bytes=news.total_bytes,
            )
            return structs.replace(model, status=news.status, download=at_rest(ended))
        case ModelDeletedEvent():
            return structs.replace(
                model, status=news.status, size_on_disk=0, path=None, verified=None, download=None
            )


def begun(model: ModelInfo) -> Download:
    return model.download or Download(status="waiting", revision=model.revision)


def at_rest(download: Download) -> Download:
    return structs.replace(download, speed_mbps=None, eta_s=None, position=None, message="")


def under_way(model: ModelInfo, news: ModelProgressEvent) -> Download:
    """The download as `news` has it."""
    before = begun(model)
    waits = news.status == "waiting"
    return structs.replace(
        before,
        status="waiting" if waits else "downloading",
        downloaded_bytes=news.downloaded_bytes,
        total_bytes=news.total_bytes,
        progress=news.progress,
        speed_mbps=news.speed_mbps,
        eta_s=news.eta_s,
        message=news.message,
        position=before.position if waits else None,
        error=None,
    )
