"""How soon the first text of a three-hour film is there.

Counted: from asking for the job until the stream tells the first fragment, while the rest of the
film is still being decoded; once of a daemon that has just begun (no worker runs, no plugin is
known yet) and once of the same daemon with its workers and models loaded. Beside it, in this
process: what the recogniser itself takes for that segment, its model loaded.
"""

import asyncio
import time
from itertools import islice
from pathlib import Path

from measure.bare import LONGEST, segment_of, transcribed
from measure.daemon import new_home, running
from measure.jobs import heard
from measure.ratios import arguments, judge, spread
from measure.speech import film
from steno.client import Client
from steno.media.source import Recording
from steno.plugins import Context
from steno_pocketsphinx.recognizer import PocketSphinxRecognizer
from steno_pocketsphinx.settings import RecognizerSettings, SplitterSettings
from steno_pocketsphinx.splitter import PocketSphinxSplitter

BAR = 5.0
"""Seconds, beside the segment's own decoding."""


async def first(client: Client, source: Path) -> tuple[float, int]:
    """Seconds until the first fragment, and its index."""
    begun = time.monotonic()
    settings = {"backend": "pocketsphinx", "splitter": "pocketsphinx", "aligner": "pocketsphinx"}
    job = await client.add_job(str(source), settings)
    event = await heard(client, job.id, lambda event: event.type == "fragment")
    took = time.monotonic() - begun
    await client.cancel(job.id)
    return took, event.data["segment_index"]


def own(source: Path, audio: Path, index: int) -> float:
    """Seconds that recognising segment `index` takes, undisturbed."""
    with Recording(bytes(source), bytes(audio), LONGEST) as recording:
        pieces = PocketSphinxSplitter(SplitterSettings(), Context()).split(recording)
        piece = next(islice(pieces, index, None))
    recognizer = PocketSphinxRecognizer(RecognizerSettings(), Context())
    begun = time.monotonic()
    transcribed(recognizer, segment_of(bytes(audio), index, piece))
    return time.monotonic() - begun


async def main() -> None:
    asked = arguments(__doc__, rounds=5, hours=3.0)
    over: dict[str, list[float]] = {"new daemon": [], "warm daemon": []}
    with new_home() as place:
        source = film(place.media / "long.mka", 3600 * asked.hours)
        for number in range(1, asked.rounds + 1):
            with new_home() as home:
                async with running(home) as (_, client):
                    for name, beyond in over.items():
                        took, index = await first(client, source)
                        alone = await asyncio.to_thread(own, source, place.media / "own.pcm", index)
                        beyond.append(took - alone)
                        print(
                            f"round {number}, {name}: segment {index} after {took:.2f} s;"
                            f" it takes {alone:.2f} s itself",
                            flush=True,
                        )
    for name, beyond in over.items():
        print(f"{name}: {spread(beyond)} s beyond the segment's own time")
    judge("seconds beyond, a new daemon's worst", max(over["new daemon"]), most=BAR)


if __name__ == "__main__":
    asyncio.run(main())
