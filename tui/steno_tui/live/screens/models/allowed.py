"""What can be done with a model, from what is known of it. Pure."""

from steno.wire.models import ModelInfo
from steno_tui.live.screens.models.memory import Held
from steno_tui.live.screens.models.pending import Asked
from steno_tui.pulling import under_way

DEEDS = ("pull", "pull_along", "cancel", "remove", "verify", "update", "preload", "unload")
"""Those that are about the chosen model."""


def allowed(deed: str, model: ModelInfo, asked: Asked | None) -> bool:
    """Whether `deed` is offered. What the daemon alone knows, it says itself."""
    if asked is not None:
        return False
    ready = model.status == "ready"
    ours = model.origin == "repository"
    match deed:
        case "pull":
            # of what cannot be fetched it says why
            return not under_way(model) and not (ready and model.repository is not None)
        case "pull_along":
            return model.repository is not None and not under_way(model)
        case "cancel":
            return under_way(model)
        case "remove":
            here = ready or bool(model.size_on_disk)
            return here and model.origin != "plugin" and not under_way(model)
        case "verify":
            return ours and ready
        case "update":
            return ours and ready and model.repository is not None and not under_way(model)
    return deed == "preload"


def allowed_in_memory(deed: str, held: Held, model: ModelInfo | None) -> bool:
    """Likewise, of what is in memory or on its way there."""
    match deed:
        case "unload":
            return held.model is not None
        case "preload":
            return held.model is None and model is not None
        case "cancel":
            return model is not None and under_way(model)
    return False
