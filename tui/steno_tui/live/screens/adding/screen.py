"""The dialog in which files and settings of new jobs are chosen."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual import events, on, work
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Button, Footer, Input, Static

from steno import wire
from steno.errors import Exit, StenoError, exit_code
from steno_tui.live import forms, wishes
from steno_tui.live.folders import MOST, existing, gathered
from steno_tui.live.keys import key, quiet
from steno_tui.live.pasted import paths_of
from steno_tui.live.screens.adding import chosen
from steno_tui.live.screens.adding.pathline import PathLine
from steno_tui.live.screens.adding.picker import Picker
from steno_tui.live.screens.dialog import Dialog
from steno_tui.live.widgets.chips import Chip, Chips
from steno_tui.live.widgets.fields import Fields
from steno_tui.live.widgets.line import Line, Note
from steno_tui.live.widgets.rows import Row, Rows
from steno_tui.live.world import World
from steno_tui.texts import _, some

OF_SETTINGS = frozenset(
    {
        "setting_invalid", "backend_unknown", "backend_missing", "backend_none", "model_unknown",
        "device_unsupported", "language_unknown", "language_unsupported",
    }
)  # fmt: skip
"""Refusals that every file would meet."""


class Adding(Dialog[None]):
    """Files on one side, settings on the other; side by side where there is room."""

    CSS_PATH = "screen.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (112, "-wide")]  # noqa: RUF012 - as Textual has it
    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("adding.files", "f2", "pane('files')", _("Files")),
        quiet("adding.settings", "f3", "pane('form')", _("Settings")),
        quiet("adding.more", "f4", "pane('more')", _("All settings")),
        key("adding.add", "f5", "add(True)", _("Add"), _("Make jobs of the chosen files")),
        key("adding.only", "f6", "add(False)", _("Add only"), _("Add without starting")),
        key("adding.remove", "delete", "remove", _("Leave out"), _("Not this file")),
    ]

    def __init__(self, files: Sequence[str]) -> None:
        super().__init__(_("Add films and recordings"))
        self._given = files
        self._files: chosen.Files = {}
        self._plugins: wire.Plugins | None = None
        self._models: object = None
        self._more = False
        self._busy = False

    def body(self) -> Iterable[Widget]:
        yield Chips(self._chips(), "files", id="panes")
        with Horizontal(id="content"):
            with Vertical(id="files"):
                yield PathLine(lambda: self.picker.folder, id="path")
                yield Picker(self.app.folder or os.getcwd())
                yield Rows(chosen.COLUMNS, self._row, id="chosen")
                yield Static("", id="words", markup=False)
            with Vertical(id="form"):
                yield Fields(id="fields")
                yield Static("", id="described", markup=False)
        with Horizontal(id="buttons"):
            yield Static("", id="status", markup=False)
            yield Button(_("Add"), variant="primary", id="add", compact=True)
            yield Button(_("Add without starting"), id="only", compact=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.picker.rows.focus()
        self.watch(self.app, "world", self._world)
        self._tell()
        if self._given:
            self.take(self._given)

    @property
    def picker(self) -> Picker:
        return self.query_one(Picker)

    @property
    def rows(self) -> Rows:
        return self.query_one("#chosen", Rows)

    @property
    def fields(self) -> Fields:
        return self.query_one(Fields)

    # Files

    @work
    async def take(self, paths: Iterable[str]) -> None:
        """Chooses files, and all that is in folders."""
        found = await asyncio.to_thread(gathered, list(paths))
        if found.more:
            text = _("Only the first {n} files of the folder are taken.").format(n=MOST)
            self.app.tell(text, warning=True)
        new = [path for path in found.files if path not in self._files]
        self._files = chosen.joined(self._files, found.files)
        several = some("{n} file more", "{n} files more", len(new))
        self._status(several if len(found.files) != 1 else "")
        self._tell()

    @on(Picker.Picked)
    def picked(self, event: Picker.Picked) -> None:
        if event.path in self._files:
            self._leave_out(event.path)
        else:
            self.take([event.path])

    @on(PathLine.Dropped)
    def dropped(self, event: PathLine.Dropped) -> None:
        self.take(event.paths)

    @on(Input.Submitted, "#path")
    async def named(self, event: Input.Submitted) -> None:
        event.stop()
        base = self.picker.folder
        found = await asyncio.to_thread(existing, paths_of(event.value), base)
        if not found:
            self.app.tell(_("There is no such file."), warning=True)
            return
        event.input.clear()
        if len(found) == 1 and await asyncio.to_thread(os.path.isdir, found[0]):
            self.picker.go(found[0])
            self.picker.rows.focus()
        else:
            self.take(found)

    async def on_paste(self, event: events.Paste) -> None:
        """Files were dropped elsewhere than on a line of text."""
        event.stop()
        found = await asyncio.to_thread(existing, paths_of(event.text), self.picker.folder)
        if found:
            self.take(found)
        else:
            self.app.tell(_("What was pasted names no file here."), warning=True)

    def action_remove(self) -> None:
        if (path := self._path) is not None:
            self._leave_out(path)

    def _leave_out(self, path: str) -> None:
        self._files = chosen.without(self._files, path)
        self._status("")
        self._tell()

    @property
    def _path(self) -> str | None:
        """The one under the cursor."""
        paths, row = list(self._files), self.rows.cursor
        return paths[row] if row < len(paths) else None

    def _row(self, row: int) -> Row | None:
        if row >= len(self._files):
            return None
        path, problem = list(self._files.items())[row]
        return chosen.line(path, problem, twice=self._twice(path))

    def _twice(self, path: str) -> bool:
        return chosen.is_known(path, chosen.known(self.app.world.jobs.jobs.values()))

    @on(Rows.Moved, "#chosen")
    def moved(self) -> None:
        self._tell()

    def _tell(self) -> None:
        """Brings what is said of the files up to date."""
        self.picker.mark(frozenset(self._files))
        self.rows.count = len(self._files)
        self.rows.changed()
        self.query_one("#panes", Chips).chips = self._chips()
        self.set_class(bool(self._files), "-some")
        path = self._path
        words = "" if path is None else chosen.words(
            path, self._files[path], twice=self._twice(path)
        )  # fmt: skip
        self.query_one("#words", Static).update(words)
        for name in ("#add", "#only"):
            self.query_one(name, Button).disabled = self._busy or not self._files
        self.refresh_bindings()

    def _chips(self) -> tuple[Chip, ...]:
        files = "F2 " + _("Files") + f" {len(self._files)}"
        return (
            Chip("files", files),
            Chip("form", "F3 " + _("Settings")),
            Chip("more", "F4 " + _("All settings")),
        )

    def _status(self, text: str) -> None:
        self.query_one("#status", Static).update(text)

    # Settings

    def _world(self, world: World) -> None:
        if self._plugins is None and world.link.status == "live":
            self._ask()
        elif world.models.models is not self._models:
            self._form()

    @work(exclusive=True, group="plugins")
    async def _ask(self) -> None:
        found = await self.app.attempt(self.app.client.plugins())
        if found is not None:
            self._plugins = found
            self._form()

    def _form(self) -> None:
        """The fields as they are with what is typed and known, once they are looked at."""
        if not (self.has_class("-wide") or self.has_class("-settings")):
            return
        models = self._models = self.app.world.models.models
        if self._plugins is not None:
            known = wishes.Known(self._plugins, models)
            typed = self.fields.typed
            notes = {"formats": Note(text=_("None of them: as configured"))}
            self.fields.show(wishes.sections(known, typed, more=self._more), notes)

    def on_resize(self) -> None:
        self.call_after_refresh(self._form)  # there may be room for it now

    @on(Line.Changed)
    def changed(self) -> None:
        self._form()
        self.fields.blame(self._filled().wrong)

    @on(Line.Looked)
    def looked(self, event: Line.Looked) -> None:
        self.query_one("#described", Static).update(forms.about(event.field))

    def _filled(self) -> forms.Filled:
        return forms.filled(self.fields.fields, self.fields.typed)

    @on(Chips.Chosen, "#panes")
    def paned(self, event: Chips.Chosen) -> None:
        self.action_pane(event.key)

    def action_pane(self, name: str) -> None:
        """Goes to the files, the settings, or all there are; where there is room for one side
        only, the other one is hidden."""
        self.query_one("#panes", Chips).chosen = name
        self.set_class(name != "files", "-settings")
        if name == "files":
            self.call_after_refresh(self.picker.rows.focus)
            return
        self._more = name == "more"
        self._form()
        self.fields.enter()

    # Adding

    def check_action(
        self,
        action: str,
        parameters: tuple[object, ...],  # noqa: ARG002 - as Textual has it
    ) -> bool | None:
        if not self.is_mounted:
            return True
        if action == "remove":
            return bool(self._files) and self.rows.has_focus
        if action == "add":
            return True if self._files and not self._busy else None
        return True

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        self.action_add(event.button.id == "add")

    @work(exclusive=True, group="add")
    async def action_add(self, start: bool) -> None:
        values, wrong = self._filled()
        if wrong:
            self.fields.blame(wrong)
            self.action_pane("more" if self._more else "form")
            self.app.tell(_("A setting is not as it must be."), warning=True)
            return
        self._busy = True
        self._tell()
        try:
            added = await self._add(wishes.sent(values), start=start)
        finally:
            self._busy = False
            self._tell()
        if added:
            self.app.tell(some("{n} job is added.", "{n} jobs are added.", added))
        if not self._files:
            self.dismiss(None)
        else:
            left = some("{n} file is left", "{n} files are left", len(self._files))
            self._status(left)
            self.rows.focus()

    async def _add(self, settings: dict[str, Any], *, start: bool) -> int:
        """How many were added; they go from the list, the others are told why not."""
        added, paths = 0, list(self._files)
        for number, path in enumerate(paths, 1):
            self._status(_("Adding {n} of {total} …").format(n=number, total=len(paths)))
            try:
                job = await self.app.client.add_job(path, settings, start=start)
            except StenoError as error:
                problem = error.problem
                if exit_code(problem) in (Exit.NO_DAEMON, Exit.STORAGE) or (
                    problem.code in OF_SETTINGS
                ):
                    self.app.say(problem)  # of the others the same is true
                    break
                self._files = chosen.refused(self._files, path, problem)
            else:
                added += 1
                self.app.feed.take(job)
                self._files = chosen.without(self._files, path)
            self._tell()
        return added
