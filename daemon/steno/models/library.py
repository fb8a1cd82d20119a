"""What models there are, what of them is here, and how whoever needs one gets it."""

import asyncio
import difflib
import os
import stat
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

import msgspec

from steno.config import Config
from steno.discovery import Installed, Registry, reference
from steno.errors import StenoError
from steno.events.hub import Hub
from steno.models import catalogue
from steno.models.catalogue import Catalogue, Entry
from steno.models.custody import Custody
from steno.models.downloads import Downloads, Tell
from steno.models.folder import ModelFolder, size
from steno.models.shelf import Shelf
from steno.models.view import info
from steno.plugins.contract import Model
from steno.settings import Settings
from steno.store import models
from steno.store.database import Database
from steno.store.models import Stored
from steno.wire.models import ModelInfo
from steno.worker.protocol import BackendRef
from steno.workers.executor import Executor


class Tools(NamedTuple):
    """What models need of the daemon."""

    db: Database
    hub: Hub
    executor: Executor
    installed: Installed
    settings: Settings

    @property
    def config(self) -> Config:
        return self.settings.current

    @property
    def min_free(self) -> int:
        """Bytes of the disk to leave."""
        return self.config.storage.min_free_mib << 20


class Library:
    """Used on the loop's thread only. Methods raise StenoError, `model_not_found` among them."""

    def __init__(self, tools: Tools, root: Path) -> None:
        self.tools = tools
        self.folder = ModelFolder(root)
        self.shelf = Shelf(tools.db, self.folder)
        self.custody = Custody()
        self.downloads = Downloads(
            self.shelf,
            tools.hub,
            tools.executor,
            tools.settings,
            self.source,
            custody=self.custody,
        )
        self.loaded: Callable[[], Collection[str]] = tuple
        """Names of models that workers hold in memory."""
        self._own = {
            name: Path(own.folder).expanduser()
            for name, own in tools.config.models.own.items()
            if own.folder
        }
        self._known: Catalogue = {}
        self._known_of: tuple[Registry, frozenset[str]] | None = None

    # What there is

    def catalogue(self) -> Catalogue:
        """Raises LookupError before plugins are discovered."""
        installed = (one.name for one in self.shelf.models.values() if one.version)
        here = frozenset((*installed, *self.shelf.downloads))
        of = (self.tools.installed.registry, here)
        if self._known_of is None or self._known_of[0] is not of[0] or self._known_of[1] != here:
            self._known, self._known_of = catalogue.catalogue(of[0], self._own, here), of
        return self._known

    def find(self, name: str) -> Entry:
        return catalogue.find(self.catalogue(), name)

    async def open(self) -> None:
        """Begins with what is stored and what lies in the folder, before anybody asks for it."""
        await self.shelf.open()
        for name, own in self.tools.config.models.own.items():
            await self.shelf.part_with(name, own.repository)

    async def look(
        self, names: Collection[str] | None = None, stored: Stored | None = None
    ) -> list[ModelInfo]:
        """Models as they are now, or as `stored` rows tell, in the order of the catalogue: those
        of `names`, or all."""
        if stored is None:
            await self._notice_gone(list(self.shelf.models) if names is None else names)
        known, rows = self.catalogue(), stored or self.shelf.stored
        chosen = [one for name, one in known.items() if names is None or name in names]
        own = [one.folder for one in chosen if one.folder]
        sizes = await asyncio.to_thread(lambda: {one: own_size(one) for one in own}) if own else {}
        loaded = set(self.loaded())
        return [
            info(
                one,
                rows.models.get(one.model.name),
                self.downloads.look(one.model.name, rows.downloads),
                loaded=one.model.name in loaded,
                own_size=sizes.get(one.folder) if one.folder else None,
            )
            for one in chosen
        ]

    async def get(self, name: str) -> ModelInfo:
        """One model as it is now."""
        (found,) = await self.look([self.find(name).model.name])
        return found

    # Getting one

    async def ask(self, name: str, language: str | None = None) -> list[str]:
        """Has a model fetched, and after it the aligner's model for `language`, if there is one.
        Returns what a person should know: why that one is not fetched."""
        entry = self.find(name)
        known = self.catalogue()
        also = catalogue.companion(known, entry.model, language) if language else None
        await self._notice_gone([entry.model.name])
        await self._check_own(entry)
        if entry.origin == "repository":
            await self.downloads.ask(entry.model.name)
        if also is None or known[also.name].origin != "repository":
            return []
        try:
            await self.downloads.ask(also.name)
        except StenoError as error:
            if error.code != "downloader_missing":
                raise
            return [f"{error} {error.problem.hint}"]
        return []

    async def ensure(self, name: str, tell: Tell = lambda download: None) -> Path | None:
        """The folder of a model, which is fetched if it is not here; None: it comes with its
        plugin. `tell` hears how far that is.

        Raises `model_missing` where jobs are not to fetch, or why it could not be fetched.
        """
        entry = self.find(name)
        name = entry.model.name
        if entry.origin == "plugin":
            return None
        await self.custody.settled(name)
        await self._notice_gone([name])
        if here := entry.folder or self.shelf.path(name):
            await self._check_own(entry)
            return here
        self.check(name)
        await self.downloads.get(name, tell)
        return self.shelf.path(name)

    async def _notice_gone(self, names: Collection[str]) -> None:
        """Models that somebody removed by hand are no longer installed."""
        paths = {name: path for name in names if (path := self.shelf.path(name)) is not None}
        if paths:
            gone = await asyncio.to_thread(lambda: [n for n, path in paths.items() if absent(path)])
            for name in gone:
                await self.shelf.lose(name)

    async def _check_own(self, entry: Entry) -> None:
        """Raises `model_fixed` where a person's own folder is not there."""
        if entry.folder is not None and not await asyncio.to_thread(entry.folder.is_dir):
            why = f"is your own folder {entry.folder}, which is not there"
            hint = "Put the files there, or change [models.own] in config.toml."
            raise StenoError("model_fixed", name=entry.model.name, why=why, hint=hint)

    def here(self, name: str) -> bool:
        """Whether a model is on this machine, as far as is known."""
        return self.find(name).origin != "repository" or self.shelf.installed(name) is not None

    def check(self, name: str) -> None:
        """Raises what would keep a job from getting a model that is not here."""
        entry = self.find(name)
        if entry.origin == "repository" and not self.shelf.installed(entry.model.name):
            if not self.tools.config.models.fetch:
                raise StenoError("model_missing", name=entry.model.name)
            self.source(entry.model.name, None)

    def source(self, name: str, revision: str | None) -> tuple[Model, BackendRef]:
        """What to fetch, and with what. Raises `downloader_missing`, `model_fixed`."""
        entry, registry = self.find(name), self.tools.installed.registry
        model = entry.model
        if model.repository is None:
            raise StenoError("model_fixed", name=name, why="is nowhere to be fetched from")
        for backend in registry.of_kind("downloader"):
            if backend.name != model.downloader:
                continue
            if lacking := registry.lacks(backend):
                why = f"lacks the Python package {' '.join(lacking)} (`{registry.remedy(backend)}`)"
                break
            settings = self.tools.config.backends.get("downloader", {}).get(backend.name, {})
            if revision not in (None, model.revision):  # the catalogue knows nothing of that one
                model = msgspec.structs.replace(model, revision=revision, files=())
            return model, reference(registry, "downloader", backend.name, settings)
        else:
            names = [one.name for one in registry.of_kind("downloader")]
            close = difflib.get_close_matches(model.downloader, names, 1)
            why = "is not installed" + (f" (there is {close[0]})" if close else "")
        raise StenoError("downloader_missing", name=name, downloader=model.downloader, why=why)

    # Using one

    def version(self, name: str) -> str:
        """What tells one state of a model's files from another."""
        record = self.shelf.installed(name)
        return (record.revision or record.version or "") if record else self.find(name).origin

    async def used(self, name: str) -> None:
        """Counts a use."""
        await self.shelf.change(lambda tx: models.used(tx, name))


def absent(path: Path) -> bool:
    """Whether nothing is there, or a link to what was there once; what cannot be looked at may be
    there."""
    try:
        return not stat.S_ISDIR(path.stat().st_mode) or dangles(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def dangles(folder: Path) -> bool:
    """Whether a link in it has lost its target, as when a cache on another disk is gone."""
    return any(
        os.path.islink(file) and not os.path.exists(file)
        for parent, _, files in os.walk(folder)
        for file in (os.path.join(parent, name) for name in files)
    )


def own_size(folder: Path) -> int | None:
    """Bytes in a person's own folder; None where it is not there."""
    return size(folder) if folder.is_dir() else None
