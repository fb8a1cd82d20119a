"""How long a text takes to read."""

from math import ceil

from steno.subtitles import script
from steno.wire import SubtitleStyle


def reading_time(text: str, style: SubtitleStyle) -> float:
    """Seconds for `text`, which is clean: 1/`max_cps` for a narrow character and 1/`max_cps_wide`
    for a full-width one, so that mixed text is measured fairly."""
    narrow, wide = (len(text), 0) if text.isascii() else script.width(text)
    time = narrow / style.max_cps if style.max_cps else 0.0
    return time + wide / style.max_cps_wide if style.max_cps_wide else time


def reading_millis(text: str, style: SubtitleStyle) -> int:
    """Whole milliseconds for the lines of a cue; breaks between them take none."""
    seconds = reading_time("".join(script.lines(text)), style)
    return ceil(round(seconds * 1000, 3))  # 41 characters at 20 a second are no 2050.0000000001 ms


def speed(style: SubtitleStyle) -> str:
    """The limits, for people."""
    if not style.max_cps_wide:
        return f"{style.max_cps:g} characters a second"
    if not style.max_cps:
        return f"{style.max_cps_wide:g} full-width characters a second"
    return f"{style.max_cps:g} characters a second ({style.max_cps_wide:g} full-width)"
