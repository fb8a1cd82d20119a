"""How soon the daemon answers and what it holds when idle, beside a bare aiohttp server.

Both are started with the same Python on a Unix socket and asked again each millisecond. Counted:
from before exec to the first answer of GET /api/health, and the resident memory after `SETTLE`
seconds of rest. The daemon starts on a database that is there, as it does every day; its first
start of all is told beside it. For `steno --help` the processor's time is counted.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from measure.daemon import Home, new_home
from measure.processes import status
from measure.ratios import arguments, judge, pairwise, spread

BARE = """
import sys
from aiohttp import web

async def health(request):
    return web.json_response({"status": "ok"})

app = web.Application()
app.router.add_get("/api/health", health)
web.run_app(app, path=sys.argv[1], print=None, access_log=None)
"""
ASK = b"GET /api/health HTTP/1.1\r\nHost: steno\r\nConnection: close\r\n\r\n"
SETTLE = 2.5
PATIENCE = 30.0


class Start(NamedTuple):
    """Of one start: seconds to the first answer, idle bytes, seconds of processor time in all."""

    answer: float
    resident: int
    processor: float


def start(command: list[str], home: Home, path: Path) -> Start:
    path.unlink(missing_ok=True)
    begun = time.monotonic()
    process = subprocess.Popen(
        command,
        env=home.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not answers(path):
        if process.poll() is not None or time.monotonic() - begun > PATIENCE:
            process.kill()
            raise SystemExit(f"{command} does not answer")
        time.sleep(0.001)
    answered = time.monotonic() - begun
    time.sleep(SETTLE)
    resident = status(process.pid, "VmRSS")
    process.terminate()
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return Start(answered, resident, usage.ru_utime + usage.ru_stime)


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as link:
        try:
            link.connect(str(path))
            link.sendall(ASK)
            return b" 200 " in link.recv(64)
        except OSError:
            return False


def processor_time(command: list[str]) -> float:
    """Seconds of processor time that `command` takes."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, code, usage = os.wait4(process.pid, 0)
    process.returncode = code
    if code:
        raise SystemExit(f"{command} failed")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    asked = arguments(__doc__, rounds=9)
    pairs: list[tuple[Start, Start]] = []
    with new_home() as home, tempfile.TemporaryDirectory(dir="/tmp") as folder:
        bare = Path(folder, "bare.sock")
        stenod = [sys.executable, "-P", "-m", "steno.stenod"]
        first = start(stenod, home, home.paths.socket)
        for _ in range(asked.rounds):
            beside = start([sys.executable, "-c", BARE, str(bare)], home, bare)
            pairs.append((start(stenod, home, home.paths.socket), beside))
    for name, side in (("stenod", [p[0] for p in pairs]), ("aiohttp", [p[1] for p in pairs])):
        print(
            f"{name:8} answers after {spread([1000 * s.answer for s in side], 0)} ms,"
            f" holds {spread([s.resident / 2**20 for s in side], 1)} MiB"
        )
    print(f"the very first start of stenod: {1000 * first.answer:.0f} ms")
    judge("start", pairwise((a.answer, b.answer) for a, b in pairs), most=1.7)
    judge("idle memory", pairwise((a.resident, b.resident) for a, b in pairs), most=1.5)
    helps = [
        processor_time([sys.executable, "-m", "steno_tui", "--help"]) for _ in range(asked.rounds)
    ]
    print(f"steno --help takes {spread(helps, 3)} s of processor time")
    judge("steno --help", median(helps), most=0.25)


if __name__ == "__main__":
    main()
