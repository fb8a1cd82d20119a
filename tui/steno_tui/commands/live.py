"""`steno` without a command, and `steno live`: the application."""

import argparse
import os
import sys

from steno.errors import Exit, StenoError
from steno.paths import default
from steno_tui import output, texts
from steno_tui.texts import _


async def live(args: argparse.Namespace) -> Exit:
    """Opens Steno live. Raises `usage` where there is no terminal to show it on."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()) or output.is_dumb():
        hint = _("`steno jobs` and `steno watch` work in a pipe.")
        raise StenoError("usage", why=_("`steno live` needs a terminal."), hint=hint)
    from steno_tui.live import preferences

    where = default()
    wanted = preferences.load(where)
    if wanted.language and not os.environ.get("STENO_LANGUAGE"):
        texts.speak(texts.full(wanted.language))  # before the screens are loaded with their words
    from steno_tui.live import app

    return Exit(await app.run(where, wanted, args.files))
