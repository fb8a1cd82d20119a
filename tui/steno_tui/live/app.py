"""The application: wiring, and nothing else."""

import asyncio
import signal
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.command import CommandPalette
from textual.markup import escape
from textual.screen import Screen

from steno import paths, wire
from steno.errors import Exit, StenoError
from steno.paths import Paths
from steno_tui.live import glance, pasting, preferences, toasts
from steno_tui.live.feed import Feed
from steno_tui.live.host import Host
from steno_tui.live.keys import key, quiet
from steno_tui.live.preferences import Choices, Preferences
from steno_tui.live.removals import Removals
from steno_tui.live.screens.view import View
from steno_tui.live.themes import DARK, THEMES
from steno_tui.live.world import Toast, World
from steno_tui.texts import _

if TYPE_CHECKING:
    from steno.client import Client


def jobs() -> Screen[None]:
    from steno_tui.live.screens.jobs import JobsScreen

    return JobsScreen()


def models() -> Screen[None]:
    from steno_tui.live.screens.models import ModelsScreen

    return ModelsScreen()


def system() -> Screen[None]:
    from steno_tui.live.screens.system import SystemScreen

    return SystemScreen()


class StenoApp(Host):
    """Steno live. `files` are offered for adding at once."""

    TITLE = "Steno"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[None]]]] = {
        "jobs": jobs,
        "models": models,
        "system": system,
    }
    DEFAULT_MODE = "jobs"
    CSS = """
    * {
        scrollbar-background: $panel; scrollbar-background-hover: $panel;
        scrollbar-background-active: $panel; scrollbar-corner-color: $panel;
        scrollbar-color: $dim; scrollbar-color-hover: $primary; scrollbar-color-active: $primary;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("app.jobs", "1", "mode('jobs')", _("Jobs")),
        quiet("app.models", "2", "mode('models')", _("Models")),
        quiet("app.system", "3", "mode('system')", _("System")),
        key("app.help", "question_mark", "help", _("Help"), sign="?"),
        quiet("app.commands", "ctrl+p", "command_palette", _("Commands")),
        quiet("app.reconnect", "ctrl+r", "reconnect", _("Try to connect now")),
        quiet("app.start", "ctrl+s", "start_daemon", _("Start a daemon")),
        key("app.quit", "q", "quit", _("Quit"), _("Leave; jobs go on")),
        quiet("app.suspend", "ctrl+z", "suspend_process", _("Suspend"), _("`fg` returns")),
        quiet("app.quit_now", "ctrl+q", "quit", _("Quit"), _("Leave from anywhere; jobs go on")),
    ]

    def __init__(
        self,
        where: Paths,
        wanted: Preferences,
        files: Sequence[str] = (),
        seen: wire.JobPage | None = None,
    ) -> None:
        super().__init__()
        self.paths = where
        self.preferences = wanted
        self.glance = seen
        self.ready = asyncio.Event()
        self._client: Client | None = None
        self.feed = Feed(lambda: self.client, self._publish)
        self.removals = Removals(lambda: self.client, lambda error: self.say(error.problem))
        self._files = list(files)
        for theme in THEMES:
            self.register_theme(theme)
        self.set_keymap(wanted.keys)

    async def on_mount(self) -> None:
        theme = preferences.chosen(self.paths).theme or self.preferences.theme or DARK
        self.theme = theme if theme in self.available_themes else DARK
        self.theme_changed_signal.subscribe(self, self._remember)
        self.call_after_refresh(self.set_timer, 0.05, self._connect)
        if self._files:
            self.call_after_refresh(self.add_files, self._files)

    def on_load(self) -> None:
        # The terminal is left in order, whoever ends it.
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self.exit, 0, Exit.INTERRUPTED)

    async def on_unmount(self) -> None:
        await self.removals.finish()
        if self._client is not None:
            await self._client.close()

    @property
    def client(self) -> "Client":
        if self._client is None:
            from steno.client import Client

            self._client = Client(paths.answering(self.paths)).open()
        return self._client

    @work
    async def _connect(self) -> None:
        """Begins to listen, once something is seen: what asks takes a moment to be loaded."""
        await asyncio.to_thread(import_module, "steno.client.http")
        self.ready.set()
        await self.feed.run()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What themes of others do not have."""
        return {"dim": "#8a8f99"}

    def _remember(self, _: object) -> None:
        preferences.choose(self.paths, Choices(theme=self.theme))

    def _publish(self, world: World, ended: list[Toast]) -> None:
        self.world = world
        if self.preferences.toasts:
            for notice in toasts.notices(ended):
                self.notify(notice.text, title=notice.title, severity=notice.severity, markup=False)

    # Where one goes

    def action_mode(self, mode: str) -> None:
        if not self.screen.is_modal:
            self.switch_mode(mode)

    def action_help_quit(self) -> None:
        """Ctrl-C, which copies where there is text."""
        self.tell(_("ctrl+q leaves Steno live. Jobs go on."))

    async def action_quit(self) -> None:
        """Leaves, after a question where that would lose something."""
        self._leave()

    @work(exclusive=True, group="leave")
    async def _leave(self) -> None:
        unsaved = [one.unsaved for one in self.screen_stack if isinstance(one, View)]
        if any(unsaved):
            from steno_tui.live.screens.dialog import Confirm

            question = _("What you typed is not saved:\n{words}").format(words=max(unsaved))
            if not await self.push_screen_wait(Confirm(_("Leave"), question, _("Leave"))):
                return
        self.exit()

    def action_help(self) -> None:
        from steno_tui.live.screens.help import Help

        self.push_screen(Help(self.screen))

    @work
    async def open_transcript(self, job: wire.Job) -> None:
        from steno_tui.live.screens.transcript import TranscriptScreen

        self.push_screen(TranscriptScreen(job))

    @work
    async def add_files(self, files: Sequence[str]) -> None:
        from steno_tui.live.screens.adding import Adding

        await self.push_screen_wait(Adding(files))

    @work
    async def resume_job(self, job: wire.Job) -> None:
        from steno_tui.live.screens.resuming import Resuming

        await self.push_screen_wait(Resuming(job))

    # The daemon

    def action_reconnect(self) -> None:
        self.feed.retry()

    @work(exclusive=True, group="starter")
    async def action_start_daemon(self) -> None:
        if self.world.link.status == "live":
            return
        self.tell(_("Starting a daemon …"))
        from steno_tui import starter

        try:
            await starter.start(self.paths)
        except StenoError as error:
            self.say(error.problem)
        self.feed.retry()

    def action_command_palette(self) -> None:
        if not self.screen.is_modal:
            self.push_screen(CommandPalette(placeholder=_("Search for commands …")))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the keys of the screen do, and the themes."""
        told: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            if active.enabled and binding.id and binding.id not in told and binding.description:
                told.add(binding.id)
                key = self.get_key_display(binding)
                # the palette takes it for markup, which a bracket among the keys would break
                about = escape(f"{binding.tooltip or binding.description}  ({key})")
                action, node = binding.action, active.node

                def run(action: str = action, node: object = node) -> None:
                    self.call_later(self.run_action, action, node)

                yield SystemCommand(binding.description, about, run)
        yield SystemCommand(_("Theme"), _("Change the colours"), self.action_change_theme)
        yield SystemCommand(
            _("Picture"), _("Save a picture (SVG) of the screen"), self.action_picture
        )

    def action_picture(self) -> None:
        self.deliver_screenshot()


async def run(where: Paths, wanted: Preferences, files: Sequence[str]) -> int:
    """Opens the application; returns the exit code."""
    pasting.forgive()
    seen = await asyncio.to_thread(glance.jobs, paths.answering(where))
    app = StenoApp(where, wanted, files, seen)
    await app.run_async()
    return app.return_code or 0
