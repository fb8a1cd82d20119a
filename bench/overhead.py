"""What the daemon costs: whole jobs against a bare loop, and what a second worker gains.

Counted on Steno's side: from asking for a job until the stream tells that it is complete, with
checking the file, storing the plan, committing and telling each result, and writing an SRT.
Counted on the bare side: from handing over the file until the last segment is aligned. Both have
one process that decodes and splits and one or two that transcribe and align. All run, with their
models loaded, before; a first short job is not counted.
"""

import asyncio
from statistics import median
from typing import NamedTuple

from measure.bare import Bare
from measure.daemon import new_home, running
from measure.jobs import whole
from measure.ratios import arguments, judge, pairwise, spread
from measure.speech import film


class Times(NamedTuple):
    """Seconds of one round."""

    steno: float
    bare: float
    bare_two: float
    steno_two: float


async def main() -> None:
    asked = arguments(__doc__, rounds=5, seconds=120.0)
    with new_home() as home:
        short = film(home.media / "short.mka", 40.0)
        long = film(home.media / "long.mka", asked.seconds)
        one, two = Bare(1, home.media), Bare(2, home.media)
        settings = {"backend": "pocketsphinx", "splitter": "pocketsphinx"}
        settings |= {"aligner": "pocketsphinx"}
        async with running(home, STENO_WORKERS_SPEECH="2") as (_, client):
            for bare in (one, two):
                bare.whole(short)
            await whole(client, short, settings)
            taken = []
            for number in range(1, asked.rounds + 1):
                single = await whole(client, long, {**settings, "workers": 1})
                taken.append(
                    Times(
                        single,
                        await asyncio.to_thread(one.whole, long),
                        await asyncio.to_thread(two.whole, long),
                        await whole(client, long, {**settings, "workers": 2}),
                    )
                )
                print(
                    f"round {number}:", *(f"{n} {t:.2f} s" for n, t in taken[-1]._asdict().items())
                )
        one.end()
        two.end()
    report(taken, asked.seconds)


def report(taken: list[Times], seconds: float) -> None:
    for name in Times._fields:
        values = [getattr(times, name) for times in taken]
        print(f"{name:9} {spread(values)} s, {seconds / median(values):.1f} times real time")
    print("medians of the rounds' ratios:")
    judge("one worker to one bare", pairwise((t.steno, t.bare) for t in taken), most=1.05)
    judge("two workers to two bare", pairwise((t.steno_two, t.bare_two) for t in taken), most=1.05)
    gains = [(t.steno / t.steno_two, t.bare / t.bare_two) for t in taken]
    steno, bare = spread([gain[0] for gain in gains]), spread([gain[1] for gain in gains])
    print(f"two processes gain: steno {steno}, bare {bare}")
    judge("the gains' ratio", pairwise(gains), least=0.95)


if __name__ == "__main__":
    asyncio.run(main())
