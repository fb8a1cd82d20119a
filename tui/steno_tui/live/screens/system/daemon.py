"""The daemon, its workers and the machine, as they are now."""

import time
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from steno import wire
from steno_tui.live.screens.system import status
from steno_tui.live.screens.system.paint import painted
from steno_tui.live.screens.system.section import Section
from steno_tui.texts import _


class DaemonSection(Section):
    EVERY = 2.0
    MAIN: ClassVar[str] = "#daemon"
    now: wire.Status | None = None

    def compose(self) -> ComposeResult:
        yield Static("", classes="note", markup=False)
        with VerticalScroll(id="daemon"):
            yield Static("", id="use")
            yield Static("", id="facts")

    @property
    def known(self) -> bool:
        return self.now is not None

    async def ask(self) -> None:
        self.now = await self.app.client.status()

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw)  # once its parts have their width, too

    def draw(self) -> None:
        now = self.now
        held = _("! Nothing runs: {why}").format(why=now.held) if now and now.held else ""
        self.say(held)
        if now is None:
            return
        use = self.query_one("#use", Static)
        workers = status.workers(now, max(20, use.content_region.width))
        use.update(painted([*status.machine(now), [], *workers]))
        facts = self.query_one("#facts", Static)
        width = max(20, facts.content_region.width)
        facts.update(painted(status.daemon(now, time.time(), width)))
