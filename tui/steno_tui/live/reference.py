"""Writes docs/live.md from the screens: `python -m steno_tui.live.reference > docs/live.md`.

The screens' words are looked up as they are imported, so English has to be chosen before:
`STENO_LANGUAGE=C`.
"""

import sys
from collections.abc import Iterator
from typing import Any

import msgspec
from textual.binding import Binding

from steno_tui.live.app import StenoApp
from steno_tui.live.preferences import Preferences
from steno_tui.live.screens.adding import Adding
from steno_tui.live.screens.jobs import JobsScreen
from steno_tui.live.screens.models import ModelsScreen
from steno_tui.live.screens.resuming import Resuming
from steno_tui.live.screens.system import SystemScreen
from steno_tui.live.screens.system.log import LogSection
from steno_tui.live.screens.system.plugins import PluginsSection
from steno_tui.live.screens.system.settings import SettingsSection
from steno_tui.live.screens.transcript import TranscriptScreen
from steno_tui.live.screens.transcript.editor import Editor, Text
from steno_tui.live.widgets.rows import Rows
from steno_tui.live.widgets.timeline import Timeline

HEAD = """\
# Steno live

Made from the screens with `python -m steno_tui.live.reference > docs/live.md`.

`steno` without a command opens it, in any terminal of 80 by 24 or more, also over ssh. It is a
client like any other: it can be left and opened at any time, several can be open at once, and
jobs go on without it. If no daemon runs it says so and starts one at a key. If the daemon goes
away it keeps what it shows, tries to connect again by itself, and is right again without a key.

**Files** are added with `a`, by pasting or dropping their paths on the window, or with `steno
live FILE ...`. **A transcript** is open with Enter, also while it is being made: dim lines are
drafts, the newest line is followed until one scrolls away, and `f` takes that up again. **Edits**
are kept by the daemon at once and reach the subtitle files of a completed job a moment later;
what a person changed is marked with `✎`, and nothing that is recognised or aligned later changes
it. Where two clients change the same line, both texts are shown and one chooses. **Every key**
stands in the help of its screen (`?`); `ctrl+p` finds every command by its name.

## Settings

In `tui.toml` beside `config.toml`. The language is that of `STENO_LANGUAGE`, of `language` there,
or of the session (`LANG`). A theme that is chosen with `ctrl+p` is remembered.

| setting | default | what it is |
|---|---|---|
"""
KEYS = """
Keys go by their names: `keys = {"jobs.pause" = "space", "app.quit" = "ctrl+q"}`. Several are
separated by commas.

## Keys
"""

SCREENS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("Everywhere", (StenoApp,)),
    ("Lists", (Rows,)),
    ("Jobs", (JobsScreen,)),
    ("Adding files", (Adding,)),
    ("Going on with a job", (Resuming,)),
    ("A transcript", (TranscriptScreen,)),
    ("Editing a line", (Editor, Text)),
    ("The timeline", (Timeline,)),
    ("Models", (ModelsScreen,)),
    ("System", (SystemScreen, PluginsSection, LogSection, SettingsSection)),
)


def reference() -> str:
    """The whole page, Markdown, in English."""
    parts = [HEAD.rstrip("\n")]
    for field in msgspec.structs.fields(Preferences):
        about = field.type.__metadata__[0].description
        default = getattr(Preferences(), field.name)
        value = msgspec.json.encode(default).decode()
        parts.append(f"| `{field.name}` | `{value}` | {about} |")
    parts.append(KEYS.rstrip("\n"))
    for title, owners in SCREENS:
        parts += ["", f"### {title}", "", "| key | name | what it does |", "|---|---|---|"]
        parts += dict.fromkeys(line for owner in owners for line in lines(owner))
    return "\n".join(parts) + "\n"


def lines(owner: Any) -> Iterator[str]:
    """A row of the table for each of the keys that `owner`, or a part of Steno live that it is
    made of, declares."""
    for kind in owner.__mro__:
        if kind.__module__.startswith("steno_tui."):
            for binding in kind.__dict__.get("BINDINGS", ()):
                if isinstance(binding, Binding) and binding.id:
                    keys = ", ".join(shown(one) for one in binding.key.split(","))
                    yield f"| {keys} | `{binding.id}` | {binding.tooltip or binding.description} |"


SIGNS = {"question_mark": "?", "slash": "/", "plus": "+", "equals_sign": "=", "minus": "-"}


def shown(key: str) -> str:
    """A key as the page has it."""
    return f"`{SIGNS.get(key, key)}`"


if __name__ == "__main__":
    sys.stdout.write(reference())
