"""The models of a running job: fetched where they are not here, and held while it runs."""

import contextlib
from collections.abc import AsyncIterator, Sequence

import msgspec

from steno.jobs import commit
from steno.jobs.choice import JobKind, aligner_model, options, pick, reference
from steno.jobs.shares import Share, share
from steno.jobs.work import Work
from steno.store import jobs
from steno.store.database import Transaction
from steno.wire.models import Download
from steno.worker.protocol import BackendRef


class Provisions:
    """What the backends of one job need beside its settings."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._library = work.tools.library
        self._held = contextlib.AsyncExitStack()

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """While this lasts, the files of models that were fetched stay."""
        async with self._held:
            yield

    def known(self) -> list[str]:
        """Models that the job surely needs, as far as is known before it begins."""
        settings, language = self._work.job.settings, self._work.language
        names = [settings.model] if settings.model else []
        if settings.align and settings.aligner and language:
            names += self.of_aligner(settings.aligner, language)
        return names

    def of_aligner(self, aligner: str, language: str) -> list[str]:
        """The model of an aligner for a language, if it has any."""
        model = aligner_model(pick(self._work.tools.registry, "aligner", aligner), language)
        return [model.name] if model else []

    def lacking(self, names: Sequence[str]) -> list[str]:
        """Those of `names` that this job does not have yet."""
        return [name for name in names if name not in self._work.models]

    async def fetch(self, names: Sequence[str]) -> None:
        """Gets models, and tells how far that is. Raises StenoError: why one cannot be had."""
        work = self._work
        for name in self.lacking(names):

            def tell(download: Download, name: str = name) -> None:
                work.meter.fetching = words(name, download)
                work.tell()

            await self._held.enter_async_context(self._library.shelf.held([name]))
            try:
                path = await self._library.ensure(name, tell)
            finally:
                work.meter.fetching = ""
            work.models[name] = path
            await self._library.used(name)
        work.tell(now=True)

    def versions(self) -> dict[str, str]:
        """Of the models that have files of their own."""
        here = [name for name, path in self._work.models.items() if path is not None]
        return {f"model/{name}": self._library.version(name) for name in here}

    async def note_versions(self) -> None:
        """Stores which revisions of its models the job is done with, once they are known."""
        work = self._work
        now = self.versions()
        if all(name in work.job.versions for name in now):
            return
        versions = {**now, **work.job.versions}

        def change(tx: Transaction) -> None:
            commit.check_lease(tx, work.job, work.lease)
            jobs.set_versions(tx, work.job.seq, versions)

        await work.tools.db.write(change)

    @property
    def share(self) -> Share:
        """What the job gets of the machine."""
        tools = self._work.tools
        return share(tools.registry, self._work.job.settings, tools.machine)

    def reference(self, kind: JobKind, name: str, model: str | None) -> BackendRef:
        """How a worker builds a backend with a model that was fetched."""
        work, tools = self._work, self._work.tools
        settings = work.job.settings
        if kind == "aligner" and settings.aligner is None:
            # The language told which one it is: what is configured for it was not merged before.
            own = options({kind: name}, settings, tools.config.backends)
            settings = msgspec.structs.replace(settings, options=own)
        path = work.models.get(model) if model else None
        threads = self.share.threads
        return reference(tools.registry, settings, kind, name, model, path, threads)


def words(name: str, download: Download) -> str:
    """How far a download is."""
    if download.status == "waiting":
        return f"the model {name} waits for its turn to be fetched"
    done, total = download.downloaded_bytes / 1e6, download.total_bytes
    size = f"{done:.0f} MB" if total is None else f"{done:.0f} of {total / 1e6:.0f} MB"
    note = f", {download.message}" if download.message else ""
    return f"fetching the model {name}: {size}{note}"
