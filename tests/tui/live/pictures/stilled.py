"""A process in which nothing is by chance: its clock stands, its folders are no machine's."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from textual.app import App
from textual.widgets import Input, TextArea

from steno_tui.live import feed
from steno_tui.live.folders import Entry
from steno_tui.live.screens.adding import picker
from steno_tui.live.screens.jobs import listing
from steno_tui.live.screens.resuming import screen as resuming
from steno_tui.live.screens.system import status
from steno_tui.live.widgets import timeline, top
from tui.live.pictures.films import NOW
from tui.live.pictures.machine import VERSION

FOLDER = "/films"
FILES = [
    Entry(name, f"{FOLDER}/{name}", folder=size is None, size=size)
    for name, size in (
        ("old", None), ("rushes", None), ("Aurora, first cut.mov", 4_812_000_000),
        ("birds.mkv", 812_000_000), ("birds-2.mkv", 640_300_000), ("broken.mkv", 0),
        ("interview-amsler.wav", 142_000_000), ("lecture-09.mp4", 1_204_000_000),
        ("采访：敦煌壁画的修复与保护.mp4", 951_000_000),
    )
]  # fmt: skip


def listed(_: str, *, everything: bool) -> list[Entry]:
    """A folder that no machine has."""
    del everything
    return FILES


@contextmanager
def stilled() -> Iterator[None]:
    """As long as pictures are drawn."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    with ExitStack() as stack:
        for of, name, value in (
            (time, "time", lambda: NOW),
            (top, "__version__", VERSION),
            (status, "__version__", VERSION),
            (picker, "listed", listed),
            (feed, "PAINT", 0.01),
            (listing, "BREATH", 0.01),
            (timeline, "PAUSE", 0.01),
            (resuming, "PAUSE", 0.01),
            (App, "NOTIFICATION_TIMEOUT", 600),
            (Input.__dict__["cursor_blink"], "_default", False),
            (TextArea.__dict__["cursor_blink"], "_default", False),
        ):
            stack.enter_context(patch.object(of, name, value))
        yield
