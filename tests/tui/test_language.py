"""`steno` in Chinese, as a person and as a program meet it."""

import asyncio
import fcntl
import json
import os
import pty
import re
import struct
import sys
import termios
from collections.abc import Awaitable, Callable, Mapping

import pytest

from steno.errors import StenoError
from steno_tui.wrapping import width
from tui.command import Command
from tui.standin import StandIn, job

Steno = Callable[..., Awaitable[Command]]
CHINESE = {"STENO_LANGUAGE": "zh_CN"}


async def on_a_terminal(
    environment: Mapping[str, str], *args: str, answer: bytes = b"", columns: int = 80
) -> str:
    """What `steno` shows there until it ends."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "steno_tui", *args,
        env={**environment, "TERM": "xterm"}, stdin=slave, stdout=slave, stderr=slave,
    )  # fmt: skip
    os.write(master, answer)
    await asyncio.wait_for(process.wait(), 30)
    os.set_blocking(master, False)
    shown = os.read(master, 1 << 16)
    for one in (slave, master):
        os.close(one)
    return re.sub(r"\x1b\[[\d;]*m", "", shown.decode()).replace("\r\n", "\n")


async def test_help_is_chinese_and_fits(steno: Steno) -> None:
    for args in ((), ("transcribe",), ("models", "loaded")):
        command = await steno(*args, "--help", COLUMNS="80", **CHINESE)
        assert command.code == 0
        assert command.out.startswith(f"用法：{' '.join(['steno', *args])}")
        assert "显示此帮助并退出" in command.out
        help_ = command.out.partition("选项")[2].partition("\n\n")[0]
        assert max(width(line) for line in help_.splitlines()) <= 80
        assert not {"usage", "options", "positional", "print "} & set(command.out.split())


async def test_errors_are_chinese_in_a_pipe_and_on_a_terminal(
    standin: StandIn, steno: Steno, environment: dict[str, str]
) -> None:
    wanted = "steno: 没有任务 7。\n       `steno jobs` 会列出全部任务。\n"
    command = await steno("show", "7", LC_ALL="", LANG="zh_CN.UTF-8", PYTHONUTF8="1")
    assert (command.code, command.err) == (3, wanted)
    assert await on_a_terminal(environment | CHINESE, "show", "7") == wanted
    command = await steno("show", **CHINESE)
    assert command.err == "steno: 缺少以下参数：JOB。\n       用法见 `steno show --help`。\n"


async def test_whoever_wants_c_reads_english(standin: StandIn, steno: Steno) -> None:
    for more in ({"LC_ALL": "", "LANG": "C"}, CHINESE | {"STENO_LANGUAGE": "en_GB"}):
        command = await steno("show", "7", **more)
        assert command.err.startswith("steno: There is no job 7.\n")
        assert (await steno("--help", **more)).out.startswith("usage: steno ")


async def test_programs_get_the_same_in_any_language(standin: StandIn, steno: Steno) -> None:
    standin.jobs["j1"] = job(state="paused", reason="user")
    for args in (("jobs",), ("show", "j1", "--json")):
        command, english = await asyncio.gather(steno(*args, **CHINESE), steno(*args))
        assert (command.code, command.err) == (0, "")
        assert command.out == english.out
    assert (await steno("pause", "j1", **CHINESE)).out == "j1\tpaused\tj1.wav\n"


async def test_what_is_recorded_of_an_error_is_english(standin: StandIn, steno: Steno) -> None:
    standin.refuse["/m/bad.wav"] = StenoError("media_empty", name="bad.wav")
    command = await steno("transcribe", "--json", "/m/bad.wav", **CHINESE)
    error = json.loads(command.out)["error"]
    assert error["detail"] == "bad.wav holds no bytes."
    assert error["facts"] == {"name": "bad.wav"}


async def test_tables_are_aligned_where_characters_are_wide(
    standin: StandIn, environment: dict[str, str]
) -> None:
    standin.jobs["j1"] = job(state="completed", duration=61.0)
    standin.jobs["j2"] = job("j2", state="failed", name="采访.wav")
    head, *rows = (await on_a_terminal(environment | CHINESE, "jobs")).splitlines()
    assert head.split() == ["任务", "状态", "进度", "时长", "文件"]
    assert sorted(row.split()[1] for row in rows) == ["失败", "已完成"]
    at = width(head.partition("文件")[0])
    assert {width(row) - width(row.split()[-1]) for row in rows} == {at}


async def test_facts_of_a_job_are_aligned(standin: StandIn, environment: dict[str, str]) -> None:
    standin.jobs["j1"] = job(state="paused", reason="user")
    shown = (await on_a_terminal(environment | CHINESE, "show", "j1")).splitlines()
    assert shown[0] == "任务      j1"
    assert "状态      已暂停 (由用户操作)" in shown


@pytest.mark.parametrize(("answer", "left"), [("是", 0), ("y", 0), ("不", 1)])
async def test_a_person_agrees_in_chinese(
    standin: StandIn, environment: dict[str, str], answer: str, left: int
) -> None:
    standin.jobs["j1"] = job()
    shown = await on_a_terminal(environment | CHINESE, "rm", "j1", answer=f"{answer}\n".encode())
    assert "移除任务 j1 及其转录内容吗？文件会保留。 [y/N] " in shown
    assert len(standin.jobs) == left
