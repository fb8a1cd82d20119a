"""Every line of curl in docs/http.md, run by the real curl against a real daemon in the order of
the page, has the answer that the page names."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from e2e.asking import ask, noise, plain, pulled, write
from harness import Home, ended, fake, running
from hub import Hub, add_toys, toy
from steno.api.interface import GROUPS
from steno.client import Client
from steno.config import Tcp

PAGE = Path(__file__).parents[2] / "docs" / "http.md"
SECTION = re.compile(
    r"""
    ^\#\#\#\ `(\w+)\ (\S+)`\n
    (?:(?!\#).*\n)*?
    Answer:\ (\d+)(.*)\n
    (?:(?!\#).*\n)*?
    ```sh\n(.*)\n```$
    """,
    re.MULTILINE | re.VERBOSE,
)
CONFIGURATION = """
[tcp]
enabled = true
port = 0
[jobs]
shutdown_grace = 0
[transcription]
backend = "fake-translate"
splitter = "fake"
aligner = "fake"
[backends.splitter.fake]
every = 10.0
[models.own."whisper/small"]
repository = "toys/small"
[models.own."align/de"]
repository = "toys/align"
languages = ["de"]
"""
TELLING = """#!/bin/sh
exec {curl} -s -S -o {out} -w '%{{http_code}} %{{content_type}}' --max-time "$SECONDS_LEFT" "$@"
"""
"""The real curl, which prints the status and the kind of the answer in place of the answer."""
EDITS = re.compile(r"/api/jobs/\{job\}/cues/\{cue\}.*")
STEERING = re.compile(r"/api/jobs/\{job\}/(start|pause|resume|cancel|retry)")
"""In the order of the page each of them leads to a state in which the next is possible."""


class Line(NamedTuple):
    """A route of the page with its line of curl."""

    method: str
    path: str
    status: str
    answer: str
    curl: str


def lines() -> list[Line]:
    return [Line(*found) for found in SECTION.findall(PAGE.read_text())]


def test_every_route_has_its_line() -> None:
    served = {(route.method, plain(route)) for group in GROUPS for route in group.routes}
    assert {(line.method, line.path) for line in lines()} == served


class Shell:
    """Runs lines of the page."""

    def __init__(self, home: Home, curl: str) -> None:
        self.out = home.root / "out"
        tools = home.root / "bin"
        tools.mkdir()
        (tools / "curl").write_text(TELLING.format(curl=curl, out=self.out))
        (tools / "curl").chmod(0o700)
        self.folder = home.media
        self.variables = home.environment | {
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home.root),
            "SOCKET": str(home.paths.socket),
            "SECONDS_LEFT": "20",
        }

    async def run(self, script: str, **variables: str) -> str:
        """What `script` prints: status and content type of its answer, whose body is `out`."""
        self.out.unlink(missing_ok=True)
        process = await asyncio.create_subprocess_exec(
            "sh", "-u", "-c", script, cwd=self.folder, env=self.variables | variables,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await asyncio.wait_for(process.communicate(), 30)
        return said.decode()


@pytest.fixture
async def shell(home: Home) -> AsyncIterator[tuple[Shell, Client]]:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("there is no curl")
    home.paths = home.paths._replace(
        runtime=home.root / "xdg" / "steno", state=home.root / ".local" / "state" / "steno"
    )
    home.configure(CONFIGURATION)
    with Hub() as hub:
        add_toys(hub)
        home.extra = hub.environment | {
            "XDG_RUNTIME_DIR": str(home.root / "xdg"), "STENO_RUNTIME_DIR": "",
        }  # fmt: skip
        async with running(home) as (_, client):
            yield Shell(home, curl), client


async def test_every_line_has_the_answer_named(home: Home, shell: tuple[Shell, Client]) -> None:
    sh, client = shell
    film = noise(home.media / "talk.wav", 23.0)
    done = await ended(client, (await client.add_job(film, fake())).id)
    slow = await client.add_job(film, fake({"delay": 60.0}, formats=[]), start=False)
    spare = await client.add_job(film, fake(formats=[]), start=False)
    stick = home.root / "stick"
    write(stick, toy("stick"))
    for line in lines():
        job = slow.id if STEERING.fullmatch(line.path) else done.id
        if line.method == "DELETE" and line.path == "/api/jobs/{job}":
            job = spare.id
        if line.path.startswith("/v1/audio/"):
            await client.cancel(slow.id)  # these wait for a job of their own
        edits = line.method != "GET" and EDITS.fullmatch(line.path)
        revision = ""
        if edits:
            cue = (await ask(home, "GET", f"/api/jobs/{done.id}/cues/0.0")).json
            revision = str(cue["revision"])
        if line.path.endswith(("/verify", "/update")):
            await pulled(client, "whisper/small")
        stream = "`text/event-stream`" in line.answer and line.method == "GET"
        said = await sh.run(
            line.curl, FILM=film, JOB=job, CUE="0.0", REVISION=revision, STICK=str(stick),
            SECONDS_LEFT="1" if stream else "20",
        )  # fmt: skip
        body = sh.out.read_text() if sh.out.exists() else ""
        status, _, kind = said.partition(" ")
        assert status == line.status, f"{line.method} {line.path}: {said} {body[:500]}"
        if kind:
            named = "application/json" if "](#" in line.answer else kind.partition(";")[0]
            assert kind.startswith(named)
            assert f"`{named}`" in line.answer or "](#" in line.answer, (line, kind)
        if stream:
            assert body.startswith("retry: "), body
            assert "event: initial_state\n" in body
        if edits:
            await ask(home, "POST", f"/api/jobs/{done.id}/undo")


async def test_the_ways_in(home: Home, shell: tuple[Shell, Client]) -> None:
    sh, client = shell
    job = await client.add_job(noise(home.media / "talk.wav", 3.0), fake(), start=False)
    head = PAGE.read_text().partition("\n## From Python\n")[0]
    by_socket, by_tcp, setting = re.findall(r"^```sh\n(.*?)^```$", head, re.MULTILINE | re.DOTALL)
    assert await sh.run(by_socket) == "200 application/json"
    address = (await ask(home, "GET", "/api/status")).json["tcp"]
    assert f"http://127.0.0.1:{Tcp().port}/" in by_tcp
    here = by_tcp.replace(f"http://127.0.0.1:{Tcp().port}", address)
    assert await sh.run(here) == "200 application/json"
    plain = {"PATH": os.environ["PATH"]}
    said = await sh.run(f'{setting}\nprintf "%s %s %s" "$SOCKET" "$FILM" "$JOB"', **plain)
    assert said == f"{home.paths.socket} {home.media}/talk.mp4 {job.id}"


async def test_the_programs_in_python(home: Home, shell: tuple[Shell, Client]) -> None:
    sh, client = shell
    noise(home.media / "film.wav", 23.0)
    part = PAGE.read_text().partition("\n## From Python\n")[2].partition("\n## ")[0]
    by_socket, by_tcp = re.findall(r"^```python\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
    (home.media / "by_socket.py").write_text(by_socket)
    folders = {
        f"STENO_{name.upper()}_DIR": str(path) for name, path in home.paths._asdict().items()
    }
    said = await sh.run(f"{sys.executable} by_socket.py film.wav", **folders)
    assert "completed 100 %" in said, said
    assert "Said otherwise" in said
    (job,) = (await client.jobs()).jobs
    assert (home.media / "film.srt").exists()
    assert not any(cue.modified for cue in (await client.transcript(job.id)).cues)
    address = (await ask(home, "GET", "/api/status")).json["tcp"]
    here = by_tcp.replace(f"http://127.0.0.1:{Tcp().port}", address)
    assert here != by_tcp
    (home.media / "by_tcp.py").write_text(here)
    said = await sh.run(f"{sys.executable} by_tcp.py film.wav", **folders)
    sent = await client.job(said.split()[0])
    assert (sent.upload is not None, sent.name) == (True, "talk.mp4")
