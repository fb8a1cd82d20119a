"""`steno` as a child process, against a stand-in daemon on a real socket."""

import asyncio
import json
import os
import pty
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from steno import wire
from steno.errors import StenoError
from tui.command import Command, launch
from tui.standin import (
    ABORTED,
    SILENT,
    StandIn,
    Step,
    became,
    event,
    fragment,
    initial,
    job,
)

Steno = Callable[..., Awaitable[Command]]


def finish(standin: StandIn, ident: str, **more: Any) -> Step:
    """A step that ends a job as the daemon would, before its event tells of it."""
    output = wire.Output(
        format="srt", path=f"/m/{ident}.srt", uri=f"file:///m/{ident}%FF.srt", written=True
    )

    async def end() -> None:
        changes: dict[str, Any] = {"state": "completed", "revision": 3, "outputs": [output]}
        standin.set(ident, **(changes | more))

    return end


def whole(standin: StandIn, **more: Any) -> list[Step]:
    """A stream in which the job j1 says hello and ends."""
    state = str(more.get("state", "completed"))
    return [
        initial(job(state="running", revision=2, name="one.wav")),
        fragment("j1", 0, "Hello there.", 4),
        finish(standin, "j1", **more),
        became("j1", state, 3, 5),
        SILENT,
    ]


async def test_in_a_pipe_paths_go_to_stdout_and_all_else_to_stderr(
    standin: StandIn, steno: Steno
) -> None:
    warning = wire.Notice(code="align_failed", message="Times are rough.")
    standin.scripts = [whole(standin, warnings=[warning])]
    command = await steno("transcribe", "/m/one.wav")
    assert command.code == 0
    assert command.raw == b"/m/j1\xff.srt\n"
    assert command.err.splitlines() == [
        "one.wav: running",
        "one.wav  [0:00:00] Hello there.",
        "one.wav: completed",
        "one.wav: warning: Times are rough.",
    ]


async def test_options_become_settings(standin: StandIn, steno: Steno) -> None:
    command = await steno(
        "transcribe", "/m/a.wav", "-o", b"/o/out\xff", "-f", "vtt,SRT,vtt", "--language", "en_GB",
        "--model", "small", "--no-align", "--workers", "2", "--max-line-chars", "30", "--detach",
        "--set", "pocketsphinx.beam=1e-20", "--set", "pocketsphinx.name=x",
    )  # fmt: skip
    assert (command.code, command.out) == (0, "j1\n")
    (_, _, body) = standin.requests[0]
    assert body == {
        "path": "/m/a.wav",
        "start": True,
        "settings": {
            "language": "en",
            "model": "small",
            "workers": 2,
            "formats": ["vtt", "srt"],
            "output_dir": "file:///o/out%FF",
            "align": False,
            "style": {"max_line_chars": 30},
            "options": {"pocketsphinx": {"beam": 1e-20, "name": "x"}},
        },
    }


async def test_a_refused_file_leaves_the_others(standin: StandIn, steno: Steno) -> None:
    standin.refuse["/m/none.wav"] = StenoError("file_not_found", name="none.wav")
    standin.scripts = [whole(standin)]
    command = await steno("transcribe", "/m/none.wav", "/m/one.wav")
    assert command.code == 3
    assert command.raw == b"/m/j1\xff.srt\n"
    assert command.err.startswith(
        "steno: There is no file none.wav.\n       Check the name and the folder.\n"
    )


async def test_json_lines_end_with_one_result_a_file(standin: StandIn, steno: Steno) -> None:
    standin.refuse["file:///m/bad%FF.wav"] = StenoError("media_empty", name="bad.wav")
    standin.scripts = [whole(standin)]
    command = await steno("transcribe", "--json", b"/m/bad\xff.wav", "/m/one.wav")
    lines = [json.loads(line) for line in command.out.splitlines()]
    assert [line["event"] for line in lines] == [
        "initial_state", "fragment", "job", "result", "result",
    ]  # fmt: skip
    assert lines[1]["id"] == "db-4"
    refused, done = lines[3:]
    assert (refused["uri"], done["uri"]) == ("file:///m/bad%FF.wav", "file:///m/j1.wav")
    assert (refused["state"], refused["job_id"], refused["error"]["code"]) == (
        "refused", None, "media_empty",
    )  # fmt: skip
    assert (done["state"], done["exit_code"], done["outputs"][0]["format"]) == (
        "completed",
        0,
        "srt",
    )
    assert (command.code, command.err) == (3, "")


async def test_a_failed_job_says_why(standin: StandIn, steno: Steno) -> None:
    problem = StenoError("disk_full", folder="/m").problem
    standin.scripts = [whole(standin, state="failed", error=problem)]
    command = await steno("transcribe", "/m/one.wav")
    assert (command.code, command.raw) == (8, b"")
    assert "steno: one.wav: There is no room left on the disk of /m.\n       Free" in command.err


async def test_gaps_have_an_exit_code_of_their_own(standin: StandIn, steno: Steno) -> None:
    standin.gaps = [wire.Gap(job_id="j1", segment_index=3, start=60, end=72, reason="It died.")]
    counts = wire.SegmentCounts(planned=9, done=8, failed=1)
    standin.scripts = [whole(standin, segments=counts)]
    command = await steno("transcribe", "/m/one.wav")
    assert command.code == 6
    assert "no text from 0:01:00 to 0:01:12: It died." in command.err
    assert "`steno retry j1`" in command.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_first_signal_pauses_and_says_how_to_go_on(
    standin: StandIn, environment: dict[str, str], number: signal.Signals
) -> None:
    standin.scripts = [[initial(job(state="running")), fragment("j1", 0, "Hello.", 4), SILENT]]
    command = await launch(["transcribe", "/m/one.wav"], environment)
    await command.until("Hello.")
    command.process.send_signal(number)
    assert await command.end() == 130
    assert standin.jobs["j1"].state == "paused"
    assert "`steno resume j1` goes on, `steno watch j1` shows it." in command.err


async def test_a_second_signal_leaves_at_once(
    standin: StandIn, environment: dict[str, str]
) -> None:
    pausing = asyncio.Event()

    async def never() -> None:
        if standin.streams:
            pausing.set()
            await asyncio.Event().wait()

    standin.before = never
    standin.scripts = [[initial(job(state="running")), fragment("j1", 0, "Hello.", 4), SILENT]]
    command = await launch(["transcribe", "/m/one.wav"], environment)
    await command.until("Hello.")
    command.process.send_signal(signal.SIGINT)
    await asyncio.wait_for(pausing.wait(), 20)
    command.process.send_signal(signal.SIGINT)
    assert await command.end() == 130
    assert "Traceback" not in command.err


async def test_a_signal_while_a_file_is_added_leaves_no_job_behind(
    standin: StandIn, environment: dict[str, str]
) -> None:
    adding, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        adding.set()
        await go_on.wait()

    standin.before = slowly
    command = await launch(["transcribe", "/m/one.wav", "/m/two.wav"], environment)
    await asyncio.wait_for(adding.wait(), 20)
    command.process.send_signal(signal.SIGINT)
    go_on.set()
    assert await command.end() == 130
    assert {one.state for one in standin.jobs.values()} == {"paused"}


async def test_leaving_watch_changes_nothing(standin: StandIn, environment: dict[str, str]) -> None:
    standin.jobs["j1"] = job(state="running")
    standin.scripts = [[initial(job(state="running")), fragment("j1", 0, "Hello.", 4), SILENT]]
    command = await launch(["watch", "j1"], environment)
    await command.until("Hello.")
    command.process.send_signal(signal.SIGINT)
    assert await command.end() == 130
    assert standin.requests == []


async def test_watching_goes_on_after_the_connection_broke(standin: StandIn, steno: Steno) -> None:
    standin.scripts = [
        [b"retry: 5\n\n", initial(job(state="running", revision=2)), ABORTED],
        whole(standin),
    ]
    command = await steno("transcribe", "/m/one.wav")
    assert (command.code, len(standin.streams)) == (0, 2)


async def test_a_job_that_is_removed_ends_the_wait(standin: StandIn, steno: Steno) -> None:
    async def remove() -> None:
        del standin.jobs["j1"]

    standin.scripts = [[initial(job()), remove, became("j1", "removed", 2, 3), SILENT]]
    command = await steno("transcribe", "/m/one.wav")
    assert command.code == 1
    assert "j1.wav: removed." in command.err


async def test_a_job_that_is_removed_between_two_connections_leaves_the_others(
    standin: StandIn, steno: Steno
) -> None:
    standin.jobs = {"j1": job("j1"), "j2": job("j2")}

    async def remove() -> None:
        del standin.jobs["j2"]

    first: list[Step] = [b"retry: 5\n\n", initial(job("j1")), initial(job("j2")), remove, ABORTED]
    standin.scripts = [first, whole(standin)]
    command = await steno("watch", "j1", "j2")
    assert (command.code, command.raw) == (1, b"/m/j1\xff.srt\n")
    assert "j2.wav: removed." in command.err
    assert [channels for channels, _ in standin.streams] == [["job:j1", "job:j2"], ["job:j1"]]


async def test_an_interrupted_json_run_tells_of_each_file(
    standin: StandIn, environment: dict[str, str]
) -> None:
    running = asyncio.Event()

    async def told() -> None:
        running.set()

    standin.scripts = [[initial(job(state="running")), told, SILENT]]
    command = await launch(["transcribe", "--json", "/m/one.wav"], environment)
    await asyncio.wait_for(running.wait(), 20)
    command.process.send_signal(signal.SIGINT)
    assert await command.end() == 130
    last = json.loads(command.out.splitlines()[-1])
    assert (last["event"], last["state"], last["exit_code"]) == ("result", "paused", 130)


async def test_more_files_than_channels_are_watched_together(
    standin: StandIn, steno: Steno
) -> None:
    files = [f"/m/{n}.wav" for n in range(70)]

    async def end() -> None:
        for ident in standin.jobs:
            standin.set(ident, state="completed", revision=3)

    state = wire.InitialState(channel="jobs", as_of="db-1", jobs=[job("j70", state="running")])
    standin.scripts = [
        [end, event("initial_state", state), became("j70", "completed", 3, 9), SILENT]
    ]
    command = await steno("transcribe", *files)
    assert command.code == 0
    assert standin.streams == [(["jobs"], None)]


async def test_jobs_in_a_pipe_are_fields(standin: StandIn, steno: Steno) -> None:
    long = "x" * 200 + "\t\n.wav"
    standin.jobs = {
        f"j{n}": job(f"j{n}", duration=61.5, name=long if n == 149 else f"{n}.wav")
        for n in range(150)
    }
    command = await steno("jobs", "-n", "150")
    lines = command.out.splitlines()
    assert len(lines) == 150
    assert lines[0] == "j0\tqueued\t0\t61.500\t0.wav"
    assert lines[-1].count("\t") == 4
    assert "x" * 200 in lines[-1]
    listed = json.loads((await steno("jobs", "-n", "2", "--json")).out)
    assert ([one["id"] for one in listed["jobs"]], listed["total"]) == (["j0", "j1"], 150)


async def test_actions_go_on_after_a_refusal(standin: StandIn, steno: Steno) -> None:
    standin.jobs = {"j1": job("j1"), "j2": job("j2", state="completed"), "j3": job("j3")}
    command = await steno("pause", "j1", "j2", "nope", "j3")
    assert command.code == 5
    assert [line.split("\t")[:2] for line in command.out.splitlines()] == [
        ["j1", "paused"],
        ["j3", "paused"],
    ]
    assert "steno: j2: The job is completed; pause is not possible." in command.err
    assert "steno: nope: There is no job nope." in command.err


async def test_resume_sends_changes(standin: StandIn, steno: Steno) -> None:
    standin.jobs["j1"] = job(state="paused")
    changes = ["--set", "workers=2", "--set", "formats=srt,vtt", "--set", "prompt=a=b"]
    assert (await steno("resume", "j1", *changes, "--overwrite")).code == 0
    wanted = {"overwrite": True, "workers": 2, "formats": ["srt", "vtt"], "prompt": "a=b"}
    assert standin.requests == [("POST", "/api/jobs/j1/resume", {"settings": wanted})]


async def test_validation_tells_of_each_setting(standin: StandIn, steno: Steno) -> None:
    why = "language cannot change: 3 segments are already transcribed with it."
    standin.validation = wire.Validation(
        allowed=False,
        verdicts=[
            wire.Verdict(setting="workers", ruling="free", allowed=True, reason="Why not."),
            wire.Verdict(setting="language", ruling="locked", allowed=False, reason=why),
        ],
    )
    command = await steno(
        "resume", "j1", "--set", "workers=2", "--set", "language=de", "--validate"
    )
    assert command.code == 5
    assert command.out.splitlines() == [
        "j1\tworkers\tfree\tallowed\tWhy not.",
        f"j1\tlanguage\tlocked\trefused\t{why}",
    ]
    assert [path for _, path, _ in standin.requests] == ["/api/jobs/j1/resume/validate"]


async def test_rm_asks_a_person_or_wants_to_be_told(standin: StandIn, steno: Steno) -> None:
    standin.jobs["j1"] = job()
    command = await steno("rm", "j1")
    assert (command.code, list(standin.jobs)) == (2, ["j1"])
    assert "nobody can answer.\n       Use -y " in command.err
    assert (await steno("rm", "j1", "-y")).code == 0
    assert standin.jobs == {}


async def test_export_never_overwrites_unasked(
    standin: StandIn, steno: Steno, tmp_path: Path
) -> None:
    standin.jobs["j1"] = job()
    target = tmp_path / "out.vtt"
    assert (await steno("export", "j1", "-o", str(target))).code == 0
    assert target.read_text() == "vtt Grüße\n"
    target.write_text("mine")
    command = await steno("export", "j1", "-o", str(target))
    assert (command.code, target.read_text()) == (5, "mine")
    assert (await steno("export", "j1", "-o", str(target), "--overwrite")).code == 0
    assert target.read_text() == "vtt Grüße\n"
    assert os.listdir(tmp_path) == ["out.vtt"]
    assert (await steno("export", "j1", "-o", "-", "-f", "txt")).raw == "txt Grüße\n".encode()
    missing = await steno("export", "j1", "-o", str(tmp_path / "no" / "x.srt"))
    assert "cannot be written: No such file or directory." in missing.err
    assert "steno resume" not in missing.err
    assert "another place with -o" in missing.err


async def test_plugins_tell_what_is_missing(standin: StandIn, steno: Steno) -> None:
    backend = wire.BackendInfo(
        kind="asr", name="w", title="W", usable=False, missing=["torch"],
        remedy="pip install 'w[x]'", settings_schema=msgspec.json.schema(wire.NewJob),
    )  # fmt: skip
    standin.plugins = wire.Plugins(
        plugins=[
            wire.PluginInfo(name="w", distribution="steno-w", version="1", backends=[backend]),
            wire.PluginInfo(name="bad", distribution="d", version="2", error="It raised."),
        ]
    )
    command = await steno("plugins", "--refresh")
    assert command.out.splitlines() == [
        "w\tasr\tmissing\tsteno-w 1\tW (pip install 'w[x]')\tpath, upload, settings, start",
        "bad\tplugin\terror\td 2\tIt raised.\t",
    ]
    assert standin.requests[0][1] == "/api/plugins?refresh=true"


async def test_another_version_is_told_in_one_line(standin: StandIn, steno: Steno) -> None:
    standin.version = "9.9"
    command = await steno("jobs")
    assert command.code == 0
    assert command.err.startswith("steno: the running daemon is version 9.9, this command ")
    assert command.err.count("\n") == 1


async def test_status_and_stop_start_nothing(steno: Steno, home: Path) -> None:
    for args in (["status"], ["daemon", "status"]):
        command = await steno(*args)
        assert (command.code, command.err.startswith("steno: No stenod answers")) == (4, True)
    for args in (["stop"], ["daemon", "stop", "--now"]):
        assert (await steno(*args)).out == "No daemon is running.\n"
    assert os.listdir(home) == []


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii:strict"},
    ],
    ids=["C", "ascii", "latin-1", "strict"],
)
async def test_nothing_breaks_where_letters_are_unknown(
    standin: StandIn, environment: dict[str, str], locale: dict[str, str]
) -> None:
    name = "日本\N{REPLACEMENT CHARACTER}ü.wav"
    standin.refuse["file:///m/bad%FF.wav"] = StenoError("media_empty", name="/m/bad\udcff.wav")
    standin.jobs["j0"] = job("j0", name=name, reason="ü")
    lines: list[list[str | bytes]] = [
        ["jobs"],
        ["show", "j0"],
        ["transcribe", b"/m/bad\xff.wav", "--detach"],
    ]
    for args in lines:
        command = await launch(args, environment | locale)
        _, err = await asyncio.wait_for(command.process.communicate(), 30)
        assert b"Traceback" not in err, err
        assert command.process.returncode in (0, 3)
    command = await launch(["jobs", "--json"], environment | locale)
    await command.end()
    assert command.out.count(name) == 1


async def test_a_reader_that_leaves_is_no_error(
    standin: StandIn, environment: dict[str, str]
) -> None:
    standin.jobs = {f"j{n}": job(f"j{n}", name="n" * 200) for n in range(2000)}
    process = await asyncio.create_subprocess_shell(
        f"{sys.executable} -m steno_tui jobs -n 2000 | head -n 1",
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert (out.count(b"\n"), err) == (1, b"")


async def test_a_person_is_asked_before_jobs_are_forgotten(
    standin: StandIn, environment: dict[str, str]
) -> None:
    standin.jobs["j1"] = job()
    for answer, left in ((b"\n", 1), (b"n\n", 1), (b"y\n", 0)):
        master, slave = pty.openpty()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "steno_tui", "rm", "j1",
            env=environment, stdin=slave, stdout=slave, stderr=slave,
        )  # fmt: skip
        os.close(slave)
        os.write(master, answer)
        assert await asyncio.wait_for(process.wait(), 30) == 0
        os.close(master)
        assert len(standin.jobs) == left


async def test_a_daemon_that_does_not_start_is_quoted(
    steno: Steno, environment: dict[str, str], tmp_path: Path, home: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'steno.stenod' in sys.orig_argv:\n"
        "    os.write(2, b'no such luck\\n')\n"
        "    os._exit(1)\n"
    )
    command = await steno("jobs", PYTHONPATH=str(tmp_path))
    assert command.code == 4
    assert command.err.startswith(
        "steno: stenod did not start: it ended with status 1.\nno such luck"
    )
    assert (home / "stenod.out").stat().st_mode & 0o777 == 0o600
