"""`steno plugins`."""

import argparse

from steno.errors import Exit
from steno.wire import BackendInfo
from steno_tui import output
from steno_tui.session import connected
from steno_tui.texts import _, later


async def plugins(args: argparse.Namespace) -> Exit:
    """Lists backends, what they lack, and plugins that cannot be used."""
    async with connected() as client:
        found = await client.plugins(refresh=args.refresh)
    if args.json:
        output.record(found)
        return Exit.OK
    for plugin in found.plugins:
        source = f"{plugin.distribution} {plugin.version}"
        if plugin.error is not None:
            print_row(plugin.name, "plugin", "error", source, plugin.error, "")
        for backend in plugin.backends:
            usable = "ready" if backend.usable else later("missing")
            print_row(backend.name, backend.kind, usable, source, about(backend), own(backend))
    return Exit.OK


def print_row(name: str, kind: str, state: str, source: str, text: str, own: str) -> None:
    if output.is_terminal():
        shown = output.padded(_(state), 8)
        output.say(f"{name:<16} {kind:<9} {shown} {source:<20} {text}")
        if own:
            output.say("  " + _("settings: {names}").format(names=own))
    else:
        output.row(name, kind, state, source, text, own)


def about(backend: BackendInfo) -> str:
    """What it is, or what it lacks."""
    if backend.remedy:
        return f"{backend.title} ({backend.remedy})"
    if backend.models:
        return f"{backend.title}: {', '.join(backend.models)}"
    return backend.title


def own(backend: BackendInfo) -> str:
    """The names of its own settings."""
    schema = backend.settings_schema or {}
    name = schema.get("$ref", "").rpartition("/")[2]
    schema = schema.get("$defs", {}).get(name, schema)
    return ", ".join(schema.get("properties", ()))
