"""The live screen of downloads: a bar for each model, and below it what it waits for."""

from collections.abc import Sequence

from rich.text import Text

from steno.wire.models import Download, ModelInfo
from steno_tui import output
from steno_tui.pulling import under_way
from steno_tui.reporters import Silent
from steno_tui.screen import Block, bar
from steno_tui.texts import _, some

NAME_COLUMNS = 28
"""Most columns of a name."""
LEAST_NAME = 12
"""Columns of a name for which other things give way."""
BAR_COLUMNS = 30
"""Most columns of a bar."""
LEAST_BAR = 8
PERCENT = 5
FIGURES = {"left": 9, "bytes": 18, "speed": 12}
"""Columns of each figure, with what separates it from the one before; the first that has no room
beside the shortest bar is left out first."""
STYLES = {"ready": "green", "error": "red", "incomplete": "yellow"}


class Screen(Block, Silent):
    """Models, as a block of lines on the terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._views: dict[str, ModelInfo] = {}

    def begin(self, views: dict[str, ModelInfo]) -> None:
        self._views = views

    def lines(self, columns: int, rows: int, symbols: str) -> Sequence[Text]:
        return block(list(self._views.values()), columns, rows, symbols)


def block(models: Sequence[ModelInfo], columns: int, rows: int, symbols: str = "━╺") -> list[Text]:
    """The lines for `models`, at most `rows` of at most `columns`.

    Where there is no room for all, those that run come first, then those that wait.
    """
    names = min(
        max((output.width(model.name) for model in models), default=0),
        NAME_COLUMNS,
        max(LEAST_NAME, columns - PERCENT - LEAST_BAR - 20),
        columns,
    )
    shown = [model_lines(model, names, columns, symbols) for model in models]
    if sum(map(len, shown)) <= rows:
        return [line for part in shown for line in part]
    order = sorted(range(len(models)), key=lambda index: (urgency(models[index]), index))
    kept: set[int] = set()
    room = rows - 1
    for index in order:
        if len(shown[index]) > room:
            break
        room -= len(shown[index])
        kept.add(index)
    summary = output.start(
        some("… and {n} more", "… and {n} more", len(models) - len(kept)), columns
    )
    lines = [line for index in sorted(kept) for line in shown[index]]
    return [*lines, Text(summary, style="dim", no_wrap=True)]


def urgency(model: ModelInfo) -> int:
    if not under_way(model):
        return 2
    return 0 if model.download is not None and model.download.status == "downloading" else 1


def model_lines(model: ModelInfo, names: int, columns: int, symbols: str) -> list[Text]:
    """The bar of a model, and while it runs or waits what is to be said of that."""
    download = model.download
    if download is None or not under_way(model):
        return [settled(model, names, columns)]
    lines = [running(model.name, download, names, columns, symbols)]
    if download.status == "downloading" and (said := output.flat(download.message)):
        room = max(0, columns - 2)
        lines.append(Text("  " + output.middle(said, room), style="dim", no_wrap=True))
    return lines


def named(name: str, columns: int, style: str = "") -> Text:
    """A line that begins with the name."""
    shown = output.middle(name, columns)
    line = Text(no_wrap=True, overflow="crop")
    return line.append(shown + " " * (columns - output.width(shown)), style=style)


def settled(model: ModelInfo, names: int, columns: int) -> Text:
    """What became of a model."""
    style = STYLES.get(model.status, "")
    line = named(model.name, names, style)
    line.append(f"  {_(model.status.replace('_', ' '))}", style=style)
    if model.status == "ready":
        line.append(f", {output.size(model.size)}")
    line.truncate(columns)
    return line


def running(name: str, download: Download, names: int, columns: int, symbols: str) -> Text:
    """Name, bar, percent, bytes, speed and time left; on a narrow terminal fewer of them, as many
    for each download."""
    line = named(name, names)
    if download.status == "waiting":
        line.append(f"  {waiting(download)}", style="dim")
        line.truncate(columns)
        return line
    room = columns - names - PERCENT
    shown: dict[str, int] = {}
    for figure, width in FIGURES.items():
        if room - width > LEAST_BAR:
            shown[figure] = width
            room -= width
    if room > LEAST_BAR:
        line.append(" ")
        done = download.progress or 0.0
        bar(line, done, min(BAR_COLUMNS, room - 1), symbols, "cyan")
    percent = "" if download.progress is None else f"{download.progress:.0f}%"
    line.append(f"{percent:>{PERCENT}}")
    found = {"bytes": amount(download), "speed": rate(download), "left": left(download)}
    for figure, text in found.items():
        if figure in shown:
            line.append(output.padded(text, shown[figure], right=True))
    line.truncate(columns)
    return line


def amount(download: Download) -> str:
    """How much is there, and of how much: `45.1 of 484 MB`."""
    here, total = output.size(download.downloaded_bytes), output.size(download.total_bytes)
    if download.total_bytes is None:
        return here
    number, unit = here.split()
    return _("{here} of {total}").format(
        here=number if total.endswith(f" {unit}") else here, total=total
    )


def rate(download: Download) -> str:
    """Bytes a second."""
    if download.speed_mbps is None:
        return ""
    return f"{output.size(download.speed_mbps * 1e6 / 8)}/s"


def left(download: Download) -> str:
    """The time it takes still."""
    return "" if download.eta_s is None else output.clock(download.eta_s)


def waiting(download: Download) -> str:
    """That it waits, and where it stands in the queue unless it is the next."""
    before = (download.position or 1) - 1
    if not before:
        return _("waiting")
    return some("waiting, {n} before it", "waiting, {n} before it", before)
