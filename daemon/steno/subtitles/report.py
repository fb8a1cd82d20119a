"""What of a style could not be kept, counted cue by cue."""

from msgspec import structs

from steno.subtitles import script
from steno.subtitles.atoms import limit, size
from steno.subtitles.reading import reading_millis, speed
from steno.wire import Cue, Notice, SubtitleStyle

MESSAGES = {
    "cues_short": "shown for less than {min_duration:g} s",
    "cues_long": "shown for more than {max_duration:g} s",
    "cues_fast": "shown too briefly to be read at {speed}",
    "cues_overlap": "shown before the one before has ended",
    "lines_long": "wider than {max_line_chars} characters ({max_line_chars_wide} full-width)",
    "lines_many": "of more than {max_lines} lines",
}
"""What the subtitles counted under each code are."""
EXAMPLE = 60
"""Characters of text quoted."""


class Shortfalls:
    """Counts finished cues that are not as `style` wants them; memory does not grow."""

    def __init__(self, style: SubtitleStyle) -> None:
        self._style = style
        self._full = limit(style)
        self._found: dict[str, tuple[int, Cue]] = {}
        self._end = 0

    def add(self, cue: Cue) -> None:
        """Counts `cue`, which comes after those added before."""
        style = self._style
        start, end = round(cue.start * 1000), round(cue.end * 1000)
        lines = script.lines(cue.text)
        shortfalls = {
            "cues_short": end - start < round(style.min_duration * 1000),
            "cues_long": end - start > round(style.max_duration * 1000),
            "cues_fast": end - start < reading_millis(cue.text, style),
            "cues_overlap": start < self._end,
            "lines_long": any(size(line, style) > self._full for line in lines),
            "lines_many": len(lines) > style.max_lines,
        }
        for code, short in shortfalls.items():
            if short:
                count, first = self._found.get(code, (0, cue))
                self._found[code] = count + 1, first
        self._end = max(self._end, end)

    def notices(self) -> list[Notice]:
        """One notice for each kind of shortfall, with its count and first example."""
        return [
            Notice(code=code, message=self._message(code, *self._found[code]))
            for code in MESSAGES
            if code in self._found
        ]

    def _message(self, code: str, count: int, first: Cue) -> str:
        cues = "1 subtitle is" if count == 1 else f"{count} subtitles are"
        what = MESSAGES[code].format_map(
            structs.asdict(self._style) | {"speed": speed(self._style)}
        )
        text = script.clean(first.text)
        quoted = text if len(text) <= EXAMPLE else text[: EXAMPLE - 1] + "…"
        where = "at" if count == 1 else "the first at"
        return f"{cues} {what}, {where} {_clock(first.start)}: “{quoted}”"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
