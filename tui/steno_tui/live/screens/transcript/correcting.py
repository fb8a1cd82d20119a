"""Editing the lines of a transcript: keys, what the daemon is asked for, and conflicts."""

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

    def offer_keys(self) -> None:
        """As the line under the cursor and the editor allow."""
        self.offer(self.cue is not None, self.editor.is_open)

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
            self.offer_keys()

    def action_insert(self) -> None:
        cue = self.cue
        after = self.script.next_cue(cue.id) if cue else None
        start, end = times.free(cue, after, self.job.duration)
        self.let_go()
        self.editor.open(None, Entry("", start, end))
        self.offer_keys()

    @on(Editor.Left)
    def leave_editor(self) -> None:
        self.editor.close()
        self.query_one("#lines", Rows).focus()
        self.offer_keys()

    @on(Editor.Saved)
    @work(exclusive=True, group="edit")
    async def save(self, event: Editor.Saved) -> None:
        cue = event.cue
        while True:
            try:
                edited = await self.edits.save(cue, event.entry)
            except StenoError as error:
                if cue is None or error.code not in ("cue_changed", "cue_not_found"):
                    self.app.say(error.problem)
                    return
            else:
                break
            theirs = await self.app.attempt(self.edits.now(cue))
            choice = await self.app.push_screen_wait(Conflict(event.entry, theirs))
            if choice == "theirs":
                edited = None
                break
            if choice != "mine":
                if theirs is not None:
                    self.editor.open(theirs, event.entry)
                return
            cue = theirs
        self.leave_editor()
        self._choose(edited, -1)

    @on(Editor.Split)
    @work(exclusive=True, group="edit")
    async def split(self, event: Editor.Split) -> None:
        edited = await self._edit(self.edits.split(event.cue, event.entry, event.at))
        if edited is not None:
            self.leave_editor()

    @work(exclusive=True, group="edit")
    async def action_merge(self) -> None:
        cue = self.cue
        if cue is None:
            return
        other = self.script.next_cue(cue.id)
        if other is None:
            self.app.tell(_("No line follows this one."), warning=True)
            return
        await self._edit(self.edits.merge(cue, other))

    @work(exclusive=True, group="edit")
    async def action_delete(self) -> None:
        if (cue := self.cue) is not None:
            after = self.script.next_cue(cue.id)
            if await self._edit(self.edits.delete(cue)) is not None:
                self.choose(after.id if after else None)
                self.app.tell(_("The line is deleted; u takes it back."))

    @work(exclusive=True, group="edit")
    async def action_nudge(self, start: int, end: int) -> None:
        if (cue := self.cue) is not None:
            await self._edit(self.edits.nudge(cue, start * NUDGE, end * NUDGE))

    @work(exclusive=True, group="edit")
    async def action_undo(self) -> None:
        self._choose(await self._edit(self.edits.undo()), 0)

    @work(exclusive=True, group="edit")
    async def action_redo(self) -> None:
        self._choose(await self._edit(self.edits.redo()), 0)

    async def _edit(self, edit: Coroutine[Any, Any, wire.Edited]) -> wire.Edited | None:
        """What came of an edit; None after its error was shown."""
        self.let_go()
        return await self.app.attempt(edit)

    def _choose(self, edited: wire.Edited | None, which: int) -> None:
        """The cursor goes to a cue that an edit made or changed."""
        if edited is not None and edited.cues:
            self.choose(edited.cues[which].id)
