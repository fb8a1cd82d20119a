"""What edits make of a cue: layers over what the machine made. Pure.

Every function raises `edit_invalid` for what cannot be.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from steno.errors import StenoError
from steno.subtitles import script
from steno.subtitles.atoms import limit, size
from steno.subtitles.rewording import Heard, Token, divide, rewrite, timed
from steno.wire import LONGEST_CUE, LONGEST_TEXT, Cue, CueChange, CueSplit, NewCue, SubtitleStyle

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


def change(standing: Standing, wanted: CueChange) -> Layer:
    """The layer with what of `wanted` differs from what is shown: fields that do not stay free to
    follow the machine."""
    cue, layer = standing.cue, standing.layer
    if wanted == CueChange():
        raise StenoError("edit_invalid", why="Name a text, a start or an end.")
    if wanted.text is not None:
        text = _text(wanted.text)
        if text != cue.text:
            layer = replace(layer, text=text, words=rewrite(text, standing.tokens))
    if wanted.start is not None and abs(wanted.start - cue.start) >= SAME:
        layer = replace(layer, start=wanted.start)
    if wanted.end is not None and abs(wanted.end - cue.end) >= SAME:
        layer = replace(layer, end=wanted.end)
    if (layer.start, layer.end) != (standing.layer.start, standing.layer.end):
        _check_times(
            cue.start if layer.start is None else layer.start,
            cue.end if layer.end is None else layer.end,
        )
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
    time = wanted.time
    if time is None:
        time = _begin(cue, left, right, heard)
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


def insert(wanted: NewCue) -> Layer:
    """The layer of a new cue."""
    text = _text(wanted.text)
    _check_times(wanted.start, wanted.end)
    return Layer(text=text, start=wanted.start, end=wanted.end, words=rewrite(text, ()))


def _begin(cue: Cue, left: Sequence[Token], right: Sequence[Token], heard: Heard) -> float:
    """When the first of `right` is said; where words do not tell, by the lengths of the texts."""
    words = timed([*left, *right], heard, cue.start, cue.end)
    time = words[len(left)].start
    if not cue.start < time < cue.end:
        said, rest = (sum(len(token.text) for token in part) for part in (left, right))
        time = cue.start + (cue.end - cue.start) * said / (said + rest)
    whole = round(time, 3)
    return whole if cue.start < whole < cue.end else time


def _check_times(start: float, end: float) -> None:
    if end <= start:
        raise StenoError("edit_invalid", why=f"A cue from {start:g} s cannot end at {end:g} s.")
    if end - start > LONGEST_CUE:
        raise StenoError("edit_invalid", why=f"A cue lasts {LONGEST_CUE:g} s at most.")


def _text(text: str) -> str:
    clean = _lines(text)
    if not clean:
        raise StenoError("edit_invalid", why="A cue needs a text; delete the cue instead.")
    return clean


def _lines(text: str) -> str:
    return "\n".join(script.lines(text))
