"""All of a timeline as lines of spans: times, loudness, cues. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from steno import wire
from steno.client import Cues
from steno.errors import Problem
from steno_tui.live import drawing, lane, reasons
from steno_tui.live.drawing import Mark
from steno_tui.live.stretch import Stretch
from steno_tui.live.widgets.layout import Span

LOWEST = 3
"""Lines: one of each."""


@dataclass(frozen=True)
class Scene:
    """What is to be drawn."""

    stretch: Stretch
    wave: wire.Waveform | None = None
    cues: Cues = field(default_factory=Cues)
    selected: str | None = None
    position: float = 0.0
    playing: float | None = None
    problem: Problem | None = None
    """Why there is no waveform, or not the newest."""
    blocks: bool = False
    """Without braille."""

    @property
    def density(self) -> int:
        """Levels a cell."""
        return 1 if self.blocks else 2


def picture(scene: Scene, columns: int, rows: int) -> list[list[Span]]:
    """`rows` lines of `columns` cells each."""
    speech = scene.wave.speech if scene.wave else ()
    spoken = lane.cells(speech, scene.stretch, columns)
    marks = [Mark(scene.position, "▼", "cursor")]
    if scene.playing is not None:
        marks.insert(0, Mark(scene.playing, "▷", "playing"))
    return [
        drawing.ruler(scene.stretch, columns, marks),
        *loudness(scene, spoken, rows - 2),
        lane.lane(scene.cues, spoken, scene.stretch, scene.selected),
    ]


def loudness(scene: Scene, spoken: Sequence[bool], rows: int) -> list[list[Span]]:
    """The waveform, or why there is none."""
    columns, stretch = len(spoken), scene.stretch
    if scene.wave is None:
        known: drawing.Levels = [None] * (columns * scene.density)
    else:
        known = drawing.levels(scene.wave, stretch, columns * scene.density)
    unknown = drawing.unknown(known, scene.density)
    draw = drawing.blocks if scene.blocks else drawing.braille
    lines = [list(line) for line in draw(known, rows)]
    roles = ["spoken" if one else "wave" for one in spoken]
    cue = scene.cues.get(scene.selected) if scene.selected else None
    if cue is not None:
        chosen = lane.cells([(cue.start, cue.end)], stretch, columns)
        roles = ["selected" if one else role for one, role in zip(chosen, roles, strict=True)]
    for seconds, sign, role in ((scene.position, "│", "cursor"), (scene.playing, "┃", "playing")):
        at = stretch.column(seconds, columns) if seconds is not None else -1
        if 0 <= at < columns and not unknown[at]:
            roles[at] = role
            for line in lines:
                line[at] = sign
    roles = ["unknown" if dark else role for dark, role in zip(unknown, roles, strict=True)]
    reasons.write(lines, unknown, scene.problem, asked=scene.wave is None)
    return [
        [
            Span("".join(map(itemgetter(0), run)), role)
            for role, run in groupby(zip(line, roles, strict=True), key=itemgetter(1))
        ]
        for line in lines
    ]
