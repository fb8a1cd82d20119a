"""The lines of a transcript: cues, and among them drafts and gaps. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from steno import wire
from steno.client import Cues, JobState


class Draft(NamedTuple):
    """What a segment seems to say, until its fragment comes."""

    event: wire.DraftEvent

    @property
    def id(self) -> str:
        return f"draft {self.event.segment_index}"

    @property
    def start(self) -> float:
        return self.event.start


class Hole(NamedTuple):
    """A segment that was given up."""

    gap: wire.Gap

    @property
    def id(self) -> str:
        return f"gap {self.gap.segment_index}"

    @property
    def start(self) -> float:
        return self.gap.start


Line = wire.Cue | Draft | Hole


@dataclass(frozen=True)
class Script:
    """Lines in the order of their start, found by number and by id."""

    cues: Cues
    others: Sequence[Draft | Hole] = ()
    places: Sequence[int] = ()
    """The line number of each of `others`, rising."""
    complete: bool = True
    """Whether all of it is there."""

    def __len__(self) -> int:
        return len(self.cues) + len(self.others)

    def __getitem__(self, row: int) -> Line:
        place = bisect_left(self.places, row)
        if place < len(self.places) and self.places[place] == row:
            return self.others[place]
        return self.cues[row - place]

    def row(self, ident: str) -> int | None:
        """The number of the line of this id."""
        for other, place in zip(self.others, self.places, strict=True):
            if other.id == ident:
                return place
        if " " in ident or (cue := self.cues.get(ident)) is None:
            return None
        return self._row(self.cues.at(cue.start), ident)

    def _row(self, index: int, ident: str) -> int | None:
        while index < len(self.cues):
            if self.cues[index].id == ident:
                return index + self._before(index)
            index += 1
        return None

    def _before(self, index: int) -> int:
        """How many others stand before the cue of this number."""
        ahead = [place - number for number, place in enumerate(self.places)]
        return bisect_right(ahead, index)

    def at(self, seconds: float) -> int:
        """The number of the line that is said at `seconds`, or before."""
        index = self.cues.at(seconds)
        if index == len(self.cues) or self.cues[index].start > seconds:
            index -= 1
        index = max(0, index)
        return min(index + self._before(index), max(0, len(self) - 1))

    def next_cue(self, ident: str) -> wire.Cue | None:
        """The cue after the one of this id."""
        row = self.row(ident)
        if row is None:
            return None
        for line in (self[n] for n in range(row + 1, len(self))):
            if isinstance(line, wire.Cue):
                return line
        return None

    def search(self, text: str) -> list[str]:
        """Ids of the cues that have `text`, whatever its case, in their order."""
        wanted = text.casefold()
        return [cue.id for cue in self.cues if wanted in folded(cue.text)] if wanted else []


def folded(text: str) -> str:
    """As a search sees it."""
    return text.replace("\n", " ").casefold()


EMPTY = Script(Cues(), complete=False)


def of(state: JobState | None, page: Sequence[wire.Cue] | None) -> Script:
    """The lines of what is known: of `page`, the first cues, while the whole is on its way."""
    if state is None:
        return EMPTY
    cues = state.cues
    complete = state.text_as_of is not None
    if not complete and page is not None:
        cues = Cues(page)
    return Script(cues, *among(cues, others(state)), complete=complete)


def others(state: JobState) -> list[Draft | Hole]:
    found: list[Draft | Hole] = [Draft(event) for event in state.drafts.values() if event.text]
    found += [Hole(gap) for gap in state.gaps.values()]
    return sorted(found, key=lambda one: one.start)


def among(
    cues: Cues, found: Sequence[Draft | Hole]
) -> tuple[Sequence[Draft | Hole], Sequence[int]]:
    """`found`, and the number of the line of each among `cues`."""
    return found, [cues.at(one.start) + number for number, one in enumerate(found)]


def matches(text: str, wanted: str) -> Iterator[tuple[int, int]]:
    """Where `wanted` is in `text`, whatever its case. Only characters of one length in both cases
    are found exactly; others are near enough to be seen."""
    low, wanted = folded(text), wanted.casefold()
    at = low.find(wanted) if wanted else -1
    while at >= 0:
        yield at, at + len(wanted)
        at = low.find(wanted, at + len(wanted))
