"""Every setting that has a name: what it may be, where its value comes from, and when a change
counts."""

import difflib
import functools
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from steno.config import Config, Layers, remarks, variable
from steno.errors import StenoError

Origin = Literal["default", "file", "overrides", "environment"]

NOW = frozenset({
    "transcription", "subtitles", "jobs", "media", "storage", "uploads", "logs",
    "events.heartbeat",
    "models.fetch", "models.concurrent", "models.max_rate_kib", "models.timeout",
    "models.aligner_wait", "models.cache_size", "models.memory_threshold", "models.idle_timeout",
})  # fmt: skip
"""Sections and settings that are asked for when they are used. With all others something was made
when the daemon started: a socket, a pool, a queue."""
LEFT_OUT = ("models.own", "backends")
"""What has names of a person's own: changed in config.toml only."""


class Known(NamedTuple):
    """A setting."""

    section: str
    setting: str
    type: Any
    default: Any

    @property
    def name(self) -> str:
        return f"{self.section}.{self.setting}"

    @property
    def variable(self) -> str:
        return variable(self.section, self.setting)

    @property
    def description(self) -> str:
        return str(remarks(self.type).description)

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema of its values."""
        found = msgspec.json.schema(self.type)
        return {name: value for name, value in found.items() if name != "description"}

    @property
    def at_once(self) -> bool:
        """Whether a change counts now, not after a restart."""
        return self.section in NOW or self.name in NOW

    def of(self, config: Config) -> Any:
        return getattr(getattr(config, self.section), self.setting)

    def origin(self, layers: Layers) -> Origin:
        """The layer that its value comes from."""
        if self.setting in layers.environment.get(self.section, ()):
            return "environment"
        if self.setting in layers.overrides.get(self.section, ()):
            return "overrides"
        return "file" if self.setting in layers.file.get(self.section, ()) else "default"


@functools.cache
def known() -> Mapping[str, Known]:
    """By name, in the order of config.example.toml."""
    every = [
        Known(section.name, setting.name, setting.type, msgspec.to_builtins(setting.default))
        for section in msgspec.structs.fields(Config)
        if section.name not in LEFT_OUT
        for setting in msgspec.structs.fields(section.default.__class__)
        if f"{section.name}.{setting.name}" not in LEFT_OUT
    ]
    return {one.name: one for one in every}


def find(name: str) -> Known:
    """Raises `setting_invalid`."""
    if name in known():
        return known()[name]
    if name.startswith(LEFT_OUT):
        raise StenoError("setting_invalid", why=f"{name} can be changed in config.toml only.")
    close = difflib.get_close_matches(name, known(), 1)
    there = f"; there is {close[0]}" if close else ""
    raise StenoError("setting_invalid", why=f"There is no setting {name}{there}.")


def blended(used: Config, stored: Config) -> Config:
    """`used` with those settings of `stored` that count at once."""
    taken: dict[str, dict[str, Any]] = {}
    for one in known().values():
        if one.at_once:
            taken.setdefault(one.section, {})[one.setting] = one.of(stored)
    sections = {
        name: msgspec.structs.replace(getattr(used, name), **values)
        for name, values in taken.items()
    }
    return msgspec.structs.replace(used, **sections)
