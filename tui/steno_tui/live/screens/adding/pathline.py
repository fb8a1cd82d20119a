"""A line for paths that completes them."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual import events, work
from textual.binding import BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from steno_tui.live.folders import completed, existing
from steno_tui.live.keys import quiet
from steno_tui.live.pasted import paths_of
from steno_tui.texts import _


class Completion(Suggester):
    """Names of folders and media files; relative ones are in `base()`."""

    def __init__(self, base: Callable[[], str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._base = base

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(completed, value, self._base())


class PathLine(Input):
    """Enter takes what is typed, tab completes it; files that are dropped are taken at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("path.complete", "tab", "complete", _("Complete the name"))
    ]

    class Dropped(Message):
        """Files were pasted that are there."""

        def __init__(self, paths: list[str]) -> None:
            super().__init__()
            self.paths = paths

    def __init__(self, base: Callable[[], str], *, id: str) -> None:
        super().__init__(
            id=id,
            compact=True,
            placeholder=_("Type, paste or drop a path; tab completes"),
            suggester=Completion(base),
            select_on_focus=False,
        )
        self._base = base

    @work(exclusive=True, group="complete")
    async def action_complete(self) -> None:
        found = await asyncio.to_thread(completed, self.value, self._base())
        if found is None or found == self.value:
            self.screen.focus_next()
        else:
            self.value = found
            self.cursor_position = len(found)

    async def on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        found = await asyncio.to_thread(existing, paths_of(event.text), self._base())
        if found:
            self.post_message(self.Dropped(found))
        elif event.text:
            self.insert_text_at_cursor(event.text.splitlines()[0])
