"""The list of all jobs."""

import time
from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input

from steno import wire
from steno_tui.live.keys import key, quiet
from steno_tui.live.screens.dialog import Confirm
from steno_tui.live.screens.jobs import about, line
from steno_tui.live.screens.jobs.listing import FILTERS, Listing
from steno_tui.live.screens.view import View
from steno_tui.live.widgets.chips import Chip, Chips
from steno_tui.live.widgets.rows import Row, Rows
from steno_tui.live.widgets.said import Said
from steno_tui.live.world import World
from steno_tui.texts import _


class JobsScreen(View):
    """All jobs, newest first, with the chosen one beside them."""

    MODE = "jobs"
    ABOUT = _(
        "Every file you gave to Steno is a job. Jobs go on when you leave, and after a restart. "
        "Enter opens the transcript, also while it is being made."
    )
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("jobs.add", "a", "add", _("Add"), _("Add files or folders")),
        key("jobs.start", "s", "act('start')", _("Start"), _("Queue a job that was only added")),
        key(
            "jobs.pause", "p", "act('pause')", _("Pause"), _("Stop the work; what is done is kept")
        ),
        key("jobs.resume", "r", "resume", _("Resume"), _("Go on, with other settings if you like")),
        key(
            "jobs.cancel",
            "c",
            "act('cancel')",
            _("Cancel"),
            _("Stop for good, or until it is resumed"),
        ),
        key("jobs.retry", "t", "act('retry')", _("Retry"), _("Try again what failed, and gaps")),
        key("jobs.remove", "delete,x", "remove", _("Remove"), _("Forget the job; its files stay")),
        quiet("jobs.undo", "u", "undo", _("Undo"), _("Take back the last removal")),
        key("jobs.search", "slash", "search", _("Search"), _("Search in names"), sign="/"),
        key("jobs.filter", "f", "filter(1)", _("Filter"), _("All, active, done, failed")),
        quiet("jobs.filter_back", "F", "filter(-1)", _("Filter back")),
        key("jobs.folder", "o", "folder", _("Folder"), _("Open the folder of its subtitles")),
        key("jobs.copy", "y", "copy", _("Copy text"), _("Copy the transcript to the clipboard")),
        quiet("jobs.clear", "escape", "clear", _("Clear the search")),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.listing = Listing(self.app, self._arrived)
        self._shuffles = -1
        self._chosen: str | None = None
        """Id of the job under the cursor: it stays chosen when rows move."""

    def body(self) -> Iterable[Widget]:
        yield Chips(self._chips(self.app.world), "all", id="filters")
        yield Input(placeholder=_("Part of a name"), id="search")
        with Horizontal(id="content"):
            with Vertical(id="list"):
                yield Rows(line.COLUMNS, self._row, id="jobs")
                yield Said(id="empty")
            with VerticalScroll(id="about", can_focus=False):
                yield Said(id="facts")

    def on_mount(self) -> None:
        self.query_one("#jobs").focus()
        self.run_worker(self.listing.run(), exit_on_error=True)
        self.set_interval(30, self._tell)  # ages
        self._arrived()  # what was seen at a glance

    # What is shown

    @property
    def rows(self) -> Rows:
        return self.query_one("#jobs", Rows)

    @property
    def job(self) -> wire.Job | None:
        """The one under the cursor."""
        return self.listing[self.rows.cursor] if self.rows.count else None

    def show(self, world: World) -> None:
        if world.shuffles != self._shuffles:
            self._shuffles = world.shuffles
            self.listing.expire()
        self.query_one("#filters", Chips).chips = self._chips(world)
        self.rows.changed()
        self._tell()

    def _chips(self, world: World) -> tuple[Chip, ...]:
        names = {"all": _("All"), "active": _("Active"), "done": _("Done"), "failed": _("Failed")}
        counts = world.jobs.counts

        def count(states: tuple[wire.State, ...]) -> int:
            return sum(n for state, n in counts.items() if not states or state in states)

        if world.jobs.stale and not counts:
            return tuple(Chip(key, name) for key, name in names.items())
        return tuple(Chip(key, f"{names[key]} {count(of)}") for key, of in FILTERS.items())

    def _row(self, row: int) -> Row | None:
        job = self.listing[row]
        if job is None:
            return None
        if job.id in self.app.removals:
            return Row((job.name, _("removed"), _("u takes it back")), "dim")
        return line.line(job)

    def _arrived(self) -> None:
        """Rows came."""
        if not self.app.is_running:
            return
        rows, listing = self.rows, self.listing
        rows.count = listing.rows.total
        if self._chosen is not None:
            place = listing.rows.find(lambda job: job.id == self._chosen)
            if place is not None and place != rows.cursor:
                rows.show(place)
        rows.changed()
        self._tell()

    def _tell(self) -> None:
        """Brings what is said beside the list up to date."""
        job = self.job
        shown = "" if job is None else about.about(job, time.time())
        self.query_one("#facts", Said).say(shown)
        empty = self.query_one("#empty", Said)
        nothing = self.listing.rows.loaded and not self.listing.rows.total
        empty.display = nothing
        if nothing:
            empty.say(self._nothing())
        self.refresh_bindings()

    def _nothing(self) -> str:
        if self.listing.text:
            return _("No name has “{text}” in it. Escape shows all jobs.").format(
                text=self.listing.text
            )
        if self.listing.filter != "all":
            return _("No jobs here. f shows others.")
        return _("No jobs yet. Press a to add films or recordings, or drop their files here.")

    @on(Rows.Moved, "#jobs")
    def moved(self, event: Rows.Moved) -> None:
        job = self.listing[event.row]
        if job is not None and (event.by_person or self._chosen is None):
            self._chosen = job.id
        self.listing.look(self.rows.seen)
        self._tell()

    @on(Rows.Scrolled, "#jobs")
    def scrolled(self) -> None:
        self.listing.look(self.rows.seen)

    # Filter and search

    def action_filter(self, by: int) -> None:
        self._filter(self.query_one("#filters", Chips).step(by))

    @on(Chips.Chosen, "#filters")
    def filtered(self, event: Chips.Chosen) -> None:
        self._filter(event.key)

    def _filter(self, key: str) -> None:
        self.query_one("#filters", Chips).chosen = key
        self._chosen = None
        self.rows.show(0)
        self.listing.choose(kind=key)

    def action_search(self) -> None:
        search = self.query_one("#search", Input)
        search.add_class("-shown")
        search.focus()

    @on(Input.Changed, "#search")
    def searched(self, event: Input.Changed) -> None:
        self._chosen = None
        self.listing.choose(text=event.value)

    @on(Input.Submitted, "#search")
    def done_searching(self) -> None:
        self.rows.focus()

    def action_clear(self) -> None:
        search = self.query_one("#search", Input)
        search.value = ""
        search.remove_class("-shown")
        self.rows.focus()

    # Doing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What the chosen job's state does not allow is not offered."""
        job = self.job if self.is_mounted else None
        name = str(parameters[0]) if action == "act" and parameters else action
        if name in ALLOWED:
            return job is not None and allowed(name, job)
        if name in ("remove", "folder", "copy"):
            return job is not None
        return True

    @work
    async def action_act(self, name: str) -> None:
        job = self.job
        if job is not None and allowed(name, job):
            after = await self.app.attempt(getattr(self.app.client, name)(job.id))
            if after is not None:
                self.app.feed.take(after)

    @on(Rows.Chosen, "#jobs")
    def chosen(self) -> None:
        if (job := self.job) is not None and job.id not in self.app.removals:
            self.app.open_transcript(job)

    def action_add(self) -> None:
        self.app.add_files([])

    def action_resume(self) -> None:
        if (job := self.job) is not None:
            self.app.resume_job(job)

    @work
    async def action_remove(self) -> None:
        job = self.job
        if job is None or job.id in self.app.removals:
            return
        question = _("Forget “{name}” and its transcript? Its media file and its subtitles stay.")
        title, yes = _("Remove a job"), _("Remove")
        if await self.app.push_screen_wait(Confirm(title, question.format(name=job.name), yes)):
            self.app.removals.add(job.id)
            self.app.tell(_("“{name}” is removed; u takes it back.").format(name=job.name))
            self.rows.changed()

    def action_undo(self) -> None:
        if self.app.removals.undo() is None:
            self.app.tell(_("There is no removal to take back."), warning=True)
        self.rows.changed()

    def action_folder(self) -> None:
        from steno_tui.live import opening

        if (job := self.job) is not None:
            folder = opening.folder_of(job)
            if not opening.show(folder):
                self.app.tell(folder, _("No program here opens folders. It is"), warning=True)

    @work
    async def action_copy(self) -> None:
        if (job := self.job) is None:
            return
        text = await self.app.attempt(self.app.client.output(job.id, "txt"))
        if text is not None:
            self.app.copy_to_clipboard(text.decode())
            self.app.tell(_("The text of “{name}” is copied.").format(name=job.name))


ALLOWED: dict[str, frozenset[wire.State]] = {
    "start": frozenset({"created"}),
    "pause": frozenset({"queued", "running"}),
    "resume": frozenset({"paused", "failed", "cancelled"}),
    "cancel": frozenset({"created", "queued", "running", "paused"}),
    "retry": frozenset({"failed", "cancelled"}),
}
"""States in which an action means something."""


def allowed(action: str, job: wire.Job) -> bool:
    if action == "retry" and job.state == "completed":
        return job.segments.failed > 0
    return job.state in ALLOWED[action]
