"""The transcript of a job: shown as it comes, searched and edited."""

from collections.abc import Coroutine, Iterable
from typing import Any, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from steno import wire
from steno.errors import StenoError
from steno_tui.live.keys import key, quiet
from steno_tui.live.screens.transcript import heading, line, script, times, words
from steno_tui.live.screens.transcript.conflict import Conflict
from steno_tui.live.screens.transcript.editor import Editor, Entry
from steno_tui.live.screens.transcript.edits import Edits
from steno_tui.live.screens.view import View
from steno_tui.live.widgets.rows import Row, Rows
from steno_tui.live.world import World
from steno_tui.texts import _

NUDGE = 0.1
"""Seconds by which a key moves a start or an end."""


class TranscriptScreen(View):
    """What was said in one job, line by line."""

    MODE = "jobs"
    ABOUT = _(
        "What is said, as it is recognised: dim lines are drafts, ✎ marks what you changed, which "
        "nothing the machine does later changes back. Edits are kept at once and can be undone."
    )
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("text.leave", "escape,q", "back", _("Back"), sign="esc"),
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
        key("text.follow", "f", "follow", _("Follow"), _("Stay with the newest line")),
        key("text.search", "slash", "search", _("Search"), sign="/"),
        quiet("text.next", "n", "found(1)", _("Next match")),
        quiet("text.previous", "N", "found(-1)", _("Previous match")),
        key("text.words", "w", "words", _("Words"), _("Each word, and how sure it is")),
        quiet("text.copy", "y", "copy", _("Copy"), _("Copy the line")),
        quiet("text.copy_all", "Y", "copy_all", _("Copy all"), _("Copy the whole text")),
    ]

    def __init__(self, job: wire.Job) -> None:
        super().__init__()
        self.job = job
        self.script = script.EMPTY
        self.following = job.state in ("queued", "running")
        self.edits = Edits(self.app.client, job.id)
        self._opening = False
        self._known: tuple[object, object] = (None, None)
        """What the lines were made of."""
        self._chosen: str | None = None
        """Id of the line under the cursor: it stays chosen when lines move."""
        self._found: list[str] = []
        """Lines that a search found."""

    def body(self) -> Iterable[Widget]:
        yield Static("", id="heading")
        yield Rows(line.COLUMNS, self._row, id="lines")
        yield Static("", id="nothing", markup=False)
        yield Static("", id="words")
        with Horizontal(id="searching"):
            yield Input(placeholder=_("Search in the text"), id="search", compact=True)
            yield Static("", id="matches", markup=False)
        yield Editor()

    def on_mount(self) -> None:
        self.rows.focus()

    def on_unmount(self) -> None:
        self.app.feed.close(self.job.id)

    @work
    async def _open(self) -> None:
        await self.app.attempt(self.app.feed.open(self.job))
        self._opening = False

    # What is shown

    @property
    def rows(self) -> Rows:
        return self.query_one("#lines", Rows)

    @property
    def editor(self) -> Editor:
        return self.query_one(Editor)

    @property
    def line(self) -> script.Line | None:
        """The one under the cursor."""
        row = self.rows.cursor
        return self.script[row] if row < len(self.script) else None

    @property
    def cue(self) -> wire.Cue | None:
        line = self.line
        return line if isinstance(line, wire.Cue) else None

    def show(self, world: World) -> None:
        state, page = world.texts.get(self.job.id), world.pages.get(self.job.id)
        if state is None and world.link.status == "live" and not self._opening:
            self._opening = True
            self._open()
        if state is self._known[0] and page is self._known[1]:
            self._head()
            return
        self._known = (state, page)
        self.job = state.job if state else world.jobs.jobs.get(self.job.id, self.job)
        self.script = script.of(state, page)
        self._place()
        if state and state.removed:
            self.app.tell(_("“{name}” was removed.").format(name=self.job.name), warning=True)
            self.dismiss()
            return
        if self.editor.is_open and (cue := self.editor.cue) is not None and self.script.complete:
            self.editor.noticed(self.script.cues.get(cue.id))
        self._head()

    def _place(self) -> None:
        """Brings the lines and the cursor to where they belong now."""
        rows = self.rows
        rows.count = len(self.script)
        if self.following:
            rows.show(len(self.script) - 1)
        else:
            row = self.script.row(self._chosen) if self._chosen is not None else None
            if row is not None and row != rows.cursor:
                rows.keep(row)
        rows.changed()

    def _head(self) -> None:
        self.query_one("#heading", Static).update(
            heading.heading(self.job, following=self.following, lines=len(self.script))
        )
        nothing = self.query_one("#nothing", Static)
        nothing.update(heading.nothing(self.job) if self.script.complete else _("Loading …"))
        nothing.display = not len(self.script)

    def _row(self, row: int) -> Row | None:
        if row >= len(self.script):
            return None
        return line.row(self.script[row], self.query_one("#search", Input).value)

    @on(Rows.Moved, "#lines")
    def moved(self, event: Rows.Moved) -> None:
        found = self.line
        self._chosen = found.id if found else None
        if event.by_person:
            self._let_go()
        if self.query_one("#words").has_class("-shown"):
            self._words()

    @on(Rows.Scrolled, "#lines")
    def scrolled(self, event: Rows.Scrolled) -> None:
        if event.by_person:
            self._let_go()

    def _let_go(self) -> None:
        """The newest line is followed no longer, unless that is where the person is."""
        if self.following and self.rows.cursor < len(self.script) - 1:
            self.following = False
            self._head()

    def action_follow(self) -> None:
        self.following = True
        self._place()
        self._head()

    def action_back(self) -> None:
        for name in ("#searching", "#words"):
            if (shown := self.query_one(name)).has_class("-shown"):
                shown.remove_class("-shown")
                self.query_one("#search", Input).value = ""
                self.rows.focus()
                return
        self.dismiss()

    # Searching

    def action_search(self) -> None:
        self.query_one("#searching").add_class("-shown")
        self.query_one("#search").focus()

    @on(Input.Changed, "#search")
    def searched(self, event: Input.Changed) -> None:
        self._found = self.script.search(event.value)
        self._count()
        self.rows.changed()

    @on(Input.Submitted, "#search")
    def done_searching(self) -> None:
        self.rows.focus()
        self.action_found(0)

    def action_found(self, step: int) -> None:
        """Goes to the next match (1), the one before (-1), or the first from here on (0)."""
        self._found = self.script.search(self.query_one("#search", Input).value)
        rows = [row for one in self._found if (row := self.script.row(one)) is not None]
        if not rows:
            self._count()
            return
        here = self.rows.cursor
        if step < 0:
            row = max((row for row in rows if row < here), default=rows[-1])
        else:
            row = min((row for row in rows if row >= here + step), default=rows[0])
        self.following = False
        self.rows.show(row, center=True)
        self._chosen = self.script[row].id
        self._count(rows.index(row))

    def _count(self, at: int | None = None) -> None:
        found = len(self._found)
        here = "" if at is None else f"{at + 1} / "
        text = f"{here}{found}" if found or not self.query_one("#search", Input).value else "0"
        self.query_one("#matches", Static).update(text)

    # Words

    def action_words(self) -> None:
        self.query_one("#words").toggle_class("-shown")
        self._words()

    @work(exclusive=True, group="words")
    async def _words(self) -> None:
        shown = self.query_one("#words", Static)
        cue = self.cue
        if cue is None:
            shown.update("")
            return
        full = await self.app.attempt(self.app.client.cue(self.job.id, cue.id))
        shown.update(words.words(full))

    # Editing

    def check_action(self, action: str, _: tuple[object, ...]) -> bool | None:
        """What needs a cue is offered where there is one; nothing but the editor while it is
        open."""
        if not self.is_mounted:
            return True
        if action in ("edit", "merge", "delete", "nudge", "copy"):
            return self.cue is not None and not self.editor.is_open
        if action in ("insert", "undo", "redo", "follow", "search", "found", "words", "copy_all"):
            return not self.editor.is_open
        return True

    @on(Rows.Chosen, "#lines")
    def chosen(self) -> None:
        if self.check_action("edit", ()):
            self.action_edit()

    def action_edit(self, times: bool = False) -> None:
        if (cue := self.cue) is not None:
            self.following = False
            self.editor.open(cue, Entry(cue.text, cue.start, cue.end), times=times)
            self.refresh_bindings()

    def action_insert(self) -> None:
        cue = self.cue
        after = self.script.next_cue(cue.id) if cue else None
        start, end = times.free(cue, after, self.job.duration)
        self.following = False
        self.editor.open(None, Entry("", start, end))
        self.refresh_bindings()

    @on(Editor.Left)
    def leave_editor(self) -> None:
        self.editor.close()
        self.rows.focus()
        self.refresh_bindings()

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
                self._chosen = after.id if after else None
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
        self.following = False
        return await self.app.attempt(edit)

    def _choose(self, edited: wire.Edited | None, which: int) -> None:
        """The cursor goes to a cue that an edit made or changed."""
        if edited is not None and edited.cues:
            self._chosen = edited.cues[which].id
            self._place()

    # Copying

    def action_copy(self) -> None:
        if (cue := self.cue) is not None:
            self.app.copy_to_clipboard(line.at_once(cue))
            self.app.tell(_("The line is copied."))

    @work
    async def action_copy_all(self) -> None:
        text = await self.app.attempt(self.app.client.output(self.job.id, "txt"))
        if text is not None:
            self.app.copy_to_clipboard(text.decode())
            self.app.tell(_("The text of “{name}” is copied.").format(name=self.job.name))
