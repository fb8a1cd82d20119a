"""What is stored of models, kept in memory beside it, so that a look costs no query."""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from functools import partial
from pathlib import Path

from steno.models import telling
from steno.models.folder import ModelFolder, read
from steno.store import models
from steno.store.database import Database, Transaction
from steno.store.models import DownloadRecord, ModelRecord, Stored
from steno.worker.protocol import Manifest

log = logging.getLogger(__name__)


class Shelf:
    """Rows of models and downloads, and the folder they tell of. Used on the loop's thread."""

    def __init__(self, db: Database, folder: ModelFolder) -> None:
        self.folder = folder
        self._db = db
        self.stored = Stored({}, {})
        """As of the last change that was committed."""
        self._holds = Counter[str]()
        self._replaced: dict[str, set[str]] = {}

    @property
    def models(self) -> dict[str, ModelRecord]:
        return self.stored.models

    @property
    def downloads(self) -> dict[str, DownloadRecord]:
        """In the order of the queue."""
        return self.stored.downloads

    def installed(self, name: str) -> ModelRecord | None:
        record = self.models.get(name)
        return record if record is not None and record.version else None

    def path(self, name: str) -> Path | None:
        """Where an installed model lies."""
        record = self.installed(name)
        return self.folder.path(name, record.version or "") if record else None

    async def change(self, change: Callable[[Transaction], None]) -> None:
        """Makes a change that is told and kept, or raises StenoError. Who hears of it and asks
        finds it made."""

        def changed(tx: Transaction) -> None:
            change(tx)
            tx.kept.append(partial(self._keep, models.everything(tx.connection)))

        await self._db.write(changed)

    def _keep(self, stored: Stored) -> None:
        self.stored = stored

    async def open(self) -> None:
        """Reads what is stored, and goes by what lies in the folder where the two differ: a crash
        may have come between a rename and the commit that was to tell of it, or a person may have
        removed files."""
        try:
            found = await asyncio.to_thread(self._look)
        except OSError as error:
            log.error(
                "%s cannot be read, and its models cannot be used: %s", self.folder.root, error
            )
            await self.change(lambda tx: None)
            return

        def reconcile(tx: Transaction) -> None:
            stored = models.everything(tx.connection)
            for name, record in stored.models.items():
                if record.version and record.version not in found.get(name, {}):
                    log.warning("model %s is gone from %s", name, self.folder.root)
                    models.uninstall(tx, name)
            for name, versions in found.items():
                known = stored.models.get(name)
                if known is None or known.version not in versions:
                    version, manifest = list(versions.items())[-1]
                    models.install(tx, record_of(name, version, manifest, None))

        await self.change(reconcile)
        await asyncio.to_thread(self._tidy, found)

    async def part_with(self, name: str, repository: str | None) -> None:
        """Removes what came from another repository than `repository`, to which a person has given
        the name since; None: to a folder."""
        record, path = self.installed(name), self.path(name)
        if record is None or path is None:
            return
        said = await asyncio.to_thread(read, path)
        if said is None or said.repository in (None, repository):
            return
        why = "model %s is another one now: what came from %s is removed"
        log.warning(why, name, said.repository)

        def change(tx: Transaction) -> None:
            models.uninstall(tx, name)
            models.forget_download(tx, name)

        await self.change(change)
        await self.replaced(record)

    async def lose(self, name: str) -> None:
        """Notes that the files of an installed model are gone, and removes what is left of them."""
        record, path = self.installed(name), self.path(name)
        if record is None or path is None:
            return
        await self.change(lambda tx: models.uninstall(tx, name))
        if await asyncio.to_thread(path.exists):  # else its name may be that of the next one
            await self.replaced(record)

    async def install(
        self, name: str, manifest: Manifest, pinned: str | None, incoming: Path, begun: float
    ) -> None:
        """Makes what was gathered in `incoming` since `begun` (seconds since the epoch) the model,
        and tells of it. A version that it replaces goes once nobody holds it. Raises OSError."""
        before = self.installed(name)
        version = await asyncio.to_thread(self.folder.install, name, manifest, incoming)
        new = record_of(name, version, manifest, pinned)

        def change(tx: Transaction) -> None:
            models.install(tx, new)
            telling.tell(tx, telling.complete(new, time.time() - begun))

        await self.change(change)
        log.info("model %s is ready: %d bytes, %s", name, new.size, new.verified)
        if before is not None:
            await self.replaced(before)

    async def replaced(self, before: ModelRecord) -> None:
        """Has a version removed that is the model no more, once nobody holds it."""
        self._replaced.setdefault(before.name, set()).add(before.version or "")
        await self._clear(before.name)

    @contextlib.asynccontextmanager
    async def held(self, names: Collection[str]) -> AsyncIterator[None]:
        """While somebody works with models they are neither deleted nor are versions of them that
        were replaced."""
        self._holds.update(names)
        try:
            yield
        finally:
            self._holds.subtract(names)
            for name in names:
                await self._clear(name)

    def holds(self, name: str) -> int:
        """How many work with a model."""
        return self._holds[name]

    async def _clear(self, name: str) -> None:
        """Removes replaced versions of a model that nobody holds."""
        if not self._holds[name]:
            for version in self._replaced.pop(name, ()):
                await asyncio.to_thread(self.folder.remove, name, version)

    def _look(self) -> dict[str, dict[str, Manifest]]:
        self.folder.sweep()
        return self.folder.installed()

    def _tidy(self, found: dict[str, dict[str, Manifest]]) -> None:
        """Removes versions that were replaced while something still used them."""
        for name, versions in found.items():
            for version in versions:
                if version != self.models[name].version:
                    kept = self.models[name].version
                    log.info("%s/%s goes, as %s is the version that is used", name, version, kept)
                    self.folder.remove(name, version)


def record_of(name: str, version: str, manifest: Manifest, pinned: str | None) -> ModelRecord:
    """What is stored of a version that has just come."""
    return ModelRecord(
        name=name,
        version=version,
        revision=manifest.revision,
        pinned=pinned,
        size=manifest.size,
        verified=manifest.verified,
        installed_at=time.time(),
    )
