"""Whether a text can be what was said. Pure.

Whisper errs in two ways that its probabilities do not show: it falls into a loop, and it says
nothing of what it heard. The compression ratio and its limit are those of Radford et al., "Robust
Speech Recognition via Large-Scale Weak Supervision" (2022), section 4.5.
"""

import zlib
from collections.abc import Sequence
from typing import NamedTuple

COMPRESSION = 2.4
"""Bytes of a text for each byte of it compressed, above which it repeats itself."""
LOOP = 12
"""Words that are a shorter phrase over and over, at least `TURNS` times, are a loop, though too few
to be compressed well."""
TURNS = 4
PHRASE = 6
"""Words of such a phrase, at most."""
SILENCE = 0.6
"""Probability of no speech above which nothing may have been said."""
DOUBTFUL = -1.0
"""Average log probability below which a text is then taken for imagined."""


class Take(NamedTuple):
    """One decoding of a segment."""

    tokens: tuple[int, ...]
    text: str
    avg_logprob: float
    no_speech: float
    """Probability that nobody speaks, 0 to 1."""


def is_silence(take: Take) -> bool:
    """Whether nobody spoke, whatever the text says."""
    return take.no_speech > SILENCE and take.avg_logprob < DOUBTFUL


def is_sound(take: Take) -> bool:
    """Whether the text need not be decoded again."""
    if not any(c.isalnum() for c in take.text):
        return take.no_speech > SILENCE
    return not repeats(take.text)


def repeats(text: str) -> bool:
    data = text.encode()
    if len(data) / len(zlib.compress(data)) > COMPRESSION:
        return True
    words = text.casefold().split()
    return any(loop(words, size) for size in range(1, PHRASE + 1))


def loop(words: Sequence[str], size: int) -> bool:
    """Whether a phrase of `size` words comes again and again without a pause."""
    run = 0
    for at in range(size, len(words)):
        run = run + 1 if words[at] == words[at - size] else 0
        if run + size >= max(LOOP, size * TURNS):
            return True
    return False


def best(takes: Sequence[Take]) -> Take:
    """The likeliest of those that are sound, or of all where none is."""
    return max(takes, key=lambda take: (is_sound(take), take.avg_logprob))
