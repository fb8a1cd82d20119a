"""All plugins: what can be used, and what the others lack."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from steno_tui.live.keys import key
from steno_tui.live.screens.system import backend
from steno_tui.live.screens.system.backend import Offer
from steno_tui.live.screens.system.paint import painted
from steno_tui.live.screens.system.section import Section
from steno_tui.live.widgets.rows import Row, Rows
from steno_tui.texts import _


class PluginsSection(Section):
    MAIN: ClassVar[str] = "#plugins"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("system.ask_plugins", "r", "renew", _("Ask anew"), _("Have all plugins looked for")),
        key(
            "system.copy_remedy",
            "y",
            "copy",
            _("Copy command"),
            _("Copy the command that installs what lacks, or the error"),
        ),
    ]
    offers: Sequence[Offer] | None = None

    def compose(self) -> ComposeResult:
        yield Static("", classes="note", markup=False)
        with Vertical(classes="content"):
            yield Rows(backend.COLUMNS, self._row, id="plugins")
            with VerticalScroll(classes="about"):
                yield Static("", id="plugin")

    @property
    def known(self) -> bool:
        return self.offers is not None

    @property
    def offer(self) -> Offer | None:
        """The one under the cursor."""
        rows = self.query_one("#plugins", Rows)
        return self.offers[rows.cursor] if self.offers and rows.cursor < len(self.offers) else None

    async def ask(self) -> None:
        self.offers = backend.offers(await self.app.client.plugins())

    @work(exclusive=True)
    async def action_renew(self) -> None:
        self.say(_("Asking all plugins …"))
        found = await self.app.attempt(self.app.client.plugins(refresh=True))
        if found is not None:
            self.offers, self.problem = backend.offers(found), None
        self.draw()

    def draw(self) -> None:
        empty = self.offers is not None and not self.offers
        self.say(_("No plugin is installed: nothing can be recognised.") if empty else "")
        rows = self.query_one("#plugins", Rows)
        rows.count = len(self.offers or ())
        rows.changed()
        self._tell()

    def _row(self, row: int) -> Row | None:
        return backend.line(self.offers[row]) if self.offers and row < len(self.offers) else None

    @on(Rows.Moved, "#plugins")
    def _tell(self) -> None:
        offer = self.offer
        shown = painted(backend.about(offer)) if offer is not None else ""
        self.query_one("#plugin", Static).update(shown)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        if action == "copy":
            return self.is_mounted and self.offer is not None and bool(self.offer.remedy)
        return True

    def action_copy(self) -> None:
        if (offer := self.offer) is not None:
            self.app.copy_to_clipboard(offer.remedy)
            self.app.tell(offer.remedy, _("Copied"))
