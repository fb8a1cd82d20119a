"""A screen as an SVG picture, and the text of such a picture. Pure.

Each row of the screen is a line of the file, so that a difference can be read. Nothing is fetched
by who shows it: fonts are those of the machine.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import NamedTuple
from xml.etree import ElementTree

from rich.cells import cell_len
from rich.color import Color, blend_rgb
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME as THEME

CELL, ROW, SIZE = 12, 24, 20
"""Width and height of a cell, and the size of its letters."""
LEFT, TOP = 10, 36
FONTS = "'Fira Code', 'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace"
SVG = "{http://www.w3.org/2000/svg}"


class Look(NamedTuple):
    """How a piece of a row is drawn."""

    ink: str
    paper: str
    more: str
    """CSS of the text beside its colour."""


class Piece(NamedTuple):
    column: int
    text: str
    look: Look


def svg(rows: Sequence[Iterable[Segment]], width: int) -> str:
    """The picture of `rows`, `width` cells wide."""
    drawn = [list(pieces(row)) for row in rows]
    papers = [one.look.paper for row in drawn for one in row for _ in range(cell_len(one.text))]
    common = max(set(papers), key=papers.count)
    names: dict[str, str] = {}
    body = [
        f'<g transform="translate({LEFT},{TOP + number * ROW})">{line(row, common, names)}</g>'
        for number, row in enumerate(drawn)
    ]
    wide, high = width * CELL + 2 * LEFT, len(rows) * ROW + TOP + LEFT
    general = f"text{{font:{SIZE}px {FONTS};white-space:pre}}\n.w{{font-size:{2 * CELL}px}}"
    styles = "\n".join([general, *(f".{name}{{{css}}}" for css, name in names.items())])
    lights = "".join(
        f'<circle cx="{22 + 22 * n}" cy="18" r="7" fill="{color}"/>'
        for n, color in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    return "\n".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}">',
        f"<style>\n{styles}\n</style>",
        f'<rect width="{wide}" height="{high}" rx="8" fill="{common}"/>{lights}',
        *body,
        "</svg>\n",
    ))  # fmt: skip


def pieces(row: Iterable[Segment]) -> Iterator[Piece]:
    """Neighbours of one look together."""
    column = 0
    segments = [(part.text, look(part.style or Style.null())) for part in row if part.text]
    for how, found in groupby(segments, key=lambda one: one[1]):
        text = "".join(part for part, _ in found)
        yield Piece(column, text, how)
        column += cell_len(text)


def look(style: Style) -> Look:
    ink, paper = (hexed(style.color, foreground=True), hexed(style.bgcolor, foreground=False))
    if style.reverse:
        ink, paper = paper, ink
    if style.dim:
        ink = blended(ink, paper)
    more = ";font-weight:bold" * bool(style.bold) + ";font-style:italic" * bool(style.italic)
    lines = " ".join(["underline"] * bool(style.underline) + ["line-through"] * bool(style.strike))
    return Look(ink, paper, more + f";text-decoration:{lines}" * bool(lines))


def hexed(color: Color | None, *, foreground: bool) -> str:
    return (color or Color.default()).get_truecolor(THEME, foreground=foreground).hex


def blended(ink: str, paper: str) -> str:
    first, second = (Color.parse(one).get_truecolor() for one in (ink, paper))
    return blend_rgb(first, second, 0.4).hex


def line(row: Iterable[Piece], common: str, names: dict[str, str]) -> str:
    """A row: its grounds, then its text. `names` gives each look a class."""
    grounds, texts = [], []
    for column, text, how in row:
        if how.paper != common:
            grounds.append(
                f'<rect x="{column * CELL}" width="{cell_len(text) * CELL}" height="{ROW}"'
                f' fill="{how.paper}" shape-rendering="crispEdges"/>'
            )
        css = f"fill:{how.ink}{how.more}"
        for at, part, kind in parts(text):
            if part.isspace() and "text-decoration" not in css:
                continue
            name = names.setdefault(css, f"s{len(names)}")
            more, y = (" w", 20) if kind == "wide" else ("", 18)
            fit = ' lengthAdjust="spacingAndGlyphs"' if kind == "sign" else ""
            place = f'x="{(column + at) * CELL}" y="{y}" textLength="{cell_len(part) * CELL}"'
            texts.append(
                f'<text xml:space="preserve" class="{name}{more}" {place}{fit}>'
                f"{escape(part, quote=False)}</text>"
            )
    return "".join(grounds + texts)


def parts(text: str) -> Iterator[tuple[int, str, str]]:
    """Where each run of letters, of wide ones, or of signs begins, without spaces around it:
    each may be drawn by another font, and gets its own width."""
    at = 0
    for kind, found in groupby(text, key=kind_of):
        run = "".join(found)
        inner = run.strip(" ")
        ahead = len(run) - len(run.lstrip(" "))
        yield (at + ahead, inner, kind) if inner else (at, run, kind)
        at += cell_len(run)


def kind_of(letter: str) -> str:
    if cell_len(letter) == 2:
        return "wide"
    return "sign" if "\u2190" <= letter <= "\u28ff" else "letter"


def read(picture: str) -> list[str]:
    """The rows of a picture that `svg` drew, as text."""
    rows = []
    for group in ElementTree.fromstring(picture).iter(f"{SVG}g"):
        row = ""
        for text in group.iter(f"{SVG}text"):
            column = int(text.attrib["x"]) // CELL
            row += " " * (column - cell_len(row)) + (text.text or "")
        rows.append(row.rstrip())
    return rows
