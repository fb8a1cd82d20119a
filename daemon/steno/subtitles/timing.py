"""When cues are shown: long enough to be read, apart from each other, in whole milliseconds."""

from collections.abc import Iterable, Iterator
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from steno.wire import Cue, SubtitleStyle


class _Slot(Struct):
    """A cue's times in milliseconds, and which of them a person set."""

    start: int
    end: int
    start_fixed: bool
    end_fixed: bool


def finish(cues: Iterable[Cue], style: SubtitleStyle) -> Iterator[Cue]:
    """The cues as they are shown, one for each, in order, lazily.

    Short cues last on into the silence after them, then into the silence before them; no cue
    lasts longer than `max_duration`, overlaps a neighbour or comes nearer than `min_gap`. Fields a
    person set stay, and where they leave a cue no room at all, it keeps its place and overlaps.
    """
    floor: int | None = None
    held: tuple[Cue, _Slot] | None = None
    for cue in cues:
        slot = _slot(cue)
        if held is not None:
            _place(held[1], floor, slot, style)
            floor = max(floor or 0, held[1].end)
            yield _timed(*held)
        held = cue, slot
    if held is not None:
        _place(held[1], floor, None, style)
        yield _timed(*held)


def _slot(cue: Cue) -> _Slot:
    start = max(round(cue.start * 1000), 0)
    end = round(cue.end * 1000)
    fixed = "start" in cue.modified, "end" in cue.modified
    return _Slot(start, end if fixed[1] else max(end, start), *fixed)


def _timed(cue: Cue, slot: _Slot) -> Cue:
    return replace(cue, start=slot.start / 1000, end=slot.end / 1000)


def _place(slot: _Slot, floor: int | None, after: _Slot | None, style: SubtitleStyle) -> None:
    """Moves the free edges of `slot` between `floor`, where the cues before it end, and `after`."""
    gap = round(style.min_gap * 1000)
    wanted = _Slot(slot.start, slot.end, slot.start_fixed, slot.end_fixed)
    _fit(slot, 0 if floor is None else floor + gap, _latest(slot, after, gap, style), style)
    if slot.end > slot.start or (slot.start_fixed and slot.end_fixed):
        return
    slot.start, slot.end = wanted.start, wanted.end
    _fit(slot, floor or 0, _latest(slot, after, 0, style), style)
    if slot.end <= slot.start:
        slot.start, slot.end = wanted.start, wanted.end
        if not slot.end_fixed:
            slot.end = max(slot.end, slot.start + 1)
        elif not slot.start_fixed:
            slot.start = max(min(slot.start, slot.end - 1), 0)


def _fit(slot: _Slot, earliest: int, latest: float, style: SubtitleStyle) -> None:
    shortest, longest = _shortest(style), round(style.max_duration * 1000)
    if not slot.start_fixed:
        slot.start = max(slot.start, earliest, slot.end - longest if slot.end_fixed else 0)
    if not slot.end_fixed:
        last = max(slot.end, slot.start + shortest)
        slot.end = round(min(last, slot.start + longest, latest))
    if not slot.start_fixed:
        slot.start = max(earliest, min(slot.start, slot.end - shortest))


def _shortest(style: SubtitleStyle) -> int:
    return max(round(style.min_duration * 1000), 1)


def _latest(slot: _Slot, after: _Slot | None, gap: int, style: SubtitleStyle) -> float:
    """The latest end that leaves `after` its place, where it has one of its own."""
    if after is None:
        return inf
    if after.start_fixed or after.start - gap > slot.start:
        return after.start - gap
    shared = (min(slot.end, after.end) - slot.start) // 2
    return slot.start + max(shared, _shortest(style))
