"""What is told of models: passing progress, and events that are stored with what they tell."""

from steno.errors import Problem
from steno.store import events
from steno.store.database import Transaction
from steno.store.models import ModelRecord
from steno.wire.models import (
    Download,
    ModelCompleteEvent,
    ModelDeletedEvent,
    ModelErrorEvent,
    ModelIncompleteEvent,
    ModelProgressEvent,
    ModelStatus,
    model_channel,
)

KEPT = 1000
"""Events that are kept of a model, the newest."""

Told = ModelCompleteEvent | ModelErrorEvent | ModelIncompleteEvent | ModelDeletedEvent
KINDS: dict[type[Told], str] = {
    ModelCompleteEvent: "model_complete",
    ModelErrorEvent: "model_error",
    ModelIncompleteEvent: "model_incomplete",
    ModelDeletedEvent: "model_deleted",
}


def tell(tx: Transaction, event: Told) -> None:
    """Stores an event, to be published with the commit."""
    channel = model_channel(f"{event.type}/{event.model_id}")
    tx.tell(KINDS[type(event)], event, channel)
    events.forget(tx, channel, KEPT)


def progress(name: str, status: ModelStatus, download: Download) -> ModelProgressEvent:
    kind, _, ident = name.partition("/")
    return ModelProgressEvent(
        type=kind,
        model_id=ident,
        status=status,
        progress=download.progress,
        downloaded_bytes=download.downloaded_bytes,
        total_bytes=download.total_bytes,
        speed_mbps=download.speed_mbps,
        eta_s=download.eta_s,
        message=download.message,
    )


def complete(installed: ModelRecord, seconds: float) -> ModelCompleteEvent:
    kind, _, ident = installed.name.partition("/")
    return ModelCompleteEvent(
        type=kind,
        model_id=ident,
        revision=installed.revision,
        size=installed.size,
        total_time_seconds=round(seconds, 3),
    )


def failure(name: str, problem: Problem, status: ModelStatus) -> ModelErrorEvent:
    kind, _, ident = name.partition("/")
    return ModelErrorEvent(type=kind, model_id=ident, error=problem, status=status)


def incomplete(
    name: str, done: int, total: int | None, status: ModelStatus
) -> ModelIncompleteEvent:
    kind, _, ident = name.partition("/")
    return ModelIncompleteEvent(
        type=kind, model_id=ident, downloaded_bytes=done, total_bytes=total, status=status
    )


def deleted(name: str, at: float) -> ModelDeletedEvent:
    kind, _, ident = name.partition("/")
    return ModelDeletedEvent(type=kind, model_id=ident, deleted_at=at)
