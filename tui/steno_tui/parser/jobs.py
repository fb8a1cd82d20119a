"""Commands about jobs."""

import argparse

from steno_tui.parser.grammar import Commands, Parser, command, count, json, utf8, within
from steno_tui.texts import _, later

TRANSCRIBE = later("""\
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
""")

STATES = ("created", "queued", "running", "completed", "failed", "paused", "cancelled")
FORMATS = "srt, vtt, txt, json, tsv, lrc, ass"


def add_jobs(commands: Commands) -> None:
    live = command(commands, "live", "live:live", _("show everything as it happens, and steer it"))
    live.add_argument("files", metavar="FILE", nargs="*", help=_("audio or video file to add"))
    add_transcribe(commands)
    add_listing(commands)
    add_actions(commands)
    add_export(commands)


def add_transcribe(commands: Commands) -> None:
    add = command(
        commands,
        "transcribe",
        "transcribe:transcribe",
        _("turn the speech in files into subtitles"),
        epilog=_(TRANSCRIBE),
    ).add_argument
    add("files", metavar="FILE", nargs="+", help=_("audio or video file"))
    add(
        "-o",
        "--output",
        metavar="DIR",
        help=_("folder of the subtitles (default: beside the file)"),
    )
    add(
        "-f",
        "--formats",
        type=utf8,
        metavar="LIST",
        help=_("{formats} (default: srt)").format(formats=FORMATS),
    )
    add("--language", type=utf8, metavar="CODE", help=_("language that is spoken, for example en"))
    add("--backend", type=utf8, metavar="NAME", help=_("recogniser; `steno plugins` lists them"))
    add("--model", type=utf8, metavar="NAME", help=_("model of the recogniser"))
    add(
        "--device", type=utf8, metavar="NAME", help=_("where to compute, for example cpu or cuda:0")
    )
    add("--translate", action="store_true", help=_("write English, whatever is spoken"))
    add("--prompt", type=utf8, metavar="TEXT", help=_("text in whose manner it should write"))
    add(
        "--hotwords",
        type=utf8,
        metavar="TEXT",
        help=_("names and words that are likely to be said"),
    )
    add(
        "--workers",
        type=within(1, 64),
        metavar="N",
        help=_("processes that recognise at once, 1 to 64"),
    )
    add("--no-align", action="store_true", help=_("keep the recogniser's own word times"))
    add("--overwrite", action="store_true", help=_("replace files that Steno did not write"))
    add(
        "--max-line-chars",
        type=within(10, 200),
        metavar="N",
        help=_("characters a line, 10 to 200 (default: 42)"),
    )
    add(
        "--set",
        action="append",
        type=utf8,
        default=[],
        metavar="KIND.KEY=VALUE",
        help=_("a setting of the asr, splitter or aligner backend; may be repeated"),
    )
    add("--detach", action="store_true", help=_("do not wait; print the ids of the jobs"))
    add("--json", action="store_true", help=_("print JSON lines"))


def add_listing(commands: Commands) -> None:
    jobs = command(
        commands,
        "jobs",
        "jobs:jobs",
        _("list jobs, newest first"),
        epilog=_("In a pipe: id, state, percent, length in seconds, name."),
    )
    jobs.add_argument("text", type=utf8, nargs="?", help=_("only files with this in their name"))
    jobs.add_argument(
        "--state",
        type=states,
        default=[],
        metavar="LIST",
        help=_("only these: {states}").format(states=", ".join(STATES)),
    )
    jobs.add_argument(
        "-n", "--number", type=count, default=50, metavar="N", help=_("how many (default: 50)")
    )
    json(jobs)
    show = command(commands, "show", "jobs:show", _("show all that is known of a job"))
    show.add_argument("job", type=utf8, metavar="JOB", help=_("id of the job, or its beginning"))
    json(show)
    watch = command(
        commands,
        "watch",
        "transcribe:watch",
        _("watch jobs until they are done"),
        epilog=_("Leaving with Ctrl-C changes nothing. The output is that of transcribe."),
    )
    several(watch)
    json(watch, _("print JSON lines"))


def add_actions(commands: Commands) -> None:
    several(command(commands, "start", "actions:start", _("start jobs that were only added")))
    several(command(commands, "pause", "actions:pause", _("pause jobs; what is done is kept")))
    resume = command(
        commands,
        "resume",
        "actions:resume",
        _("go on with paused or failed jobs"),
        epilog=_("For example --set workers=2, --set formats=srt,vtt, --set align=false."),
    )
    several(resume)
    resume.add_argument(
        "--set",
        action="append",
        type=utf8,
        default=[],
        metavar="NAME=VALUE",
        help=_("a changed setting; may be repeated"),
    )
    resume.add_argument(
        "--overwrite", action="store_true", help=_("replace files that Steno did not write")
    )
    resume.add_argument(
        "--validate", action="store_true", help=_("only say which changes are possible")
    )
    several(command(commands, "cancel", "actions:cancel", _("cancel jobs")))
    several(command(commands, "retry", "actions:retry", _("try again what failed or has gaps")))
    remove = command(commands, "rm", "actions:remove", _("forget jobs; media and subtitles stay"))
    several(remove)
    remove.add_argument("-y", "--yes", action="store_true", help=_("do not ask"))


def add_export(commands: Commands) -> None:
    add = command(
        commands,
        "export",
        "export:export",
        _("write a job's subtitles as they stand now"),
        epilog=_("Without -o the file is named as the media file, in this folder."),
    ).add_argument
    add("job", type=utf8, metavar="JOB", help=_("id of the job, or its beginning"))
    add(
        "-f",
        "--format",
        type=utf8,
        metavar="FORMAT",
        help=_("{formats} (default: as -o ends, else srt)").format(formats=FORMATS),
    )
    add("-o", "--output", metavar="FILE", help=_("where to write it; - is stdout"))
    add("--overwrite", action="store_true", help=_("replace the file if it exists"))


def several(parser: Parser) -> None:
    parser.add_argument(
        "jobs", type=utf8, metavar="JOB", nargs="+", help=_("id of a job, or its beginning")
    )


def states(value: str) -> list[str]:
    """Some of `STATES`, separated by commas."""
    names = [name for name in value.lower().replace(" ", "").split(",") if name]
    if not names or not set(names) <= set(STATES):
        known = ", ".join(STATES)
        raise argparse.ArgumentTypeError(_("the states are {states}").format(states=known))
    return names
