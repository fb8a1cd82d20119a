"""Which segments are heard together. Pure."""

from collections.abc import Sequence

SUITS = {"cuda": 300.0, "cpu": 30.0}
"""Seconds of audio at once. On a CPU a mask costs more than long segments gain together."""


def ordered(lengths: Sequence[int]) -> list[int]:
    """Indices by length, the longest first: what does not fit in memory shows at once, and little
    is padding."""
    return sorted(range(len(lengths)), key=lambda n: -lengths[n])


def next_batches(
    waiting: Sequence[int], lengths: Sequence[int], most: float, abreast: int
) -> list[list[int]]:
    """Up to `abreast` batches of the first of `waiting` (indices, longest first), each of at most
    `most` samples with its padding, but of one segment at least. If there is little left, each
    gets its part of it."""
    if abreast > 1:
        most = min(most, sum(lengths[n] for n in waiting) / abreast)
    batches: list[list[int]] = []
    at = 0
    while at < len(waiting) and len(batches) < abreast:
        count = max(1, int(most // max(lengths[waiting[at]], 1)))
        batches.append(list(waiting[at : at + count]))
        at += count
    return batches
