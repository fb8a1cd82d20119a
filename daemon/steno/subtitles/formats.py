"""The subtitle formats Steno writes."""

from collections.abc import Callable, Iterable, Iterator

from steno.subtitles import json, srt, txt, vtt
from steno.subtitles.header import Header
from steno.wire import Cue, Format

__all__ = ["Header", "render"]

_PLAIN: dict[Format, Callable[[Iterable[Cue]], Iterator[str]]] = {
    "srt": srt.render,
    "vtt": vtt.render,
    "txt": txt.render,
}


def render(format: Format, cues: Iterable[Cue], *, header: Header) -> Iterator[str]:  # noqa: A002
    """The text of a file of `format`, in pieces; cues are taken one at a time. Encode it as UTF-8.

    `cues` are finished (see `steno.subtitles.timing`); none at all make a valid, empty file. Only
    JSON has room for `header`.
    """
    return json.render(cues, header) if format == "json" else _PLAIN[format](cues)
