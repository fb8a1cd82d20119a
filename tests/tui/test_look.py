"""How things look: widths, clocks, bars; and what help costs."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from steno import wire
from steno.client import JobState
from steno.errors import Exit, StenoError
from steno_tui import output
from steno_tui.commands import settings
from steno_tui.outcome import Outcome, verdict
from steno_tui.parser import FORMATS, STATES, UsageError, build
from steno_tui.progress import block
from steno_tui.reference import commands, reference
from steno_tui.reporters import Plain
from tui.standin import job

NAMES = [
    "short.wav",
    "日本語のとても長い名前のファイル.mkv",
    "e\N{COMBINING ACUTE ACCENT}" * 60,
    "x" * 300,
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("columns", range(40))
def test_shortened_names_fit_and_keep_both_ends(name: str, columns: int) -> None:
    short = output.middle(name, columns)
    assert output.width(short) <= columns
    if columns > 12 and short != name:
        assert short[0] == name[0]
        assert short[-1] == name[-1]


def running(ident: str, name: str) -> JobState:
    progress = wire.Progress(
        job_id=ident, phase="transcribe", percent=42.4, processed=60, speed=12.34, eta_s=6.6
    )
    shown = job(ident, name=name, state="running", progress=progress)
    draft = wire.DraftEvent(job_id=ident, segment_index=1, text="and then " * 40, start=0, end=1)
    cue = wire.CueText(id="0.0", start=0, end=1, text="Said\nbefore.")
    return JobState(shown, drafts={1: draft}, newest=cue)


@pytest.mark.parametrize("columns", [10, 20, 39, 47, 60, 80, 200])
@pytest.mark.parametrize("lines", [2, 3, 7, 24])
def test_the_screen_never_outgrows_the_terminal(columns: int, lines: int) -> None:
    views = [running(f"r{n}", name) for n, name in enumerate([*NAMES, "two\nlines"])]
    views += [JobState(job(f"q{n}")) for n in range(30)]
    views += [JobState(job(f"c{n}", state="completed")) for n in range(30)]
    shown = block(views, columns, lines)
    assert 0 < len(shown) <= lines
    assert all(output.width(line.plain) <= columns for line in shown)
    assert all("\n" not in line.plain for line in shown)


def test_a_bar_tells_all() -> None:
    bar, words = (line.plain for line in block([running("j1", "talk.wav")], 90, 24))
    assert bar.startswith("talk.wav ")
    assert "━" * 4 in bar
    assert bar.endswith(" transcribe    42%    12.3x      0:07")
    assert words.endswith("and then and then")


def test_committed_words_stay_in_sight_beside_a_short_draft() -> None:
    view = running("j1", "talk.wav")
    draft = wire.DraftEvent(job_id="j1", segment_index=1, text="and th", start=0, end=1)
    words = block([JobState(view.job, drafts={1: draft}, newest=view.newest)], 40, 24)[1]
    assert words.plain.strip() == "Said before. and th"
    assert [span.style for span in words.spans] == ["dim"]


def test_a_model_on_its_way_is_seen() -> None:
    progress = wire.Progress(
        job_id="a", phase="fetch", percent=0, message="fetching the model toy/large: 2 of 5 MB"
    )
    waiting = JobState(job("a", state="running", progress=progress))
    assert [line.plain for line in block([waiting], 80, 5)][1:] == [f"  {progress.message}"]
    before = JobState(job("a", state="queued"))
    plain = Plain()
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output, "tell", told.append)
        plain.changed(before, waiting, progress)
        plain.changed(waiting, waiting, progress)
    assert told == ["a.wav: running", f"a.wav: {progress.message}"]


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_sentences_are_broken_between_words(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text = output.INDENT + "Accept the terms on the page, make a token there, and start again. " * 3
    shown = output.wrapped(text.rstrip())
    assert " ".join(shown.split()) == " ".join(text.split())
    for line in shown.split("\n"):
        assert line.startswith(output.INDENT)
        assert output.width(line) <= columns
    assert output.wrapped("short  line") == "short  line"


def test_running_jobs_come_first_where_there_is_little_room() -> None:
    views = [JobState(job(f"q{n}")) for n in range(30)] + [running("r", "talk.wav")]
    first, *_, last = block(views, 80, 5)
    assert first.plain.startswith("q0.wav")
    assert last.plain == "… and 28 more: 28 to do, 0 done"
    assert any(line.plain.startswith("talk.wav") for line in block(views, 80, 5))


def test_clocks() -> None:
    assert [output.clock(s) for s in (None, 0, 59.6, 3600, -3)] == [
        "-:--", "0:00", "1:00", "1:00:00", "0:00",
    ]  # fmt: skip
    assert output.moment(3725.9) == "1:02:05"


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in output.flat("\x1b[31mred\udcff")


def test_the_first_failure_decides_and_gaps_come_last() -> None:
    gap = wire.Gap(job_id="j", segment_index=0, start=0, end=1, reason="")
    fine = Outcome("a", job=job(state="completed"))
    gaps = Outcome("b", job=job(state="completed"), gaps=[gap])
    refused = Outcome("c", problem=StenoError("media_empty", name="c").problem)
    full = Outcome(
        "d", job=job(state="failed"), problem=StenoError("disk_full", folder="x").problem
    )
    cancelled = Outcome("e", job=job(state="cancelled"))
    assert verdict([fine, fine]) == Exit.OK
    assert verdict([fine, gaps]) == Exit.GAPS
    assert verdict([gaps, refused, full]) == Exit.BAD_INPUT
    assert verdict([gaps, full, refused]) == Exit.STORAGE
    assert verdict([cancelled, full]) == Exit.FAILED


@pytest.mark.parametrize(
    "line",
    [
        "transcribe", "transcribe a -n", "bogus", "jobs -n 0", "jobs -n x", "export", "daemon",
        "transcribe a --lang en", "transcribe a --language \udcff", "rm",
    ],
)  # fmt: skip
def test_wrong_usage(line: str) -> None:
    with pytest.raises(UsageError) as caught:
        build().parse_args(line.split())
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("pairs", [["x"], ["=1"], ["a=1"], [".a=1"], ["a.=1"]])
def test_a_setting_of_a_backend_names_the_backend(pairs: list[str]) -> None:
    with pytest.raises(StenoError) as caught:
        settings.options(pairs)
    assert caught.value.code == "usage"


def test_values_are_json_where_they_are_json() -> None:
    found = settings.options(["b.n=2", "b.on=true", "b.text=a=b", "b.list=[1]", 'c.quoted="2"'])
    assert found == {"b": {"n": 2, "on": True, "text": "a=b", "list": [1]}, "c": {"quoted": "2"}}


def test_languages_lose_their_region_and_case() -> None:
    for text in ("en", "EN", "en-US", "en_GB", " en_US.UTF-8"):
        assert settings.language(text) == "en"
        assert settings.changes([f"language={text}"], overwrite=False) == {"language": "en"}


@pytest.mark.parametrize(
    ("line", "prog"),
    [
        ("transcribe a --bogus", "steno transcribe"),
        ("daemon stop --bogus", "steno daemon stop"),
        ("--bogus", "steno"),
    ],
)
def test_an_unknown_option_leads_to_the_help_of_its_command(line: str, prog: str) -> None:
    with pytest.raises(UsageError) as caught:
        build().parse_args(line.split())
    assert caught.value.prog == prog
    assert str(caught.value) == "Unrecognized arguments: --bogus."


@pytest.mark.parametrize(
    ("option", "name", "kind"),
    [
        ("--workers", "workers", wire.JobSettings),
        ("--max-line-chars", "max_line_chars", wire.SubtitleStyle),
    ],
)
def test_numbers_have_the_bounds_of_the_daemon(option: str, name: str, kind: type) -> None:
    for number in (0, 1, 9, 10, 64, 65, 200, 201):
        try:
            msgspec.convert({name: number}, kind)
        except msgspec.ValidationError:
            with pytest.raises(UsageError, match="it must be"):
                build().parse_args(["transcribe", "a", option, str(number)])
        else:
            build().parse_args(["transcribe", "a", option, str(number)])


def test_states_and_formats_are_those_of_the_daemon() -> None:
    assert get_args(wire.State) == STATES
    assert ", ".join(wire.FORMATS) == FORMATS
    assert build().parse_args(["jobs", "--state", "failed,Paused"]).state == ["failed", "paused"]
    for text in ("bogus", "failed,bogus", ","):
        with pytest.raises(UsageError, match="the states are created, queued, "):
            build().parse_args(["jobs", "--state", text])


def test_unknown_formats_and_settings_name_the_known_ones() -> None:
    for text, code in (("srt,doc", "format_unknown"), (",", "usage")):
        with pytest.raises(StenoError) as caught:
            settings.formats(text)
        assert caught.value.code == code
    with pytest.raises(StenoError) as caught:
        settings.changes(["nope=1"], overwrite=False)
    assert "formats" in caught.value.problem.hint


def test_the_reference_is_that_of_the_code() -> None:
    page = Path(__file__).parents[2] / "docs" / "cli.md"
    assert page.read_text() == reference(), "run `python -m steno_tui.reference > docs/cli.md`"


def test_every_command_leads_to_a_function() -> None:
    from importlib import import_module

    for command, _ in commands(build()):
        module, _, name = command.get_default("function").partition(":")
        assert callable(getattr(import_module(f"steno_tui.commands.{module}"), name))


@pytest.mark.parametrize("args", [["--help"], ["transcribe", "--help"], ["--version"], []])
def test_help_imports_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys, time\nfrom steno_tui.cli import main\n"
        f"try: main({args})\nexcept SystemExit: pass\n"
        "heavy = {'aiohttp', 'asyncio', 'msgspec', 'rich', 'textual', 'platformdirs'}\n"
        "print(sorted(heavy & set(sys.modules)), time.process_time())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    modules, _, cost = result.stdout.splitlines()[-1].rpartition(" ")
    assert modules == "[]"
    assert float(cost) <= 0.25
