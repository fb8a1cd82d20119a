"""The keys at the bottom: as many as there is room for, and always those of help and leaving."""

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey  # it has no public name

ALWAYS = ("help", "quit")
"""What the last keys do, which are always there."""


class Hints(Footer):
    """What does not fit is in the help. They are made anew only where others are offered: each
    move of a cursor asks."""

    _room = 0
    _shown: object = None

    @property
    def _offered(self) -> list[tuple[str, str, bool]]:
        active = self.screen.active_bindings.values()
        return [
            (self.app.get_key_display(one.binding), one.binding.description, one.enabled)
            for one in active
            if one.binding.show
        ]

    def bindings_changed(self, screen: Screen[Any]) -> None:
        if self._offered != self._shown:
            super().bindings_changed(screen)

    def compose(self) -> ComposeResult:
        self._room = self.size.width or self.screen.size.width
        self._shown = self._offered if self._bindings_ready else None
        keys = list(super().compose())
        kept = sum(isinstance(key, FooterKey) and key.action in ALWAYS for key in keys)
        for place in fitting([wide(key) for key in keys], self._room, kept):
            yield keys[place]

    def on_resize(self) -> None:
        if self.size.width != self._room:
            self.call_after_refresh(self.recompose)


def wide(key: Widget) -> int:
    """Cells that it takes."""
    if not isinstance(key, FooterKey):
        return 0
    return cell_len(key.key_display) + cell_len(key.description) + 3


def fitting(widths: Sequence[int], room: int, kept: int) -> list[int]:
    """Which of several are shown in `room` cells: the first ones, and the last, of which so many
    are `kept`."""
    places = list(range(len(widths)))
    if sum(widths) <= room:
        return places
    first, last = places[: len(places) - kept], places[len(places) - kept :]
    left = room - sum(widths[place] for place in last)
    shown = []
    for place in first:
        left -= widths[place]
        if left < 0:
            break
        shown.append(place)
    return shown + last
