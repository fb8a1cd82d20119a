"""The daemon as a process: one at a time, stopped and started, and its workers when they fail."""

import asyncio
import os
import re
import signal
import sqlite3
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from e2e.asking import ask, harm, noise, steno, with_text
from harness import Home, Stenod, ended, fake, running, until
from steno.client import Client
from steno.errors import Exit

ENVIRONMENT = {
    "STENO_WORKERS_PROGRESS_TIMEOUT": "1",
    "STENO_WORKERS_MAX_MEMORY_MIB": "300",
    "STENO_TRANSCRIPTION_SPLITTER": "fake",
    "STENO_TRANSCRIPTION_ALIGNER": "fake",
}
"""Of the daemon whose workers fail."""


def settings(asr: dict[str, Any] | None = None, every: float = 1.0, **more: Any) -> dict[str, Any]:
    options = {"splitter": {"every": every}} | more.pop("options", {})
    return fake(asr, options=options, **more)


# One at a time ----------------------------------------------------------------------

RACES = 50


async def test_of_several_that_start_at_once_one_serves(home: Home) -> None:
    """The winner of each round is ended as `kill -9` does, in every fifth once it served, so that
    the next finds its socket file, in the others wherever it has got to."""
    for number in range(RACES):
        thorough = number % 5 == 0
        await race(home, starters=4 if thorough else 2, serve=thorough)
        assert home.paths.socket.exists()


async def race(home: Home, *, starters: int, serve: bool) -> None:
    daemons = [Stenod(home) for _ in range(starters)]
    processes = [daemon.spawn() for daemon in daemons]
    try:
        losers = await until(lambda: all_but_one(processes), what="all but one end")
        (winner,) = [p for p in processes if p not in losers]
        for loser in losers:
            assert loser.returncode == Exit.ALREADY_RUNNING
            assert loser.stdout is not None
            said = loser.stdout.read().decode()
            assert f"stenod is already running, pid {winner.pid}." in said
        if serve:
            await until(lambda: answers(home, winner.pid), what="the winner answers")
        assert winner.poll() is None
    finally:
        for daemon in daemons:
            daemon.kill()


def all_but_one(processes: list["subprocess.Popen[bytes]"]) -> list["subprocess.Popen[bytes]"]:
    over = [p for p in processes if p.poll() is not None]
    assert len(over) < len(processes), [p.stdout and p.stdout.read() for p in over]
    return over if len(over) == len(processes) - 1 else []


async def answers(home: Home, pid: int) -> bool:
    try:
        found = await ask(home, "GET", "/api/health")
    except OSError:
        return False
    return found.json["pid"] == pid  # type: ignore[no-any-return]


async def test_the_socket_is_for_its_user_only(home: Home) -> None:
    home.untouched()
    async with running(home):
        for path, mode in ((home.paths.socket, 0o600), (home.paths.runtime, 0o700)):
            assert stat.S_IMODE(path.stat().st_mode) == mode
        for folder in (home.paths.state, home.paths.data):
            assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0
        assert stat.S_IMODE(home.paths.database.stat().st_mode) == 0o600
        assert os.listdir(home.paths.runtime) == ["steno.sock"]
    assert not home.paths.socket.exists()


# Stopped and started ----------------------------------------------------------------------


async def test_after_a_stop_the_job_goes_on_by_itself(home: Home) -> None:
    log = home.root / "calls"
    media = noise(home.media / "a.wav", 8.0)
    async with running(home) as (daemon, client):
        job = await client.add_job(media, settings({"delay": 0.2, "log": str(log)}))
        await with_text(client, job.id, 2)
        assert daemon.terminate() == Exit.OK
    async with running(home) as (_, client):
        job = await ended(client, job.id)
        assert (job.state, job.segments.done) == ("completed", 8)
    calls = log.read_text().split()
    assert sorted(calls, key=int) == [str(n) for n in range(8)], "segments in hand were finished"


async def test_a_second_signal_means_now(home: Home) -> None:
    media = noise(home.media / "a.wav", 4.0)
    async with running(home, STENO_JOBS_SHUTDOWN_GRACE="60") as (daemon, client):
        job = await client.add_job(media, settings({"delay": 30.0}))

        async def at_work() -> bool:
            workers = (await client.status()).workers
            return any(w.work == "transcribe" and w.state == "busy" for w in workers)

        await until(at_work, what="a worker has it in hand")
        assert daemon.process is not None
        daemon.process.send_signal(signal.SIGTERM)
        await until(lambda: "stenod stops" in home.log, what="the first signal is heard")
        assert daemon.process.poll() is None
        began = time.monotonic()
        assert await asyncio.to_thread(daemon.terminate) == Exit.OK
        assert time.monotonic() - began < 8
    async with running(home) as (_, client):
        assert (await client.job(job.id)).state in ("queued", "running")
        await client.cancel(job.id)


async def test_no_worker_outlives_the_daemon(home: Home) -> None:
    media = noise(home.media / "a.wav", 8.0)
    daemon = await Stenod(home).start()
    try:
        async with Client(home.paths.socket) as client:
            job = await client.add_job(media, settings({"delay": 5.0, "hang": [1]}))

            async def busy() -> list[int]:
                workers = (await client.status()).workers
                pids = [w.pid for w in workers if w.pid and w.work == "transcribe"]
                return pids if len(pids) >= 1 else []

            pids = await until(busy, what="workers are at work")
            assert job.id
    finally:
        daemon.kill()
    await until(lambda: not any(alive(pid) for pid in pids), what="workers end", timeout=10)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return False
    return state != b"Z"


# Refusals ----------------------------------------------------------------------


def refusal(home: Home, *command: str) -> tuple[int, list[str]]:
    """Exit status and lines of a daemon that does not start."""
    daemon = Stenod(home)
    process = daemon.spawn()
    assert process.stdout is not None
    try:
        said, _ = process.communicate(timeout=20)
    finally:
        daemon.kill()
    return process.returncode, said.decode().splitlines()


async def test_a_damaged_database_is_refused_and_left_alone(home: Home) -> None:
    async with running(home):
        pass
    data = bytearray(home.paths.database.read_bytes())
    data[:100] = bytes((n * 31) % 256 for n in range(100))
    home.paths.database.write_bytes(data)
    code, lines = refusal(home)
    assert code == Exit.STORAGE
    assert lines[0].startswith(f"stenod: {home.paths.database} cannot be used: ")
    assert len(lines) == 2
    assert "Move the file away" in lines[1]
    assert home.paths.database.read_bytes() == data
    command = await steno(home, "jobs")
    assert command.code == Exit.NO_DAEMON
    assert str(home.paths.database) in command.err
    home.paths.database.unlink()
    async with running(home) as (_, client):
        assert (await client.jobs()).total == 0


async def test_the_database_of_a_newer_steno_is_refused_and_left_alone(home: Home) -> None:
    async with running(home):
        pass
    connection = sqlite3.connect(home.paths.database)
    connection.execute("PRAGMA user_version = 1000")
    connection.close()
    before = home.paths.database.read_bytes()
    code, lines = refusal(home)
    assert code == Exit.STORAGE
    assert "newer Steno" in lines[0]
    assert "1000" in lines[0]
    assert len(lines) == 2
    assert home.paths.database.read_bytes() == before


async def test_a_wrong_configuration_is_refused(home: Home) -> None:
    home.configure("[workers]\nspeach = 2\n")
    code, lines = refusal(home)
    assert code == Exit.USAGE
    assert str(home.paths.config_file) in lines[0]
    assert "speach" in lines[0]
    home.configure("[workers\n")
    code, lines = refusal(home)
    assert code == Exit.USAGE
    assert len(lines) == 2


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Nothing can be made in `folder`. Skips where that cannot be had."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.getuid() != 0:
        pytest.skip("the daemon sets the modes of its own folders; a mount needs root")
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", ["state", "data", "runtime"])
async def test_a_folder_that_cannot_be_written_is_refused(name: str, home: Home) -> None:
    folder: Path = getattr(home.paths, name)
    with unwritable(folder):
        code, lines = refusal(home)
        assert code == Exit.STORAGE
        assert lines[0].startswith(f"stenod: {folder}")
        assert "read-only" in lines[0]
        assert len(lines) == 2


async def test_a_file_where_a_folder_belongs_is_refused(home: Home) -> None:
    home.untouched()
    home.paths.state.write_text("")
    code, lines = refusal(home)
    assert (code, len(lines)) == (Exit.STORAGE, 2)
    assert str(home.paths.state) in lines[0]


# The commands ----------------------------------------------------------------------


async def test_commands_start_the_daemon_and_status_and_stop_do_not(home: Home) -> None:
    try:
        for args in (("status",), ("daemon", "status")):
            command = await steno(home, *args)
            assert command.code == Exit.NO_DAEMON
            assert "steno daemon start" in command.err
        for args in (("stop",), ("daemon", "stop")):
            command = await steno(home, *args)
            assert (command.code, command.out) == (Exit.OK, "No daemon is running.\n")
        assert not home.paths.socket.exists()

        command = await steno(home, "jobs")
        assert command.code == Exit.OK
        first = (await ask(home, "GET", "/api/health")).json["pid"]
        command = await steno(home, "daemon", "start")
        assert command.out == f"stenod is running, pid {first}.\n"
        command = await steno(home, "daemon", "status", "--json")
        assert f'"pid":{first}' in command.out
        command = await steno(home, "daemon", "logs", "-n", "5")
        assert command.code == Exit.OK
        assert f"pid {first}" in command.out

        command = await steno(home, "daemon", "stop")
        assert (command.code, command.out) == (Exit.OK, "stenod stopped.\n")
        assert not alive(first)
        command = await steno(home, "daemon", "start")
        assert command.code == Exit.OK
        found = re.fullmatch(r"stenod started, pid (\d+)\.\n", command.out)
        assert found
        assert int(found[1]) != first
    finally:
        await steno(home, "daemon", "stop", "--now")
    assert not home.paths.socket.exists()


async def test_two_commands_at_once_share_one_daemon(home: Home) -> None:
    media = [noise(home.media / f"{n}.wav", 1.0) for n in range(3)]
    try:
        commands = await asyncio.gather(
            *(steno(home, "transcribe", "--backend", "fake", one) for one in media)
        )
        assert [c.code for c in commands] == [0, 0, 0], [c.err for c in commands]
        assert home.log.count("listens at") == 1
    finally:
        await steno(home, "daemon", "stop", "--now")


# Workers that fail ----------------------------------------------------------------------

FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "segfault": ({"segfault": [1]}, "SIGSEGV"),
    "hang": ({"hang": [1]}, "no progress for 1 s"),
    "stop": ({"stop": [1]}, "no progress for 1 s"),
    "exhaust": ({"exhaust": [1]}, "SIGKILL"),
    "raise": ({"fail": [1]}, "no idea what segment 1 says"),
}
"""What the recogniser does on segment 1, and what the gap must tell of it."""


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_poisonous_segment_becomes_a_gap_and_harms_no_other(
    fault: str, folder: Path, client: Client
) -> None:
    wicked, words = FAULTS[fault]
    calls = folder / "calls"
    bad = await client.add_job(
        noise(folder / "bad.wav", 4.0), settings({**wicked, "log": str(calls)})
    )
    good = await client.add_job(noise(folder / "good.wav", 6.0), settings({"delay": 0.05}))
    job = await ended(client, bad.id)
    assert (job.state, job.reason) == ("completed", "gaps")
    assert (job.segments.done, job.segments.failed) == (3, 1)
    assert calls.read_text().split().count("1") == 3
    assert all(calls.read_text().split().count(n) <= 3 for n in "023")
    (gap,) = (await client.checkpoint(job.id)).gaps
    assert (gap.segment_index, gap.start, gap.end) == (1, 1.0, 2.0)
    assert words in gap.reason
    assert (folder / "bad.srt").read_text().count("-->") == 3
    other = await ended(client, good.id)
    assert (other.state, other.segments.failed) == ("completed", 0)


async def test_a_fault_that_passes_leaves_no_trace(folder: Path, client: Client) -> None:
    for name, (wicked, _) in FAULTS.items():
        if name in ("hang", "stop"):
            continue
        calls = folder / f"{name}.calls"
        faults = {**wicked, "once": True, "log": str(calls)}
        job = await client.add_job(noise(folder / f"{name}.wav", 3.0), settings(faults))
        job = await ended(client, job.id)
        assert (job.state, job.segments.done, harm(job)) == ("completed", 3, []), name
        assert calls.read_text().split().count("1") == 2
        assert (folder / f"{name}.srt").read_bytes() == (folder / "segfault.srt").read_bytes()


async def test_the_command_lists_gaps_and_retry_closes_them(folder: Path, shared: Home) -> None:
    media = noise(folder / "a.wav", 3.0)
    command = await steno(
        shared, "transcribe", "--backend", "fake", "--json",
        "--set", "splitter.every=1.0", "--set", "asr.fail=[1]", media,
    )  # fmt: skip
    assert command.code == Exit.GAPS, command.err
    async with Client(shared.paths.socket) as client:
        (job,) = [j for j in (await client.jobs()).jobs if j.path == media]
        shown = await steno(shared, "watch", job.id)
        assert shown.code == Exit.GAPS
        assert "no text from 0:00:01 to 0:00:02" in shown.err
        assert f"steno retry {job.id}" in shown.err
        assert (await client.retry(job.id)).state in ("queued", "running")
        again = await ended(client, job.id)
        assert (again.reason, again.segments.failed) == ("gaps", 1)


async def test_a_worker_that_grows_is_restarted_between_segments(
    folder: Path, client: Client
) -> None:
    leak = settings({"leak": 120 * 2**20}, workers=1)
    job = await client.add_job(noise(folder / "a.wav", 8.0), leak)
    largest = 0

    async def over() -> bool:
        nonlocal largest
        for worker in (await client.status()).workers:
            if worker.pid:
                largest = max(largest, resident(worker.pid))
        return (await client.job(job.id)).state == "completed"

    await until(over, what="the job completes")
    job = await client.job(job.id)
    assert (job.segments.done, job.segments.failed) == (8, 0)
    assert largest < 700 * 2**20, "without a restart it holds 960 MiB"


def resident(pid: int) -> int:
    """Bytes."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


async def test_a_backend_that_cannot_be_loaded_fails_its_job(folder: Path, client: Client) -> None:
    job = await client.add_job(noise(folder / "a.wav", 3.0), settings({"fail_load": True}))
    job = await ended(client, job.id)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error.code == "backend_load_failed"
    assert "made of cheese" in job.error.detail
    assert job.error.detail.endswith(".")
    assert not (folder / "a.srt").exists()


async def test_a_job_of_which_nothing_can_be_done_fails(folder: Path, client: Client) -> None:
    job = await client.add_job(noise(folder / "a.wav", 3.0), settings({"fail": list(range(9))}))
    job = await ended(client, job.id)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error.code == "nothing_transcribed"
    assert not (folder / "a.srt").exists()


@pytest.mark.parametrize("wicked", [{"fail": True}, {"segfault": [1]}], ids=str)
async def test_a_failing_aligner_leaves_the_recognisers_times(
    wicked: dict[str, Any], folder: Path, client: Client
) -> None:
    media = noise(folder / "a.wav", 3.0)
    job = await client.add_job(media, settings(options={"aligner": wicked}))
    job = await ended(client, job.id)
    assert (job.state, job.segments.done, job.segments.failed) == ("completed", 3, 0)
    (warning,) = job.warnings
    assert warning.code == "not_aligned"
    words = (await client.transcript(job.id, words=True)).cues[1].words
    assert words[0].start == 1.0, "the aligner would have moved it by 10 ms"


async def test_batches_are_taken_apart_to_find_the_poison(folder: Path, client: Client) -> None:
    calls = folder / "calls"
    wanted = {**settings({"segfault": [2], "log": str(calls)}), "backend": "fake-batch"}
    job = await ended(client, (await client.add_job(noise(folder / "a.wav", 8.0), wanted)).id)
    assert (job.state, job.segments.done, job.segments.failed) == ("completed", 7, 1)
    (gap,) = (await client.checkpoint(job.id)).gaps
    assert gap.segment_index == 2


async def test_the_daemon_itself_never_died(shared: Home, client: Client) -> None:
    """The last test of this module on purpose."""
    assert (await client.health()).status == "ok"
    assert shared.log.count("listens at") == 1
    assert " CRITICAL " not in shared.log
