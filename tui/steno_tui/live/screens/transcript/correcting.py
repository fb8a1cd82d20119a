"""Editing the lines of a transcript: keys, what the daemon is asked for, and conflicts."""

import asyncio
from collections.abc import Coroutine
from typing import Any, ClassVar

from textual import on, work
from textual.binding import BindingType

from steno import wire
from steno.errors import StenoError
from steno_tui.live.keys import key, quiet
from steno_tui.live.screens.transcript import times
from steno_tui.live.screens.transcript.conflict import Conflict
from steno_tui.live.screens.transcript.editor import Editor, Entry
from steno_tui.live.screens.transcript.edits import Edits
from steno_tui.live.screens.transcript.script import Script
from steno_tui.live.screens.view import View
from steno_tui.live.widgets.rows import Rows
from steno_tui.texts import _

NUDGE = 0.1
"""Seconds by which a key moves a start or an end."""


class Correcting(View):
    """The part of the screen that edits. The other part says which line is meant."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("text.edit", "e", "edit", _("Edit"), _("Change the text of the line")),
        quiet("text.times", "t", "edit(True)", _("Times"), _("Change when the line is shown")),
        key("text.insert", "i", "insert", _("Insert"), _("A new line after this one")),
        key("text.merge", "m", "merge", _("Merge"), _("Join with the line that follows")),
        key("text.delete", "delete,d", "delete", _("Delete"), _("Delete the line")),
        key("text.undo", "u", "undo", _("Undo"), _("Take back the last edit")),
        quiet("text.redo", "U,ctrl+y", "redo", _("Redo"), _("Make it again")),
        quiet("text.start_earlier", "[", "nudge(-1,0)", _("Start 0.1 s earlier")),
        quiet("text.start_later", "]", "nudge(1,0)", _("Start 0.1 s later")),
        quiet("text.end_earlier", "{", "nudge(0,-1)", _("End 0.1 s earlier")),
        quiet("text.end_later", "}", "nudge(0,1)", _("End 0.1 s later")),
    ]
    job: wire.Job
    script: Script
    edits: Edits
    turn: asyncio.Lock
    """Edits are made one after another, each of what the one before left."""

    @property
    def cue(self) -> wire.Cue | None:
        """The cue under the cursor."""
        raise NotImplementedError

    def choose(self, ident: str | None) -> None:
        """The cursor goes to the line of this id, once it is there."""
        raise NotImplementedError

    def let_go(self) -> None:
        """The newest line is followed no longer."""
        raise NotImplementedError

    @property
    def editor(self) -> Editor:
        return self.query_one(Editor)

    @on(Rows.Chosen, "#lines")
    def chosen(self) -> None:
        if self.check_action("edit", ()):
            self.action_edit()

    def action_edit(self, times: bool = False) -> None:
        if (cue := self.cue) is not None:
            self.let_go()
            self.editor.open(cue, Entry(cue.text, cue.start, cue.end), times=times)
            self.refresh_bindings()

    def action_insert(self) -> None:
        cue = self.cue
        after = self.script.next_cue(cue.id) if cue else None
        start, end = times.free(cue, after, self.job.duration)
        self.let_go()
        self.editor.open(None, Entry("", start, end))
        self.refresh_bindings()

    @on(Editor.Left)
    def leave_editor(self) -> None:
        self.editor.close()
        self.query_one("#lines", Rows).focus()
        self.refresh_bindings()

    @on(Editor.Saved)
    @work(group="edit")
    async def save(self, event: Editor.Saved) -> None:
        async with self.turn:
            if await self._save(event.cue, event.entry) is not None:
                self.leave_editor()

    @on(Editor.Split)
    @work(group="edit")
    async def split(self, event: Editor.Split) -> None:
        if not 0 < event.at < len(event.entry.text):
            self.app.tell(_("Put the cursor between two words first."), warning=True)
            return
        async with self.turn:
            saved = await self._save(event.cue, event.entry)
            cue = self.script.cues.get(event.cue.id)
            if saved is None or cue is None:
                return
            await self._edit(self.edits.split(cue, event.at), 0)
            self.leave_editor()

    async def _save(self, cue: wire.Cue | None, entry: Entry) -> bool | None:
        """Makes `cue` say `entry`. True if it does, False if somebody else's words are kept, None
        if the person goes on editing, as after an error."""
        while True:
            try:
                edited = await self.edits.save(cue, entry)
            except StenoError as error:
                if cue is None or error.code not in ("cue_changed", "cue_not_found"):
                    self.app.say(error.problem)
                    return None
            else:
                self._took(edited, -1)
                return True
            try:
                theirs = await self.edits.now(cue)
            except StenoError as error:  # what became of it cannot be told now
                self.app.say(error.problem)
                return None
            choice = await self.app.push_screen_wait(Conflict(entry, theirs))
            if choice == "theirs":
                return False
            if choice != "mine":
                if theirs is not None:
                    self.editor.open(theirs, entry)
                return None
            cue = theirs

    @work(group="edit")
    async def action_merge(self) -> None:
        async with self.turn:
            cue = self.cue
            if cue is None:
                return
            other = self.script.next_cue(cue.id)
            if other is None:
                self.app.tell(_("No line follows this one."), warning=True)
                return
            await self._edit(self.edits.merge(cue, other), 0)

    @work(group="edit")
    async def action_delete(self) -> None:
        async with self.turn:
            if (cue := self.cue) is None:
                return
            after = self.script.next_cue(cue.id)
            if await self._edit(self.edits.delete(cue)):
                self.choose(after.id if after else None)
                self.app.tell(_("The line is deleted; u takes it back."))

    @work(group="edit")
    async def action_nudge(self, start: int, end: int) -> None:
        async with self.turn:
            if (cue := self.cue) is not None:
                await self._edit(self.edits.nudge(cue, start * NUDGE, end * NUDGE))

    @work(group="edit")
    async def action_undo(self) -> None:
        async with self.turn:
            await self._edit(self.edits.undo(), 0)

    @work(group="edit")
    async def action_redo(self) -> None:
        async with self.turn:
            await self._edit(self.edits.redo(), 0)

    async def _edit(self, edit: Coroutine[Any, Any, wire.Edited], which: int | None = None) -> bool:
        """Whether an edit was made; its error is shown. `which` of its cues the cursor goes to."""
        self.let_go()
        edited = await self.app.attempt(edit)
        self._took(edited, which)
        return edited is not None

    def _took(self, edited: wire.Edited | None, which: int | None) -> None:
        """Folds the answer in at once: the next edit begins with what this one left."""
        if edited is None:
            return
        self.app.feed.take(edited)
        self.show(self.app.feed.world)
        if which is not None and edited.cues:
            self.choose(edited.cues[which].id)
