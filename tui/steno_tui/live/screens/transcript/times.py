"""Times of cues, as people read and write them. Pure."""

import re

from steno import wire
from steno_tui.output import moment

NEW = 2.0
"""Seconds a new cue lasts, where there is room."""
LEAST = 0.1
"""Seconds it lasts where there is none."""


def exact(seconds: float) -> str:
    """`h:mm:ss.t`, tenths of a second."""
    tenths = round(max(0.0, seconds) * 10)
    return f"{moment(tenths // 10)}.{tenths % 10}"


def written(seconds: float) -> str:
    """`h:mm:ss.mmm`, as it is edited."""
    thousandths = round(max(0.0, seconds) * 1000)
    return f"{moment(thousandths // 1000)}.{thousandths % 1000:03}"


TIME = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,6})(?:[.,](\d{1,6}))?", re.ASCII)


def read(text: str) -> float | None:
    """Seconds that `text` says: `1:02:03.4`, `62:03,4` or `3723.4`; None if it says none."""
    found = TIME.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds, rest = found.groups()
    if minutes is not None and int(seconds) > 59:
        return None
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds)
    return float(f"{whole}.{rest or 0}")


def free(
    before: wire.Cue | None, after: wire.Cue | None, duration: float | None
) -> tuple[float, float]:
    """Start and end of a new cue behind `before`, as far as `after` and the end of the audio leave
    room."""
    start = before.end if before else 0.0
    end = start + NEW
    if after is not None:
        end = min(end, max(after.start, start + LEAST))
    if duration is not None and end > duration:
        end = duration
        start = max(0.0, min(start, end - LEAST))
    return round(start, 3), round(end, 3)
