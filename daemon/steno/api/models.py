"""Models: what there is, fetching, checking, updating, importing, deleting."""

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from steno.api.codec import answer
from steno.api.events import REFUSED as STREAM_REFUSED
from steno.api.events import STREAM, SinceWanted
from steno.api.keys import Daemon
from steno.api.route import Routes
from steno.api.stream import stream
from steno.errors import StenoError
from steno.paths import from_reference
from steno.plugins.contract import NO_KINDS
from steno.subtitles.languages import LANGUAGES
from steno.wire.models import (
    MODELS_CHANNEL,
    DownloadWanted,
    ImportWanted,
    ModelInfo,
    ModelPage,
    ModelProgress,
    ModelStatus,
    UpdateWanted,
    Verification,
    model_channel,
)

routes = Routes(
    "Models",
    """A model is named by its kind and id, `whisper/small`. [models.md](models.md) tells where they
come from and where they lie. A download goes on whoever asked for it, and whether or not anybody
waits; asking again changes nothing. What is told of it is on the channels `models` and
`models:KIND/ID`, see [events.md](events.md).""",
)

OF_KIND = f"/api/models/{{kind:(?!(?:{'|'.join(NO_KINDS)})(?:/|$))[^/]+}}"
"""The words are routes themselves."""
NAMED = ("model_not_found",)
NO_DOWNLOAD, NO_UPDATE = DownloadWanted(), UpdateWanted()
FETCHED = (
    "download_network", "download_proxy", "download_refused", "download_gated",
    "download_not_found",
)  # fmt: skip


class ModelsWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query of `GET /api/models`."""

    kind: list[str] = []
    """Kinds wanted; all without it."""
    status: list[ModelStatus] = []
    """States wanted; all without it."""
    language: Annotated[str, Meta(max_length=35, description="ISO 639 code")] = ""
    q: Annotated[str, Meta(max_length=200, description="part of the name or the title")] = ""
    limit: Annotated[int, Meta(ge=1, le=500)] = 200
    cursor: Annotated[str, Meta(max_length=200, description="`next` of a page")] | None = None


class OfKindWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query of `GET /api/models/{kind}`."""

    limit: Annotated[int, Meta(ge=1, le=500)] = 200
    cursor: Annotated[str, Meta(max_length=200, description="`next` of a page")] | None = None


@routes.get(
    "/api/models",
    gives=ModelPage,
    refuses=("bad_request", "language_unknown", "setting_invalid"),
    curl="?status=ready,error",
)
async def page(daemon: Daemon, query: ModelsWanted) -> ModelPage:
    """The catalogue: all models that plugins tell of, and your own."""
    return await found(daemon, query)


@routes.get("/api/models/progress")
async def progress(daemon: Daemon) -> ModelProgress:
    """All downloads that run or wait, in their order."""
    await daemon.installed.known()
    return ModelProgress(downloads=daemon.library.downloads.progress())


@routes.get(
    "/api/models/events/progress", media=STREAM, refuses=("too_many_streams", "stopping"), curl="-N"
)
async def of_all(daemon: Daemon, request: web.Request, query: SinceWanted) -> web.StreamResponse:
    """The events of all models as they happen; first what there is."""
    await daemon.installed.known()
    return await stream(daemon, request, [MODELS_CHANNEL], query.since)


@routes.get(
    "/api/models/events/{kind}/{ident}", media=STREAM, refuses=(*NAMED, *STREAM_REFUSED), curl="-N"
)
async def of_one(
    daemon: Daemon, request: web.Request, kind: str, ident: str, query: SinceWanted
) -> web.StreamResponse:
    """The events of one model as they happen."""
    await daemon.installed.known()
    name = daemon.library.find(f"{kind}/{ident}").model.name
    return await stream(daemon, request, [model_channel(name)], query.since)


@routes.post(
    "/api/models/import",
    gives=ModelInfo,
    refuses=(
        *NAMED, "local_only", "setting_invalid", "model_fixed", "model_in_use",
        "import_unreadable", "import_incomplete", "import_damaged", "download_unsafe",
        "download_no_room",
    ),
    example={"model": "whisper/small", "path": "$STICK"},
)  # fmt: skip
async def take_in(daemon: Daemon, body: ImportWanted, local: bool) -> ModelInfo:
    """Installs a model from a folder or an archive, checked as a download is: with the catalogue's
    sums, or those of the manifest beside the files. Answers when it is done."""
    if not local:
        hint = "Ask at the Unix socket, as `steno models import` does."
        raise StenoError("local_only", what="A model's folder or archive", hint=hint)
    await daemon.installed.known()
    return await daemon.models.take_in(body.model, from_reference(body.path))


@routes.get(OF_KIND, gives=ModelPage, refuses=(*NAMED, "setting_invalid"))
async def of_kind(daemon: Daemon, kind: str, query: OfKindWanted) -> ModelPage:
    """Models of one kind."""
    page = await found(daemon, ModelsWanted(kind=[kind], limit=query.limit, cursor=query.cursor))
    if not page.total:
        known = dict.fromkeys(one.model.kind for one in daemon.library.catalogue().values())
        raise StenoError("model_not_found", name=f"{kind}/…", known=", ".join(known))
    return page


@routes.get(f"{OF_KIND}/{{ident}}", refuses=NAMED)
async def get(daemon: Daemon, kind: str, ident: str) -> ModelInfo:
    """One model."""
    await daemon.installed.known()
    return await daemon.library.get(f"{kind}/{ident}")


@routes.delete(f"{OF_KIND}/{{ident}}", refuses=(*NAMED, "model_fixed", "model_in_use"))
async def delete(daemon: Daemon, kind: str, ident: str) -> None:
    """Removes a model from the disk, or what an unfinished download left. One that is loaded and
    idle is unloaded first; one that a running job needs stays."""
    await daemon.installed.known()
    await daemon.models.delete(f"{kind}/{ident}")


@routes.post(
    f"{OF_KIND}/{{ident}}/download",
    gives=ModelInfo,
    status=202,
    refuses=(*NAMED, "downloader_missing", "language_unknown", "language_unsupported"),
    example={"language": "de"},
)
async def download(
    daemon: Daemon, kind: str, ident: str, body: DownloadWanted = NO_DOWNLOAD
) -> web.Response:
    """Has a model fetched, unless it is here or on its way. With a `language` the model that finds
    the times of that language's words is fetched after it; where that one cannot be fetched
    `remarks` says why."""
    await daemon.installed.known()
    return answer(await daemon.models.download(f"{kind}/{ident}", body.language), status=202)


@routes.post(f"{OF_KIND}/{{ident}}/cancel", refuses=NAMED)
async def cancel(daemon: Daemon, kind: str, ident: str) -> ModelInfo:
    """Stops a download or an update; what came is kept, and a new download goes on with it."""
    await daemon.installed.known()
    return await daemon.models.cancel(f"{kind}/{ident}")


@routes.post(
    f"{OF_KIND}/{{ident}}/verify",
    refuses=(*NAMED, "model_fixed", "model_idle", "model_in_use"),
)
async def verify(daemon: Daemon, kind: str, ident: str) -> Verification:
    """Reads all files of a model and compares them with their sums. Answers when it is done. What
    is wrong makes the model `incomplete`; a download mends it."""
    await daemon.installed.known()
    return await daemon.models.verify(f"{kind}/{ident}")


@routes.post(
    f"{OF_KIND}/{{ident}}/update",
    gives=ModelInfo,
    status=202,
    refuses=(*NAMED, "model_fixed", "model_idle", "downloader_missing", *FETCHED),
    example={"check": True},
)
async def update(
    daemon: Daemon, kind: str, ident: str, body: UpdateWanted = NO_UPDATE
) -> web.Response:
    """Looks for a newer revision in the repository and has it fetched; the old one stays until the
    new one is ready. With `check` it only looks: see `newer_revision`."""
    await daemon.installed.known()
    return answer(await daemon.models.update(f"{kind}/{ident}", check=body.check), status=202)


async def found(daemon: Daemon, query: ModelsWanted) -> ModelPage:
    """The page of models that `query` asks for."""
    await daemon.installed.known()
    text = query.q.casefold()
    if query.language and query.language not in LANGUAGES:
        raise StenoError("language_unknown", name=query.language)
    fits = [
        one
        for one in await daemon.library.look()
        if (not query.kind or one.type in query.kind)
        and (not query.status or one.status in query.status)
        and (not query.language or not one.languages or query.language in one.languages)
        and (text in one.name.casefold() or text in one.title.casefold())
    ]
    names = [one.name for one in fits]
    if query.cursor is not None and query.cursor not in names:
        why = f"There is no model {query.cursor} in this list, after which it could go on."
        raise StenoError("setting_invalid", why=why)
    start = names.index(query.cursor) + 1 if query.cursor else 0
    shown = fits[start : start + query.limit]
    more = start + len(shown) < len(fits)
    return ModelPage(
        models=shown,
        total=len(fits),
        folder=str(daemon.library.folder.root),
        next=shown[-1].name if more else None,
    )
