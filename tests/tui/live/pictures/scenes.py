"""Every scene: the keys that lead there, and what must be seen."""

from collections.abc import Sequence
from typing import Any

from textual.screen import Screen
from textual.widgets import OptionList

from steno import wire
from steno.errors import StenoError
from steno.jobs import locks
from steno_tui.live.screens.dialog import Confirm
from steno_tui.live.screens.help import Help
from steno_tui.live.screens.jobs import JobsScreen
from steno_tui.live.screens.models import ModelsScreen
from steno_tui.live.screens.models.asking import Details
from steno_tui.live.screens.transcript.conflict import Conflict
from steno_tui.live.screens.transcript.editor import Editor
from steno_tui.live.themes import CONTRAST, DARK, LIGHT
from tui.live.pictures import films, machine
from tui.live.pictures.films import COUNCIL, CUES, EDITED, GAP, GLACIER, JOBS, MEMO, PODCAST
from tui.live.pictures.stage import MAIN, Play, Scene, Stage, Step, go, seen, until
from tui.live.pictures.teller import Teller
from tui.standin import ABORTED, event

AWAY = StenoError("daemon_absent", socket=machine.STATUS.socket)
THEIRS = wire.Cue(
    id="14.0", start=CUES[14].start, end=CUES[14].end, revision=1, modified=["text"],
    text="A block as large as a church\nhas just fallen into the lake.",
)  # fmt: skip
EDIT = wire.EditEvent(
    job_id=GLACIER.id, edit=1, action="change", revision=60, cues=[THEIRS], removed=[]
)


def busy() -> Teller:
    """Jobs in every state, of which one is being transcribed."""
    daemon = Teller(JOBS, [event("draft", films.DRAFT)])
    daemon.said[GLACIER.id] = films.transcript(GLACIER, CUES)
    daemon.said[COUNCIL.id] = films.transcript(COUNCIL, EDITED, GAP)
    daemon.cues = {cue.id: films.spoken(cue) for cue in EDITED}
    daemon.refuse["/films/broken.mkv"] = StenoError("media_empty", name="broken.mkv")
    settings = PODCAST.settings
    daemon.validation = locks.validate(settings, settings, (), done=PODCAST.segments.done)
    return daemon


def shared() -> Teller:
    """Somebody else changes a line, too."""
    daemon = Teller(JOBS, [event("edit", EDIT, "db-61")])
    daemon.said[GLACIER.id] = films.transcript(GLACIER, CUES)
    daemon.cues = {THEIRS.id: THEIRS}
    return daemon


def newer() -> Teller:
    """It goes away later."""
    daemon = Teller(JOBS, [ABORTED])
    daemon.version = "1.2.0"
    return daemon


def absent() -> Teller:
    daemon = Teller()
    daemon.away = AWAY
    return daemon


async def leave(stage: Stage) -> None:
    """The daemon is gone from now on."""
    stage.daemon.away = AWAY
    stage.daemon.go.set()


def down(rows: int) -> list[Step]:
    return ["down"] * rows


def offered(stage: Stage) -> bool:
    """Whether the palette has commands."""
    return any(one.option_count for one in stage.screen.query(OptionList))


def editing(stage: Stage) -> bool:
    return stage.screen.query_one(Editor).is_open


def empty(stage: Stage) -> bool:
    return stage.screen.query_one("#empty").display


def theme(name: str) -> Step:
    async def step(stage: Stage) -> None:
        stage.app.theme = name

    return step


def at(screen: type[Screen[Any]]) -> Step:
    return until(lambda stage: isinstance(stage.screen, screen))


JOBS_SEEN = seen(GLACIER.name, "9.4×")
DRAFT_SEEN = seen(films.DRAFT.text)
LOST = until(lambda stage: stage.app.world.link.status == "lost")
SOCKET = seen(machine.STATUS.socket)

TO_GLACIER: Sequence[Step] = (JOBS_SEEN, "enter", seen(CUES[-1].text))

PLAYS: Sequence[Play] = (
    Play(busy, (
        Scene("jobs", (JOBS_SEEN,), MAIN, readme=(100, 24)),
        Scene("jobs-light", (theme(LIGHT),)),
        Scene("jobs-contrast", (theme(CONTRAST),)),
        Scene("help", (theme(DARK), "question_mark", at(Help))),
        Scene("palette", ("escape", at(JobsScreen), "ctrl+p", until(offered))),
        Scene("jobs-remove", ("escape", at(JobsScreen), *down(8), "x", at(Confirm))),
        Scene("jobs-failed", ("escape", at(JobsScreen), "up", seen(MEMO.id)), ((140, 40),)),
        Scene("transcript-words", ("up", "enter", seen("CUDA"), *down(4), "w", seen("41%?"))),
        Scene("transcript-search", ("w", "slash", *"year", "enter", "n", seen("1 / 2"))),
        Scene("resuming", ("escape", "escape", at(JobsScreen), *["up"] * 2, "r", seen("⊘"))),
        Scene("transcript",
              ("escape", at(JobsScreen), *["up"] * 4, "enter", seen(CUES[-1].text), go, DRAFT_SEEN),
              MAIN, readme=(100, 26)),
        Scene("adding",
              ("escape", at(JobsScreen), "a", seen("broken.mkv"), *down(6), "space", "f5",
               seen("✖ broken.mkv"), "f2", "space", "space", "space", seen("✔ lecture-09.mp4")),
              MAIN),
        Scene("adding-settings", ("f3", seen("srt", "vtt"))),
    )),
    Play(busy, (
        Scene("models", (JOBS_SEEN, "2", seen("whisper/dialect", "43%")), MAIN, readme=(100, 22)),
        Scene("models-failed", (*down(7), "enter", at(Details), seen("huggingface.co"))),
        Scene("models-loaded", ("escape", at(ModelsScreen), "f", "f", seen("speech-1", "align-1"))),
        Scene("daemon", ("3", seen("speech-1", "align-2")), MAIN),
        Scene("plugins", ("f", seen("parrot", "silero"))),
        Scene("log", ("f", seen("2416"), *["up"] * 4, seen("RuntimeError"))),
        Scene("configuration", ("f", seen("max_line_chars")), MAIN),
    )),
    Play(shared, (
        Scene("transcript-editor",
              (*TO_GLACIER, *["up"] * 3, "e", until(editing), go,
               seen("A block as large as a church"))),
        Scene("transcript-conflict", (*"!", "enter", at(Conflict))),
    )),
    Play(newer, (
        Scene("other-version", (JOBS_SEEN, seen("1.2.0"))),
        Scene("jobs-gone", (leave, LOST, "ctrl+r", SOCKET)),
    )),
    Play(absent, (Scene("no-daemon", (SOCKET,)),)),
    Play(Teller, (Scene("jobs-empty", (until(empty),)),)),
)  # fmt: skip
