"""The aligner against `whisperx.align`, of which it gives the times.

    PYTHON_WITH_WHISPERX bench/alignment.py

The tests' recordings are joined to ten minutes, once in segments of 20 to 28 s and once with a
sentence in each. Both sides get the same segments and texts, and a model that is loaded already:
the toy of the tests, and one of random weights in the shape of wav2vec2-base, which takes as long
as a real one but finds nothing. In turns; the ratio is the median of the rounds' ratios.
"""

import importlib.util
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from measure.ratios import arguments, judge, pairwise, spread
from steno.plugins import Context, Word

LONGEST = 28.0
"""Seconds a segment may have."""
BARS = {"toy": 5.0, "base": 1.5}


class Took(NamedTuple):
    """Seconds, in all and in the model."""

    whole: float
    forward: float
    words: list[Word]


class Watch:
    """Counts the seconds of a method of an object."""

    def __init__(self, owner: Any, name: str) -> None:
        self.seconds = 0.0
        method = getattr(owner, name)

        def watched(*given: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            try:
                return method(*given, **named)
            finally:
                self.seconds += time.perf_counter() - begun

        setattr(owner, name, watched)

    def timed(self, work: Callable[[], list[Word]]) -> Took:
        self.seconds = 0.0
        begun = time.perf_counter()
        words = work()
        return Took(time.perf_counter() - begun, self.seconds, words)


def row(what: str, sides: Sequence[list[Took]], agreed: float) -> None:
    for name, side in zip(("ours", "whisperx"), sides, strict=True):
        share = sum(one.forward for one in side) / sum(one.whole for one in side)
        seconds = spread([one.whole for one in side])
        print(f"{what} {name:8} {seconds} s, {share:.0%} of it in the model")
    print(f"{what} within 20 ms of whisperx: {agreed:.2%} of {len(sides[0][0].words)} words")


def main() -> None:
    asked = arguments(__doc__, rounds=5, minutes=10.0, threads=2, toy=1, base=1, float32=0)
    if not importlib.util.find_spec("torch") or not importlib.util.find_spec("whisperx"):
        print("whisperx is not installed here: there is nothing to compare with.")
        return
    warnings.simplefilter("ignore")
    import torch

    import beside_whisperx as beside
    import toys
    from steno_whisper.aligning.aligner import Wav2Vec2Aligner
    from steno_whisper.aligning.settings import AlignerSettings

    torch.set_num_threads(asked.threads)
    recordings = beside.english(60 * asked.minutes)
    settings = AlignerSettings(precision="float32" if asked.float32 else "auto")
    with tempfile.TemporaryDirectory() as scratch:
        for name in [name for name in BARS if getattr(asked, name)]:
            folder = toys.toy_wav2vec2()
            if name == "base":
                folder = beside.random_model(Path(scratch, name))
            context = Context(model="align/en", model_path=folder, threads=asked.threads)
            aligner = Wav2Vec2Aligner(settings, context)
            whisperx = beside.WhisperX(folder, Path(scratch))
            ours, theirs = Watch(aligner._crew, "map"), Watch(whisperx.model, "forward")
            for what, longest in ((f"{name}, segments", LONGEST), (f"{name}, sentences", 0.0)):
                some = beside.parts(recordings, longest)
                items = [one.item for one in some]
                pairs = []
                for _ in range(asked.rounds):
                    our = ours.timed(lambda: beside.words(aligner.align(items)))  # noqa: B023 - now
                    their = theirs.timed(lambda: whisperx.align(some))  # noqa: B023 - now
                    pairs.append((our, their))
                agreed = beside.agreement(pairs[0][0].words, pairs[0][1].words)
                row(f"{what} ({len(some)}):", tuple(map(list, zip(*pairs, strict=True))), agreed)
                ratio = pairwise((their.whole, our.whole) for our, their in pairs)
                judge(f"{what}, whisperx to ours", ratio, least=BARS[name])


if __name__ == "__main__":
    main()
