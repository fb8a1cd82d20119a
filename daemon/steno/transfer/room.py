"""Room on the disk for a model."""

from steno.disk import free
from steno.errors import StenoError, printable


def left(folder: bytes, min_free: int) -> int:
    """Bytes that may be written into `folder` while `min_free` of its disk stay free."""
    return max(free(folder) - min_free, 0)


def require(folder: bytes, need: int, min_free: int) -> None:
    """Raises `download_no_room` if there is no room for `need` more bytes."""
    if need > left(folder, min_free):
        raise too_little(folder, need, min_free)


def too_little(folder: bytes, need: int, min_free: int) -> StenoError:
    """`download_no_room`, for `need` more bytes."""
    return StenoError(
        "download_no_room",
        need=spoken(need),
        folder=printable(folder.decode(errors="surrogateescape")),
        free=spoken(left(folder, min_free)),
        kept=spoken(min_free),
    )


def spoken(size: int) -> str:
    """Bytes for people: `4 kB`, `1.5 GB`, powers of ten."""
    for power, unit in ((4, "TB"), (3, "GB"), (2, "MB"), (1, "kB")):
        if size >= 1000**power:
            return f"{f'{size / 1000**power:.1f}'.removesuffix('.0')} {unit}"
    return f"{size} bytes"
