"""What the daemon costs: whole jobs against a bare loop, and what a second worker gains.

Counted on Steno's side: from asking for a job until the stream tells that it is complete, with
checking the file, storing the plan, committing and telling each result, drafts too, and writing an
SRT. Counted on the bare side: from handing over the file until the last segment is aligned. Both
have one process that decodes and splits and one or two that transcribe and align. All run, with
their models loaded, before; a first short job is not counted.

Beside the wall time the processor time of all processes is told, this one's (which watches the
job, or feeds the bare loop) too, and the ratio of each side's quickest run: a busy machine disturbs
them less.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from statistics import median
from typing import NamedTuple

from measure.bare import Bare
from measure.daemon import new_home, running
from measure.jobs import whole
from measure.processes import processor
from measure.ratios import arguments, judge, pairwise, spread
from measure.speech import film


class Times(NamedTuple):
    """Seconds of one job: on the wall, and of processors."""

    wall: float
    processor: float


Round = dict[str, Times]
Run = Callable[[], Awaitable[float]]


async def timed(run: Run) -> Times:
    """The daemon and the bare processes are children of this process; idle ones use no time."""
    before = processor(os.getpid())
    wall = await run()
    return Times(wall, processor(os.getpid()) - before)


async def main() -> None:
    asked = arguments(__doc__, rounds=5, seconds=120.0)
    settings = {"backend": "pocketsphinx", "splitter": "pocketsphinx", "aligner": "pocketsphinx"}
    with new_home() as home:
        short = film(home.media / "short.mka", 40.0)
        long = film(home.media / "long.mka", asked.seconds)
        bares = {1: Bare(1, home.media), 2: Bare(2, home.media)}
        async with running(home, STENO_WORKERS_SPEECH="2") as (_, client):
            runs: dict[str, Run] = {}
            for count, bare in bares.items():
                bare.whole(short)
                wanted = {**settings, "workers": count}
                runs[f"steno {count}"] = partial(whole, client, long, wanted)
                runs[f"bare {count}"] = partial(asyncio.to_thread, bare.whole, long)
            await whole(client, short, settings)
            rounds: list[Round] = []
            for number in range(asked.rounds):
                order = sorted(runs, reverse=number % 2 == 1)
                order.sort(key=lambda name: name[-1])
                rounds.append({name: await timed(runs[name]) for name in order})
                shown = (
                    f"{name}: {t.wall:.2f} s ({t.processor:.2f})" for name, t in rounds[-1].items()
                )
                print(f"round {number + 1}:", ", ".join(shown), flush=True)
        for bare in bares.values():
            bare.end()
    report(rounds, asked.seconds)


def report(rounds: list[Round], seconds: float) -> None:
    for name in sorted(rounds[0]):
        walls = [one[name].wall for one in rounds]
        print(f"{name}: {spread(walls)} s, {seconds / median(walls):.1f} times real time")
    print("medians of the rounds' ratios:")
    for count in (1, 2):
        pairs = [(one[f"steno {count}"], one[f"bare {count}"]) for one in rounds]
        work = pairwise((ours.processor, beside.processor) for ours, beside in pairs)
        print(f"   processor time, {count} to {count}: {work:.3f}")
        least = min(a.wall for a, _ in pairs) / min(b.wall for _, b in pairs)
        print(f"   each side's quickest, {count} to {count}: {least:.3f}")
        wall = pairwise((ours.wall, beside.wall) for ours, beside in pairs)
        judge(f"wall time, {count} to {count}", wall, most=1.05)
    gains = [
        (one["steno 1"].wall / one["steno 2"].wall, one["bare 1"].wall / one["bare 2"].wall)
        for one in rounds
    ]
    steno, bare = spread([gain[0] for gain in gains]), spread([gain[1] for gain in gains])
    print(f"two processes gain: steno {steno}, bare {bare}")
    judge("gain beside gain", pairwise(gains), least=0.95)


if __name__ == "__main__":
    asyncio.run(main())
