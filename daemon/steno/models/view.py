"""A model as clients see it. Pure."""

from steno.models.catalogue import Entry
from steno.store.models import ModelRecord
from steno.wire.models import Download, ModelInfo, ModelStatus


def info(
    entry: Entry,
    record: ModelRecord | None,
    download: Download | None,
    *,
    loaded: bool,
    own_size: int | None,
) -> ModelInfo:
    """`own_size`: bytes in a person's own folder; None where it is not there."""
    model, record = entry.model, record or ModelRecord(entry.model.name)
    here = status(entry, record, download, own_size)
    ready = here == "ready"
    installed = record.version is not None
    gathered = download.downloaded_bytes if download else 0
    size = record.size if installed else (own_size or model.size)
    known = sum(file.size or 0 for file in model.files)
    if not size and download is not None:
        size = download.total_bytes
    return ModelInfo(
        type=model.kind,
        id=model.id,
        name=model.name,
        title=model.title,
        languages=list(model.languages),
        repository=model.repository,
        revision=record.revision if installed else model.revision,
        downloader=model.downloader if entry.origin == "repository" else None,
        origin=entry.origin,
        used_by=list(entry.used_by),
        status=here,
        size=size or known or None,
        size_on_disk=record.size + gathered + (own_size or 0),
        path=path(entry, record) if ready else None,
        verified=record.verified,
        installed_at=record.installed_at,
        uses=record.uses,
        last_used=record.last_used,
        newer_revision=newer(entry, record),
        download=download,
        loaded=loaded,
    )


def status(
    entry: Entry, record: ModelRecord, download: Download | None, own_size: int | None
) -> ModelStatus:
    if entry.origin == "plugin":
        return "ready"
    if entry.origin == "folder":
        return "error" if own_size is None else "ready"
    if record.version is not None:
        return "ready"
    return download.status if download else "not_downloaded"


def path(entry: Entry, record: ModelRecord) -> str | None:
    """Relative to the model folder, or a person's own place."""
    if entry.origin == "folder":
        return str(entry.folder)
    return f"{record.name}/{record.version}" if record.version else None


def newer(entry: Entry, record: ModelRecord) -> str | None:
    """A revision that was seen in the repository, or that the catalogue names since."""
    if record.version is None:
        return None
    wanted = entry.model.revision
    if record.newer is None and wanted and wanted not in (record.pinned, record.revision):
        return wanted
    return record.newer
