"""The subtitle formats Steno writes."""

from collections.abc import Callable, Iterable, Iterator

from steno.subtitles import ass, json, lrc, srt, tsv, txt, vtt
from steno.subtitles.header import Header
from steno.wire import Cue, Format

__all__ = ["WITH_WORDS", "Header", "render"]

WITH_WORDS: frozenset[Format] = frozenset({"json", "ass"})
"""Formats that tell of a cue's words."""
_PLAIN: dict[Format, Callable[[Iterable[Cue]], Iterator[str]]] = {
    "srt": srt.render,
    "vtt": vtt.render,
    "txt": txt.render,
    "tsv": tsv.render,
}
_HEADED: dict[Format, Callable[[Iterable[Cue], Header], Iterator[str]]] = {
    "json": json.render,
    "lrc": lrc.render,
    "ass": ass.render,
}
"""Formats with room for a header."""


def render(format: Format, cues: Iterable[Cue], *, header: Header) -> Iterator[str]:  # noqa: A002
    """The text of a file of `format`, in pieces; cues are taken one at a time. Encode it as UTF-8.

    `cues` are finished (see `steno.subtitles.timing`); none at all make a valid, empty file.
    """
    if format in _PLAIN:
        return _PLAIN[format](cues)
    return _HEADED[format](cues, header)
