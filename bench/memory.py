"""Whether memory grows with the length of a film: three hours against three minutes.

A recogniser that answers at once (the plugin for tests) makes hours pass in minutes; decoding,
cutting every three seconds, committing, telling and writing are real. Each film has a daemon of
its own. Counted: the peak of what the daemon and its workers hold together (proportional set
size, sampled), and each one's own peak (VmHWM).
"""

import asyncio
from pathlib import Path
from statistics import median

from measure.daemon import fake, new_home, running
from measure.jobs import whole
from measure.processes import Peak, status
from measure.ratios import arguments
from measure.speech import film

SHARE, ROOM = 0.10, 16 << 20
"""Growth that is allowed: the larger of a share and of bytes."""
Peaks = dict[str, int]
"""Bytes of each process, and of all `together`."""


async def peaks(length: float, source: Path) -> Peaks:
    """Of one job in a new daemon."""
    with new_home() as home:
        async with running(home, STENO_WORKERS_SPEECH="2") as (daemon, client):
            assert daemon.process is not None
            peak = Peak(daemon.process.pid)
            watching = asyncio.create_task(peak.watch())
            settings = fake(output_dir=str(home.media), formats=["srt", "json"])
            took = await whole(client, source, settings)
            watching.cancel()
            found = {"daemon": status(daemon.process.pid, "VmHWM"), "together": peak.bytes}
            for worker in (await client.status()).workers:
                if worker.pid:
                    found[worker.name] = status(worker.pid, "VmHWM")
    shown = ", ".join(f"{name} {held / 2**20:.1f}" for name, held in sorted(found.items()))
    print(f"{length / 60:.0f} minutes in {took:.1f} s; MiB: {shown}", flush=True)
    return found


async def main() -> None:
    asked = arguments(__doc__, rounds=3, hours=3.0)
    with new_home() as home:
        short = film(home.media / "short.mka", 180.0)
        long = film(home.media / "long.mka", 3600 * asked.hours)
        pairs = [
            (await peaks(180.0, short), await peaks(3600 * asked.hours, long))
            for _ in range(asked.rounds)
        ]
    for name in sorted(set.intersection(*(set(one) for pair in pairs for one in pair))):
        growth = median(long[name] - short[name] for short, long in pairs)
        allowed = max(ROOM, SHARE * median(short[name] for short, _ in pairs))
        ratio = median(long[name] / short[name] for short, long in pairs)
        verdict = "kept" if growth <= allowed else "MISSED"
        print(
            f"=> {name}: {ratio:.3f} times, {growth / 2**20:+.1f} MiB"
            f" (at most {allowed / 2**20:.1f}) {verdict}"
        )


if __name__ == "__main__":
    asyncio.run(main())
