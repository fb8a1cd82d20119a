"""Tab-separated values as Whisper writes them: nothing is quoted, so nothing holds a tab."""

from collections.abc import Iterable, Iterator

from steno.subtitles import script
from steno.subtitles.clock import milliseconds
from steno.wire import Cue


def render(cues: Iterable[Cue]) -> Iterator[str]:
    """A line of names, then one a cue; times in milliseconds. Cues without text are left out."""
    yield "start\tend\ttext\n"
    for cue in cues:
        text = script.line(cue.text)
        if text:
            yield f"{milliseconds(cue.start)}\t{milliseconds(cue.end)}\t{text}\n"
