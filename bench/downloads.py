"""What a download costs those who ask the daemon something else meanwhile.

GET /api/jobs (a page of 50 of 200 jobs) is asked again and again over the Unix socket, with a pause
between two, for some seconds with no download and for as long beside one; p99 of both, pairwise in
rounds. The download comes from a server on loopback in a process of its own: once at the rate of a
fast line (`LINE`), and once as fast as this machine can, where server, worker and daemon share its
processors, so that whatever else is asked must wait for them. Beside it, without a bar: what a
process that only burns a processor costs.
"""

import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from statistics import quantiles

from measure.daemon import fake, new_home, running
from measure.ratios import arguments, judge, pairwise
from steno.client import Client

LINE = 60_000
"""KiB a second: 500 Mbit/s."""
SIZE = 4 * 2**30
PAUSE = 0.002
"""Seconds between two questions."""
JOBS = 200
FILM = Path(__file__).parents[1] / "tests" / "data" / "door.flac"


@contextlib.contextmanager
def hub(folder: str) -> Iterator[str]:
    command = [sys.executable, "-m", "measure.files", folder, str(SIZE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parent) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


@contextlib.contextmanager
def burning() -> Iterator[None]:
    """A process that does nothing but count."""
    with subprocess.Popen(
        [sys.executable, "-c", "while True: pass"], start_new_session=True
    ) as one:
        try:
            yield
        finally:
            one.kill()


async def p99(client: Client, seconds: float) -> float:
    """Milliseconds."""
    taken = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.perf_counter()
        await client.request("GET", "/api/jobs")
        taken.append(1000 * (time.perf_counter() - begun))
        await asyncio.sleep(PAUSE)
    return quantiles(taken, n=100)[98]


@contextlib.asynccontextmanager
async def downloading(client: Client) -> AsyncIterator[list[float]]:
    """While a download runs; gives MB a second at the end."""
    await client.download("toy/bench")
    while not (await client.model("toy/bench")).size_on_disk:
        await asyncio.sleep(0.01)
    rate: list[float] = []
    before, begun = (await client.model("toy/bench")).size_on_disk, time.monotonic()
    yield rate
    found = await client.model("toy/bench")
    rate.append((found.size_on_disk - before) / (time.monotonic() - begun) / 1e6)
    if found.status != "downloading":
        raise SystemExit(f"the download was over too soon: {found.status}")
    await client.cancel_download("toy/bench")
    await client.remove_model("toy/bench")


async def measure(rate_kib: int, rounds: int, seconds: float, endpoint: str, bar: float) -> None:
    pairs = []
    with new_home() as home:
        home.extra |= {"HF_ENDPOINT": endpoint, "NO_PROXY": "127.0.0.1"}
        home.configure(
            f'[models]\nmax_rate_kib = {rate_kib}\n[models.own."toy/bench"]\n'
            'repository = "bench/large"\n'
        )
        async with running(home) as (_, client):
            for _ in range(JOBS):
                await client.add_job(str(FILM), fake(formats=[]), start=False)
            await p99(client, 1.0)
            for number in range(rounds):
                alone = await p99(client, seconds)
                async with downloading(client) as rate:
                    beside = await p99(client, seconds)
                with burning():
                    burnt = await p99(client, seconds)
                pairs.append((beside, alone))
                print(
                    f"round {number + 1}: p99 {alone:.2f} ms alone, {beside:.2f} ms beside a"
                    f" download of {rate[0]:.0f} MB/s, {burnt:.2f} ms beside a burning process",
                    flush=True,
                )
    name = "at the rate of a line" if rate_kib else "as fast as it goes"
    judge(f"p99 of GET /api/jobs beside a download {name}", pairwise(pairs), most=bar)


def main() -> None:
    asked = arguments(__doc__, rounds=5, seconds=5.0)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, hub(folder) as endpoint:
        for rate in (LINE, 0):
            asyncio.run(measure(rate, asked.rounds, asked.seconds, endpoint, 1.5))


if __name__ == "__main__":
    main()
