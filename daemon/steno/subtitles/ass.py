"""Advanced SubStation Alpha, v4.00+, with each word lit when it is said.

The only description is what its renderers do (VSFilter, libass): a line's `{\\k20}` takes 20
hundredths of a second, and what follows it has the second colour until its time has come.
"""

from collections.abc import Iterable, Iterator, Sequence

from steno.plugins.contract import Word
from steno.subtitles import script
from steno.subtitles.clock import hundredths, in_hundredths
from steno.subtitles.header import Header
from steno.subtitles.spoken import spoken
from steno.wire import Cue

_STYLE = {
    "Name": "Default",
    "Fontname": "Arial",
    "Fontsize": 64,
    "PrimaryColour": "&H00FFFFFF",
    "SecondaryColour": "&H00A8A8A8",
    "OutlineColour": "&H00000000",
    "BackColour": "&H80000000",
    "Bold": 0,
    "Italic": 0,
    "Underline": 0,
    "StrikeOut": 0,
    "ScaleX": 100,
    "ScaleY": 100,
    "Spacing": 0,
    "Angle": 0,
    "BorderStyle": 1,
    "Outline": 3,
    "Shadow": 1,
    "Alignment": 2,
    "MarginL": 96,
    "MarginR": 96,
    "MarginV": 54,
    "Encoding": 1,
}
"""White with a black outline at the bottom, words not yet said in grey. Two lines of 42 characters
take an eighth of the height of the picture and two thirds of its width."""
_LITERAL = str.maketrans(
    {
        "{": "\N{FULLWIDTH LEFT CURLY BRACKET}",
        "}": "\N{FULLWIDTH RIGHT CURLY BRACKET}",
        "\\": "\N{FULLWIDTH REVERSE SOLIDUS}",
        "\n": "\\N",
    }
)
"""Renderers do not agree on an escape for what begins an override."""


def render(cues: Iterable[Cue], header: Header) -> Iterator[str]:
    """One event a cue; cues without text are left out."""
    yield _head(header)
    for start, end, cue in in_hundredths(cues):
        text = "\n".join(script.lines(cue.text))
        if text:
            parts = spoken(text, cue.words) if _heard(cue) else []
            shown = _lit(parts, start, end) if parts else text.translate(_LITERAL)
            yield f"Dialogue: 0,{_time(start)},{_time(end)},Default,,0,0,0,,{shown}\n"


def _head(header: Header) -> str:
    name, language = script.clean(header.name), header.language
    return (
        "[Script Info]\n"
        + (f"Title: {name}\n" if name else "")
        + (f"Language: {language}\n" if language else "")
        + "ScriptType: v4.00+\n"
        "WrapStyle: 0\n"
        "ScaledBorderAndShadow: yes\n"
        "PlayResX: 1920\n"
        "PlayResY: 1080\n"
        "\n[V4+ Styles]\n"
        f"Format: {', '.join(_STYLE)}\n"
        f"Style: {','.join(map(str, _STYLE.values()))}\n"
        "\n[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    )


def _heard(cue: Cue) -> bool:
    """Whether its words are said while it is shown; a person may have moved it."""
    words = cue.words
    return bool(words) and words[0].start <= cue.end and words[-1].end >= cue.start


def _lit(parts: Sequence[tuple[str, Word]], start: int, end: int) -> str:
    """`parts` of a cue's text with their times, which add up to the cue's; the silence between
    them is a part without text."""
    pieces: list[str] = []
    at = start
    for text, word in parts:
        first = min(max(hundredths(word.start), at), end)
        last = min(max(hundredths(word.end), first), end)
        if first > at:
            pieces.append(f"{{\\k{first - at}}}")
        pieces.append(f"{{\\k{last - first}}}{text.translate(_LITERAL)}")
        at = last
    if at < end:
        pieces.append(f"{{\\k{end - at}}}")
    return "".join(pieces)


def _time(hundredths: int) -> str:
    seconds, rest = divmod(hundredths, 100)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}.{rest:02}"
