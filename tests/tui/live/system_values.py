"""What a daemon tells of itself, for the tests of the screen of the system."""

from typing import Any

from steno import __version__, wire
from steno.wire.system import GpuInfo

STATUS = wire.Status(
    version=__version__,
    pid=7,
    python="3.12.1",
    started_at=1000.0,
    socket="/r/steno.sock",
    data_dir="/d",
    log="/s/steno.log",
    jobs={"completed": 2, "running": 1},
    as_of="db-1",
    workers=[
        wire.WorkerInfo(name="speech-1", pid=8, state="busy", work="transcribe", memory=10**9)
    ],
    subscribers=1,
    memory=5 * 10**7,
    memory_total=4 * 10**9,
    memory_available=10**9,
    disk_free=10**10,
    gpus=[GpuInfo(name="H100", memory_total=80 * 10**9, memory_used=76 * 10**9)],
)


SETTINGS = {
    "$ref": "#/$defs/Settings",
    "$defs": {
        "Settings": {
            "properties": {
                "beam": {"type": "integer", "minimum": 1, "maximum": 9, "default": 5,
                         "description": "texts followed at once"},
                "mode": {"$ref": "#/$defs/Mode", "default": "auto"},
            }
        },
        "Mode": {"enum": ["auto", "int8"]},
    },
}  # fmt: skip
LACKING = wire.BackendInfo(
    kind="asr", name="x", title="X", usable=False, missing=["torch"], remedy="pip install x",
    models=["a", "b"], languages=["en"], devices=["cpu"], settings_schema=SETTINGS,
)  # fmt: skip
USABLE = wire.BackendInfo(kind="downloader", name="hub", title="Hub", usable=True)
PLUGINS = wire.Plugins(
    plugins=[
        wire.PluginInfo(name="p", distribution="d", version="1", backends=[USABLE, LACKING]),
        wire.PluginInfo(
            name="bad", distribution="b", version="2", error="ImportError: [no] x\nat y"
        ),
    ]
)
TRACEBACK = 'Job failed\nTraceback (most recent call last):\n  File "x"\nValueError: [b]no'


def entry(seq: int, message: str = "x", **more: Any) -> wire.LogRecord:
    values: dict[str, Any] = {"ts": 1.0, "level": "INFO", "logger": "steno.app"}
    return wire.LogRecord(seq=seq, message=message, **(values | more))


NUMBER = {"type": "integer", "minimum": 1, "maximum": 16}
ONE = wire.Setting(
    name="jobs.concurrent", section="jobs", value=3, used=3, pending=False, default=2,
    origin="file", variable="STENO_JOBS_CONCURRENT", applies="now", description="jobs at once",
    json_schema=NUMBER,
)  # fmt: skip
STATE = wire.ConfigState(
    file="/c/config.toml", overrides="/c/overrides.toml", settings=[ONE],
    own_models={"whisper/mine": {"folder": "/m", "languages": ["en"]}},
    backends={"asr": {"x": {"beam": 2, "fast": True}}},
)  # fmt: skip
