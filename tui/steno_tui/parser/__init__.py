"""The grammar of the `steno` command.

Imports the standard library only, so that help comes at once.
"""

from steno import __version__
from steno_tui.parser.daemon import add_daemon
from steno_tui.parser.grammar import Parser, UsageError
from steno_tui.parser.jobs import FORMATS, STATES, add_jobs
from steno_tui.parser.models import add_models
from steno_tui.texts import _, later

__all__ = ["EPILOG", "FORMATS", "STATES", "Parser", "UsageError", "build"]

EPILOG = later("""\
exit codes:
  0    all is well
  1    a job failed or was cancelled
  2    the command or the configuration is not right
  3    a file, a job or a setting cannot be used
  4    no daemon answers, or it cannot be started
  5    a job's state, or a file in the way, does not allow it
  6    finished, but some stretches of speech have no text
  7    stenod is already running
  8    the disk is full, or storage failed
  130  interrupted; the jobs are paused

Without a command `steno` is `steno live`. Commands start the daemon when none answers, except
`live` (which offers it), `status` and `stop`. NO_COLOR turns colours off. In a pipe, lines
are made of fields separated by tabs.
""")


def build() -> Parser:
    """The parser of `steno` and all its commands."""
    parser = Parser(
        prog="steno",
        description=_("Speech to subtitles on your own machine."),
        epilog=_(EPILOG),
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"steno {__version__}",
        help=_("show the version and exit"),
    )
    commands = parser.add_subparsers(
        title=_("commands"), metavar="COMMAND", dest="command", parser_class=Parser
    )
    add_jobs(commands)
    add_models(commands)
    add_daemon(commands)
    return parser
