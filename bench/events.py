"""What many listeners cost: time to reach them, a job that they watch, and those who never read.

Time from commit to receipt: of each event to each client, by the monotonic clock, which both
processes share. Beside it a bare aiohttp loop writes the same encoded bytes, without a commit, at
the same rate to the same client process; its clock starts with the first write. The commit is not
counted, the way from the writing thread to the loop is.

A watched job: of one worker, 20 events a second, with 1,000 clients of its stream and with none.

Who never reads: 200 clients whose sockets fill up until they are let go; the memory that costs, and
the time to reach the others meanwhile.
"""

import asyncio
from pathlib import Path
from statistics import median, quantiles

from measure.daemon import fake, new_home, running
from measure.jobs import final, heard
from measure.processes import status
from measure.ratios import arguments, judge, pairwise, spread
from measure.sources import raise_limit
from measure.streams import Crowd, Source, source
from steno.client import Client

RATE = 100
"""Events a second."""
CLIENTS = 100
SILENT = 200
"""Clients that never read."""
SEGMENT = 0.14
"""Seconds a segment takes; with it come a draft at most five times a second, and progress."""


async def latency(server: Source, crowd: Crowd, seconds: float) -> float:
    """p99 from each event's moment to each client, milliseconds."""
    count = round(seconds * RATE)
    crowd.moments.clear()
    crowd.timed = True
    server.send(count, RATE)
    began = await server.moments()
    while len(crowd.moments) < count * CLIENTS:
        await asyncio.sleep(0.01)
    first = min(number for number, _ in crowd.moments)
    taken = [moment - began[number - first] for number, moment in crowd.moments]
    return quantiles(taken, n=100)[98] / 1e6


async def to_receipt(rounds: int, seconds: float) -> None:
    pairs = []
    async with source("steno") as ours, source("bare") as beside:
        crowds = {ours: Crowd(), beside: Crowd()}
        for server, crowd in crowds.items():
            await crowd.join(server.path, CLIENTS)
            await latency(server, crowd, 1.0)
        for number in range(rounds):
            order = [ours, beside] if number % 2 == 0 else [beside, ours]
            found = {server: await latency(server, crowds[server], seconds) for server in order}
            pairs.append((found[ours], found[beside]))
            print(f"round {number + 1}: p99 {pairs[-1][0]:.2f} ms, bare {pairs[-1][1]:.2f} ms")
    print(f"p99: steno {spread([a for a, _ in pairs])}, bare {spread([b for _, b in pairs])} ms")
    judge("commit to receipt, p99 beside a bare loop", pairwise(pairs), most=1.5)


async def never_read(rounds: int, seconds: float) -> None:
    """Each round has a server of its own: a client that takes nothing for ten seconds is let go."""
    pairs, costs = [], []
    for number in range(rounds):
        async with source("steno") as server:
            crowd, silent = Crowd(), Crowd()
            await crowd.join(server.path, CLIENTS)
            await latency(server, crowd, seconds)
            before = status(server.process.pid, "VmRSS")
            alone = await latency(server, crowd, seconds)
            await silent.join(server.path, SILENT, reading=False)
            await latency(server, crowd, 4.0)  # until their sockets are full
            beside = await latency(server, crowd, seconds)
            cost = (status(server.process.pid, "VmHWM") - before) / 2**20
            silent.leave()
        pairs.append((beside, alone))
        costs.append(cost)
        print(f"round {number + 1}: p99 {beside:.2f} ms, alone {alone:.2f} ms, {cost:.1f} MiB")
    judge(f"memory of {SILENT} clients that never read, MB", median(costs) * 1.048576, most=30.0)
    judge("p99 of the others beside that without them", pairwise(pairs), most=1.2)


async def job(client: Client, film: Path, path: str, clients: int) -> tuple[float, float]:
    """Seconds of a job from start to end, and how many events a second each of `clients` heard."""
    settings = fake(
        {"delay": SEGMENT}, options={"splitter": {"every": 1.0}}, workers=1, overwrite=True
    )
    added = await client.add_job(str(film), settings, start=False)
    crowd = Crowd()
    await crowd.join(path, clients, job=added.id, listening=1)
    await client.start(added.id)
    await heard(client, added.id, final)
    ended = await client.job(added.id)
    await asyncio.sleep(0.5)
    crowd.leave()
    assert ended.state == "completed", ended
    assert ended.started_at is not None
    assert ended.finished_at is not None
    took = ended.finished_at - ended.started_at
    return took, crowd.events / took


async def watched(rounds: int, segments: int) -> None:
    pairs = []
    with new_home() as home:
        film = noise(home.media / "film.wav", segments)
        variables = {"STENO_EVENTS_MAX_STREAMS_PER_JOB": "2000", "STENO_WORKERS_SPEECH": "1"}
        async with running(home, **variables) as (_, client):
            await job(client, noise(home.media / "short.wav", 10), str(home.paths.socket), 0)
            for number in range(rounds):
                order = (1000, 0) if number % 2 == 0 else (0, 1000)
                found = {
                    clients: await job(client, film, str(home.paths.socket), clients)
                    for clients in order
                }
                pairs.append((found[1000][0], found[0][0]))
                print(
                    f"round {number + 1}: {found[1000][0]:.2f} s with 1,000, {found[0][0]:.2f} s "
                    f"with none, {found[1000][1]:.1f} events a second to each",
                    flush=True,
                )
    judge("a job watched by 1,000 beside one watched by none", pairwise(pairs), most=1.03)


def noise(path: Path, seconds: int) -> Path:
    """Sound for the plugin for tests, which hears words in anything."""
    import random
    import wave

    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(random.Random(1).randbytes(2 * 16000 * seconds))
    return path


async def main() -> None:
    asked = arguments(__doc__, rounds=5, seconds=4.0, segments=100)
    raise_limit()
    await to_receipt(asked.rounds, asked.seconds)
    await never_read(asked.rounds, asked.seconds)
    await watched(asked.rounds, asked.segments)


if __name__ == "__main__":
    asyncio.run(main())
