"""The lines of curl in the README, run as they stand by the real curl against a real daemon."""

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest

from corpus import film, tone
from harness import Home, running

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TIME_IS_UP = 28
"""How curl ends where `--max-time` ended it."""

CONFIGURATION = """
[transcription]
backend = "fake"
splitter = "fake"
aligner = "fake"
[backends.asr.fake]
delay = 0.5
[backends.splitter.fake]
every = 0.5
"""
"""So that the job is at work while the README watches it."""
RECORDING = """#!/bin/sh
{curl} "$@"
code=$?
echo $code >> {log}
exit $code
"""
"""Runs the real curl and notes how it ended."""


def blocks() -> list[str]:
    return [block for block in BLOCK.findall(README.read_text()) if "curl " in block]


def commands(script: str) -> int:
    """How many lines of `script` run curl."""
    return sum(line.startswith("curl ") for line in script.splitlines())


async def test_the_readmes_lines_of_curl_work_as_they_stand(home: Home) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("there is no curl")
    assert blocks(), "the README shows no curl"
    home.paths = home.paths._replace(runtime=home.root / "xdg" / "steno")
    home.configure(CONFIGURATION)
    home.extra = {"XDG_RUNTIME_DIR": str(home.root / "xdg"), "STENO_RUNTIME_DIR": ""}
    log, tools = home.root / "codes", home.root / "bin"
    tools.mkdir()
    (tools / "curl").write_text(RECORDING.format(curl=curl, log=log))
    (tools / "curl").chmod(0o700)
    environment = home.environment | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    film(home.media / "talk.mp4", tone(4.0))
    async with running(home):
        for script in blocks():
            process = await asyncio.create_subprocess_exec(
                "sh", "-u", "-c", script, cwd=home.media, env=environment,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            out, err = await asyncio.wait_for(process.communicate(), 60)
            said = out.decode()
            assert process.returncode == 0, err.decode()
            assert '"hint"' not in said, said
    codes = [int(code) for code in log.read_text().split()]
    assert len(codes) == sum(commands(script) for script in blocks())
    assert set(codes) <= {0, TIME_IS_UP}
    assert '{"jobs":[' in said
    order = [said.index(part) for part in ("retry: ", "event: initial_state", "event: fragment")]
    assert order == sorted(order)
    assert '"state":"completed"' in said
    assert re.search(r"^1\n00:00:0\d,\d+ --> 00:00:0\d,\d+\n\w+", said, re.MULTILINE)
