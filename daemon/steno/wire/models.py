"""Models as clients see them: the catalogue, downloads, what is loaded, and their events.

Sizes are bytes, moments seconds since the epoch, UTC.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from steno.errors import Problem

ModelStatus = Literal["not_downloaded", "waiting", "downloading", "ready", "incomplete", "error"]
"""`incomplete`: some of its files are there, and a download would go on with them."""
Trust = Literal["catalogue", "repository", "unverified"]
"""`catalogue`: its sums cover all files, which were compared with them; `repository`: every file
was compared with a stated sum, SHA-256 or git's; `unverified`: nobody states sums of all files."""

MODELS_CHANNEL = "models"
"""All models."""


def model_channel(model: str) -> str:
    """The channel of one model, `kind/id`."""
    return f"models:{model}"


class Download(Struct, frozen=True, kw_only=True):
    """A download, or an update, that waits, runs or came to an end too soon."""

    status: Literal["waiting", "downloading", "incomplete", "error"]
    revision: str | None
    """The one that is fetched; None while it is not known."""
    downloaded_bytes: int = 0
    total_bytes: int | None = None
    progress: float | None = None
    """Percent; None while the total is not known."""
    speed_mbps: float | None = None
    """Megabits a second."""
    eta_s: float | None = None
    message: str = ""
    """What it does, or waits for."""
    position: int | None = None
    """Place in the queue, from 1, while it waits."""
    started_at: float | None = None
    error: Problem | None = None


class ModelInfo(Struct, frozen=True, kw_only=True):
    """A model of the catalogue, as it is now."""

    type: str
    """Its kind: `whisper`, `align`."""
    id: str
    name: str
    """`type/id`."""
    title: str
    languages: list[str]
    """ISO 639 codes; empty: any language."""
    repository: str | None
    """None: it is nowhere to be fetched from."""
    revision: str | None
    """The one that is installed, else the one that would be fetched; None: the newest."""
    downloader: str | None
    origin: Literal["repository", "plugin", "folder"]
    """`plugin`: it comes with its plugin. `folder`: it is a person's own folder."""
    used_by: list[str]
    """Backends that can use it."""
    status: ModelStatus
    size: int | None
    """In all: as found where it is ready, else as far as it is known."""
    size_on_disk: int
    """What of it is on disk, an unfinished download included."""
    path: str | None
    """Where it is ready: relative to the model folder, or absolute where it is a person's own."""
    verified: Trust | None
    """None: it is not installed."""
    installed_at: float | None = None
    uses: int = 0
    """How often it was loaded or used by a job."""
    last_used: float | None = None
    newer_revision: str | None = None
    """A newer one than is installed, as far as is known."""
    download: Download | None = None
    """Also where the model is ready and an update is under way."""
    loaded: bool = False
    """Whether a worker has it in memory."""
    remarks: list[str] = []
    """Of what was just asked for: why the aligner's model is not fetched, too."""


class ModelPage(Struct, frozen=True, kw_only=True):
    """Answer of `GET /api/models`, in the order of the catalogue."""

    models: list[ModelInfo]
    total: int
    """Models that fit the filter, in all."""
    folder: str
    """The model folder."""
    next: str | None = None
    """Cursor of the next page."""


class DownloadWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST …/download`."""

    language: Annotated[str, Meta(max_length=35)] | None = None
    """The aligner of this language is fetched after it."""


class UpdateWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST …/update`."""

    check: bool = False
    """Only look whether there is a newer revision."""


class ImportWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST /api/models/import`."""

    model: Annotated[str, Meta(min_length=3, max_length=200, description="`kind/id`")]
    path: Annotated[str, Meta(min_length=1, max_length=16_384)]
    """A folder, or an archive: tar (also gz, bz2, xz) or zip. Absolute, or a `file:` URI."""


class Verification(Struct, frozen=True, kw_only=True):
    """Answer of `POST …/verify`."""

    model: ModelInfo
    """As it is now; what is wrong is no longer `ready`."""
    wrong: list[str]
    """Files that are missing or not as they were."""


class ModelProgressEvent(Struct, frozen=True, kw_only=True):
    """Data of `model_progress`: at most ten times a second, at least once."""

    type: str
    model_id: str
    status: ModelStatus
    progress: float | None
    """Percent; None while the total is not known."""
    downloaded_bytes: int
    total_bytes: int | None
    speed_mbps: float | None
    """Megabits a second."""
    eta_s: float | None
    message: str = ""


class ModelProgress(Struct, frozen=True, kw_only=True):
    """Answer of `GET /api/models/progress`."""

    downloads: list[ModelProgressEvent]
    """Those that run, then those that wait, in their order."""


class ModelCompleteEvent(Struct, frozen=True, kw_only=True):
    """Data of `model_complete`: the model is ready."""

    type: str
    model_id: str
    revision: str | None
    size: int
    total_time_seconds: float
    status: ModelStatus = "ready"


class ModelErrorEvent(Struct, frozen=True, kw_only=True):
    """Data of `model_error`: a download or an import failed, for the reason in `error`."""

    type: str
    model_id: str
    error: Problem
    status: ModelStatus = "error"
    """`ready` where an update failed: the old revision stays."""


class ModelIncompleteEvent(Struct, frozen=True, kw_only=True):
    """Data of `model_incomplete`: a download was cancelled, or files turned out wrong."""

    type: str
    model_id: str
    downloaded_bytes: int
    total_bytes: int | None
    status: ModelStatus = "incomplete"


class ModelDeletedEvent(Struct, frozen=True, kw_only=True):
    """Data of `model_deleted`."""

    type: str
    model_id: str
    deleted_at: float
    status: ModelStatus = "not_downloaded"


# What is loaded ----------------------------------------------------------------------------------


class CacheLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much workers keep in memory; also the body of `PATCH /api/models/cache`, where what is
    left out stays."""

    size: Annotated[int, Meta(ge=1, le=100, description="loaded models a worker keeps")] | None = (
        None
    )
    memory_threshold: (
        Annotated[
            float,
            Meta(gt=0, le=1, description="share of memory in use from which on it unloads others"),
        ]
        | None
    ) = None
    idle_timeout: (
        Annotated[
            float, Meta(ge=1, le=604800, description="seconds after which an unused one goes")
        ]
        | None
    ) = None


class CachedModel(Struct, frozen=True, kw_only=True):
    """A running backend in a worker's memory."""

    backend: str
    kind: str
    """asr or aligner."""
    model: str | None
    device: str
    memory: int
    """Bytes by which the worker grew when it was loaded, about."""
    load_seconds: float
    uses: int
    idle_seconds: float
    kept: bool
    """Loaded ahead: it is not unloaded for being idle."""


class WorkerCache(Struct, frozen=True, kw_only=True):
    worker: str
    busy: bool
    memory: int
    """Resident size after its last work, or after what it unloaded last, bytes."""
    models: list[CachedModel]


class ModelMetrics(Struct, frozen=True, kw_only=True):
    """What was counted of a model since the daemon started."""

    model: str
    loads: int = 0
    load_seconds: float = 0.0
    inferences: int = 0
    """Batches of segments."""
    inference_seconds: float = 0.0
    audio_seconds: float = 0.0
    real_time_factor: float | None = None
    """Seconds of work a second of audio."""
    hits: int = 0
    """Work that found it loaded."""
    misses: int = 0
    hit_rate: float | None = None
    """0 to 1."""


class CacheState(Struct, frozen=True, kw_only=True):
    """Answer of `GET /api/models/cache`."""

    limits: CacheLimits
    workers: list[WorkerCache]
    metrics: list[ModelMetrics]


class Unloaded(Struct, frozen=True, kw_only=True):
    """Answer of `DELETE /api/models/cache`."""

    later: list[str]
    """Models that workers unload when they have done the work in hand."""
    workers: list[WorkerCache]
    """What is in memory still."""


class PreloadWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST /api/models/preload`."""

    models: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=20)] = []
    """`kind/id`; empty: those of the configuration."""


class Preload(Struct, frozen=True, kw_only=True):
    model: str
    status: Literal["waiting", "fetching", "loading", "loaded", "failed"]
    """`waiting`: its turn has not come, or it is no longer in memory."""
    failures: int = 0
    """In a row; from 3 on it is not tried again until it is reset."""
    error: Problem | None = None
    loaded_at: float | None = None


class Preloads(Struct, frozen=True, kw_only=True):
    """Answer of `GET /api/models/preload`."""

    models: list[Preload]
