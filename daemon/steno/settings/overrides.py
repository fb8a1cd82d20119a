"""overrides.toml: settings that clients changed. It lies above a person's config.toml, which is
never written."""

import copy
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from steno.config import Config, Layers
from steno.disk import sync_folder
from steno.errors import StenoError, sentence
from steno.settings.known import find

HEAD = "# Written by Steno. These settings go before those of config.toml.\n"


def changed(layers: Layers, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides with `changes`, by name; None takes one away.

    Raises `setting_invalid`, also for what is no setting, and `setting_fixed` for one that the
    environment would go before.
    """
    found = copy.deepcopy(layers.overrides)
    for name, value in changes.items():
        one = find(name)
        if value is None:
            found.get(one.section, {}).pop(one.setting, None)
        elif one.origin(layers) == "environment":
            raise StenoError("setting_fixed", setting=name, variable=one.variable)
        else:
            found.setdefault(one.section, {})[one.setting] = value
    found = {section: values for section, values in found.items() if values}
    try:
        msgspec.convert(found, Config)
    except msgspec.ValidationError as error:
        raise StenoError("setting_invalid", why=sentence(error, Config)) from error
    return found


def write(path: Path, overrides: Mapping[str, Any]) -> None:
    """Puts them in the place of what stands at `path`, whole or not at all. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with open(os.open(temporary, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(HEAD + tomli_w.dumps(overrides))
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
