"""What became of each file, and the one exit code for all."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from steno.client import JobState
from steno.errors import Exit, Problem, exit_code
from steno.paths import to_uri
from steno.wire import Gap, Job
from steno_tui import output
from steno_tui.texts import _


@dataclass(frozen=True)
class Outcome:
    """How one file ended."""

    name: str
    """Of the file, for people."""
    file: str | None = None
    """As the person named it on the command line."""
    job: Job | None = None
    """None if no job was made of the file."""
    problem: Problem | None = None
    """Why there are no subtitles, or why nobody waited for them."""
    gaps: Sequence[Gap] = ()
    removed: bool = False
    left: bool = False
    """Nobody waited until the job came to rest."""

    @property
    def uri(self) -> str:
        """The exact name of the file, as a `file:` URI."""
        if self.job is not None:
            return self.job.uri
        return to_uri(os.path.abspath(os.fsencode(self.file or self.name)))

    @property
    def state(self) -> str:
        if self.job is None:
            return "refused"
        return "removed" if self.removed else self.job.state

    @property
    def exit(self) -> Exit:
        if self.problem is not None:
            return exit_code(self.problem)
        match self.state:
            case "completed":
                return Exit.GAPS if self.gaps else Exit.OK
            case "paused":
                return Exit.INTERRUPTED
        return Exit.FAILED


def of(view: JobState, file: str | None = None, left: Problem | None = None) -> Outcome:
    """The outcome of a job; `left` is why it is no longer watched, should it not be settled."""
    problem = view.job.error if view.job.state == "failed" else None
    return Outcome(
        name=output.flat(view.job.name),
        file=file,
        job=view.job,
        problem=problem if view.settled else left,
        gaps=[view.gaps[index] for index in sorted(view.gaps)],
        removed=view.removed,
        left=not view.settled,
    )


def verdict(outcomes: Iterable[Outcome]) -> Exit:
    """The exit code of the first file that failed; gaps count only where nothing failed."""
    codes = [outcome.exit for outcome in outcomes if outcome.exit != Exit.OK]
    worse = [code for code in codes if code != Exit.GAPS]
    return (worse or codes or [Exit.OK])[0]


def show(outcome: Outcome) -> None:
    """Where the subtitles lie on stdout; on stderr what a person should know of them."""
    job = outcome.job
    if job is None:
        assert outcome.problem is not None
        output.error(outcome.problem)
        return
    if job.state == "completed" and not outcome.removed:
        for file in job.outputs:
            if file.written:
                path(file.uri, file.path)
    elif outcome.problem is not None:
        output.error(outcome.problem, outcome.name)
    elif outcome.state == "paused":
        text = _("{name}: paused. `steno resume {job}` goes on.")
        output.note(text.format(name=outcome.name, job=job.id))
    else:
        state = output.words(stderr=True)(outcome.state)
        output.note(_("{name}: {state}.").format(name=outcome.name, state=state))
    for warning in job.warnings:
        text = _("{name}: warning: {message}")
        output.tell(text.format(name=outcome.name, message=warning.message))
    for gap in outcome.gaps:
        start, end = output.moment(gap.start), output.moment(gap.end)
        text = _("{name}: no text from {start} to {end}: {reason}")
        output.tell(text.format(name=outcome.name, start=start, end=end, reason=gap.reason))
    if outcome.gaps:
        text = _("{name}: `steno retry {job}` tries the gaps again.")
        output.tell(text.format(name=outcome.name, job=job.id))


def path(uri: str, display: str) -> None:
    """A path on stdout: readable on a terminal, exact in a pipe."""
    if output.is_terminal():
        output.say(display)
    else:
        output.raw(output.file_name(uri) + b"\n")


def record(outcome: Outcome) -> None:
    """The last line of JSON for a file."""
    job = outcome.job
    output.record(
        {
            "event": "result",
            "file": output.flat(outcome.file or outcome.name),
            "uri": outcome.uri,
            "job_id": job.id if job else None,
            "state": outcome.state,
            "exit_code": int(outcome.exit),
            "outputs": job.outputs if job else [],
            "warnings": job.warnings if job else [],
            "gaps": list(outcome.gaps),
            "error": outcome.problem,
        }
    )
