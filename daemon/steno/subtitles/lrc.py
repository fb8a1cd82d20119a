"""LRC, as players of music show it: a line of text from its time on, until the next one's."""

import re
from collections.abc import Iterable, Iterator

from steno.subtitles import script
from steno.subtitles.clock import in_hundredths
from steno.subtitles.header import Header
from steno.wire import Cue

_TAG = re.compile(r"([\[<] ?[\w.#-]* ?):")


def render(cues: Iterable[Cue], header: Header) -> Iterator[str]:
    """What is known of the media, then one line a cue, and one without text where nothing is said
    any more. Of cues that overlap the later one takes the place of the other. Cues without text are
    left out."""
    yield from _about(header)
    until: int | None = None
    for start, end, cue in in_hundredths(cues):
        text = script.line(cue.text)
        if not text:
            continue
        if until is not None and until < start:
            yield f"[{_time(until)}]\n"
        yield f"[{_time(start)}]{_defused(text)}\n"
        until = max(until or 0, end)
    if until is not None:
        yield f"[{_time(until)}]\n"


def _about(header: Header) -> Iterator[str]:
    name = script.clean(header.name).replace("[", "(").replace("]", ")")
    if name:
        yield f"[ti:{name}]\n"
    if header.duration is not None:
        minutes, seconds = divmod(round(header.duration), 60)
        yield f"[length:{minutes:02}:{seconds:02}]\n"
    if header.language:
        yield f"[la:{header.language}]\n"
    yield "[re:Steno]\n"


def _time(hundredths: int) -> str:
    """Minutes grow beyond two digits if they must: there are no hours."""
    seconds, rest = divmod(hundredths, 100)
    return f"{seconds // 60:02}:{seconds % 60:02}.{rest:02}"


def _defused(text: str) -> str:
    """`text`, looking the same, with nothing in it that readers take for a time or another tag."""
    return _TAG.sub("\\1\N{RATIO}", text)
