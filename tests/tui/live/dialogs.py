"""Steno live on a stand-in daemon, for tests of its dialogs."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

import harness
from steno import wire
from steno.paths import Paths
from steno.wire.models import ModelInfo
from steno_tui.live.app import StenoApp
from steno_tui.live.preferences import Preferences
from steno_tui.live.widgets.fields import Fields
from steno_tui.live.widgets.line import Line
from tui.standin import SILENT, StandIn, event

MODEL = ModelInfo(
    type="toy", id="small", name="toy/small", title="Toy", languages=["en"], repository="r",
    revision=None, downloader="d", origin="repository", used_by=["toy"], status="not_downloaded",
    size=1_500_000_000, size_on_disk=0, path=None, verified=None,
)  # fmt: skip
SCHEMA = {
    "type": "object",
    "properties": {"beam": {"type": "integer", "minimum": 1, "maximum": 9, "default": 5}},
}
BACKENDS = [
    wire.BackendInfo(
        kind="asr", name="toy", title="Toy", usable=True, models=["toy/small", "toy/big"],
        languages=["de", "en"], devices=["cpu", "cuda"], settings_schema=SCHEMA,
    ),
    wire.BackendInfo(
        kind="asr", name="heavy", title="Heavy", usable=False, missing=["torch"],
        remedy="pip install heavy",
    ),
    wire.BackendInfo(kind="splitter", name="cut", title="Cut", usable=True),
]  # fmt: skip


def plugins() -> wire.Plugins:
    plugin = wire.PluginInfo(name="toy", distribution="toy", version="1", backends=BACKENDS)
    return wire.Plugins(plugins=[plugin])


async def until(condition: Callable[[], object], *, what: str) -> None:
    """Until `condition` holds."""
    await harness.until(lambda: bool(condition()), what=what)


@asynccontextmanager
async def live(
    standin: StandIn, home: Path, files: list[str] | None = None
) -> AsyncIterator[tuple[StenoApp, Pilot[int]]]:
    """The application, connected to `standin`."""
    standin.plugins = plugins()
    jobs = wire.InitialState(channel="jobs", as_of="db-0", jobs=[])
    models = wire.InitialState(channel="models", as_of="db-0", models=[MODEL])
    standin.scripts = [[*(event("initial_state", one) for one in (jobs, models)), SILENT]]
    app = StenoApp(Paths(home, home, home, home), Preferences(), files or [])
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.world.link.status == "live", what="it is connected")
        yield app, pilot


def settled(app: StenoApp) -> bool:
    """Whether the dialog has all of its form."""
    return any(fields.settled for fields in app.screen.query(Fields))


def line(app: StenoApp, name: str) -> Line:
    """The line of a field."""
    return next(one for one in app.screen.query_one(Fields).query(Line) if one.field.name == name)


def said(app: StenoApp) -> list[str]:
    """What notices say."""
    return [notice.message for notice in app._notifications]


def bodies(standin: StandIn, path: str) -> list[Any]:
    """What was sent to a route."""
    return [body for method, at, body in standin.requests if method == "POST" and at == path]
