"""The dialog with which a job goes on, on a stand-in daemon."""

from pathlib import Path

from textual.widgets import Button, Input, Static

from steno import wire
from steno_tui.live.app import StenoApp
from steno_tui.live.screens.resuming import Resuming
from tui.live.dialogs import bodies, line, live, settled, until
from tui.standin import StandIn, job

RULES = wire.Validation(
    allowed=True,
    verdicts=[
        wire.Verdict(setting="workers", ruling="free", allowed=True, reason="No matter."),
        wire.Verdict(setting="prompt", ruling="warn", allowed=True, reason="Old text stays."),
        wire.Verdict(setting="backend", ruling="locked", allowed=False, reason="It cannot."),
    ],
)
PAUSED = job(
    "j1", state="paused", reason="user", settings=wire.JobSettings(backend="toy", workers=2),
    segments=wire.SegmentCounts(planned=3, done=2),
)  # fmt: skip


async def opened(app: StenoApp, standin: StandIn) -> Resuming:
    standin.jobs["j1"] = PAUSED
    standin.gaps = [
        wire.Gap(job_id="j1", segment_index=1, start=60.0, end=65.0, reason="It crashed.")
    ]
    standin.validation = RULES
    app.resume_job(PAUSED)
    await until(lambda: isinstance(app.screen, Resuming), what="the dialog is there")
    assert isinstance(app.screen, Resuming)
    found = app.screen
    await until(lambda: settled(app) and possible(found), what="it is filled")
    return found


def possible(dialog: Resuming) -> bool:
    return not dialog.query_one("#resume", Button).disabled


def shown(dialog: Resuming, name: str) -> str:
    return str(dialog.query_one(name, Static).render())


async def test_it_tells_where_the_job_stands_and_what_may_change(
    standin: StandIn, home: Path
) -> None:
    async with live(standin, home) as (app, pilot):
        dialog = await opened(app, standin)
        await pilot.pause()
        standing = shown(dialog, "#standing")
        assert "j1.wav  ‖ paused, by you" in standing
        assert "2 segments are done" in standing
        assert "1:00–1:05: It crashed." in standing
        locked, warned = line(app, "backend"), line(app, "prompt")
        assert str(locked.query_one(".mark", Static).render()) == "⊘ locked"
        assert str(locked.query_one(".note", Static).render()) == "It cannot."
        assert not locked.query("Input, Select")
        assert str(warned.query_one(".mark", Static).render()) == "! warns"
        assert line(app, "workers").query_one(Input).value == "2"


async def test_it_asks_the_daemon_and_sends_only_what_changed(standin: StandIn, home: Path) -> None:
    async with live(standin, home) as (app, pilot):
        dialog = await opened(app, standin)
        standin.validation = wire.Validation(allowed=True, verdicts=[RULES.verdicts[1]])
        for text in ("B", "Bo", "Bob"):
            line(app, "prompt").query_one(Input).value = text
        await until(lambda: "Old text stays." in shown(dialog, "#outcome"), what="it is asked")
        asked = bodies(standin, "/api/jobs/j1/resume/validate")
        assert asked == [{"settings": {}}, {"settings": {"prompt": "Bob"}}]
        await pilot.press("f5")
        await until(lambda: app.screen is not dialog, what="the dialog is left")
        assert bodies(standin, "/api/jobs/j1/resume") == [{"settings": {"prompt": "Bob"}}]
        assert standin.jobs["j1"].state == "queued"


async def test_what_is_refused_cannot_be_sent(standin: StandIn, home: Path) -> None:
    async with live(standin, home) as (app, pilot):
        dialog = await opened(app, standin)
        standin.validation = wire.Validation(allowed=False, verdicts=[RULES.verdicts[2]])
        line(app, "workers").query_one(Input).value = ""
        await until(lambda: shown(dialog, "#outcome") == "⊘ It cannot.", what="it is refused")
        assert bodies(standin, "/api/jobs/j1/resume/validate")[-1] == {
            "settings": {"workers": None}
        }
        assert not possible(dialog)
        line(app, "workers").query_one(Input).value = "x"
        await until(lambda: "must be" in shown(dialog, "#outcome"), what="it is wrong")
        await pilot.press("escape")
        assert not bodies(standin, "/api/jobs/j1/resume")
