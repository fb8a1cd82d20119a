"""Settings of a running daemon: seen, changed, kept, and what a change does; and its log."""

import asyncio
import contextlib
import os
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest

from e2e.asking import ask, noise, refused, steno
from harness import Home, ended, fake, running, until
from steno.client import Client, Tcp
from steno.settings.known import NOW, known
from steno.wire import ConfigState, Setting

FILE = """# mine
[jobs]
concurrent = 1
[tcp]
port = 7000
[models.own."whisper/mine"]
folder = "/data/mine"
[backends.asr.fake]
delay = 0.0
"""


def of(state: ConfigState, name: str) -> Setting:
    (found,) = [one for one in state.settings if one.name == name]
    return found


def seen(state: ConfigState, name: str) -> tuple[Any, Any, str, bool]:
    one = of(state, name)
    return one.value, one.used, one.origin, one.pending


def test_what_applies_now_exists() -> None:
    sections = {one.section for one in known().values()}
    assert sections | set(known()) >= NOW
    assert all(one.description and one.schema for one in known().values())
    assert known()["jobs.concurrent"].schema == {"type": "integer", "minimum": 1, "maximum": 16}


async def test_a_change_is_stored_used_and_kept(home: Home) -> None:
    home.configure(FILE)
    before = home.paths.config_file.read_bytes()
    film = noise(home.media / "a.wav", 1.0)
    async with running(home) as (daemon, client):
        state = await client.config()
        assert state.problem is None
        assert (state.file, state.overrides) == (
            str(home.paths.config_file), str(home.paths.overrides_file),
        )  # fmt: skip
        assert seen(state, "jobs.concurrent") == (1, 1, "file", False)
        assert seen(state, "subtitles.max_lines") == (2, 2, "default", False)
        assert seen(state, "workers.restart_delay") == (0.02, 0.02, "environment", False)
        assert state.own_models["whisper/mine"]["folder"] == "/data/mine"
        assert state.backends == {"asr": {"fake": {"delay": 0.0}}}
        assert not home.paths.overrides_file.exists()

        state = await client.change_config(
            {
                "jobs.concurrent": 3, "tcp.port": 7001, "transcription.formats": ["vtt", "txt"],
                "logs.level": "DEBUG",
            }
        )  # fmt: skip
        assert seen(state, "jobs.concurrent") == (3, 3, "overrides", False)
        assert seen(state, "tcp.port") == (7001, 7000, "overrides", True)
        assert of(state, "tcp.port").applies == "restart"
        assert state == await client.config()
        assert home.paths.config_file.read_bytes() == before
        assert stat.S_IMODE(home.paths.overrides_file.stat().st_mode) == 0o600
        assert tomllib.loads(home.paths.overrides_file.read_text()) == {
            "jobs": {"concurrent": 3}, "tcp": {"port": 7001}, "logs": {"level": "DEBUG"},
            "transcription": {"formats": ["vtt", "txt"]},
        }  # fmt: skip
        assert sorted(os.listdir(home.paths.config)) == ["config.toml", "overrides.toml"]

        jobs = [await client.add_job(film, fake({"delay": 5.0}, formats=[])) for _ in range(3)]

        async def all_run() -> bool:
            return (await client.status()).jobs.get("running") == 3

        await until(all_run, what="three jobs run at once")
        for job in jobs:
            await client.cancel(job.id)
        done = await ended(client, (await client.add_job(film, fake())).id)
        assert done.settings.formats == ("vtt", "txt")
        assert (home.media / "a.vtt").exists()
        async with contextlib.aclosing(client.events(["jobs"])) as events:
            await anext(events)

        async def noted() -> bool:
            return {one.level for one in (await client.logs(text="stream")).records} == {"DEBUG"}

        await until(noted, what="logs.level is used at once")
        daemon.kill()
    async with running(home) as (_, client):
        state = await client.config()
        assert seen(state, "tcp.port") == (7001, 7001, "overrides", False)
        state = await client.change_config({"jobs.concurrent": None, "tcp.port": None})
        assert seen(state, "jobs.concurrent") == (1, 1, "file", False)
        assert seen(state, "tcp.port") == (7000, 7001, "file", True)
        left = tomllib.loads(home.paths.overrides_file.read_text())
        assert set(left) == {"logs", "transcription"}


async def test_a_change_is_made_whole_or_not_at_all(home: Home) -> None:
    home.extra["STENO_JOBS_CONCURRENT"] = "2"
    home.configure("[tcp]\nenabled = true\nport = 0\n")
    async with running(home) as (_, client):
        address = (await client.status()).tcp
        assert address is not None
        async with Client(Tcp(address, home.paths.token.read_text().strip())) as distant:
            assert (await distant.config()).settings
            problem = await refused(distant.change_config({"subtitles.max_lines": 1}))
            assert problem.code == "local_only"

        for changes, code, words in (
            ({"subtitles.max_lines": 1, "tpc.port": 1}, "setting_invalid", "there is tcp.port"),
            ({"subtitles.max_lines": 1, "tcp.port": -1}, "setting_invalid", "tcp.port: "),
            ({"subtitles.max_lines": "1"}, "setting_invalid", "a whole number"),
            ({"transcription.formats": ["doc"]}, "setting_invalid", "use 'ass' or"),
            ({"transcription.formats": [None]}, "setting_invalid", "formats[0]"),
            ({"models.own": {}}, "setting_invalid", "in config.toml only"),
            ({"backends.asr.fake.delay": 1}, "setting_invalid", "in config.toml only"),
            ({"jobs.concurrent": 3}, "setting_fixed", "STENO_JOBS_CONCURRENT"),
        ):
            problem = await refused(client.change_config(changes))
            assert (problem.code, words in problem.detail) == (code, True), problem
        assert not home.paths.overrides_file.exists()
        assert seen(await client.config(), "jobs.concurrent") == (2, 2, "environment", False)
        state = await client.change_config({"jobs.concurrent": None})
        assert seen(state, "jobs.concurrent")[2] == "environment"

        # Of several at once none goes lost.
        names = ("max_lines", "max_duration", "min_gap", "max_cps")
        await asyncio.gather(*(client.change_config({f"subtitles.{n}": 1}) for n in names))
        assert tomllib.loads(home.paths.overrides_file.read_text()) == {
            "subtitles": dict.fromkeys(names, 1)
        }

        # A file broken by hand stops nothing.
        sound = home.paths.config_file.read_text()
        home.paths.config_file.write_text("[jobs\n")
        state = await client.config()
        assert state.problem is not None
        assert "at line 1, column 6" in state.problem
        assert seen(state, "transcription.backend") == ("pocketsphinx",) * 2 + ("file", False)
        kept = home.paths.overrides_file.read_bytes()
        problem = await refused(client.change_config({"subtitles.max_lines": 2}))
        assert (problem.code, problem.detail) == ("config_broken", state.problem)
        assert home.paths.overrides_file.read_bytes() == kept

        # What was changed by hand is pending until the next change, be it none.
        home.paths.config_file.write_text(sound + "\n[storage]\nkeep_audio = true\n")
        state = await client.config()
        assert state.problem is None
        assert seen(state, "storage.keep_audio") == (True, False, "file", True)
        assert not of(await client.change_config({}), "storage.keep_audio").pending


async def test_the_log(client: Client, shared: Home, folder: Path) -> None:
    film = noise(folder / "a.wav", 1.0)
    first = await client.logs()
    assert any("listens at" in one.message for one in first.records)
    assert [one.seq for one in first.records] == sorted(one.seq for one in first.records)
    assert first.next == first.records[-1].seq
    assert all(one.seq > first.next for one in (await client.logs(after=first.next)).records)

    job = await client.add_job(film, fake({"fail": [0]}))
    await ended(client, job.id)

    async def noted() -> Any:
        return (await client.logs(job=job.id, after=first.next)).records

    records = await until(noted, what="the log tells of the job")
    assert {one.level for one in records} <= {"WARNING", "ERROR"}
    page = await client.logs(level="WARNING", text="SEGMENTS", job=job.id)
    assert page.records
    assert page.records == [one for one in records if "segments" in one.message]
    assert not (await client.logs(level="CRITICAL")).records

    every, after, met = (await client.logs()).records, 0, list[int]()
    while records := (page := await client.logs(lines=2, after=after)).records:
        assert len(records) <= 2
        met, after = met + [one.seq for one in records], page.next
    assert met[: len(every)] == [one.seq for one in every]
    assert len((await client.logs(lines=1)).records) == 1
    for query in ("lines=0", "lines=2001", "level=LOUD", "after=-1", "job=" + 65 * "a"):
        answer = await ask(shared, "GET", f"/api/logs?{query}")
        assert (answer.status, answer.problem.code) == (400, "bad_request")


async def test_status_tells_of_the_machine(client: Client, shared: Home, folder: Path) -> None:
    if not os.path.exists("/proc/self/statm"):
        pytest.skip("the system does not tell")
    await ended(client, (await client.add_job(noise(folder / "a.wav", 1.0), fake())).id)
    found = await client.status()
    assert found.memory is not None
    assert found.memory > 2**20
    assert found.cpu_s > 0
    assert found.memory_total is not None
    assert found.memory_available is not None
    assert 0 < found.memory_available < found.memory_total
    assert found.disk_free is not None
    assert found.disk_free > 0
    assert all(one.memory is None or one.memory > 2**20 for one in found.workers)
    assert any(one.memory is not None for one in found.workers)
    assert " MB" in (await steno(shared, "status")).out
