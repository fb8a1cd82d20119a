"""WebVTT (https://www.w3.org/TR/webvtt1/)."""

from collections.abc import Iterable, Iterator

from steno.subtitles import script
from steno.subtitles.clock import stamp
from steno.wire import Cue

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def render(cues: Iterable[Cue]) -> Iterator[str]:
    """Cues without text are left out."""
    yield "WEBVTT\n"
    for cue in cues:
        text = "\n".join(script.lines(cue.text)).translate(_ESCAPES)
        if text:
            yield f"\n{stamp(cue.start, '.')} --> {stamp(cue.end, '.')}\n{text}\n"
