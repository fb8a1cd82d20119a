"""The command `stenod`: one daemon for one user, in the foreground."""

import argparse
import asyncio
import logging
import signal
import sys

from steno import __version__, config, door, logs, paths
from steno.errors import Exit, StenoError, exit_code

log = logging.getLogger(__name__)


def main() -> None:
    """Runs until SIGTERM or SIGINT; a second one means now."""
    parser = argparse.ArgumentParser(
        prog="stenod", description="Steno's daemon. `steno daemon start` runs it in the background."
    )
    parser.add_argument("--version", action="version", version=f"stenod {__version__}")
    parser.parse_args()
    try:
        code = run()
    except StenoError as error:
        print(f"stenod: {error.problem.detail}\n        {error.problem.hint}", file=sys.stderr)  # noqa: T201
        if log.hasHandlers():  # else Python would print it a second time
            log.error("%s", error)
        code = exit_code(error.problem)
    sys.exit(code)


def run() -> Exit:
    where = paths.default()
    door.allow_many_files()
    door.make_folders(where)
    door.lock(where.lock, where.socket)
    settings = config.load(where)
    try:
        logs.set_up(where, settings.logs, console=sys.stderr.isatty())
    except OSError as error:
        raise StenoError("folder_unusable", folder=where.state, why=error) from error
    return asyncio.run(serve(settings, where))


async def serve(settings: config.Config, where: paths.Paths) -> Exit:
    from steno.app import Ending
    from steno.app import serve as serve_until

    ending = Ending()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.ask)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return await serve_until(settings, where, ending)


if __name__ == "__main__":
    main()
