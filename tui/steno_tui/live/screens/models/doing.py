"""What can be done with the chosen model, by key."""

from typing import ClassVar

from textual import work
from textual.binding import BindingType

from steno.wire.models import ModelInfo
from steno_tui.live.keys import key, quiet
from steno_tui.live.screens.dialog import Confirm
from steno_tui.live.screens.models import about
from steno_tui.live.screens.models.allowed import DEEDS, allowed, allowed_in_memory
from steno_tui.live.screens.models.asking import Importing, Speaking
from steno_tui.live.screens.models.deeds import Deeds
from steno_tui.live.screens.models.memory import Held
from steno_tui.live.screens.models.shelf import timed
from steno_tui.live.screens.models.watching import Watching
from steno_tui.live.screens.view import View
from steno_tui.output import size
from steno_tui.texts import _


class Doing(View):
    """The keys of the models, and their dialogs. What is shown is not its concern."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("models.pull", "p", "pull", _("Pull"), _("Fetch the model, or go on fetching it")),
        quiet(
            "models.pull_along",
            "P",
            "pull_along",
            _("Pull with word times"),
            _("Fetch it and a language's aligner"),
        ),
        key("models.cancel", "c", "cancel", _("Cancel"), _("Stop fetching; what came is kept")),
        key("models.verify", "v", "verify", _("Verify"), _("Read all its files and compare sums")),
        quiet("models.update", "U", "update", _("Update"), _("Look for a newer one, or fetch it")),
        key("models.remove", "delete,d", "remove", _("Delete"), _("Delete its files"), sign="del"),
        key("models.preload", "l", "preload", _("Load"), _("Load it into memory ahead of jobs")),
        key("models.unload", "x", "unload", _("Unload"), _("Let workers forget it")),
        quiet("models.unload_all", "X", "unload_all", _("Unload all")),
        key("models.import", "i", "import", _("Import"), _("Install from a folder or an archive")),
    ]
    deeds: Deeds
    memory: Watching

    @property
    def model(self) -> ModelInfo | None:
        """The one under the cursor; None also where it is in memory and has no files."""
        raise NotImplementedError

    @property
    def held(self) -> Held | None:
        """The one under the cursor, where what is in memory is looked at."""
        raise NotImplementedError

    def look(self) -> object:
        """Asks what is in memory."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What the chosen model does not allow is not offered."""
        del parameters
        if action not in DEEDS:
            return True
        if not self.is_mounted:
            return False
        if self.held is not None:
            return allowed_in_memory(action, self.held, self.model)
        model = self.model
        return model is not None and allowed(action, model, self.deeds.pending.get(model.name))

    # Files

    def action_pull(self) -> None:
        model = self.model
        if model is None:
            return
        if why := about.unfetched(model):
            self.app.tell(why, model.name, warning=True)
        else:
            self.deeds.pull(model.name)

    @work
    async def action_pull_along(self) -> None:
        model = self.model
        if model is None:
            return
        known = timed(self.app.world.models.models, model)
        only = known[0] if len(known) == 1 else ""
        code = await self.app.push_screen_wait(Speaking(model.name, known, only))
        if code is not None:
            self.deeds.pull(model.name, code)

    def action_cancel(self) -> None:
        if (model := self.model) is not None:
            self.deeds.cancel(model.name)

    def action_verify(self) -> None:
        if (model := self.model) is not None:
            self.deeds.verify(model.name)

    def action_update(self) -> None:
        if (model := self.model) is not None:
            self.deeds.update(model)

    @work
    async def action_remove(self) -> None:
        model = self.model
        if model is None:
            return
        question = _(
            "Delete the files of {name}, {size}? A job that needs it fetches it again; one that "
            "runs with it now keeps it from being deleted."
        ).format(name=model.name, size=size(model.size_on_disk))
        if await self.app.push_screen_wait(Confirm(_("Delete a model"), question, _("Delete"))):
            self.deeds.remove(model.name)

    @work
    async def action_import(self) -> None:
        names = list(self.app.world.models.models)
        chosen = self.model.name if self.model else ""
        wanted = await self.app.push_screen_wait(Importing(names, chosen))
        if wanted is not None:
            self.deeds.bring(wanted.model, wanted.path)

    # Memory

    def action_preload(self) -> None:
        if (model := self.model) is not None:
            self.deeds.preload(model.name, again=self.memory.failed(model.name))

    @work
    async def action_unload(self) -> None:
        if (held := self.held) is not None:
            await self._unload([held.name])

    @work
    async def action_unload_all(self) -> None:
        await self._unload([])

    async def _unload(self, names: list[str]) -> None:
        found = await self.app.attempt(self.app.client.unload(names))
        for name in found.later if found is not None else []:
            self.app.tell(_("In use; it goes once the work in hand is done."), name)
        self.look()
