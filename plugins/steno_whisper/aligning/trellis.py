"""The likeliest times of a text's tokens, given what a model emits. Pure.

The dynamic programme is that of `whisperx.align` 3.8.6, which has it from torchaudio's tutorial on
forced alignment (L. Kürzinger et al., "CTC-Segmentation of Large Corpora for German End-to-end
Speech Recognition", 2020), for all tokens and several texts at once. It is calculated in the same
order and precision, so that paths are the same to the frame.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from steno_whisper.aligning.letters import WILDCARD

Floats = NDArray[np.float32]
CELLS = 2**23
"""Frames times tokens that are looked at together: 5 bytes each."""


class Utterance(NamedTuple):
    """What a model emits for a segment, and its text."""

    emissions: Floats
    """(frames, columns), logarithms of probabilities."""
    tokens: Sequence[int]
    """Columns, or `WILDCARD`."""


class Run(NamedTuple):
    """Frames of one token."""

    start: int
    end: int
    """Exclusive."""
    score: float
    """Mean probability over its frames."""


def paths(utterances: Sequence[Utterance], blank: int) -> list[list[Run] | None]:
    """For each utterance the runs of its tokens, in order; None where they do not fit its frames.

    It is quickest for utterances of similar length.
    """
    found: list[list[Run] | None] = [None] * len(utterances)
    fitting = [
        n
        for n, (emissions, tokens) in enumerate(utterances)
        if 0 < len(tokens) <= len(emissions) and np.isfinite(emissions).all()
    ]
    for some in together(fitting, utterances):
        for n, runs in zip(some, Trellis([utterances[n] for n in some], blank), strict=True):
            found[n] = runs
    return found


def together(indices: Sequence[int], utterances: Sequence[Utterance]) -> Iterator[list[int]]:
    """`indices` in groups of at most `CELLS`, or of one."""
    group: list[int] = []
    frames = tokens = 0
    for n in indices:
        most = max(frames, len(utterances[n].emissions)), max(tokens, len(utterances[n].tokens))
        if group and most[0] * most[1] * (len(group) + 1) > CELLS:
            yield group
            group, most = [], (len(utterances[n].emissions), len(utterances[n].tokens))
        group.append(n)
        frames, tokens = most
    if group:
        yield group


class Trellis:
    """Scores of all tokens at all frames. Iterated: the runs of each utterance."""

    def __init__(self, utterances: Sequence[Utterance], blank: int) -> None:
        count = len(utterances)
        self._sizes = [(len(emissions), len(tokens)) for emissions, tokens in utterances]
        frames, width = (max(size) for size in zip(*self._sizes, strict=True))
        self._stay = np.zeros((frames, count, 1), np.float32)
        """The blank's emissions."""
        self._change = np.zeros((frames, count, width), np.float32)
        """Each token's own."""
        self._begin = np.zeros((frames + 1, count), np.float32)
        """Scores before the first token."""
        for n, (emissions, tokens) in enumerate(utterances):
            length = len(emissions)
            self._stay[:length, n, 0] = emissions[:, blank]
            self._change[:length, n, : len(tokens)] = of_tokens(emissions, tokens, blank)
            self._begin[1 : length + 1, n] = np.cumsum(emissions[:, blank], dtype=np.float64)
        self._changed = np.zeros((frames, count, width), np.bool_)
        """Where a token begins, if it is the one of this frame."""
        self._ends = np.full((frames + 1, count), -np.inf, np.float32)
        """Scores of the last token."""
        self._calculate()

    def _calculate(self) -> None:
        _, count, width = self._change.shape
        scores = np.full((count, width + 1), -np.inf, np.float32)
        scores[:, 0] = self._begin[0]
        here, before, first = scores[:, 1:], scores[:, :-1], scores[:, 0]
        stayed, changed = np.empty((2, count, width), np.float32)
        last = np.array([tokens for _, tokens in self._sizes]) + np.arange(count) * (width + 1)
        steps = zip(
            self._stay, self._change, self._changed, self._begin[1:], self._ends[1:], strict=True
        )
        for stay, change, flags, begin, end in steps:
            np.add(here, stay, out=stayed)
            np.add(before, change, out=changed)
            np.greater(changed, stayed, out=flags)
            np.maximum(stayed, changed, out=here)
            first[:] = begin
            scores.take(last, out=end, mode="clip")

    def __iter__(self) -> Iterator[list[Run] | None]:
        flags = self._changed.tobytes()
        _, count, width = self._changed.shape
        for n, (frames, tokens) in enumerate(self._sizes):
            end = int(np.argmax(self._ends[: frames + 1, n]))
            starts = beginnings(flags, end, tokens, n * width, count * width)
            yield None if starts is None else self._runs(n, starts, end)

    def _runs(self, n: int, starts: list[int], end: int) -> list[Run]:
        """The first frame of a token counts for itself, the others for the blank."""
        began = np.array(starts)
        ended = np.array([*starts[1:], end])
        own = np.exp(self._change[began, n, np.arange(len(starts))], dtype=np.float64)
        blanks = np.cumsum(np.exp(self._stay[:end, n, 0], dtype=np.float64))
        means = (own + blanks[ended - 1] - blanks[began]) / (ended - began)
        return [Run(*run) for run in zip(starts, ended.tolist(), means.tolist(), strict=True)]


def of_tokens(emissions: Floats, tokens: Sequence[int], blank: int) -> Floats:
    """Emissions of `tokens`, (frames, tokens). A wildcard is the likeliest that is not blank."""
    found: Floats = emissions[:, tokens]
    wild = np.array(tokens) == WILDCARD
    if wild.any():
        found[:, wild] = np.delete(emissions, blank, axis=1).max(axis=1, initial=-np.inf)[:, None]
    return found


def beginnings(changed: bytes, end: int, tokens: int, offset: int, stride: int) -> list[int] | None:
    """First frames of `tokens` tokens, of which the last ends before frame `end`, found backwards.

    Whether the token `j` begins at frame `t` says `changed[offset + j + t * stride]`.
    """
    starts = [0] * tokens
    token = tokens - 1
    at = offset + token + (end - 1) * stride
    for t in range(end - 1, -1, -1):
        if changed[at]:
            starts[token] = t
            if not token:
                return starts
            token -= 1
            at -= 1
        at -= stride
    return None
