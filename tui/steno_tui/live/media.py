"""Which files are films and recordings, and the order of names. Pure."""

import re

AUDIO = frozenset(
    "aac ac3 aif aiff alac amr ape au caf dts flac m4a m4b mka mp1 mp2 mp3 mpa mpc oga ogg opus ra"
    " spx tta voc w64 wav weba wma wv".split()
)
VIDEO = frozenset(
    "3g2 3gp asf avi divx dv f4v flv m1v m2t m2ts m2v m4v mkv mov mp4 mpe mpeg mpg mts mxf ogm ogv"
    " rm rmvb ts vob webm wmv y4m".split()
)
MEDIA = AUDIO | VIDEO
"""Endings of names, lower case."""


def is_media(name: str) -> bool:
    stem, dot, ending = name.rpartition(".")
    return bool(stem and dot) and ending.lower() in MEDIA


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key for sorting: `2` before `10`, capitals beside small letters."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def size(count: int | None) -> str:
    """Bytes for people."""
    if count is None:
        return ""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if value >= 9.95 or unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
