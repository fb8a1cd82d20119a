"""What watches the loop's thread of every daemon of these tests sees what it is there for."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness import new_home, running
from steno.client import Client

ROOT = Path(__file__).parents[1]

CALLS = {
    "open": "open(file).close()",
    "read": "held.read()",
    "write": "written.write(b'x'); written.flush()",
    "os.read": "os.read(number, 1)",
    "os.fsync": "os.fsync(number)",
    "os.stat": "os.stat(file)",
    "os.statvfs": "os.statvfs(folder)",
    "os.scandir": "list(os.scandir(folder))",
    "os.mkdir": "os.mkdir(folder + str(threading.get_ident()))",
    "os.rename": "os.rename(file, file)",
    "os.remove": "Path(folder, 'none').unlink(missing_ok=True)",
    "shutil.": "shutil.rmtree(folder + 'x', ignore_errors=True)",
    "sqlite3.connect": "sqlite3.connect(':memory:').close()",
    "SQLite execute": "db.execute('SELECT 1')",
    "SQLite fetchone": "rows.fetchone()",
}
FREE = {
    "a pipe": "os.write(pipe[1], b'x'); os.read(pipe[0], 1)",
    "/proc": "open('/proc/self/stat').close()",
    "a descriptor": "os.fdopen(os.dup(pipe[0]), 'rb', 0).close()",
    "a traceback": "trace()",
}
SCRIPT = """
import asyncio, concurrent.futures.thread, json, logging, os, shutil, sqlite3, sys, threading
from pathlib import Path
import loop_watch

folder, record, where, *calls = sys.argv[1:]
file = folder + "/file"
loop_watch.begin(record)
Path(file).write_text("text")
held, written, number = open(file, "rb"), open(folder + "/new", "wb"), os.open(file, os.O_RDWR)
db = sqlite3.connect(folder + "/db", check_same_thread=False)
rows = db.execute("SELECT 1")
pipe = os.pipe()

def trace():
    try:
        json.loads("{")
    except ValueError:
        logging.exception("told with its sources")

async def main():
    from steno import config, logs, paths
    logs.set_up(paths.Paths(*[Path(folder)] * 4), config.Logs(), console=False)
    await asyncio.start_unix_server(lambda *_: None, folder + "/socket")
    for call in calls:
        print(call, file=sys.stderr)
        if where == "loop":
            eval(compile(call, "call", "exec"))
        else:
            await asyncio.to_thread(lambda: eval(compile(call, "call", "exec"), globals()))

asyncio.run(main())
"""


def noted(folder: Path, where: str, calls: list[str]) -> str:
    """What is noted of `calls` on the thread of a loop, or on another."""
    record = folder / "record"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), str(record), where, *calls],
        env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return record.read_text()


def test_each_kind_of_call_is_noted(tmp_path: Path) -> None:
    found = noted(tmp_path, "loop", list(CALLS.values())).splitlines()
    for name in CALLS:
        assert any(line.startswith(name) for line in found), name


def test_what_waits_for_no_disk_is_free(tmp_path: Path) -> None:
    assert noted(tmp_path, "loop", list(FREE.values())) == ""


def test_other_threads_are_free(tmp_path: Path) -> None:
    assert noted(tmp_path, "elsewhere", list(CALLS.values())) == ""


SABOTAGE = """
import os
from steno.api import codec

encode = codec.msgspec.json.encode

def blocked(*args, **more):
    os.stat(os.environ["STENO_DATA_DIR"])
    return encode(*args, **more)

codec.msgspec.json.encode = blocked
"""


async def test_a_daemon_that_blocks_its_loop_fails_its_test(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SABOTAGE)
    with new_home() as home:
        home.extra = {"PYTHONPATH": str(tmp_path)}
        with pytest.raises(AssertionError, match=r"(?s)on the thread of .*os\.stat.*blocked"):
            async with running(home) as (_, client):
                assert isinstance(client, Client)
                await client.health()
