"""SubRip: numbered cues, each followed by an empty line. It has neither a header nor escapes."""

from collections.abc import Iterable, Iterator

from steno.subtitles import script
from steno.subtitles.clock import stamp
from steno.wire import Cue


def render(cues: Iterable[Cue]) -> Iterator[str]:
    """Cues without text are left out."""
    number = 0
    for cue in cues:
        # An arrow in the text would be taken for the line that carries the times.
        lines = [line.replace("-->", "→") for line in script.lines(cue.text)]
        if lines:
            number += 1
            text = "\n".join(lines)
            yield f"{number}\n{stamp(cue.start, ',')} --> {stamp(cue.end, ',')}\n{text}\n\n"
