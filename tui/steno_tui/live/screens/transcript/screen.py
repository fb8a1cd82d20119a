"""The transcript of a job: shown as it comes, searched and edited."""

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from steno import wire
from steno_tui.live.keys import key, quiet
from steno_tui.live.playing import Playing
from steno_tui.live.screens.transcript import heading, line, script, words
from steno_tui.live.screens.transcript.correcting import Correcting
from steno_tui.live.screens.transcript.editor import Editor, Text
from steno_tui.live.screens.transcript.edits import Edits
from steno_tui.live.widgets.rows import Row, Rows
from steno_tui.live.widgets.said import Said
from steno_tui.live.widgets.timeline import Timeline
from steno_tui.live.world import World
from steno_tui.texts import _

ELSEWHERE = (
    "insert", "undo", "redo", "follow", "search", "found", "words", "copy_all", "timeline",
)  # fmt: skip
"""Actions that wait while a line is edited."""


class TranscriptScreen(Correcting):
    """What was said in one job, line by line."""

    MODE = "jobs"
    ABOUT = _(
        "What is said, as it is recognised: dim lines are drafts, ✎ marks what you changed, which "
        "nothing the machine does later changes back. Edits are kept at once and can be undone."
    )
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("text.leave", "escape,q", "back", _("Back"), sign="esc"),
        key("text.follow", "f", "follow", _("Follow"), _("Stay with the newest line")),
        key("text.search", "slash", "search", _("Search"), sign="/"),
        quiet("text.next", "n", "found(1)", _("Next match")),
        quiet("text.previous", "N", "found(-1)", _("Previous match")),
        key("text.words", "w", "words", _("Words"), _("Each word, and how sure it is")),
        key("text.play", "space", "play", _("Play"), _("Hear the line, or stop")),
        quiet("text.timeline", "v", "timeline", _("Timeline"), _("Show or hide the waveform")),
        quiet("text.copy", "y", "copy", _("Copy"), _("Copy the line")),
        quiet("text.copy_all", "Y", "copy_all", _("Copy all"), _("Copy the whole text")),
    ]

    def __init__(self, job: wire.Job) -> None:
        super().__init__()
        self.job = job
        self.script = script.EMPTY
        self.following = job.state in ("queued", "running")
        self.edits = Edits(self.app.client, job.id)
        self.turn = asyncio.Lock()
        self.playing = Playing(self.app.preferences.player)
        self._opening = False
        self._known: tuple[object, object] = (None, None)
        """What the lines were made of."""
        self._chosen: str | None = None
        """Id of the line under the cursor: it stays chosen when lines move."""
        self._wanted = ""
        """What is searched for."""
        self._found: list[str] = []
        """Lines that a search found."""

    def body(self) -> Iterable[Widget]:
        yield Said(id="heading")
        yield Timeline(id="timeline")
        yield Rows(line.COLUMNS, self._row, id="lines")
        yield Said(id="nothing")
        yield Static("", id="words")
        with Horizontal(id="searching"):
            yield Input(placeholder=_("Search in the text"), id="search", compact=True)
            yield Static("", id="matches", markup=False)
        yield Editor()

    def on_mount(self) -> None:
        self.rows.focus()

    def on_unmount(self) -> None:
        self.playing.stop()
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
        self._draw()
        if state and state.removed:
            self._removed()
            return
        if self.editor.is_open and (cue := self.editor.cue) is not None and self.script.complete:
            self.editor.noticed(self.script.cues.get(cue.id))
        self._head()

    def _removed(self) -> None:
        """The job is no more; what is being typed is not taken away with it."""
        if self.unsaved:
            words = _("“{name}” was removed. What you typed is still here, to be copied.")
        else:
            words = _("“{name}” was removed.")
            self.dismiss()
        self.app.tell(words.format(name=self.job.name), warning=True)

    @property
    def unsaved(self) -> str:
        return self.editor.query_one(Text).text if self.editor.typed_anew else ""

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

    def _draw(self) -> None:
        """The timeline, too."""
        timeline = self.query_one(Timeline)
        timeline.job, timeline.duration = self.job.id, self.job.duration
        timeline.cues = self.script.cues
        timeline.selected = cue.id if (cue := self.cue) else None
        timeline.grown()
        self.refresh_bindings()  # a draft that is a cue by now can be edited

    def _head(self) -> None:
        self.query_one("#heading", Said).say(
            heading.heading(self.job, following=self.following, lines=len(self.script))
        )
        nothing = self.query_one("#nothing", Said)
        nothing.say(heading.nothing(self.job) if self.script.complete else _("Loading …"))
        nothing.display = not len(self.script)

    def _row(self, row: int) -> Row | None:
        if row >= len(self.script):
            return None
        return line.row(self.script[row], self._wanted)

    @on(Rows.Moved, "#lines")
    def moved(self, event: Rows.Moved) -> None:
        if event.by_person and event.row < len(self.script) - 1:
            self.let_go()
            # A line that came since may have taken the cursor to the end.
            self.choose(self.script[event.row].id)
        found = self.line
        self._chosen = found.id if found else None
        self.query_one(Timeline).selected = cue.id if (cue := self.cue) else None
        self.refresh_bindings()
        if self.query_one("#words").has_class("-shown"):
            self._words()

    @on(Rows.Scrolled, "#lines")
    def scrolled(self, event: Rows.Scrolled) -> None:
        if event.by_person and self.rows.seen.stop < len(self.script):
            self.let_go()

    def let_go(self) -> None:
        if self.following:
            self.following = False
            self._head()

    def choose(self, ident: str | None) -> None:
        self._chosen = ident
        self._place()

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
        self._wanted = event.value
        self._found = self.script.search(self._wanted)
        self._count()
        self.rows.changed()

    @on(Input.Submitted, "#search")
    def done_searching(self) -> None:
        self.rows.focus()
        self.action_found(0)

    def action_found(self, step: int) -> None:
        """Goes to the next match (1), the one before (-1), or the first from here on (0)."""
        self._found = self.script.search(self._wanted)
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
        text = f"{here}{found}" if found or not self._wanted else "0"
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

    def check_action(self, action: str, _: tuple[object, ...]) -> bool | None:
        """What needs a cue is offered where there is one; nothing but the editor while it is
        open."""
        if not self.is_mounted:
            return True
        if action in ("edit", "merge", "delete", "nudge", "copy", "play"):
            return self.cue is not None and not self.editor.is_open
        if action in ELSEWHERE:
            return not self.editor.is_open
        return True

    # Hearing

    @on(Timeline.Sought)
    def sought(self, event: Timeline.Sought) -> None:
        if len(self.script):
            self.let_go()
            self.choose(self.script[self.script.at(event.seconds)].id)

    def action_timeline(self) -> None:
        timeline = self.query_one(Timeline)
        timeline.display = not timeline.display

    @work(exclusive=True, group="play")
    async def action_play(self) -> None:
        if self.playing.position is not None:
            self.playing.stop()
            return
        if (cue := self.cue) is None:
            return
        ticks = self.set_interval(0.1, self._played)
        try:
            if trouble := await self.playing.play(self.job, cue.start, cue.end):
                self.app.tell(trouble, warning=True)
        finally:
            ticks.stop()
            self._played()

    def _played(self) -> None:
        if self.is_mounted:
            self.query_one(Timeline).playing = self.playing.position

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
