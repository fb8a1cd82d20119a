"""Which segments are heard together. Pure."""

from collections.abc import Sequence

SUITS = {"cuda": 300.0, "cpu": 30.0}
"""Seconds of audio at once. On a CPU a mask costs more than long segments gain together."""


def ordered(lengths: Sequence[int]) -> list[int]:
    """Indices by length, the longest first: what does not fit in memory shows at once, and little
    is padding."""
    return sorted(range(len(lengths)), key=lambda n: -lengths[n])


def next_batch(waiting: Sequence[int], lengths: Sequence[int], most: float) -> list[int]:
    """The first of `waiting` (indices, longest first) that come to at most `most` samples with
    their padding; at least one."""
    if not waiting:
        return []
    longest = max(lengths[waiting[0]], 1)
    return list(waiting[: max(1, int(most // longest))])
