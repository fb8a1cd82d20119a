"""Cuts a stream of speech flags into pieces: what every splitter shares, whatever hears the speech.

A detector says of each frame (10 to 30 ms) whether somebody speaks and how loud it is. Short blips
are no speech, short pauses stay inside a piece. A piece that has grown to its target ends in the
next good pause; the longer it grows, the shorter a pause will do. One that reaches its limit is
cut in the longest pause it had, or, where nobody paused, at the quietest point of its last
seconds.

Everything is counted in frames, so the result does not depend on how the samples arrive, and no
more is remembered than one piece holds.
"""

from collections import deque
from typing import Annotated

from msgspec import Meta, Struct

from steno.plugins.contract import MAX_SEGMENT, SAMPLE_RATE, Piece

LAST = 5.0
"""Seconds at the end of a piece in which a forced cut is looked for."""
BREATH = 0.09
"""Seconds: a shorter sound is no speech, a shorter pause no place for a cut."""
SMOOTH = 3
"""Frames over which loudness is summed to find a quiet point."""


class CutSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How speech is cut. All are seconds."""

    max_segment: Annotated[float, Meta(ge=1, le=MAX_SEGMENT, description="longest piece")] = 30.0
    target: Annotated[
        float, Meta(ge=0.5, le=MAX_SEGMENT, description="length from which a pause ends a piece")
    ] = 10.0
    pause: Annotated[
        float, Meta(ge=0.1, le=5, description="a pause that ends a piece at its target")
    ] = 0.3
    silence: Annotated[
        float, Meta(ge=0.2, le=10, description="a pause that ends a piece of any length")
    ] = 1.0
    padding: Annotated[
        float, Meta(ge=0, le=1, description="kept of the pause before and after speech")
    ] = 0.25


class Cutter:
    """Takes frames one by one and gives each piece as soon as it is decided."""

    def __init__(self, settings: CutSettings, frame: int) -> None:
        """`frame` is the length of a frame in samples."""

        def frames(seconds: float) -> int:
            return max(1, round(seconds * SAMPLE_RATE / frame))

        self._frame = frame
        self._limit = int(settings.max_segment * SAMPLE_RATE / frame)
        self._target = min(frames(settings.target), self._limit // 2)
        self._pause = frames(settings.pause)
        self._silence = max(self._pause, frames(settings.silence))
        self._padding = round(settings.padding * SAMPLE_RATE / frame)
        self._breath = frames(BREATH)
        self._levels: deque[int] = deque(maxlen=min(frames(LAST), self._limit // 2))
        self._count = 0  # frames taken
        self._run = 0  # frames of speech in a row up to now
        self._begin: int | None = None  # first frame of the open piece
        self._spoken = 0  # end of the last speech
        self._edge = 0  # end of the last piece
        self._pauses: list[tuple[int, int]] = []  # in the open piece

    def push(self, speech: bool, level: int) -> Piece | None:
        """Takes the next frame; `level` is any measure of its loudness."""
        self._count += 1
        self._levels.append(level)
        self._run = self._run + 1 if speech else 0
        if self._run >= self._breath:
            self._speak(self._count - self._run)
        if self._begin is None:
            return None
        pause = self._count - self._spoken
        if pause and pause >= self._enough(self._spoken - self._begin):
            return self._end(self._spoken, self._count)
        if self._count - self._begin >= self._limit:
            return self._cut()
        return None

    def finish(self, total: int) -> Piece | None:
        """The last piece, where one is open; `total` counts all samples, a part of a frame too."""
        if self._begin is None:
            return None
        end = self._spoken + self._padding
        begin, self._begin = self._begin, None
        return Piece(begin * self._frame, min(end * self._frame, total))

    def _speak(self, since: int) -> None:
        if self._begin is None:
            self._begin = max(self._edge, since - self._padding)
            self._pauses.clear()
        elif since > self._spoken:
            self._pauses.append((self._spoken, since))
        self._spoken = self._count

    def _enough(self, length: int) -> float:
        """Frames of pause that end a piece of `length` frames."""
        if length < self._target:
            return self._silence
        grown = (length - self._target) / (self._limit - self._target)
        return max(self._breath, self._pause * (1 - grown / 2))

    def _end(self, since: int, until: int) -> Piece:
        """Ends the piece in the pause from `since` to `until`, which is shared with the next."""
        return self._close(since + min(self._padding, (until - since) // 2))

    def _close(self, end: int, *, forced: bool = False) -> Piece:
        begin = self._begin or 0
        self._begin, self._edge = None, end
        return Piece(begin * self._frame, end * self._frame, forced)

    def _cut(self) -> Piece:
        """Cuts a piece that has reached its limit; what follows the cut begins the next."""
        earliest = (self._begin or 0) + self._limit // 3
        pauses = [*self._pauses, (self._spoken, self._count)]
        fit = [p for p in pauses if p[0] >= earliest and p[1] - p[0] >= self._breath]
        if fit:
            since, until = max(fit, key=lambda pause: (pause[1] - pause[0], pause[0]))
            piece = self._end(since, until)
            following = max(self._edge, until - self._padding)
        else:
            until = following = self._quietest()
            piece = self._close(following, forced=True)
        if self._spoken > until:
            self._begin = following
            self._pauses = [pause for pause in self._pauses if pause[0] >= until]
        return piece

    def _quietest(self) -> int:
        """The frame in the middle of the quietest stretch of the last seconds."""
        levels = list(self._levels)
        sums = [sum(levels[n : n + SMOOTH]) for n in range(len(levels) - SMOOTH + 1)]
        return self._count - len(levels) + sums.index(min(sums)) + SMOOTH // 2
