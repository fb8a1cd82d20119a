"""A block of lines that is kept up to date on a terminal."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

ECHO = 2
"""Columns of the `^C` that terminals echo; a line that it made longer would be two."""


class Block:
    """Draws its lines on stderr, again and again, while it is entered."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, markup=False, highlight=False, emoji=False)

    def __enter__(self) -> Self:
        self._live = Live(  # renders at once
            console=self._console,
            get_renderable=self._render,
            refresh_per_second=8,
            redirect_stdout=False,
        )
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def lines(self, columns: int, rows: int, symbols: str) -> Sequence[Text]:
        """At most `rows` lines of at most `columns`; `symbols`: what bars are made of, the done
        part and the rest."""
        raise NotImplementedError

    def _render(self) -> Group:
        size = self._console.size
        symbols = "━╺" if self._console.encoding.startswith("utf") else "#-"
        return Group(*self.lines(size.width - ECHO, size.height - 1, symbols))


def bar(line: Text, percent: float, columns: int, symbols: str, style: str) -> None:
    """Adds a bar of `columns` to `line`."""
    full = int(columns * min(100.0, percent) / 100)
    line.append(symbols[0] * full, style=style)
    line.append(symbols[1] * (columns - full), style="dim")
