"""What plugins of this process describe, and building their running objects."""

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import msgspec

from steno.errors import StenoError
from steno.plugins.contract import Context, Description, Unusable
from steno.plugins.exhaustion import is_exhausted
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

UNUSABLE = "`steno plugins` names its settings; `steno daemon logs` has the details."


class LoadFailed(Exception):
    """A backend could not be built; `problem` says why."""

    def __init__(
        self, ref: BackendRef, why: object, *, out_of_memory: bool = False, hint: str | None = None
    ) -> None:
        if hint is None and ref.model_path is not None:
            hint = (
                f"`steno models verify {ref.model}` tells whether its files are sound;"
                " `steno daemon logs` has the details."
            )
        error = StenoError("backend_load_failed", hint=hint, backend=ref.name, why=why)
        self.problem = error.problem
        super().__init__(self.problem.detail)
        self.out_of_memory = out_of_memory


class Known:
    """Backends that plugins of this process describe. `cancelled` is handed to each."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self._cancelled = cancelled
        self._plugins: dict[str, Loaded] = {}

    def describe(self, ref: BackendRef) -> Description:
        """The description behind `ref`. Raises LoadFailed."""
        try:
            loaded = self._plugins.get(ref.entry_point)
            if loaded is None:
                loaded = load(EntryPoint(ref.entry_point, ref.module, GROUP))
                self._plugins[ref.entry_point] = loaded
        except PluginError as error:
            raise LoadFailed(ref, error) from error
        for description in loaded.by_kind[ref.kind]:
            if description.name == ref.name:
                return description
        raise LoadFailed(ref, f"its plugin no longer describes it as {ref.kind}.")

    def check_settings(self, ref: BackendRef) -> None:
        """Raises `setting_invalid` where the backend would refuse the settings of `ref`."""
        try:
            convert_settings(self.describe(ref), msgspec.json.decode(ref.settings))
        except SettingsError as error:
            raise StenoError("setting_invalid", why=error) from error

    def build(self, ref: BackendRef, *, alone: bool) -> Any:
        """A new running object; `alone`: there is no other. Raises LoadFailed."""
        description = self.describe(ref)
        context = Context(
            model=ref.model,
            model_path=Path(ref.model_path) if ref.model_path else None,
            device=ref.device,
            threads=ref.threads,
            alone=alone,
            cancelled=self._cancelled,
        )
        try:
            return build(description, msgspec.json.decode(ref.settings), context)
        except Unusable as error:
            raise LoadFailed(ref, error, hint=UNUSABLE) from error
        except Exception as error:  # plugin code may raise anything
            full = is_exhausted(error)
            raise LoadFailed(ref, cause(error), out_of_memory=full) from error
