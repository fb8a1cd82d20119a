"""What `steno` says when it cannot wait until the end, or cannot print."""

import asyncio
import json
import os
import pty
import shlex
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from steno import wire
from steno.errors import Exit, StenoError
from tui.command import Command, launch
from tui.standin import SILENT, StandIn, Step, became, event, fragment, initial, job

Steno = Callable[..., Awaitable[Command]]


def ending(standin: StandIn, ident: str) -> list[Step]:
    """Steps in which a job ends with subtitles, a warning and a gap."""

    async def end() -> None:
        output = wire.Output(
            format="srt", path=f"/m/{ident}.srt", uri=f"file:///m/{ident}.srt", written=True
        )
        standin.gaps = [wire.Gap(job_id=ident, segment_index=3, start=6, end=7, reason="Died.")]
        standin.set(
            ident, state="completed", revision=3, outputs=[output],
            warnings=[wire.Notice(code="align_failed", message="Times are rough.")],
            segments=wire.SegmentCounts(planned=4, done=3, failed=1),
        )  # fmt: skip

    return [end, became(ident, "completed", 3, 9)]


def both() -> list[Step]:
    """Hello of two running jobs."""
    return [initial(job(ident, state="running", revision=2)) for ident in ("j1", "j2")]


def results(command: Command) -> list[Any]:
    found = [json.loads(line) for line in command.out.splitlines()]
    return [line for line in found if line["event"] == "result"]


@pytest.mark.parametrize("line", ["transcribe", "watch"])
async def test_a_daemon_that_goes_away_leaves_a_result_for_each_file(
    standin: StandIn, steno: Steno, line: str
) -> None:
    standin.refuse["/m/bad.wav"] = StenoError("media_empty", name="bad.wav")
    problem = StenoError("daemon_lost", why="it ended").problem

    async def gone() -> None:
        standin.lost = StenoError.of(msgspec.structs.replace(problem, retryable=False))

    standin.scripts = [[b"retry: 5\n\n", *both(), *ending(standin, "j1"), gone]]
    if line == "watch":
        standin.jobs = {"j1": job("j1"), "j2": job("j2")}
        args = ["j1", "j2"]
    else:
        args = ["/m/bad.wav", "/m/one.wav", "/m/two.wav"]
    command = await steno(line, "--json", *args)
    *refused, done, left = results(command)
    assert [one["error"]["code"] for one in refused] == ["media_empty"] * (len(args) - 2)
    assert (done["state"], done["exit_code"], len(done["outputs"])) == ("completed", 6, 1)
    assert (left["state"], left["exit_code"]) == ("running", 4)
    assert left["error"]["code"] == "daemon_lost"
    assert (command.code, command.err.count("steno: ")) == (4, 1)


async def test_files_it_never_came_to_have_a_result_too(standin: StandIn, steno: Steno) -> None:
    standin.refuse["/m/two.wav"] = StenoError("stopping")
    command = await steno("transcribe", "--json", "/m/one.wav", "/m/two.wav", "/m/three.wav")
    assert [(one["state"], one["exit_code"]) for one in results(command)] == [
        ("queued", 4), ("refused", 4), ("refused", 4),
    ]  # fmt: skip
    assert [one["uri"] for one in results(command)][1:] == [
        "file:///m/two.wav", "file:///m/three.wav",
    ]  # fmt: skip
    assert command.code == 4


@pytest.mark.parametrize("line", ["transcribe", "watch"])
async def test_ctrl_c_tells_of_files_that_are_done(
    standin: StandIn, environment: dict[str, str], line: str
) -> None:
    standin.scripts = [[*both(), *ending(standin, "j1"), fragment("j2", 0, "Hi.", 10), SILENT]]
    if line == "watch":
        standin.jobs = {"j1": job("j1"), "j2": job("j2")}
    args = ["j1", "j2"] if line == "watch" else ["/m/j1.wav", "/m/j2.wav"]
    command = await launch([line, *args], environment)
    await command.until("Hi.")
    command.process.send_signal(signal.SIGINT)
    assert await command.end() == 130
    assert command.out == "/m/j1.srt\n"
    rest = command.err.partition("Hi.\n")[2].splitlines()
    assert (
        rest
        == [
            "j1.wav: warning: Times are rough.",
            "j1.wav: no text from 0:00:06 to 0:00:07: Died.",
            "j1.wav: `steno retry j1` tries the gaps again.",
            "steno: paused. `steno resume j2` goes on, `steno watch j2` shows it.",
        ][: 4 if line == "transcribe" else 3]
    )


async def test_a_job_that_ends_while_it_is_to_be_paused_is_told_of(
    standin: StandIn, environment: dict[str, str]
) -> None:
    standin.scripts = [[initial(job(state="running", revision=2)), fragment("j1", 0, "Hi.", 4)]]
    standin.scripts[0] += [ending(standin, "j1")[0], SILENT]
    command = await launch(["transcribe", "/m/j1.wav"], environment)
    await command.until("Hi.")
    command.process.send_signal(signal.SIGINT)
    assert (await command.end(), command.out) == (130, "/m/j1.srt\n")


async def test_text_comes_in_the_order_of_the_media(standin: StandIn, steno: Steno) -> None:
    standin.jobs["j1"] = job()
    gap = wire.Gap(job_id="j1", segment_index=2, start=6, end=7, reason="Died.")
    said = [fragment("j1", index, f"Text {index}.", 3 + index) for index in (1, 0, 3, 5)]
    gone = event("gap", gap, "db-9")
    standin.scripts = [
        [initial(job(state="running", revision=2)), *said, gone, *ending(standin, "j1"), SILENT]
    ]
    command = await steno("watch", "j1")
    lines = [line.partition("  ")[2] for line in command.err.splitlines() if "Text" in line]
    assert lines == [
        "[0:00:00] Text 0.", "[0:00:10] Text 1.", "[0:00:30] Text 3.", "[0:00:50] Text 5.",
    ]  # fmt: skip
    assert command.err.index("Text 5") < command.err.index("completed")


async def test_text_waits_for_nothing_that_does_not_come(
    standin: StandIn, environment: dict[str, str]
) -> None:
    standin.jobs["j1"] = job()
    counts = wire.SegmentCounts(planned=9, done=2, failed=1)
    gap = wire.Gap(job_id="j1", segment_index=4, start=6, end=7, reason="Died.")
    going_on = asyncio.Event()

    async def go_on() -> None:
        await going_on.wait()

    standin.scripts = [[
        initial(job(state="running", revision=2, segments=counts)), fragment("j1", 3, "Three.", 4),
        go_on, fragment("j1", 5, "Five.", 5), event("gap", gap, "db-6"),
        fragment("j1", 8, "Eight.", 7), fragment("j1", 6, "Six.", 8), SILENT,
    ]]  # fmt: skip
    command = await launch(["watch", "j1"], environment)
    await command.until("Three.")
    going_on.set()
    await command.until("Five.")
    await command.until("Six.")
    assert "Eight." not in command.err
    command.process.send_signal(signal.SIGINT)
    assert await command.end() == 130
    assert "Eight." in command.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "args",
    [
        ["jobs"], ["jobs", "--json"], ["jobs", "-n", "300"], ["export", "j1", "-o", "-"],
        ["show", "j1"], ["watch", "j1"], ["watch", "j1", "--json"], ["--help"], ["--version"],
    ],
)  # fmt: skip
async def test_a_full_disk_behind_stdout_is_told_in_a_sentence(
    standin: StandIn, environment: dict[str, str], args: list[str]
) -> None:
    standin.jobs = {f"j{n}": job(f"j{n}", name="n" * 99) for n in range(1, 301)}
    standin.scripts = [[initial(job()), *ending(standin, "j1"), SILENT]]
    with open("/dev/full", "wb") as full:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "steno_tui", *args,
            env=environment, stdout=full, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 8
    assert err.decode().count("Standard output failed: No space left on device.") == 1
    assert b"Traceback" not in err
    assert b"Exception" not in err


async def test_a_person_sees_the_settings_of_a_backend(
    standin: StandIn, environment: dict[str, str]
) -> None:
    schema = {"type": "object", "properties": {"beam": {}, "threads": {}}}
    backend = wire.BackendInfo(kind="asr", name="w", title="W", usable=True, settings_schema=schema)
    plugin = wire.PluginInfo(name="w", distribution="steno-w", version="1", backends=[backend])
    standin.plugins = wire.Plugins(plugins=[plugin])
    master, slave = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "steno_tui", "plugins", env=environment, stdout=slave
    )
    os.close(slave)
    assert await asyncio.wait_for(process.wait(), 30) == 0
    assert os.read(master, 9999).decode().splitlines()[1] == "  settings: beam, threads"
    os.close(master)


@pytest.mark.parametrize("closed", ["1", "2"])
def test_a_closed_output_is_no_reason_to_fail(closed: str, home: Path) -> None:
    """As a shell's `>&-` and `2>&-` leave it."""
    command = f"{shlex.quote(sys.executable)} -m steno_tui.cli status {closed}>&-"
    folders = {
        f"STENO_{name}_DIR": str(home / name) for name in ("CONFIG", "DATA", "STATE", "RUNTIME")
    }
    done = subprocess.run(
        ["sh", "-c", command], env={**os.environ, **folders}, capture_output=True, timeout=30
    )
    assert done.returncode == Exit.NO_DAEMON
    assert b"Traceback" not in done.stdout + done.stderr
