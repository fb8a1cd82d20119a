"""The grammar of the `steno` command.

Imports the standard library only, so that help comes at once.
"""

import argparse
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

from steno import __version__

EPILOG = """\
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

Commands start the daemon when none answers, except `status` and `stop`. NO_COLOR turns colours
off. In a pipe, lines are made of fields separated by tabs.
"""

TRANSCRIBE = """\
Paths of finished subtitles go to stdout, all else to stderr. With several files the exit code is
that of the first that failed; 6 only if none did and a stretch has no text. Ctrl-C pauses the jobs
of this command; a second one leaves at once.

with --json, each line of stdout is an object whose `event` is
  initial_state, job, progress, draft, fragment, gap, signal, error
            as docs/events.md describes them, with their `id` where they have one;
  added     with --detach, for each job: job_id, job;
  result    last, once for each file in their order: file, uri (the exact name), job_id (null if
            there is no job), state (completed, failed, paused, cancelled, removed; refused if
            there is no job; queued or running if stenod went away or watching was interrupted),
            exit_code, outputs, warnings, gaps, error (code, title, status, detail, hint; null if
            there is none).
"""


STATES = ("created", "queued", "running", "completed", "failed", "paused", "cancelled")
FORMATS = "srt, vtt, txt, json, tsv, lrc, ass"


class UsageError(Exception):
    """The command line is wrong; `prog` is the command whose help tells how it goes."""

    def __init__(self, prog: str, message: str) -> None:
        super().__init__(message)
        self.prog = prog


class Parser(argparse.ArgumentParser):
    """Raises `UsageError` where argparse would print and leave."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        # argparse tells of unknown options as if they were those of `steno` itself.
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            prog = getattr(found, "prog", self.prog)
            raise UsageError(prog, f"Unrecognized arguments: {' '.join(unknown)}.")
        return found

    def error(self, message: str) -> NoReturn:
        end = "" if message.endswith(".") else "."
        raise UsageError(self.prog, message[:1].upper() + message[1:] + end)


def utf8(value: str) -> str:
    """An argument that is text; only names of files may be other than UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("it is not valid UTF-8") from None
    return value


def count(value: str) -> int:
    """A number from 1."""
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return number


def within(low: int, high: int) -> Callable[[str], int]:
    """A number from `low` to `high`."""

    def number(value: str) -> int:
        if not low <= int(value) <= high:
            raise argparse.ArgumentTypeError(f"it must be {low} to {high}")
        return int(value)

    return number


def states(value: str) -> list[str]:
    """Some of `STATES`, separated by commas."""
    names = [name for name in value.lower().replace(" ", "").split(",") if name]
    if not names or not set(names) <= set(STATES):
        raise argparse.ArgumentTypeError(f"the states are {', '.join(STATES)}")
    return names


def build() -> Parser:
    """The parser of `steno` and all its commands."""
    parser = Parser(
        prog="steno",
        description="Speech to subtitles on your own machine.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"steno {__version__}")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", dest="command", parser_class=Parser
    )
    add_transcribe(commands)
    add_listing(commands)
    add_actions(commands)
    add_export(commands)
    add_daemon(commands)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def command(commands: Commands, name: str, function: str, help_text: str, **more: str) -> Parser:
    """A command that is done by `function`, `module:name` in `steno_tui.commands`."""
    parser: Parser = commands.add_parser(
        name,
        help=help_text,
        description=help_text[:1].upper() + help_text[1:] + ".",
        epilog=more.get("epilog"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(function=function, prog=parser.prog)
    return parser


def add_transcribe(commands: Commands) -> None:
    add = command(
        commands,
        "transcribe",
        "transcribe:transcribe",
        "turn the speech in files into subtitles",
        epilog=TRANSCRIBE,
    ).add_argument
    add("files", metavar="FILE", nargs="+", help="audio or video file")
    add("-o", "--output", metavar="DIR", help="folder of the subtitles (default: beside the file)")
    add("-f", "--formats", type=utf8, metavar="LIST", help=f"{FORMATS} (default: srt)")
    add("--language", type=utf8, metavar="CODE", help="language that is spoken, for example en")
    add("--backend", type=utf8, metavar="NAME", help="recogniser; `steno plugins` lists them")
    add("--model", type=utf8, metavar="NAME", help="model of the recogniser")
    add("--device", type=utf8, metavar="NAME", help="where to compute, for example cpu or cuda:0")
    add("--prompt", type=utf8, metavar="TEXT", help="names and words that help the recogniser")
    add(
        "--workers",
        type=within(1, 64),
        metavar="N",
        help="processes that recognise at once, 1 to 64",
    )
    add("--no-align", action="store_true", help="keep the recogniser's own word times")
    add("--overwrite", action="store_true", help="replace files that Steno did not write")
    add(
        "--max-line-chars",
        type=within(10, 200),
        metavar="N",
        help="characters a line, 10 to 200 (default: 42)",
    )
    add(
        "--set",
        action="append",
        type=utf8,
        default=[],
        metavar="KIND.KEY=VALUE",
        help="a setting of the asr, splitter or aligner backend; may be repeated",
    )
    add("--detach", action="store_true", help="do not wait; print the ids of the jobs")
    add("--json", action="store_true", help="print JSON lines")


def add_listing(commands: Commands) -> None:
    jobs = command(
        commands,
        "jobs",
        "jobs:jobs",
        "list jobs, newest first",
        epilog=("In a pipe: id, state, percent, length in seconds, name."),
    )
    jobs.add_argument("text", type=utf8, nargs="?", help="only files with this in their name")
    jobs.add_argument(
        "--state",
        type=states,
        default=[],
        metavar="LIST",
        help=f"only these: {', '.join(STATES)}",
    )
    jobs.add_argument(
        "-n", "--number", type=count, default=50, metavar="N", help="how many (default: 50)"
    )
    jobs.add_argument("--json", action="store_true", help="print JSON")
    show = command(commands, "show", "jobs:show", "show all that is known of a job")
    show.add_argument("job", type=utf8, metavar="JOB", help="id of the job, or its beginning")
    show.add_argument("--json", action="store_true", help="print JSON")
    watch = command(
        commands,
        "watch",
        "transcribe:watch",
        "watch jobs until they are done",
        epilog="Leaving with Ctrl-C changes nothing. The output is that of transcribe.",
    )
    several(watch)
    watch.add_argument("--json", action="store_true", help="print JSON lines")


def add_actions(commands: Commands) -> None:
    several(command(commands, "start", "actions:start", "start jobs that were only added"))
    several(command(commands, "pause", "actions:pause", "pause jobs; what is done is kept"))
    resume = command(
        commands,
        "resume",
        "actions:resume",
        "go on with paused or failed jobs",
        epilog="For example --set workers=2, --set formats=srt,vtt, --set align=false.",
    )
    several(resume)
    resume.add_argument(
        "--set",
        action="append",
        type=utf8,
        default=[],
        metavar="NAME=VALUE",
        help="a changed setting; may be repeated",
    )
    resume.add_argument(
        "--overwrite", action="store_true", help="replace files that Steno did not write"
    )
    resume.add_argument(
        "--validate", action="store_true", help="only say which changes are possible"
    )
    several(command(commands, "cancel", "actions:cancel", "cancel jobs"))
    several(command(commands, "retry", "actions:retry", "try again what failed or has gaps"))
    remove = command(commands, "rm", "actions:remove", "forget jobs; media and subtitles stay")
    several(remove)
    remove.add_argument("-y", "--yes", action="store_true", help="do not ask")


def add_export(commands: Commands) -> None:
    add = command(
        commands,
        "export",
        "export:export",
        "write a job's subtitles as they stand now",
        epilog="Without -o the file is named as the media file, in this folder.",
    ).add_argument
    add("job", type=utf8, metavar="JOB", help="id of the job, or its beginning")
    add(
        "-f",
        "--format",
        type=utf8,
        metavar="FORMAT",
        help=f"{FORMATS} (default: as -o ends, else srt)",
    )
    add("-o", "--output", metavar="FILE", help="where to write it; - is stdout")
    add("--overwrite", action="store_true", help="replace the file if it exists")


def add_daemon(commands: Commands) -> None:
    plugins = command(commands, "plugins", "plugins:plugins", "list backends and what they lack")
    plugins.epilog = "In a pipe: name, kind, state, distribution, title, names of settings."
    plugins.add_argument("--refresh", action="store_true", help="ask every plugin again")
    plugins.add_argument("--json", action="store_true", help="print JSON")
    status(command(commands, "status", "daemon:status", "show what the daemon does"))
    stop(command(commands, "stop", "daemon:stop", "stop the daemon; jobs go on at the next start"))
    daemon = command(commands, "daemon", "", "start, stop and look at the daemon")
    inner = daemon.add_subparsers(
        title="commands", metavar="COMMAND", dest="inner", required=True, parser_class=Parser
    )
    command(inner, "start", "daemon:start", "start the daemon unless it runs")
    stop(command(inner, "stop", "daemon:stop", "stop the daemon; jobs go on at the next start"))
    status(command(inner, "status", "daemon:status", "show what the daemon does"))
    command(inner, "run", "daemon:run", "run the daemon in this terminal")
    logs = command(inner, "logs", "daemon:show_logs", "print the daemon's log")
    logs.add_argument(
        "-n", "--number", type=count, default=50, metavar="N", help="how many lines (default: 50)"
    )
    logs.add_argument("-f", "--follow", action="store_true", help="go on with what is added")


def several(parser: Parser) -> None:
    parser.add_argument(
        "jobs", type=utf8, metavar="JOB", nargs="+", help="id of a job, or its beginning"
    )


def status(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def stop(parser: Parser) -> None:
    parser.add_argument("--now", action="store_true", help="do not wait for work in hand")
