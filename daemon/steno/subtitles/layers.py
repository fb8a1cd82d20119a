"""What edits make of a cue: layers over what the machine made. Pure.

Every function raises `edit_invalid` for what cannot be.
"""

from collections.abc import Sequence
from math import ceil

from msgspec import Struct
from msgspec.structs import replace

from steno.errors import StenoError
from steno.subtitles import script
from steno.subtitles.atoms import limit, size
from steno.subtitles.clock import whole
from steno.subtitles.rewording import Heard, Token, divide, rewrite, timed
from steno.wire import (
    LONGEST_CUE,
    LONGEST_TEXT,
    SHORTEST_CUE,
    Cue,
    CueChange,
    CueSplit,
    NewCue,
    SubtitleStyle,
)

SAME = 0.0005
"""Seconds: times that are nearer are the same, as clients may round to milliseconds."""


class Layer(Struct, frozen=True, omit_defaults=True):
    """What a person set in a cue; None: nothing. Times in seconds."""

    text: str | None = None
    start: float | None = None
    end: float | None = None
    words: tuple[Token, ...] | None = None
    """Those of `text`."""
    hidden: bool = False


class Standing(Struct, frozen=True):
    """A cue as it is shown, what of it a person set, and where its words come from."""

    cue: Cue
    layer: Layer
    tokens: Sequence[Token]


def change(standing: Standing, wanted: CueChange, until: float | None = None) -> Layer:
    """The layer with what of `wanted` differs from what is shown: fields that do not stay free to
    follow the machine. `until`: the end of the audio in seconds, None while it is not known."""
    cue, layer = standing.cue, standing.layer
    if wanted == CueChange():
        raise StenoError("edit_invalid", why="Name a text, a start or an end.")
    if wanted.text is not None:
        text = _lines(wanted.text)
        if not text:
            why = "A cue needs a text; to have none, delete the cue."
            raise StenoError("edit_invalid", why=why)
        if text != cue.text:
            layer = replace(layer, text=text, words=rewrite(text, standing.tokens))
    start, end = cue.start, cue.end
    if wanted.start is not None and abs(whole(wanted.start) - start) >= SAME:
        start = whole(wanted.start)
        layer = replace(layer, start=start)
        _check_heard(start, until)
    if wanted.end is not None and abs(whole(wanted.end) - end) >= SAME:
        end = whole(wanted.end)
        layer = replace(layer, end=end)
        _check_heard(end, until)
    if (start, end) != (cue.start, cue.end):
        _check_times(start, end)
    return layer


def split(standing: Standing, wanted: CueSplit, heard: Heard) -> tuple[Layer, Layer]:
    """The layers of the cue and of the new one after it."""
    cue, at = standing.cue, wanted.at
    before, after = _lines(cue.text[:at]), _lines(cue.text[at:])
    if not (before and after):
        raise StenoError(
            "edit_invalid", why=f"Nothing would be left on one side of character {at}."
        )
    left, right = divide(cue.text, rewrite(cue.text, standing.tokens), at)
    time = _begin(cue, left, right, heard) if wanted.time is None else whole(wanted.time)
    if not cue.start < time < cue.end:
        why = f"A cue from {cue.start:g} to {cue.end:g} s cannot be split at {time:g} s."
        raise StenoError("edit_invalid", why=why)
    return (
        replace(standing.layer, text=before, end=time, words=left),
        Layer(text=after, start=time, end=cue.end, words=right),
    )


def merge(first: Standing, second: Standing, style: SubtitleStyle) -> Layer:
    """The layer of `first` with all of `second` in it, on one line if that is short enough."""
    one, other = first.cue, second.cue
    line = script.joined(one.text, other.text)
    fits = "\n" not in line and size(line, style) <= limit(style)
    text = line if fits else f"{one.text}\n{other.text}"
    if len(text) > LONGEST_TEXT:
        raise StenoError("edit_invalid", why=f"A cue has {LONGEST_TEXT} characters at most.")
    end = max(one.end, other.end)
    _check_times(one.start, end)
    return replace(
        first.layer,
        text=text,
        end=end if end > one.end else first.layer.end,
        words=(*rewrite(one.text, first.tokens), *rewrite(other.text, second.tokens)),
    )


def insert(wanted: NewCue, until: float | None = None) -> Layer:
    """The layer of a new cue. `until`: the end of the audio in seconds, None while it is not
    known."""
    text, start, end = _lines(wanted.text), whole(wanted.start), whole(wanted.end)
    if not text:
        raise StenoError("edit_invalid", why="A cue needs a text.")
    _check_times(start, end)
    _check_heard(end, until)
    return Layer(text=text, start=start, end=end, words=rewrite(text, ()))


def _begin(cue: Cue, left: Sequence[Token], right: Sequence[Token], heard: Heard) -> float:
    """When the first of `right` is said; where words do not tell, by the lengths of the texts."""
    words = timed([*left, *right], heard, cue.start, cue.end)
    time = words[len(left)].start
    if not cue.start < time < cue.end:
        said, rest = (sum(len(token.text) for token in part) for part in (left, right))
        time = cue.start + (cue.end - cue.start) * said / (said + rest)
    rounded = whole(time)
    return rounded if cue.start < rounded < cue.end else time


def _check_times(start: float, end: float) -> None:
    if end <= start:
        raise StenoError("edit_invalid", why=f"A cue from {start:g} s cannot end at {end:g} s.")
    if whole(end - start) < SHORTEST_CUE:
        raise StenoError("edit_invalid", why=f"A cue lasts {SHORTEST_CUE:g} s at least.")
    if end - start > LONGEST_CUE:
        raise StenoError("edit_invalid", why=f"A cue lasts {LONGEST_CUE:g} s at most.")


def _check_heard(second: float, until: float | None) -> None:
    """That the audio has not ended before: to the next whole millisecond, as clients show it."""
    if until is not None and second > ceil(until * 1000) / 1000:
        why = f"The audio ends at {until:.3f} s, before {second:.3f} s."
        raise StenoError("edit_invalid", why=why)


def _lines(text: str) -> str:
    return "\n".join(script.lines(text))
