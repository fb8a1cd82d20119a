"""How a person wants the application: `tui.toml` beside `config.toml`, which only they write, and
what they chose in the application itself."""

import os
import tomllib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from steno.errors import StenoError, sentence
from steno.paths import Paths
from steno_tui.texts import _

CHOSEN = "tui.json"
"""In the state folder: what was chosen in the application."""


class Preferences(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`tui.toml`."""

    theme: Annotated[
        str, Meta(description='"steno-dark", "steno-light", "steno-contrast", or one of Textual')
    ] = ""
    language: Annotated[
        str, Meta(description='"en", "zh_CN"; "" takes that of the session (`LANG`)')
    ] = ""
    player: Annotated[
        str, Meta(description='program that plays a cue: "mpv", "ffplay"; "" takes what is there')
    ] = ""
    waveform: Annotated[
        Literal["braille", "blocks"],
        Meta(description='how it is drawn; "blocks" for fonts without braille'),
    ] = "braille"
    toasts: Annotated[bool, Meta(description="notices of finished jobs and downloads")] = True
    keys: Annotated[
        dict[str, str], Meta(description="other keys, by the name that the help shows")
    ] = {}


class Choices(Struct, frozen=True, kw_only=True):
    """What the application remembers."""

    theme: str = ""


def load(paths: Paths) -> Preferences:
    """What `tui.toml` says. Raises `config_invalid`."""
    path = paths.config / "tui.toml"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(found, Preferences)
    except FileNotFoundError:
        return Preferences()
    except (OSError, ValueError) as error:  # TOML, UTF-8 and validation errors are ValueErrors
        why = sentence(error, Preferences)
        hint = _("docs/live.md explains every setting.")
        raise StenoError("config_invalid", path=path, why=why, hint=hint) from error


def chosen(paths: Paths) -> Choices:
    """What was chosen earlier; nothing where that cannot be read."""
    try:
        return msgspec.json.decode((paths.state / CHOSEN).read_bytes(), type=Choices)
    except (OSError, msgspec.MsgspecError):
        return Choices()


def choose(paths: Paths, choices: Choices) -> None:
    """Remembers `choices`, as far as the folder allows."""
    path = paths.state / CHOSEN
    try:
        paths.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(choices))
        os.replace(fresh, path)
    except OSError:
        return  # the next start has the theme of before, which is no harm
