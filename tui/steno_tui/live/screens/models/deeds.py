"""What a person has done with models: asked of the daemon, once, and marked until it is seen."""

from collections.abc import Awaitable, Callable, Mapping

from steno.wire.models import ModelInfo
from steno_tui.live.host import Host
from steno_tui.live.screens.models import pending
from steno_tui.live.screens.models.pending import Deed, Pending
from steno_tui.texts import _

Work = Callable[[], Awaitable[ModelInfo]]


class Deeds:
    """Requests about models. `changed` is called when a mark came or went."""

    def __init__(self, host: Host, changed: Callable[[], None]) -> None:
        self.pending: Pending = {}
        self._host = host
        self._changed = changed

    def settle(self, models: Mapping[str, ModelInfo]) -> None:
        """These are known by now."""
        self.pending = pending.settled(self.pending, models)

    def pull(self, name: str, language: str | None = None) -> None:
        """Has it fetched, and the aligner of `language` after it."""

        async def work() -> ModelInfo:
            found = await self._host.client.download(name, language=language)
            for remark in found.remarks:
                self._host.tell(remark, name, warning=True)
            return found

        self._do(name, "pull", work)

    def cancel(self, name: str) -> None:
        self._do(name, "cancel", lambda: self._host.client.cancel_download(name))

    def remove(self, name: str) -> None:
        async def work() -> ModelInfo:
            await self._host.client.remove_model(name)
            return await self._host.client.model(name)

        self._do(name, "remove", work)

    def verify(self, name: str) -> None:
        async def work() -> ModelInfo:
            found = await self._host.client.verify(name)
            if found.wrong:
                files = ", ".join(found.wrong)
                said = _("Missing or not as they were: {files}. p mends it.").format(files=files)
                self._host.tell(said, name, warning=True)
            else:
                self._host.tell(_("All files are as they should be."), name)
            return found.model

        self._do(name, "verify", work)

    def bring(self, name: str, path: str) -> None:
        """Installs it from a folder or an archive."""
        self._do(name, "import", lambda: self._host.client.import_model(name, path))

    def update(self, model: ModelInfo) -> None:
        """Fetches the newer revision where one is known, else looks for one."""
        name = model.name
        if model.newer_revision is not None:
            self._do(name, "update", lambda: self._host.client.update(name))
            return

        async def work() -> ModelInfo:
            found = await self._host.client.update(name, check=True)
            newer = _("There is a newer revision; U fetches it.")
            self._host.tell(newer if found.newer_revision else _("It is the newest."), name)
            return found

        self._do(name, "look", work)

    def preload(self, name: str, *, again: bool) -> None:
        """Has it loaded ahead; `again`: although it failed."""

        async def work() -> ModelInfo:
            if again:
                await self._host.client.reset_preload([name])
            await self._host.client.preload([name])
            self._host.tell(_("Is being loaded; the tab Loaded tells how it goes."), name)
            return await self._host.client.model(name)

        self._do(name, "preload", work)

    def _do(self, name: str, deed: Deed, work: Work) -> None:
        """Nothing while something else is being done with the model."""
        if name in self.pending:
            return
        before = self._host.world.models.models.get(name)
        self.pending = pending.asked(self.pending, name, deed, before)
        self._changed()
        self._host.run_worker(self._see(name, work), group="models")

    async def _see(self, name: str, work: Work) -> None:
        after = await self._host.attempt(work())
        if after is None:
            self.pending = pending.failed(self.pending, name)
        else:
            self._host.feed.take(after)
            self.pending = pending.answered(self.pending, name)
        self._changed()
