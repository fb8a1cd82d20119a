"""The way from the command line to the function of a command.

What a command needs is imported once the command is known, so that help comes at once.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from steno_tui.parser import UsageError, build
from steno_tui.texts import _


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started this
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for life
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # `?` for what the locale does not know
    try:
        try:
            code = run(argv)
        except SystemExit:  # of argparse, which printed help or the version
            code = 0
        return flushed(code)
    except BrokenPipeError:
        # Who read the output has left.
        from steno_tui import output

        output.discard()
        return 1
    except KeyboardInterrupt:
        return 130


def flushed(code: int) -> int:
    """`code` once all is printed, another if it cannot be."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        from steno_tui import output

        return output.error(output.unwritable(error).problem)
    return code


def run(argv: Sequence[str] | None) -> int:
    parser = build()
    try:
        args = parser.parse_args(argv)
    except UsageError as error:
        return wrong(error)
    if args.command is None:
        if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
            parser.print_help()
            return 0
        args = parser.parse_args(["live"])
    return dispatch(args)


def wrong(usage: UsageError) -> int:
    """Tells of wrong usage as of any other error."""
    from steno.errors import StenoError
    from steno_tui import output

    hint = _("`{command} --help` shows how.").format(command=usage.prog)
    return output.error(StenoError("usage", why=str(usage), hint=hint).problem)


def dispatch(args: argparse.Namespace) -> int:
    """Calls the function of the command and tells of its error."""
    import asyncio

    from steno.errors import StenoError
    from steno_tui import output

    module, name = args.function.split(":")
    function = getattr(import_module(f"steno_tui.commands.{module}"), name)
    try:
        code: int = asyncio.run(function(args))
    except StenoError as error:
        return output.error(error.problem)
    except asyncio.CancelledError:
        return 130  # the second Ctrl-C
    return code


if __name__ == "__main__":
    sys.exit(main())
