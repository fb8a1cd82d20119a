"""A form: sections of fields, of which those that stay the same are left alone."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from textual import work
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from steno_tui.live.forms import Field, Section
from steno_tui.live.widgets.line import Line, Note


class Fields(VerticalScroll, can_focus=False):
    """Sections of fields; `typed` is what stands in them."""

    DEFAULT_CSS = """
    Fields {
        height: 1fr;
        scrollbar-size-vertical: 1;
        & > .heading { width: 1fr; margin-top: 1; color: $text-primary; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: dict[str, Line] = {}
        self._headings: list[Static] = []
        self._wanted: tuple[Sequence[Section], Mapping[str, Note]] | None = None
        self._building = asyncio.Lock()

    @property
    def fields(self) -> list[Field]:
        return [line.field for line in self._lines.values()]

    @property
    def settled(self) -> bool:
        """Whether all lines are there."""
        return self._wanted is None and bool(self._lines) and not self._building.locked()

    @property
    def typed(self) -> dict[str, str]:
        return {name: line.typed for name, line in self._lines.items()}

    def show(self, sections: Iterable[Section], notes: Mapping[str, Note] | None = None) -> None:
        """Other fields. Those that are the same stay, and what is typed stays where it fits."""
        self._wanted = tuple(sections), notes or {}
        self._build()

    @work
    async def _build(self) -> None:
        """Brings the lines up to what is wanted. One change after another: a line that is taken
        away before it is there breaks."""
        async with self._building:
            if self._wanted is not None:
                (sections, notes), self._wanted = self._wanted, None
                for last, fresh in self._arranged(sections, notes):
                    if last is None and self.children:
                        await self.mount_all(fresh, before=0)
                    else:
                        await self.mount_all(fresh, after=last)

    def _arranged(
        self, sections: Iterable[Section], notes: Mapping[str, Note]
    ) -> list[tuple[Widget | None, list[Widget]]]:
        """Takes away what is no longer wanted; returns what is new, after what is there."""
        before, self._lines = self._lines, {}
        for heading in self._headings:
            heading.remove()
        self._headings = []
        fresh: list[tuple[Widget | None, list[Widget]]] = [(None, [])]
        for section in sections:
            if section.title:
                heading = Static(section.title, classes="heading", markup=False)
                self._headings.append(heading)
                fresh[-1][1].append(heading)
            for field in section.fields:
                note = notes.get(field.name, Note())
                line = before.pop(field.name, None)
                if line is not None and line.field == field and line.locked == note.locked:
                    line.note(note)
                    fresh.append((line, []))
                else:
                    line = renewed(field, line, note)
                    fresh[-1][1].append(line)
                self._lines[field.name] = line
        for line in before.values():
            line.remove()
        return [(last, widgets) for last, widgets in fresh if widgets]

    @work(exclusive=True, group="enter")
    async def enter(self) -> None:
        """Goes to the first field, once it is there."""
        async with self._building:
            self.call_after_refresh(self._enter)

    def _enter(self) -> None:
        for widget in self.query("Line Input, Line Drop, Line Checkbox"):
            widget.focus()
            return

    def tell(self, notes: Mapping[str, Note]) -> None:
        for name, note in notes.items():
            if name in self._lines:
                self._lines[name].note(note)

    def blame(self, wrong: Mapping[str, str]) -> None:
        """Shows what is wrong, and of all others that nothing is."""
        for name, line in self._lines.items():
            line.wrong(wrong.get(name, ""))


def renewed(field: Field, before: Line | None, note: Note) -> Line:
    """A line for `field` with what was typed in the one before, where it still can be."""
    typed = field.start
    if before is not None:
        if before.typed != before.field.start and fits(field, before.typed):
            typed = before.typed
        before.remove()
    return Line(field, typed, note)


def fits(field: Field, typed: str) -> bool:
    keys: Sequence[str] = [choice.key for choice in field.choices]
    return field.kind not in ("choice", "switch") or not typed or typed in keys
