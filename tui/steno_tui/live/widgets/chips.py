"""One of several, on one line: filters and tabs."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget


class Chip(NamedTuple):
    key: str
    label: str
    """As it is shown; may hold a number."""


class Chips(Widget):
    """Labels side by side; a click chooses one. Keys are the screen's."""

    DEFAULT_CSS = """
    Chips {
        height: 1;
        width: 1fr;
        background: $panel;
        & > .chips--chip { color: $dim; }
        & > .chips--chosen { color: $text-primary; text-style: bold underline; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"chips--chip", "chips--chosen"}

    chips: reactive[tuple[Chip, ...]] = reactive(())
    chosen: reactive[str] = reactive("")

    class Chosen(Message):
        """Another one was chosen with the mouse."""

        def __init__(self, chips: "Chips", key: str) -> None:
            super().__init__()
            self.chips, self.key = chips, key

        @property
        def control(self) -> "Chips":
            return self.chips

    def __init__(self, chips: Sequence[Chip], chosen: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(Chips.chips, tuple(chips))
        self.set_reactive(Chips.chosen, chosen)

    def step(self, by: int) -> str:
        """The key of the one `by` further, round and round."""
        keys = [chip.key for chip in self.chips]
        return keys[(keys.index(self.chosen) + by) % len(keys)]

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is one line
        base = self.rich_style
        segments = []
        for chip in self.chips:
            name = "chips--chosen" if chip.key == self.chosen else "chips--chip"
            mark = "▸" if chip.key == self.chosen else " "
            style = base + self.get_component_rich_style(name, partial=True)
            segments += [Segment(f"{mark}", style), Segment(chip.label, style), Segment("  ", base)]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def on_click(self, event: events.Click) -> None:
        left = 0
        for chip in self.chips:
            left += cell_len(chip.label) + 3
            if event.x < left:
                self.post_message(self.Chosen(self, chip.key))
                return
