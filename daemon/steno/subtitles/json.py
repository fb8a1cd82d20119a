"""Everything Steno knows of a transcript: one JSON object, a cue a line."""

from collections.abc import Iterable, Iterator

import msgspec

from steno.plugins.contract import Word
from steno.subtitles import script
from steno.subtitles.header import Header
from steno.wire import Cue

_encode = msgspec.json.Encoder().encode


def render(cues: Iterable[Cue], header: Header) -> Iterator[str]:
    """The header's fields, then `cues`: `id, start, end, text, words`; times in seconds."""
    about = msgspec.structs.asdict(header)
    fields = {k: script.clean(v) if isinstance(v, str) else v for k, v in about.items()}
    yield _encode(fields).decode()[:-1] + ',"cues":['
    separator = "\n"
    for cue in cues:
        shown = {
            "id": cue.id,
            "start": cue.start,
            "end": cue.end,
            "text": "\n".join(script.lines(cue.text)),
            "words": [_rounded(word) for word in cue.words],
        }
        yield separator + _encode(shown).decode()
        separator = ",\n"
    yield "]}\n"


def _rounded(word: Word) -> Word:
    """Times in whole milliseconds, as those of cues."""
    return msgspec.structs.replace(
        word, text=script.clean(word.text), start=round(word.start, 3), end=round(word.end, 3)
    )
