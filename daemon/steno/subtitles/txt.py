"""Plain text for reading: paragraphs without times."""

from collections.abc import Iterable, Iterator

from steno.subtitles import script
from steno.wire import Cue

PAUSE = 1.5
"""Seconds of silence that begin a paragraph."""
BREATH = 0.3
"""Seconds of silence that end a long paragraph where nobody wrote a full stop."""
LENGTH = 600
"""Characters after which the next end of a sentence ends the paragraph; twice as many end it
anywhere."""


def render(cues: Iterable[Cue]) -> Iterator[str]:
    """One line a paragraph, an empty line between two; one piece of text for each cue."""
    last = ""
    length = 0
    until = 0.0
    for cue in cues:
        text = script.line(cue.text)
        if not text:
            continue
        if not last:
            yield text
        elif _parts(last, length, cue.start - until):
            length = 0
            yield "\n\n" + text
        else:
            yield script.joined(last, text)[len(last) :]
        last = text
        length += len(text)
        until = cue.end
    if last:
        yield "\n"


def _parts(last: str, length: int, pause: float) -> bool:
    """Whether a paragraph ends with the cue of text `last`."""
    if pause >= PAUSE or length >= 2 * LENGTH:
        return True
    ended = last.rstrip("\"'”’»」』）)")[-1:] in ".!?…。！？"
    return length >= LENGTH and (ended or pause >= BREATH)
