"""A plugin's descriptions as plain data: what the describe process tells the daemon."""

from typing import Any, Literal

from msgspec import Struct

from steno.plugins.contract import Model

Kind = Literal["asr", "aligner", "splitter", "downloader"]


class Backend(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A description of any kind, without its Python types."""

    kind: Kind
    name: str
    title: str
    requires: tuple[str, ...] = ()
    package: str = ""
    rank: int = 0
    settings_schema: dict[str, Any] | None = None
    models: tuple[Model, ...] = ()
    languages: tuple[str, ...] = ()
    """Of an aligner; empty: those of its models."""
    devices: tuple[str, ...] = ("cpu",)
    drafts: bool = False
    detects_language: bool = False
    translates: bool = False
    batch: int = 1
    processes: int = 1
    splitting: dict[str, float] = {}


class Described(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A plugin, or why it cannot be used."""

    entry_point: str
    module: str
    distribution: str
    version: str
    backends: tuple[Backend, ...] = ()
    models: tuple[Model, ...] = ()
    """Beside those of its backends."""
    error: str | None = None
