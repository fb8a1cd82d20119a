"""Settings of the daemon: declared, bounded and explained here and nowhere else.

Order: environment `STENO_<SECTION>_<SETTING>`, `overrides.toml`, `config.toml`, default.
`python -m steno.config` prints config.example.toml.
"""

import copy
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from steno.errors import StenoError, sentence
from steno.paths import Paths
from steno.plugins.described import Kind
from steno.wire import FORMATS, Format, SubtitleStyle


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Transcription(Section, frozen=True, kw_only=True):
    """What a new job does where nothing else is asked for."""

    backend: Annotated[str, Meta(description='recogniser; "" takes the best one installed')] = ""
    model: Annotated[str, Meta(description='model of that recogniser; "" takes its first')] = ""
    language: Annotated[str, Meta(description='ISO 639 code; "" detects it')] = ""
    align: Annotated[bool, Meta(description="find the exact time of each word")] = True
    aligner: Annotated[str, Meta(description='aligner; "" takes the best for the language')] = ""
    splitter: Annotated[str, Meta(description='splitter; "" takes the best one installed')] = ""
    device: Annotated[str, Meta(description='"auto", "cpu" or "cuda"')] = "auto"
    formats: Annotated[
        tuple[Format, ...], Meta(description=f"subtitle files to write: {', '.join(FORMATS)}")
    ] = ("srt",)


class Workers(Section, frozen=True, kw_only=True):
    """Processes that decode, recognise and align."""

    speech: Annotated[
        int, Meta(ge=0, le=64, description="most processes that recognise; 0: one for each core")
    ] = 0
    progress_timeout: Annotated[
        float, Meta(ge=1, le=86400, description="seconds without progress after which one is ended")
    ] = 300.0
    idle_timeout: Annotated[
        float, Meta(ge=1, le=604800, description="seconds after which an unused one ends")
    ] = 600.0
    cancel_grace: Annotated[
        float, Meta(ge=0, le=60, description="seconds to stop in after a pause, before it is ended")
    ] = 5.0
    restart_delay: Annotated[
        float, Meta(ge=0.01, le=60, description="seconds before one that died starts again")
    ] = 1.0
    restart_delay_max: Annotated[
        float, Meta(ge=0.01, le=3600, description="the same, at most, as it doubles each time")
    ] = 60.0
    max_memory_mib: Annotated[
        int, Meta(ge=0, description="restart one larger, models apart; 0: half of all memory")
    ] = 0


class Jobs(Section, frozen=True, kw_only=True):
    """How jobs are run."""

    concurrent: Annotated[
        int, Meta(ge=1, le=16, description="jobs at once; the older one's segments go first")
    ] = 2
    max_failures: Annotated[
        int, Meta(ge=1, le=10, description="failures after which a segment becomes a gap")
    ] = 3
    max_barren_starts: Annotated[
        int, Meta(ge=1, le=100, description="daemon deaths without progress until a job fails")
    ] = 10
    shutdown_grace: Annotated[
        float, Meta(ge=0, le=300, description="seconds for segments in hand when stopping")
    ] = 10.0


class Media(Section, frozen=True, kw_only=True):
    """What is decoded."""

    max_duration: Annotated[
        float, Meta(ge=1, le=360000, description="longest audio of a job, seconds")
    ] = 43200.0


class Events(Section, frozen=True, kw_only=True):
    """Event streams."""

    heartbeat: Annotated[
        float, Meta(ge=0.1, le=20, description="seconds of silence before a ping")
    ] = 10.0
    queue: Annotated[
        int, Meta(ge=16, le=65536, description="events a slow client may lag behind")
    ] = 256
    max_streams: Annotated[int, Meta(ge=1, le=100000, description="open streams in all")] = 2000
    max_streams_per_job: Annotated[int, Meta(ge=1, le=10000, description="open streams a job")] = 16


ORIGIN = r"^[a-z][a-z0-9+.-]*://[^/?#@*\s]+$"
"""A scheme and a host, as a browser sends them; `*` and `null` are none."""


class Tcp(Section, frozen=True, kw_only=True):
    """A second door, for programs that cannot use the Unix socket: HTTP on this machine."""

    enabled: Annotated[bool, Meta(description="open it; clients need the token")] = False
    host: Annotated[
        Literal["127.0.0.1", "::1"], Meta(description='address to listen at: "127.0.0.1" or "::1"')
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="port; 0: any free one")] = 7866
    hosts: Annotated[
        tuple[str, ...],
        Meta(description="what else the header Host may be, exactly: names of a reverse proxy"),
    ] = ()
    origins: Annotated[
        tuple[Annotated[str, Meta(pattern=ORIGIN)], ...],
        Meta(description='web pages that may use it, exactly: "https://example.org"'),
    ] = ()


class Requests(Section, frozen=True, kw_only=True):
    """HTTP requests, at either door."""

    timeout: Annotated[
        float,
        Meta(
            ge=0.1, le=300, description="seconds for a request's head, its JSON, or more of a file"
        ),
    ] = 10.0


class Storage(Section, frozen=True, kw_only=True):
    """Disk."""

    min_free_mib: Annotated[
        int, Meta(ge=0, description="room to leave on the disk; below it jobs wait")
    ] = 64
    keep_audio: Annotated[
        bool, Meta(description="keep the decoded audio of completed jobs (115 MB an hour)")
    ] = False


class Uploads(Section, frozen=True, kw_only=True):
    """Files that clients send."""

    max_mib: Annotated[int, Meta(ge=1, description="largest file")] = 4096
    max_total_mib: Annotated[int, Meta(ge=1, description="all files that are kept")] = 16384
    keep_hours: Annotated[
        float, Meta(ge=0, le=87600, description="hours until one that nobody needs is removed")
    ] = 24.0
    keep: Annotated[bool, Meta(description="keep those of completed jobs with the job")] = False


MODEL_NAME = r"^[a-z0-9]+([-_.][a-z0-9]+)*/[a-z0-9]+([-_.][a-z0-9]+)*$"
"""`kind/id`."""


class OwnModel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model of a person's own: in a repository, or in a folder of this machine."""

    title: str = ""
    languages: tuple[str, ...] = ()
    repository: str | None = None
    revision: str | None = None
    downloader: str = "huggingface"
    folder: str | None = None

    def __post_init__(self) -> None:
        if (self.repository is None) == (self.folder is None):
            raise ValueError("needs either a repository or a folder")


class Models(Section, frozen=True, kw_only=True):
    """Models: fetching them, and keeping them in memory."""

    fetch: Annotated[bool, Meta(description="jobs fetch the models that they need")] = True
    concurrent: Annotated[int, Meta(ge=1, le=3, description="downloads at once")] = 1
    max_rate_kib: Annotated[
        int,
        Meta(ge=0, description="KiB a second, shared evenly by those that may run at once; 0: any"),
    ] = 0
    timeout: Annotated[
        float, Meta(ge=1, le=86400, description="seconds without a byte until a download fails")
    ] = 600.0
    aligner_wait: Annotated[
        float,
        Meta(ge=0, le=86400, description="seconds a job waits for its aligner's model, found late"),
    ] = 600.0
    cache_size: Annotated[
        int, Meta(ge=1, le=100, description="loaded models that a worker keeps in memory")
    ] = 3
    memory_threshold: Annotated[
        float,
        Meta(gt=0, le=1, description="share of memory in use from which on it unloads others"),
    ] = 0.8
    idle_timeout: Annotated[
        float, Meta(ge=1, le=604800, description="seconds after which an unused one is unloaded")
    ] = 600.0
    preload: Annotated[
        tuple[str, ...], Meta(description='models to load at start: "whisper/small"')
    ] = ()
    own: Annotated[
        dict[Annotated[str, Meta(pattern=MODEL_NAME)], OwnModel],
        Meta(description='names like "whisper/mine", in lower case'),
    ] = {}
    """A person's own models."""


class Logs(Section, frozen=True, kw_only=True):
    """steno.log in the state folder."""

    level: Annotated[
        str, Meta(pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING, ERROR")
    ] = "INFO"


class Plugins(Section, frozen=True, kw_only=True):
    """Discovery of plugins."""

    describe_timeout: Annotated[
        float, Meta(ge=0.1, le=600, description="seconds a plugin has to describe itself")
    ] = 10.0


class Config(Section, frozen=True, kw_only=True):
    """All settings."""

    transcription: Transcription = Transcription()
    subtitles: SubtitleStyle = SubtitleStyle()
    workers: Workers = Workers()
    jobs: Jobs = Jobs()
    media: Media = Media()
    events: Events = Events()
    tcp: Tcp = Tcp()
    requests: Requests = Requests()
    storage: Storage = Storage()
    uploads: Uploads = Uploads()
    models: Models = Models()
    logs: Logs = Logs()
    plugins: Plugins = Plugins()
    backends: dict[Kind, dict[str, dict[str, Any]]] = {}
    """Settings of backends by kind and name; a backend checks its own when a job is added."""


class Layers(NamedTuple):
    """What settings are given, in each layer; one goes before those to its left."""

    file: dict[str, Any]
    overrides: dict[str, Any]
    environment: dict[str, Any]


def load(paths: Paths, environ: Mapping[str, str] = os.environ) -> Config:
    """The effective settings. Raises `config_invalid`."""
    return effective(read_layers(paths, environ))


def read_layers(paths: Paths, environ: Mapping[str, str]) -> Layers:
    """Raises `config_invalid`."""
    return Layers(read(paths.config_file), read(paths.overrides_file), from_environment(environ))


def effective(layers: Layers) -> Config:
    """What the layers, each upon the one below, come to. Raises `config_invalid`."""
    merged: dict[str, Any] = {}
    for one in layers:
        layer(merged, copy.deepcopy(one))
    try:
        return msgspec.convert(merged, Config)
    except msgspec.ValidationError as error:
        # The files are valid each for itself, so what is wrong comes from the environment.
        why = sentence(error, Config)
        raise StenoError("config_invalid", path="The environment", why=why) from error


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        msgspec.convert(found, Config)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:  # TOML, UTF-8 and validation errors are ValueErrors
        why = sentence(error, Config)
        if (nameless := "models.own[...]") in why:
            why = why.replace(nameless, f'models.own."{misfit(found)}"')
        raise StenoError("config_invalid", path=path, why=why) from error
    return found


def misfit(found: Mapping[str, Any]) -> str:
    """The first of a person's own models that is not valid, which msgspec does not name."""
    for name, said in found["models"]["own"].items():
        try:
            msgspec.convert(said, OwnModel)
        except msgspec.ValidationError:
            return str(name)
    return ""


def layer(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    """Lays the settings of `above` over those of `below`."""
    for name, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(name), dict):
            layer(below[name], value)
        else:
            below[name] = value


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """`STENO_WORKERS_SPEECH=2` and the like. Values are TOML, or else plain text."""
    found: dict[str, Any] = {}
    for section in msgspec.structs.fields(Config):
        if section.name == "backends":
            continue
        for setting in msgspec.structs.fields(section.default.__class__):
            raw = environ.get(variable(section.name, setting.name))
            if raw is not None:
                found.setdefault(section.name, {})[setting.name] = toml_value(raw)
    return found


def variable(section: str, setting: str) -> str:
    """The variable of the environment that sets it."""
    return f"STENO_{section}_{setting}".upper()


def toml_value(raw: str) -> Any:
    try:
        return tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        return raw


def example() -> str:
    """config.example.toml: every setting with its default, commented out."""
    lines = [
        "# Settings of Steno. Copy what you change to config.toml in Steno's configuration folder",
        "# (on Linux ~/.config/steno), or set STENO_<SECTION>_<SETTING> in the environment.",
        "# The values here are the defaults. The daemon reads them when it starts.",
    ]
    for section in msgspec.structs.fields(Config):
        if section.name == "backends":
            continue
        kind = section.default.__class__
        lines += ["", f"[{section.name}]  # {kind.__doc__.splitlines()[0]}"]
        for setting in msgspec.structs.fields(kind):
            if setting.name == "own":
                continue
            lines += ["", f"# {described(setting.type)}"]
            lines.append(f"# {setting.name} = {json.dumps(msgspec.to_builtins(setting.default))}")
    lines += [
        "",
        "# A model of your own, under the kind of models that its backend uses; it is found in a",
        "# repository, or lies in a folder of this machine.",
        '# [models.own."whisper/mine"]',
        '# repository = "me/my-whisper"  # or: folder = "/data/my-whisper"',
        '# languages = ["en"]',
        "",
        "# Settings of a backend, by its kind (asr, splitter, aligner, downloader) and name.",
        "# `steno plugins` names them, `steno plugins --json` explains them.",
        "# [backends.asr.pocketsphinx]",
    ]
    return "\n".join(lines) + "\n"


def described(annotation: Any) -> str:
    """What the setting of this type is, with its bounds."""
    meta = remarks(annotation)
    low, high = meta.ge, meta.le
    if low is not None and high is not None:
        return f"{meta.description} ({low:g} to {high:g})"
    return str(meta.description)


def remarks(annotation: Any) -> Meta:
    """What is said of the setting of this type."""
    return next(one for one in annotation.__metadata__ if isinstance(one, Meta))


if __name__ == "__main__":
    print(example(), end="")  # noqa: T201 - printing is this command's job
