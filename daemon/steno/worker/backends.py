"""Running backends of this process, built when first needed and kept."""

from collections import OrderedDict
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import msgspec

from steno.errors import StenoError
from steno.plugins.contract import Context, Description
from steno.plugins.hookspecs import GROUP
from steno.plugins.loading import (
    Loaded,
    PluginError,
    SettingsError,
    build,
    cause,
    convert_settings,
    load,
)
from steno.worker.protocol import BackendRef

KEEP = 3
"""Running backends kept at once; the least recently used is closed."""


class LoadFailed(Exception):
    """A backend could not be built; `problem` says why."""

    def __init__(self, error: StenoError) -> None:
        super().__init__(str(error))
        self.problem = error.problem


class Backends:
    """The process's running backends by reference. `cancelled` is handed to each."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self._cancelled = cancelled
        self._plugins: dict[str, Loaded] = {}
        self._running: OrderedDict[BackendRef, Any] = OrderedDict()

    def describe(self, ref: BackendRef) -> Description:
        """The description behind `ref`. Raises LoadFailed."""
        try:
            loaded = self._plugins.get(ref.entry_point)
            if loaded is None:
                loaded = load(EntryPoint(ref.entry_point, ref.module, GROUP))
                self._plugins[ref.entry_point] = loaded
        except PluginError as error:
            raise LoadFailed(
                StenoError("backend_load_failed", backend=ref.name, why=error)
            ) from error
        for description in loaded.by_kind[ref.kind]:
            if description.name == ref.name:
                return description
        why = f"its plugin no longer describes it as {ref.kind}."
        raise LoadFailed(StenoError("backend_load_failed", backend=ref.name, why=why))

    def check_settings(self, ref: BackendRef) -> None:
        """Raises `setting_invalid` where the backend would refuse the settings of `ref`."""
        try:
            convert_settings(self.describe(ref), msgspec.json.decode(ref.settings))
        except SettingsError as error:
            raise StenoError("setting_invalid", why=error) from error

    def get(self, ref: BackendRef) -> Any:
        """The running object, built if it is not there. Raises LoadFailed."""
        if ref in self._running:
            self._running.move_to_end(ref)
            return self._running[ref]
        description = self.describe(ref)
        while len(self._running) >= KEEP:
            self._running.popitem(last=False)[1].close()
        context = Context(
            model=ref.model,
            model_path=Path(ref.model_path) if ref.model_path else None,
            device=ref.device,
            cancelled=self._cancelled,
        )
        try:
            running = build(description, msgspec.json.decode(ref.settings), context)
        except Exception as error:  # plugin code may raise anything
            raise LoadFailed(
                StenoError("backend_load_failed", backend=ref.name, why=cause(error))
            ) from error
        self._running[ref] = running
        return running
