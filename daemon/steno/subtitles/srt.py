"""SubRip: numbered cues, each followed by an empty line. It has neither a header nor escapes."""

import re
from collections.abc import Iterable, Iterator

from steno.subtitles import script
from steno.subtitles.clock import stamp
from steno.wire import Cue

_TIME = re.compile(r"(?<=\d):(?=\d+:\d)")


def render(cues: Iterable[Cue]) -> Iterator[str]:
    """Cues without text are left out."""
    number = 0
    for cue in cues:
        lines = script.lines(cue.text)
        if lines:
            number += 1
            text = "\n".join(map(_defused, lines))
            yield f"{number}\n{stamp(cue.start, ',')} --> {stamp(cue.end, ',')}\n{text}\n\n"


def _defused(line: str) -> str:
    """`line`, looking the same, with nothing in it that readers take for the times of a cue."""
    return _TIME.sub("\N{RATIO}", line.replace("-->", "→"))
