"""The daemon as clients see it: its settings, its log, the machine. Sizes are bytes, moments
seconds since the epoch, UTC."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct


class Setting(Struct, frozen=True, kw_only=True):
    """A setting of the daemon."""

    name: str
    """`section.setting`."""
    section: str
    value: Any
    """What the files and the environment say."""
    used: Any
    """What the running daemon uses."""
    pending: bool
    """Whether these differ: what is stored counts after a restart or, where it `applies` now and
    the file was changed by hand, with the next change."""
    default: Any
    origin: Literal["default", "file", "overrides", "environment"]
    """Where `value` comes from."""
    variable: str
    """The variable of the environment that can set it, and goes before the files."""
    applies: Literal["now", "restart"]
    """When a change counts; with `transcription` and `subtitles`, `now` is for jobs that are added
    from then on."""
    description: str
    json_schema: dict[str, Any]
    """JSON Schema of its values, with their bounds."""


class ConfigState(Struct, frozen=True, kw_only=True):
    """Answer of `GET` and `PATCH /api/config`."""

    file: str
    """A person's `config.toml`, which is never written."""
    overrides: str
    """The file above it, with what clients changed."""
    problem: str | None = None
    """Why a file cannot be read by now; `value` and `origin` then tell of the last time."""
    settings: list[Setting]
    own_models: dict[str, Any]
    """`[models.own]` as it stands in the files."""
    backends: dict[str, Any]
    """`[backends]` as it stands in the files, by kind and name."""


SettingName = Annotated[str, Meta(max_length=200)]


class ConfigChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `PATCH /api/config`."""

    settings: dict[SettingName, Any]
    """Values by name, `{"jobs.concurrent": 3}`; null goes back to the file or the default."""


Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


class LogRecord(Struct, frozen=True, kw_only=True):
    """A record of the daemon's log."""

    seq: int
    """Rises, also over restarts; not by one."""
    ts: float
    level: Level
    logger: str
    message: str
    """With its traceback, if there is one. The middle of a long one is left out."""


class LogPage(Struct, frozen=True, kw_only=True):
    """Answer of `GET /api/logs`."""

    records: list[LogRecord]
    """The newest last."""
    next: int
    """`after` of the next request, for what is not told here."""


class GpuInfo(Struct, frozen=True, kw_only=True):
    """A GPU. Bytes of its memory, those in use by whichever program."""

    name: str
    memory_total: int
    memory_used: int
