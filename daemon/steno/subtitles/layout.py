"""Where cues and their lines are broken.

All breaks of a fragment are chosen together, so that a good break here does not force a bad one
there: the total cost is minimised by dynamic programming, as in D. E. Knuth and M. F. Plass,
"Breaking Paragraphs into Lines", Software: Practice and Experience 11 (1981). In place of their
stretched spaces, a line costs the square of how full it is: of lines with a given total length,
those of equal length are the cheapest.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from math import inf
from operator import add

from steno.plugins.contract import Word
from steno.subtitles import atoms as measure
from steno.subtitles import breaks
from steno.subtitles.atoms import Atom
from steno.subtitles.reading import reading_time
from steno.wire import SubtitleStyle

LINE = 10.0
"""Cost of a line, and of its being full: halving a line saves at most half of it, so that text
that fits one line stays on one."""
ORPHAN = 6.0
"""Cost of a line with little on it."""
CUE = 8.0
"""Cost of a cue: the fewer, the calmer."""
CROSSED = 4.0
"""Cost of a sentence's end within a cue."""
SILENCE = 10.0
"""Cost of each second of silence within a cue, after the first half."""
SHORT = 25.0
"""Cost of a cue that cannot stay at all; in proportion up to `min_duration`."""
QUICK = 50.0
"""Cost of a cue that there is no time at all to read; in proportion to the time that lacks."""
LINE_BREAK = 0.4
"""What a break between lines costs of one between cues."""


class Layout:
    """The cheapest breaks of `atoms`; `end` is the segment's, in seconds."""

    def __init__(
        self,
        atoms: Sequence[Atom],
        words: Sequence[Word],
        language: str | None,
        style: SubtitleStyle,
        end: float,
    ) -> None:
        self.atoms = atoms
        self.words = words
        self.style = style
        self.end = end
        self.breaks = breaks.costs(atoms, words, language)
        self.starts, self.ends = self._times()
        self.first, self.lines = self._measure()
        self.crossing = self._crossing()
        spaced = (f" {atom.text}" if atom.space else atom.text for atom in atoms)
        self.reading = [0.0, *accumulate(reading_time(text, style) for text in spaced)]
        """Seconds it takes to read all before each atom."""

    def cues(self) -> list[range]:
        """The atoms of each cue, in order."""
        count = len(self.atoms)
        best = [0.0] + [inf] * count
        origin = [0] * (count + 1)
        for start in range(count):
            if best[start] == inf:
                continue
            base = best[start] + CUE
            for stop, cost in self._from(start):
                if base + cost < best[stop]:
                    best[stop], origin[stop] = base + cost, start
        found: list[range] = []
        stop = count
        while stop:
            found.append(range(origin[stop], stop))
            stop = origin[stop]
        return found[::-1]

    def text(self, cue: range) -> str:
        """The cue's text, its lines separated by a newline."""
        return "\n".join(self._line(range(a, b)) for a, b in pairwise(self._wrap(cue)))

    def times(self, cue: range) -> tuple[float, float]:
        """When what the cue says begins and ends, seconds."""
        return self.starts[cue.start], self.ends[cue.stop - 1]

    def _line(self, line: range) -> str:
        first, *rest = (self.atoms[index] for index in line)
        return first.text + "".join(f" {a.text}" if a.space else a.text for a in rest)

    def _times(self) -> tuple[list[float], list[float]]:
        """When each atom begins and ends: the parts of a word share its time by characters."""
        lengths = [0] * len(self.words)
        for atom in self.atoms:
            lengths[atom.word] += len(atom.text)
        starts: list[float] = []
        ends: list[float] = []
        done = 0
        for index, atom in enumerate(self.atoms):
            word = self.words[atom.word]
            inner = index > 0 and self.atoms[index - 1].word == atom.word
            starts.append(ends[-1] if inner else word.start)
            done = len(atom.text) + (done if inner else 0)
            share = word.start + (word.end - word.start) * done / lengths[atom.word]
            ends.append(word.end if done == lengths[atom.word] else min(share, word.end))
        return starts, ends

    def _measure(self) -> tuple[list[int], list[list[float]]]:
        """For each end of a line, the first atom it can begin with, and the costs of beginning
        with it and with each one after it. An atom longer than a line has one of its own."""
        full = measure.limit(self.style)
        blank = self.style.max_line_chars_wide
        first, lines = [0], [[0.0]]
        for stop in range(1, len(self.atoms) + 1):
            used = 0
            costs: list[float] = []
            begin = stop
            while begin:
                begin -= 1
                used += self.atoms[begin].size
                if used > full and costs:
                    begin += 1
                    break
                orphan = ORPHAN if not costs or used * 4 < full else 0.0
                costs.append(LINE + LINE * (used / full) ** 2 + orphan)
                used += blank if self.atoms[begin].space else 0
                if used > full:
                    break
            first.append(begin)
            lines.append(costs[::-1])
        return first, lines

    def _crossing(self) -> list[float]:
        """Cost of all sentence ends and pauses before each atom, summed from the first."""
        total, sums = 0.0, [0.0]
        for a, b in pairwise(self.atoms):
            total += CROSSED if breaks.ends_sentence(a, b) else 0.0
            total += SILENCE * max(breaks.pause(a, b, self.words) - 0.5, 0.0)
            sums.append(total)
        return sums

    def _from(self, start: int) -> Iterator[tuple[int, float]]:
        """Each atom a cue that begins at `start` may end before, and the cost of that cue. One that
        begins within a word ends with it, so that its words tell what it shows."""
        atoms, begin = self.atoms, self.starts[start]
        layers = self._layers(start)
        word = atoms[start].word
        rest = start > 0 and atoms[start - 1].word == word
        shortest = True
        for stop in range(start + 1, len(atoms) + 1):
            lasts = self.ends[stop - 1] - begin
            long = lasts > self.style.max_duration or stop - start >= len(layers)
            if (long and not shortest) or (rest and atoms[stop - 1].word != word):
                return
            ends = stop == len(atoms)
            if not ends and not atoms[stop].opens:
                continue
            shortest = False
            shown = max(lasts, (self.end if ends else self.starts[stop]) - begin)
            cost = layers[stop - start] + self.breaks[stop]
            cost += self.crossing[stop - 1] - self.crossing[start]
            if shown < self.style.min_duration:
                cost += SHORT * (1 - shown / self.style.min_duration)
            reading = self.reading[stop] - self.reading[start]
            shown = min(shown, self.style.max_duration)
            if shown < reading:
                cost += QUICK * (1 - shown / reading)
            yield stop, cost

    def _layers(self, start: int) -> list[float]:
        """The cost of the cheapest lines from `start` up to each later atom."""
        layer = [0.0]
        best: list[float] = [inf]
        for _ in range(self.style.max_lines):
            done = layer
            layer = [inf]
            for stop in range(start + 1, len(self.atoms) + 1):
                begin = max(self.first[stop], start)
                if begin - start >= len(done):
                    break
                lines = self.lines[stop][begin - self.first[stop] :]
                layer.append(min(map(add, done[begin - start : stop - start], lines)))
            best = [
                min(a, b)
                for a, b in zip(best + [inf] * (len(layer) - len(best)), layer, strict=True)
            ]
            layer = [
                cost + LINE_BREAK * self.breaks[index] for index, cost in enumerate(layer, start)
            ]
        return best

    def _wrap(self, cue: range) -> list[int]:
        """The edges of the cheapest lines of `cue`."""
        best = {cue.start: (0.0, [cue.start])}
        found: list[tuple[float, list[int]]] = []
        for _ in range(self.style.max_lines):
            ahead: dict[int, tuple[float, list[int]]] = {}
            for stop in range(cue.start + 1, cue.stop + 1):
                ways = [
                    (best[begin][0] + self._cost(begin, stop), best[begin][1])
                    for begin in range(max(self.first[stop], cue.start), stop)
                    if begin in best
                ]
                if ways:
                    cost, edges = min(ways)
                    ahead[stop] = cost, [*edges, stop]
            best = ahead
            if cue.stop in best:
                found.append(best[cue.stop])
        return min(found)[1]

    def _cost(self, begin: int, stop: int) -> float:
        """The cost of one line and of the break before `stop`."""
        return self.lines[stop][begin - self.first[stop]] + LINE_BREAK * self.breaks[stop]
