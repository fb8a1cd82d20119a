"""SubRip: numbered cues, each followed by an empty line. It has neither a header nor escapes.

Where a text has what readers take for something else, a character that looks like it stands in its
place: `∶` for the colon of a time, `→` for `-->`, `‹` for what begins `<b>` and other tags of HTML,
`｛` for what begins `{\\an8}`, which players know from Advanced SubStation Alpha.
"""

import re
from collections.abc import Iterable, Iterator

from steno.subtitles import script
from steno.subtitles.clock import stamp
from steno.wire import Cue

_TIME = re.compile(r"(?<=\d):(?=\d+:\d)")
_TAG = re.compile(r"<(?=\s*[/!?]?\s*[A-Za-z])")


def render(cues: Iterable[Cue]) -> Iterator[str]:
    """Cues without text are left out."""
    number = 0
    for cue in cues:
        lines = script.lines(cue.text)
        if lines:
            number += 1
            text = _defused("\n".join(lines))
            yield f"{number}\n{stamp(cue.start, ',')} --> {stamp(cue.end, ',')}\n{text}\n\n"


def _defused(text: str) -> str:
    """`text`, looking the same, with nothing in it that readers take for times or for markup."""
    text = _TIME.sub("\N{RATIO}", text.replace("-->", "→"))
    inside, closed, rest = text.rpartition(">")
    text = _TAG.sub("\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", inside) + closed + rest
    inside, closed, rest = text.rpartition("}")
    return inside.replace("{", "\N{FULLWIDTH LEFT CURLY BRACKET}") + closed + rest
