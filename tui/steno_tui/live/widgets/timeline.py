"""The waveform of a job with its cues, of which one part is looked at."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events, getters, work
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from steno import wire
from steno.client import Cues
from steno.errors import Problem, StenoError
from steno_tui.live import picture
from steno_tui.live.host import Host
from steno_tui.live.keys import key, quiet
from steno_tui.live.picture import Scene
from steno_tui.live.stretch import Stretch
from steno_tui.live.waves import Waves
from steno_tui.texts import _

FIRST = 60.0
"""Seconds that are seen at first."""
STEP = 0.25
"""Of the part that is seen: how far a key moves it."""
PAUSE = 0.1
"""Seconds that a part is looked at before it is asked for."""
SOON, LATER = 1.0, 10.0
"""Seconds before a part is asked for again, while peaks are missing and when only speech may be."""
AGAIN = 3.0
"""Seconds after which missing peaks are asked for even if nothing was told of the job."""


class Timeline(Widget, can_focus=True):
    """Set `job`, `cues`, `selected` and, while something is heard, `playing`; call `grown` when
    the daemon told something of the job. It asks the daemon itself."""

    app = getters.app(Host)
    DEFAULT_CSS = """
    Timeline {
        height: 6;
        background: $surface;
        color: $foreground;
        & > .timeline--ruler { color: $dim; background: $panel; }
        &:focus > .timeline--ruler { color: $text-primary; text-style: bold; }
        & > .timeline--wave { color: $dim; }
        & > .timeline--spoken { color: $text-primary; }
        & > .timeline--selected { color: $text-accent; background: $panel; }
        & > .timeline--unknown { color: $text-muted; }
        & > .timeline--cursor { color: $text-accent; text-style: bold; }
        & > .timeline--playing { color: $text-success; text-style: bold; }
        & > .timeline--speech { color: $text-primary; }
        & > .timeline--even { color: $foreground; background: $panel; }
        & > .timeline--odd { color: $foreground; background: $primary-muted; }
        & > .timeline--chosen {
            background: $block-cursor-background; color: $block-cursor-foreground;
            text-style: bold;
        }
        & > .timeline--narrow { color: $secondary; }
        & > .timeline--picked { color: $block-cursor-background; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"timeline--{role}"
        for role in (
            "ruler", "wave", "spoken", "selected", "unknown", "cursor", "playing", "speech",
            "even", "odd", "chosen", "narrow", "picked",
        )
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        key("timeline.closer", "plus,equals_sign", "zoom(1)", _("Closer"), sign="+"),
        key("timeline.farther", "minus", "zoom(-1)", _("Farther"), sign="-"),
        key("timeline.whole", "0", "whole", _("Whole"), _("Show the whole recording")),
        quiet("timeline.earlier", "left", "pan(-1)", _("Earlier"), sign="←"),
        quiet("timeline.later", "right", "pan(1)", _("Later"), sign="→"),
        quiet("timeline.first", "home", "pan(-1000000)", _("Beginning")),
        quiet("timeline.last", "end", "pan(1000000)", _("End")),
    ]

    job: reactive[str | None] = reactive(None)
    """Id of the job."""
    duration: reactive[float | None] = reactive(None)
    """Seconds, as the job says; the waveform knows better once it is read."""
    selected: reactive[str | None] = reactive(None)
    """Id of the selected cue; the part that is seen moves if it does not have it."""
    position: reactive[float] = reactive(0.0)
    """Where the cursor is, seconds. It goes to the selected cue unless it is in it."""
    playing: reactive[float | None] = reactive(None)
    """What is heard, seconds; the part that is seen follows it."""
    view: reactive[Stretch | None] = reactive(Stretch(0.0, FIRST))
    """What a person wants to see; None: all."""

    class Sought(Message):
        """A person pointed at a moment."""

        def __init__(self, timeline: "Timeline", seconds: float) -> None:
            super().__init__()
            self.timeline, self.seconds = timeline, seconds

        @property
        def control(self) -> "Timeline":
            return self.timeline

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.problem: Problem | None = None
        """Why the last question had no answer."""
        self._cues = Cues()
        self._waves = Waves()
        self._asked: tuple[Stretch, int] | None = None
        self._more = asyncio.Event()

    # What is shown

    @property
    def cues(self) -> Cues:
        """By start."""
        return self._cues

    @cues.setter
    def cues(self, cues: Sequence[wire.Cue]) -> None:
        if cues is self._cues:
            return
        known = self._chosen
        self._cues = cues if isinstance(cues, Cues) else Cues(cues)
        if known is None:
            self._follow()
        self.refresh()

    @property
    def _chosen(self) -> wire.Cue | None:
        return self._cues.get(self.selected) if self.selected is not None else None

    @property
    def total(self) -> float:
        """Seconds of the recording, as far as is known."""
        wave = self._waves.last
        if wave is not None and wave.duration:
            return wave.duration
        known = [wave.available if wave else 0.0, self.duration or 0.0]
        if self._cues:
            known.append(self._cues[-1].end)
        return max(known) or FIRST

    @property
    def seen(self) -> Stretch:
        """The part that is seen."""
        return (self.view or Stretch(0.0, self.total)).within(self.total)

    @property
    def scene(self) -> Scene:
        scene = Scene(
            self.seen,
            cues=self._cues,
            selected=self.selected,
            position=self.position,
            playing=self.playing,
            problem=self.problem,
            blocks=self.app.preferences.waveform == "blocks",
        )
        return replace(scene, wave=self._waves.near(scene.stretch, self._columns))

    def render(self) -> Text:
        columns, rows = self.size
        text = Text(no_wrap=True, end="")
        if columns and rows >= picture.LOWEST:
            for place, line in enumerate(picture.picture(self.scene, columns, rows)):
                text.append("\n" if place else "")
                base = self._role("ruler") if place == 0 else Style.null()
                for span in line:
                    text.append(span.text, base + self._role(span.role))
        return text

    def _role(self, role: str) -> Style:
        return self.get_component_rich_style(f"timeline--{role}", partial=True)

    # Moving

    def zoom(self, steps: int, around: float | None = None) -> None:
        """Twice as close with each step; `around` a moment, else the cursor if it is seen."""
        seen = self.seen
        if around is None:
            middle = (seen.start + seen.end) / 2
            around = self.position if seen.holds(self.position) else middle
        wanted = seen.zoomed(0.5**steps, around)
        self.view = wanted.within(self.total) if wanted.length < self.total else None

    def whole(self) -> None:
        """Shows all of it."""
        self.view = None

    def pan(self, steps: float) -> None:
        """Shows what comes later, or earlier."""
        self._move(self.seen.moved(steps * STEP * self.seen.length))

    def show(self, start: float, end: float) -> None:
        """Has a part of it seen; nothing moves if it is."""
        self._move(self.seen.showing(start, end))

    def _move(self, wanted: Stretch) -> None:
        if self.seen.length < self.total:  # else all is seen, and may grow to what a person wants
            self.view = wanted.within(self.total)

    def _follow(self) -> None:
        if (cue := self._chosen) is not None:
            if not cue.start <= self.position < cue.end:
                self.position = cue.start
            self.show(cue.start, cue.end)

    def watch_selected(self) -> None:
        self._follow()

    def watch_playing(self, seconds: float | None) -> None:
        if seconds is not None and not self.seen.holds(seconds):
            self.show(seconds, seconds + 0.9 * self.seen.length)

    def action_zoom(self, steps: int) -> None:
        self.zoom(steps)

    def action_whole(self) -> None:
        self.whole()

    def action_pan(self, steps: int) -> None:
        self.pan(steps)

    def on_click(self, event: events.Click) -> None:
        self.position = self._under(event)
        self.post_message(self.Sought(self, self.position))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, steps: int) -> None:
        event.stop()
        event.prevent_default()
        self.zoom(steps, self._under(event))

    def _under(self, event: events.MouseEvent) -> float:
        """The moment that is pointed at."""
        column = event.get_content_offset_capture(self).x + 0.5
        return min(max(0.0, self.seen.time(column, self.size.width)), self.total)

    # Asking

    def grown(self) -> None:
        """More of the job may be known by now."""
        self._more.set()

    @property
    def _columns(self) -> int:
        density = 1 if self.app.preferences.waveform == "blocks" else 2
        return min(self.size.width * density, wire.MOST_COLUMNS)

    def watch_job(self) -> None:
        self._waves, self._asked, self.problem = Waves(), None, None
        self._look()

    def watch_view(self) -> None:
        self._look()

    def watch_duration(self) -> None:
        self._look()

    def on_resize(self) -> None:
        self._look()

    def _look(self, pause: float = PAUSE) -> None:
        """Asks for what is seen now, unless that is what is being asked for."""
        wanted = self.seen, self._columns
        if self.job is not None and self._columns and wanted != self._asked:
            self._asked = wanted
            self._ask(self.job, *wanted, pause)

    @work(exclusive=True, group="waveform")
    async def _ask(self, job: str, seen: Stretch, columns: int, pause: float) -> None:
        found = self._waves.get(seen, columns)
        if found is None or not found.complete:
            await asyncio.sleep(pause)
            found = await self._answer(job, seen, columns)
        while True:
            complete = found is not None and found.complete
            await asyncio.sleep(LATER if complete else SOON)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN if found is not None and not complete else None):
                    await self._more.wait()
            found = await self._answer(job, seen, columns)

    async def _answer(self, job: str, seen: Stretch, columns: int) -> wire.Waveform | None:
        self._more.clear()
        start, end = round(seen.start, 3), round(seen.end, 3)
        try:
            wave = await self.app.client.waveform(job, start, end, columns)
        except StenoError as error:  # said in place of the waveform
            self.problem = error.problem
            self.refresh()
            return None
        self.problem = None
        self._waves.put(wave)
        self.refresh()
        self._look(SOON)  # the recording may be shorter or longer than was thought
        return wave
