"""What a terminal sends need not be UTF-8: names of files that are dropped on it, for one."""

import codecs
from collections.abc import Callable

from textual.drivers import linux_driver


def lenient(name: str) -> Callable[[], codecs.IncrementalDecoder]:
    """A decoder of `name` that replaces what it cannot read."""
    return lambda: codecs.getincrementaldecoder(name)("replace")


def forgive() -> None:
    """Has Textual read on where it would end with an error: it decodes strictly, in a thread of its
    own, and gives no way to choose."""
    linux_driver.getincrementaldecoder = lenient  # type: ignore[attr-defined,assignment]
