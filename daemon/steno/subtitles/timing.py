"""When cues are shown: long enough to be read, apart from each other, in whole milliseconds."""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from steno.subtitles.reading import reading_millis
from steno.wire import Cue, SubtitleStyle


class _Slot(Struct):
    """A cue's times in milliseconds, and which of them a person set."""

    start: int
    end: int
    start_fixed: bool
    end_fixed: bool
    reading: int
    """Milliseconds its text takes to read."""


class _Floors(Struct):
    """Where the cues before one end, in milliseconds."""

    free: int | None = None
    fixed: int | None = None
    """The end of those whose end a person set."""

    def add(self, slot: _Slot) -> None:
        if slot.end_fixed:
            self.fixed = max(self.fixed or 0, slot.end)
        else:
            self.free = max(self.free or 0, slot.end)

    def earliest(self, start: int, gap: int) -> int:
        """When a cue that is said from `start` on may begin at the earliest."""
        free = 0 if self.free is None else self.free + gap
        if self.fixed is None:
            return free
        return max(free, start if self.fixed > start else self.fixed + gap)


def finish(cues: Iterable[Cue], style: SubtitleStyle, until: float | None = None) -> Iterator[Cue]:
    """The cues as they are shown, one for each, in order, lazily.

    Short cues last on into the silence after them, then into the silence before them, and so do
    those that are too quick to be read, into what short ones leave of it. No cue lasts longer than
    `max_duration`, overlaps a neighbour or comes nearer than `min_gap`. Nor does one last on beyond
    `until`, the end of the audio in seconds (None: not known), unless it has no room before. Fields
    a person set stay. They take no cue's own time: where one begins or ends inside another cue, the
    two overlap.
    """
    last = None if until is None else int(until * 1000)
    floors = _Floors()
    held: tuple[Cue, _Slot] | None = None
    for cue in cues:
        slot = _slot(cue, style)
        if held is not None:
            _place(held[1], floors, slot, style, last)
            floors.add(held[1])
            yield _timed(*held)
        held = cue, slot
    if held is not None:
        _place(held[1], floors, None, style, last)
        yield _timed(*held)


def _slot(cue: Cue, style: SubtitleStyle) -> _Slot:
    start = max(round(cue.start * 1000), 0)
    end = round(cue.end * 1000)
    fixed = "start" in cue.modified, "end" in cue.modified
    reading = reading_millis(cue.text, style)
    return _Slot(start, end if fixed[1] else max(end, start), *fixed, reading)


def _timed(cue: Cue, slot: _Slot) -> Cue:
    return replace(cue, start=slot.start / 1000, end=slot.end / 1000)


def _place(
    slot: _Slot, floors: _Floors, after: _Slot | None, style: SubtitleStyle, last: int | None
) -> None:
    """Moves the free edges of `slot` between `floors` and `after`, and not past `last`."""
    start, end = slot.start, slot.end
    gap = round(style.min_gap * 1000)
    for space, bound in ((gap, last), (0, last), (0, None)):
        slot.start, slot.end = start, end
        earliest = floors.earliest(start, space)
        _fit(slot, earliest, after, space, style, bound)
        if slot.end > slot.start:
            _linger(slot, earliest, after, space, style, last)
            return
        if slot.start_fixed and slot.end_fixed:
            return
    slot.start, slot.end = start, end
    if not slot.end_fixed:
        slot.end = max(end, start + 1)
    elif not slot.start_fixed:
        slot.start = max(min(start, end - 1), 0)


def _fit(
    slot: _Slot,
    earliest: int,
    after: _Slot | None,
    gap: int,
    style: SubtitleStyle,
    last: int | None,
) -> None:
    shortest, longest = max(round(style.min_duration * 1000), 1), round(style.max_duration * 1000)
    lasts = max(slot.end - slot.start, shortest)
    ungapped = slot.start
    if not slot.start_fixed:
        ungapped = max(slot.start, earliest - gap)
        slot.start = max(slot.start, earliest)
    if not slot.end_fixed:
        # A cue that has to come later than it ends keeps its length.
        until = slot.end if slot.end > slot.start else slot.start + lasts
        until = min(max(until, slot.start + shortest), slot.start + longest)
        if last is not None:
            until = min(until, max(last, slot.end))
        if after is not None and after.start_fixed and slot.start <= after.start < slot.end:
            until = min(until, slot.end)
        elif after is not None and (after.start_fixed or after.start > ungapped):
            until = min(until, after.start - gap)
        elif after is not None:
            until = min(until, _shared(slot.start, until, after, shortest))
        slot.end = until
    if not slot.start_fixed:
        slot.start = max(earliest, min(slot.start, slot.end - shortest))


def _linger(
    slot: _Slot,
    earliest: int,
    after: _Slot | None,
    gap: int,
    style: SubtitleStyle,
    last: int | None,
) -> None:
    """Gives `slot` time to be read: silence after it, but for what `after` may need to be no short
    cue, then silence before it."""
    reading = min(slot.reading, round(style.max_duration * 1000))
    if not slot.end_fixed:
        until = slot.start + reading
        if last is not None:
            until = min(until, last)
        if after is not None:
            until = min(until, after.start - gap - _lacks(after, gap, style))
        slot.end = max(slot.end, until)
    if not slot.start_fixed:
        slot.start = min(slot.start, max(earliest, slot.end - reading))


def _lacks(slot: _Slot, gap: int, style: SubtitleStyle) -> int:
    """Milliseconds before it that `slot` takes to be no short cue if the next follows at once."""
    if slot.start_fixed:
        return 0
    return max(round(style.min_duration * 1000) + gap - max(slot.end - slot.start, 0), 0)


def _shared(start: int, until: int, after: _Slot, shortest: int) -> int:
    """The latest end before `after`, which begins no later: the two share what time they have, or
    it waits."""
    shared = (min(until, after.end) - start) // 2
    return max(start + shared, start + shortest) if shared > 0 else until
