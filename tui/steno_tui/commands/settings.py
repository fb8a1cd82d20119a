"""Options of the command line as settings of a job."""

import argparse
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from steno.errors import StenoError
from steno.paths import to_reference
from steno.wire import FORMATS, JobSettings
from steno_tui.texts import _

SIMPLE = ("backend", "model", "prompt", "hotwords", "workers", "device")


def of_transcribe(args: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given; the daemon chooses the rest. Raises `format_unknown` and
    `usage`."""
    wanted: dict[str, Any] = {
        name: value for name in SIMPLE if (value := getattr(args, name)) is not None
    }
    if args.language is not None:
        wanted["language"] = language(args.language)
    if args.formats is not None:
        wanted["formats"] = formats(args.formats)
    if args.output is not None:
        wanted["output_dir"] = to_reference(args.output)
    if args.translate:
        wanted["task"] = "translate"
    if args.no_align:
        wanted["align"] = False
    if args.overwrite:
        wanted["overwrite"] = True
    if args.max_line_chars is not None:
        wanted["style"] = {"max_line_chars": args.max_line_chars}
    if args.set:
        wanted["options"] = options(args.set)
    return wanted


def language(text: str) -> str:
    """The bare code in `en`, `EN`, `en-US` or `en_GB.UTF-8`."""
    return re.split("[-_]", text.strip().lower())[0]


def formats(text: str) -> list[str]:
    """The formats in `srt,vtt`, each once."""
    names = list(dict.fromkeys(name for name in text.lower().replace(" ", "").split(",") if name))
    for name in names:
        if name not in FORMATS:
            raise StenoError("format_unknown", name=name, known=", ".join(FORMATS))
    if not names:
        raise StenoError("usage", why=_("-f names no format."))
    return names


def options(pairs: Iterable[str]) -> dict[str, dict[str, Any]]:
    """`KIND.KEY=VALUE` as settings of the job's backends, by their kind."""
    found: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        name, value = assignment(pair)
        kind, dot, key = name.partition(".")
        if not (kind and dot and key):
            why = _("--set {pair} is not of the form KIND.KEY=VALUE.").format(pair=pair)
            raise StenoError("usage", why=why)
        found.setdefault(kind, {})[key] = value
    return found


def changes(pairs: Iterable[str], *, overwrite: bool) -> dict[str, Any]:
    """`NAME=VALUE` as changes of a job's settings. Raises `usage` and `setting_invalid`."""
    found: dict[str, Any] = {"overwrite": True} if overwrite else {}
    for pair in pairs:
        name, value = assignment(pair)
        if name not in JobSettings.__struct_fields__:
            known = ", ".join(JobSettings.__struct_fields__)
            raise StenoError(
                "setting_invalid",
                why=_("There is no setting {name}.").format(name=name),
                hint=_("Known: {known}.").format(known=known),
            )
        if name == "formats" and isinstance(value, str):
            value = formats(value)
        if name == "language" and isinstance(value, str):
            value = language(value)
        if name == "output_dir" and isinstance(value, str):
            value = to_reference(value)
        found[name] = value
    return found


def assignment(pair: str) -> tuple[str, Any]:
    """The name and the value in `NAME=VALUE`: JSON where it is JSON, else text."""
    name, equals, text = pair.partition("=")
    if not (name and equals):
        why = _("--set {pair} is not of the form NAME=VALUE.").format(pair=pair)
        raise StenoError("usage", why=why)
    try:
        return name, msgspec.json.decode(text)
    except msgspec.MsgspecError:
        return name, text
