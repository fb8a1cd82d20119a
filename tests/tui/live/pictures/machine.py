"""Models, plugins, settings and the log of a daemon, and the machine it is on."""

from pathlib import Path
from typing import Any

import msgspec

from steno import wire
from steno.errors import StenoError
from steno.wire import models
from steno.wire.system import GpuInfo
from tui.live.pictures.films import DAY, HOUR, NOW

VERSION = "1.0.0"
ANSWERS = Path(__file__).parent / "answers"
PARROT = wire.PluginInfo(
    name="parrot", distribution="steno-parrot", version="0.3",
    error="ModuleNotFoundError: No module named 'feathers'",
)  # fmt: skip
SOUND = msgspec.json.decode((ANSWERS / "plugins.json").read_bytes(), type=wire.Plugins).plugins
PLUGINS = wire.Plugins(plugins=[*SOUND, PARROT])
"""One of them cannot be used."""
LANGUAGES = next(
    one.languages for plugin in PLUGINS.plugins for one in plugin.backends
    if one.name == "faster-whisper"
)  # fmt: skip
WHISPERS = ["faster-whisper", "whisperx"]


def model(name: str, title: str, size: float, **more: Any) -> models.ModelInfo:
    """Of `size` megabytes."""
    kind, _, ident = name.partition("/")
    values: dict[str, Any] = {
        "type": kind, "id": ident, "name": name, "title": title, "languages": LANGUAGES,
        "repository": f"Systran/faster-whisper-{ident}", "downloader": "huggingface",
        "revision": "536b0662742c02347bc0e980a01041f333bce120", "origin": "repository",
        "used_by": WHISPERS, "status": "not_downloaded", "size": int(size * 1e6),
        "size_on_disk": 0, "path": None, "verified": None,
    }  # fmt: skip
    return models.ModelInfo(**(values | more))


def here(name: str, title: str, size: float, **more: Any) -> models.ModelInfo:
    """One that is ready."""
    known: dict[str, Any] = {
        "status": "ready", "size_on_disk": int(size * 1e6), "path": name, "verified": "catalogue",
        "installed_at": NOW - 20 * DAY,
    }  # fmt: skip
    return model(name, title, size, **(known | more))


FETCHED = models.Download(
    status="downloading", revision="69f74147e3334731bc3a76048724833325d2ec74",
    downloaded_bytes=702_000_000, total_bytes=1_621_665_983, progress=43.3, speed_mbps=214.0,
    eta_s=34.0, started_at=NOW - 27,
)  # fmt: skip
WAITING = models.Download(status="waiting", revision=None, position=1)
STALLED = models.Download(
    status="error", revision=None, downloaded_bytes=96_000_000, total_bytes=1_516_479_628,
    error=StenoError("download_stalled", host="huggingface.co", seconds=600).problem,
)  # fmt: skip
MODELS = [
    here("whisper/small", "Whisper small", 486.2, uses=31, last_used=NOW - 40),
    here("whisper/tiny", "Whisper tiny", 78.2, uses=3, last_used=NOW - 9 * DAY),
    model("whisper/base", "Whisper base", 147.9),
    model("whisper/medium", "Whisper medium", 1530.6, status="waiting", download=WAITING),
    here("whisper/large-v3", "Whisper large-v3", 3090.8, uses=12, last_used=NOW - 5 * HOUR,
         newer_revision="edaa852ec7e145841d8ffdb056a99866b5f0a478"),
    model("whisper/large-v3-turbo", "Whisper large-v3-turbo", 1621.7, status="downloading",
          download=FETCHED, size_on_disk=702_000_000),
    model("whisper/small.en", "Whisper small, English only", 486.1, languages=["en"]),
    model("whisper/distil-large-v3", "Distil-Whisper large-v3, English only", 1516.5,
          languages=["en"], status="error", download=STALLED, size_on_disk=96_000_000),
    model("whisper/distil-large-v2", "Distil-Whisper large-v2, English only", 1512.9,
          languages=["en"], status="incomplete", size_on_disk=310_000_000),
    here("pocketsphinx/en-us", "US English, comes with PocketSphinx", 39.0, languages=["en"],
         repository=None, revision=None, downloader=None, origin="plugin", verified=None,
         used_by=["pocketsphinx"]),
    here("whisper/dialect", "Our own, for the dialect of the valley", 967.0, languages=["de"],
         repository=None, revision=None, downloader=None, origin="folder", verified=None,
         path="/models/dialect"),
    *(
        model(f"align/{code}", f"wav2vec 2.0, {title}", size, languages=[code],
              used_by=["wav2vec2"], repository=f"wav2vec2/{code}")
        for code, title, size in (("de", "German", 1262.0), ("en", "English", 377.7),
                                  ("fr", "French", 1262.0), ("zh", "Chinese", 1262.0))
    ),
]  # fmt: skip
FOLDER = "/home/ada/.local/share/steno/models"


def cached(name: str, **more: Any) -> models.CachedModel:
    values: dict[str, Any] = {
        "backend": "faster-whisper", "kind": "asr", "model": name, "device": "cuda",
        "memory": 1_214_000_000, "load_seconds": 2.4, "uses": 31, "idle_seconds": 0.2,
        "kept": False,
    }  # fmt: skip
    return models.CachedModel(**(values | more))


ALIGNER = cached(
    "", backend="pocketsphinx", kind="aligner", device="cpu", memory=61_000_000, uses=44,
    idle_seconds=3.0, load_seconds=0.6,
)  # fmt: skip
CACHE = models.CacheState(
    limits=models.CacheLimits(size=3, memory_threshold=0.8, idle_timeout=600.0),
    workers=[
        models.WorkerCache(
            worker="speech-1", busy=True, memory=2_800_000_000,
            models=[
                cached("whisper/small"),
                cached("whisper/large-v3", memory=4_420_000_000, uses=2, idle_seconds=214.0,
                       kept=True),
            ],
        ),
        models.WorkerCache(
            worker="align-1", busy=False, memory=160_000_000,
            models=[msgspec.structs.replace(ALIGNER, model=None)],
        ),
    ],
    metrics=[
        models.ModelMetrics(
            model="whisper/small", loads=2, load_seconds=4.9, inferences=212,
            inference_seconds=640.0, audio_seconds=6010.0, real_time_factor=0.106, hits=210,
            misses=2, hit_rate=0.99,
        )
    ],
)  # fmt: skip
PRELOADS = models.Preloads(
    models=[
        models.Preload(model="whisper/large-v3", status="loaded", loaded_at=NOW - HOUR),
        models.Preload(model="whisper/medium", status="fetching"),
    ]
)
STATUS = wire.Status(
    version=VERSION, pid=2416, python="3.13.9", started_at=NOW - 2 * DAY - 5 * HOUR,
    socket="/run/user/1000/steno/steno.sock", data_dir="/home/ada/.local/share/steno",
    log="/home/ada/.local/state/steno/steno.log", jobs={}, as_of="db-0", subscribers=1,
    memory=58_000_000, cpu_s=412.0, memory_total=32 * 10**9, memory_available=19 * 10**9,
    disk_free=212 * 10**9,
    gpus=[GpuInfo(name="NVIDIA RTX 4070", memory_total=12 * 10**9, memory_used=11 * 10**9)],
    workers=[
        wire.WorkerInfo(name="media-1", pid=2431, state="idle", memory=74_000_000),
        wire.WorkerInfo(name="speech-1", pid=2440, state="busy", work="transcribe 7k2m9qw4",
                        memory=2_800_000_000),
        wire.WorkerInfo(name="align-1", pid=2452, state="busy", work="align d0y4sj77",
                        memory=160_000_000),
        wire.WorkerInfo(name="align-2", pid=None, state="waiting", restarts=2),
    ],
)  # fmt: skip


class Settings(msgspec.Struct):
    settings: list[wire.Setting]


def configuration() -> wire.ConfigState:
    """One setting from each place it can come from."""
    body = (ANSWERS / "settings.json").read_bytes()
    found = {one.name: one for one in msgspec.json.decode(body, type=Settings).settings}
    others: dict[str, dict[str, Any]] = {
        "transcription.model": {"value": "whisper/small", "used": "whisper/small",
                                "origin": "file"},
        "transcription.formats": {"value": ["srt", "vtt"], "used": ["srt", "vtt"],
                                  "origin": "overrides"},
        "workers.speech": {"value": 2, "used": 0, "pending": True, "origin": "overrides"},
        "transcription.device": {"value": "cuda", "used": "cuda", "origin": "environment"},
    }  # fmt: skip
    for name, more in others.items():
        found[name] = msgspec.structs.replace(found[name], **more)
    return wire.ConfigState(
        file="/home/ada/.config/steno/config.toml",
        overrides="/home/ada/.config/steno/overrides.toml",
        settings=list(found.values()),
        own_models={"whisper/dialect": {"folder": "/models/dialect", "languages": ["de"]}},
        backends={"asr": {"faster-whisper": {"beam_size": 8}}},
    )


TRACEBACK = """job c81fh3zd: segment 9 failed for the third time and becomes a gap
Traceback (most recent call last):
  File "steno/worker/speech.py", line 118, in work
    yield from backend.transcribe(segments, options)
  File "steno_whisper/faster.py", line 96, in transcribe
    found = self._model.generate(features, prompts)
RuntimeError: CUDA failed with error out of memory"""


def record(seq: int, level: Any, of: str, said: str) -> wire.LogRecord:
    ts = NOW - 600 + 37 * seq
    return wire.LogRecord(seq=seq, ts=ts, level=level, logger=f"steno.{of}", message=said)


LOG = [
    record(n, *said)
    for n, said in enumerate((
        ("INFO", "app", "stenod listens at /run/user/1000/steno/steno.sock, pid 2416"),
        ("INFO", "app", "2 jobs go on"),
        ("INFO", "jobs", "job c81fh3zd: council-meeting-2026-09-14.m4a begins"),
        ("WARNING", "workers", "speech-1 ended by signal 9; it starts again in 1.0 s"),
        ("INFO", "workers", "speech-1 starts, pid 2440"),
        ("ERROR", "jobs", TRACEBACK),
        ("INFO", "models", "whisper/large-v3-turbo: 1.6 GB from huggingface.co begin"),
        ("WARNING", "models", "whisper/distil-large-v3: no answer for 600 s; tried again later"),
        ("INFO", "jobs", "job c81fh3zd: completed, with 2 gaps"),
        ("INFO", "jobs", "job 7k2m9qw4: Glaciers of the Alps.mkv begins"),
    ))
]  # fmt: skip
