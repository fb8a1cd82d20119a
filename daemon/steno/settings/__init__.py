"""The settings of a running daemon: what is used, what is stored, and changing both."""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from steno.config import Config, Layers, effective, from_environment, read_layers
from steno.errors import StenoError
from steno.paths import Paths
from steno.settings import overrides
from steno.settings.known import blended
from steno.unbroken import whole

log = logging.getLogger(__name__)

Hearer = Callable[[Config, Config], None]
"""Hears what was used before and what is used now."""


class Stored(NamedTuple):
    """What the files and the environment say."""

    layers: Layers
    problem: str | None = None
    """Why a file could not be read; then `layers` are those that could be, the last time."""


class Settings:
    """Used on the loop's thread only. `current` changes under a job's feet: ask for it at use."""

    def __init__(
        self, config: Config, paths: Paths, environ: Mapping[str, str] = os.environ
    ) -> None:
        self.current = config
        """What the daemon uses."""
        self.hearers: list[Hearer] = []
        self._paths = paths
        self._environ = environ
        self._layers = Layers({}, {}, from_environment(environ))
        self._turn = asyncio.Lock()

    async def look(self) -> Stored:
        """What is stored now."""
        async with self._turn:
            try:
                self._layers = await asyncio.to_thread(read_layers, self._paths, self._environ)
            except StenoError as error:
                return Stored(self._layers, str(error))
            return Stored(self._layers)

    async def change(self, changes: Mapping[str, Any]) -> Stored:
        """Stores `changes`, settings by name, and uses what can be used at once; None goes back to
        what lies below. Everything is checked before anything is written.

        Raises `setting_invalid`, `setting_fixed`, `config_broken`, `folder_unusable`.
        """
        async with self._turn:
            return await whole(self._change(changes))

    async def _change(self, changes: Mapping[str, Any]) -> Stored:
        self._layers = await asyncio.to_thread(self._store, changes)
        before, self.current = self.current, blended(self.current, effective(self._layers))
        for hear in self.hearers:
            hear(before, self.current)
        log.info("settings changed: %s", ", ".join(changes) or "the files were read")
        return Stored(self._layers)

    def _store(self, changes: Mapping[str, Any]) -> Layers:
        """Runs on a thread."""
        try:
            layers = read_layers(self._paths, self._environ)
        except StenoError as error:
            raise StenoError("config_broken", what=str(error)) from error
        wanted = overrides.changed(layers, changes)
        if wanted != layers.overrides:
            path = self._paths.overrides_file
            try:
                overrides.write(path, wanted)
            except OSError as error:
                why = (error.strerror or str(error)).lower()
                raise StenoError("folder_unusable", folder=path.parent, why=why) from error
        return layers._replace(overrides=wanted)
