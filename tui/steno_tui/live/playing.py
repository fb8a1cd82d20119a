"""Hearing a cue: a program of this machine plays that part of the file, without a window."""

import asyncio
import contextlib
import os
import shutil
import signal
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable

from steno import wire
from steno_tui.output import file_name
from steno_tui.texts import _

PLAYERS = ("mpv", "ffplay")
"""The best first."""


def player(preferred: str = "", which: Callable[[str], str | None] = shutil.which) -> str | None:
    """The program that plays: `preferred` (a name or a path) if there is any, else what is here."""
    if preferred:
        return which(preferred) if kind(preferred) in PLAYERS else None
    return next((found for name in PLAYERS if (found := which(name)) is not None), None)


def kind(program: str) -> str:
    """Which one it is, by its name."""
    return os.path.basename(program)


def command(program: str, path: str, start: float, end: float) -> list[str]:
    """Plays `start` to `end`, seconds, of a file once, and ends. `path` is absolute."""
    if kind(program) == "ffplay":
        part = ["-ss", f"{start:.3f}", "-t", f"{end - start:.3f}"]
        return [program, "-nodisp", "-autoexit", "-loglevel", "quiet", *part, "-i", path]
    part = [f"--start={start:.3f}", f"--end={end:.3f}"]
    own = ["--keep-open=no", "--idle=no", "--pause=no", "--no-resume-playback"]  # whatever is set
    return [program, "--no-video", "--really-quiet", *own, *part, "--", path]


def absent(preferred: str) -> str:
    """What a person is told where nothing plays."""
    if not preferred:
        return _("There is no player here: install mpv or ffmpeg to hear cues.")
    return _(
        "There is no player “{name}” here that Steno can use. It knows mpv and ffplay; `player` in "
        "tui.toml names one, and without it Steno takes what is there."
    ).format(name=preferred)


def missing(job: wire.Job) -> str:
    """What a person is told where its file is not."""
    if job.upload is not None:
        return _("“{name}” was uploaded, and its file is not here.").format(name=job.name)
    return _("The file is no longer there: {path}").format(path=job.path)


class Playing:
    """One part of one file at a time. What plays ends with whoever awaits it."""

    def __init__(self, preferred: str = "") -> None:
        self._preferred = preferred
        self._turn = 0
        """Rises with every start and stop."""
        self._begun: tuple[float, float] | None = None
        """What is heard: its start in the file, and when that was."""
        self._process: Process | None = None

    @property
    def position(self) -> float | None:
        """What is heard now, seconds, as well as can be told from outside; None: nothing."""
        if self._begun is None:
            return None
        start, since = self._begun
        return start + time.monotonic() - since

    def stop(self) -> None:
        """Silence."""
        self._turn += 1
        self._begun = None
        if self._process is not None:
            kill(self._process)

    async def play(self, job: wire.Job, start: float, end: float) -> str:
        """Plays a part of the job's file until its end, or until `stop` or another `play`. Gives
        what to tell a person where it cannot be heard; empty is well."""
        self.stop()
        turn = self._turn
        program = player(self._preferred)
        if program is None:
            return absent(self._preferred)
        path = os.fsdecode(file_name(job.uri))
        if not await asyncio.to_thread(os.path.isfile, path):
            return missing(job)
        try:
            process = await asyncio.create_subprocess_exec(
                *command(program, path, start, end),
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            why = error.strerror or str(error)
            return _("{player} does not start: {why}").format(player=program, why=why)
        begun = time.monotonic()
        try:
            if self._turn == turn:  # else another came while it started
                self._process, self._begun = process, (start, time.monotonic())
                await process.wait()
        finally:
            kill(process)
            code = await process.wait()
            await asyncio.sleep(0)  # for the loop to let go of it
        if self._turn != turn:
            return ""
        heard = time.monotonic() - begun
        self.stop()
        if not code and heard < (end - start) / 2:
            ended = _("{player} ended at once: is there a sound device here?")
            return ended.format(player=kind(program))
        what = _("{player} could not play it (exit code {code}).")
        return what.format(player=kind(program), code=code) if code else ""


def kill(process: Process) -> None:
    """Ends it and whatever it started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
