"""The dialog with which a job goes on."""

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Footer, Static

from steno import wire
from steno.errors import StenoError
from steno_tui.live import forms, wishes
from steno_tui.live.keys import key
from steno_tui.live.screens.dialog import Dialog
from steno_tui.live.screens.resuming import standing
from steno_tui.live.widgets.fields import Fields
from steno_tui.live.widgets.line import Line
from steno_tui.output import flat
from steno_tui.problems import told
from steno_tui.texts import _

PAUSE = 0.3
"""Seconds without a key until the daemon is asked."""


class Resuming(Dialog[None]):
    """Where a job stands, its settings, and what the daemon says of changes."""

    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("resuming.resume", "f5", "resume", _("Resume"), _("Go on with these settings")),
    ]

    def __init__(self, job: wire.Job) -> None:
        super().__init__(_("Go on with a job"))
        self._job = job
        self._plugins = wire.Plugins(plugins=[])
        self._checkpoint: wire.Checkpoint | None = None
        self._verdicts: dict[str, wire.Verdict] = {}

    def body(self) -> Iterable[Widget]:
        yield Static(_("Asking the daemon …"), id="standing", markup=False)
        yield Fields(id="fields")
        yield Static("", id="described", markup=False)
        yield Static("", id="outcome", markup=False)
        with Horizontal(id="buttons"):
            yield Button(_("Resume"), variant="primary", id="resume", compact=True, disabled=True)
            yield Button(_("Close"), id="close", compact=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._ask()

    @property
    def fields(self) -> Fields:
        return self.query_one(Fields)

    @work
    async def _ask(self) -> None:
        client, ident = self.app.client, self._job.id
        try:
            self._checkpoint = await client.checkpoint(ident)
            rules = standing.at_stake(await client.validate(ident, {}), self._checkpoint)
            self._plugins = await client.plugins()
        except StenoError as error:
            self.app.say(error.problem)
            self.dismiss(None)
            return
        self._verdicts = standing.by_setting(rules)
        shown = standing.standing(self._job, self._checkpoint)
        self.query_one("#standing", Static).update(shown)
        self._form()
        self._say(standing.outcome(rules, 0), possible=True)
        self.query_one("#resume").focus()

    def _form(self) -> None:
        """The fields as they are with what is typed and known."""
        if self._checkpoint is None:
            return
        known = wishes.Known(self._plugins, self.app.world.models.models)
        typed, settings = self.fields.typed, self._checkpoint.settings
        found = wishes.sections(known, typed, settings, more=True)
        outlined = standing.outlined(found, self._verdicts)
        fields = [field for section in outlined for field in section.fields]
        self.fields.show(outlined, standing.notes(fields, self._verdicts))

    @on(Line.Looked)
    def looked(self, event: Line.Looked) -> None:
        self.query_one("#described", Static).update(forms.about(event.field))

    @on(Line.Changed)
    def changed(self) -> None:
        self._form()
        self._check()

    @work(exclusive=True, group="check")
    async def _check(self) -> None:
        """Asks the daemon what it says of what is typed."""
        await asyncio.sleep(PAUSE)
        values, wrong = self._filled()
        self.fields.blame(wrong)
        if wrong:
            self._say(Text(_("✖ A setting is not as it must be.")), possible=False)
            return
        try:
            said = await self.app.client.validate(self._job.id, wishes.sent(values))
            said = standing.at_stake(said, self._checkpoint)
        except StenoError as error:
            problem = told(error.problem)
            why = f"✖ {flat(problem.detail)} {flat(problem.hint)}"
            self._say(Text(why), possible=False)
            return
        changed = standing.by_setting(said) if values else {}
        self.fields.tell(standing.notes(self.fields.fields, self._verdicts, changed))
        outcome = standing.outcome(said, len(values), silent=not values.get("formats", ("srt",)))
        self._say(outcome, possible=said.allowed)

    def _filled(self) -> forms.Filled:
        return forms.filled(self.fields.fields, self.fields.typed)

    def _say(self, text: Text, *, possible: bool) -> None:
        self.query_one("#outcome", Static).update(text)
        self.query_one("#resume", Button).disabled = not possible

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "resume":
            self.action_resume()
        else:
            self.dismiss(None)

    @work(exclusive=True, group="resume")
    async def action_resume(self) -> None:
        values, wrong = self._filled()
        if self._checkpoint is None or wrong:
            self.fields.blame(wrong)
            return
        changes = wishes.sent(values)
        job = await self.app.attempt(self.app.client.resume(self._job.id, changes))
        if job is not None:
            self.app.feed.take(job)
            self.dismiss(None)
