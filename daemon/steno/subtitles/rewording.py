"""The words of a text that a person wrote, and which word of the machine each of them was.

A word remembers where it came from, not when it was said: times are looked up when the cue is read,
so that an alignment that comes later moves the words of edited cues, too.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

from msgspec import Struct
from msgspec.structs import replace

from steno.plugins.contract import Word
from steno.subtitles import script
from steno.subtitles.spelling import letters_of
from steno.subtitles.words import tidy

MOST_PAIRS = 100_000
"""Pairs of units that are compared at most: matching takes the square of a text's length."""

Heard = Callable[[int, int], Sequence[Word]]
"""The machine's words of the cue of a segment and a number."""


class Origin(Struct, frozen=True, array_like=True):
    """A word of the machine, or a part of one."""

    segment: int
    n: int
    """Of its cue."""
    index: int
    """In that cue."""
    first: float = 0.0
    last: float = 1.0
    """The part of its time."""
    exact: bool = True
    """It is that word still: its score is its own."""


class Token(Struct, frozen=True, array_like=True):
    """A word of a text, as written. Without spaces and line breaks, those of a text are the text.

    `origin` is None where nothing was said that it could come from.
    """

    text: str
    origin: Origin | None = None


class _Unit(Struct, frozen=True):
    """The smallest part of a text that is matched: a word, or a character of a script without
    spaces."""

    text: str
    space: bool
    """Stands before it."""
    form: str
    """What of it counts when it is compared."""
    token: int = 0
    """The one it is of, and which part of it."""
    first: float = 0.0
    last: float = 1.0


def tokens_of(words: Sequence[Word], segment: int, n: int) -> tuple[Token, ...]:
    """The machine's own words of a cue."""
    return tuple(Token(word.text, Origin(segment, n, i)) for i, word in enumerate(words))


def rewrite(text: str, tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The words of the new `text` of what had `tokens` before.

    Words that are the same but for case and punctuation keep their origin; of as many others in
    their place each takes one's; the rest has none. Where scripts have no spaces the same holds for
    characters, and those of one word stay together.
    """
    units, before = _units(text), _units_of(tokens)
    pairs = _pairs([unit.form for unit in before], [unit.form for unit in units])
    return tuple(
        Token(_written(units[run.start : run.stop]), _origin(run, pairs, units, before, tokens))
        for run in _runs(pairs, before)
    )


def divide(
    text: str, tokens: Sequence[Token], at: int
) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    """The tokens of `text` before its character `at` and from there on; one that it cuts is a part
    of its word on either side."""
    room = _visible(text[:at])
    left: list[Token] = []
    for index, token in enumerate(tokens):
        size = _visible(token.text)
        if size > room:
            head, tail = _cut(token, room, size)
            rest = tokens[index + 1 :]
            return (*left, *head), (*tail, *rest)
        room -= size
        left.append(token)
    return tuple(left), ()


def timed(tokens: Sequence[Token], heard: Heard, start: float, end: float) -> tuple[Word, ...]:
    """`tokens` with the times of their words, within `start` and `end` (seconds); those that have
    none, or one that lies outside, are placed between their neighbours."""
    return tidy([_word(token, heard, start, end) for token in tokens], start, end)


def _word(token: Token, heard: Heard, start: float, end: float) -> Word:
    unknown = Word(text=token.text, start=math.nan, end=math.nan)
    origin = token.origin
    if origin is None:
        return unknown
    words = heard(origin.segment, origin.n)
    if origin.index >= len(words):
        return unknown
    word = words[origin.index]
    lasts = word.end - word.start
    first = word.start + lasts * origin.first
    last = word.end if origin.last == 1 else word.start + lasts * origin.last
    if last < start or first > end:
        return unknown
    if origin.exact:
        return replace(word, text=token.text, start=first, end=last)
    return Word(text=token.text, start=first, end=last, interpolated=True)


def _units(text: str) -> list[_Unit]:
    units: list[_Unit] = []
    for piece in text.split():
        for index, cluster in enumerate(script.clusters(piece)):
            form = "".join(letter for char in cluster for letter in letters_of(char))
            units.append(_Unit(cluster, index == 0, form or cluster))
    return units


def _units_of(tokens: Sequence[Token]) -> list[_Unit]:
    found: list[_Unit] = []
    for number, token in enumerate(tokens):
        units = _units(token.text)
        ends = list(accumulate(len(unit.text) for unit in units))
        for unit, start, end in zip(units, [0, *ends], ends, strict=False):
            part = start / ends[-1], end / ends[-1]
            found.append(_Unit(unit.text, unit.space, unit.form, number, *part))
    return found


def _pairs(before: Sequence[str], after: Sequence[str]) -> list[int | None]:
    """For each of `after` the index of the one of `before` that it was."""
    pairs: list[int | None] = [None] * len(after)
    shorter = min(len(before), len(after))
    head = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    rest = shorter - head
    tail = next((i for i in range(rest) if before[-1 - i] != after[-1 - i]), rest)
    pairs[:head] = range(head)
    pairs[len(after) - tail :] = range(len(before) - tail, len(before))
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    codes = [("replace", 0, len(old), 0, len(new))]
    if len(old) * len(new) <= MOST_PAIRS:
        codes = [*SequenceMatcher(None, old, new, autojunk=False).get_opcodes()]
    for _, i, old_end, j, new_end in codes:
        if old_end - i == new_end - j:
            pairs[head + j : head + new_end] = range(head + i, head + old_end)
    return pairs


def _runs(pairs: Sequence[int | None], before: Sequence[_Unit]) -> Iterator[range]:
    """Units that make one word: those of one token that still follow each other."""
    start = 0
    for at in range(1, len(pairs) + 1):
        last, here = pairs[at - 1], pairs[at] if at < len(pairs) else None
        if last is None or here != last + 1 or before[here].token != before[last].token:
            yield range(start, at)
            start = at


def _written(units: Sequence[_Unit]) -> str:
    return "".join(" " * (unit.space and at > 0) + unit.text for at, unit in enumerate(units))


def _origin(
    run: range,
    pairs: Sequence[int | None],
    units: Sequence[_Unit],
    before: Sequence[_Unit],
    tokens: Sequence[Token],
) -> Origin | None:
    """Where the word that the units of `run` make comes from."""
    paired = [(units[at], before[was]) for at in run if (was := pairs[at]) is not None]
    if not paired:
        return None
    first, last = paired[0][1], paired[-1][1]
    origin = tokens[first.token].origin
    if origin is None:
        return None
    same = all(unit.form == was.form for unit, was in paired)
    if same and (first.first, last.last) == (0, 1):
        return origin
    return _part(origin, first.first, last.last)


def _part(origin: Origin, first: float, last: float) -> Origin:
    """The part of `origin` from `first` to `last`, 0 to 1."""
    lasts = origin.last - origin.first
    until = origin.last if last == 1 else origin.first + lasts * last
    return replace(origin, first=origin.first + lasts * first, last=until, exact=False)


def _visible(text: str) -> int:
    return sum(not char.isspace() for char in text)


def _cut(token: Token, room: int, size: int) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    """`token` before and after its first `room` of `size` visible characters."""
    if not room:
        return (), (token,)
    places = [index for index, char in enumerate(token.text) if not char.isspace()]
    head, tail = token.text[: places[room]].strip(), token.text[places[room] :]
    origin = token.origin
    if origin is None:
        return (Token(head),), (Token(tail),)
    share = room / size
    return (Token(head, _part(origin, 0, share)),), (Token(tail, _part(origin, share, 1)),)
