"""The files of one `steno transcribe`."""

import asyncio
from typing import Any

from steno.client import Client
from steno.errors import Exit, Problem, StenoError, exit_code
from steno.wire import Job
from steno_tui import outcome, output
from steno_tui.outcome import Outcome
from steno_tui.watch import Watch


class Batch:
    """The files of one command: what was refused, and the jobs of the others."""

    def __init__(self, client: Client, watch: Watch) -> None:
        self.refused: dict[int, Problem] = {}
        self.jobs: dict[int, Job] = {}
        self._client = client
        self._watch = watch
        self._adding: asyncio.Task[Job] | None = None

    async def add(self, files: list[str], wanted: dict[str, Any], *, json: bool) -> None:
        """Adds a job for each file, in order; a refused file is told of and leaves the others."""
        for index, file in enumerate(files):
            self._adding = asyncio.create_task(self._client.add_job(file, wanted))
            try:
                # A job that is half added when Ctrl-C comes would be nobody's.
                self._keep(index, await asyncio.shield(self._adding))
            except StenoError as error:
                if exit_code(error.problem) in (Exit.NO_DAEMON, Exit.STORAGE):
                    raise
                self.refused[index] = error.problem
                if not json:
                    output.error(error.problem)
            self._adding = None

    async def last(self) -> None:
        """Waits for a job that was being added when the command was interrupted."""
        if self._adding is not None:
            try:
                self._keep(len(self.jobs) + len(self.refused), await self._adding)
            except StenoError:
                self._adding = None

    def _keep(self, index: int, job: Job) -> None:
        self.jobs[index] = job
        self._watch.add(job)

    def outcomes(self, files: list[str], left: Problem | None) -> list[Outcome]:
        """What became of each file, in the order of the command; `left` is why it was left early,
        which is all there is to say of files it never came to."""
        found = []
        for index, file in enumerate(files):
            if index in self.jobs:
                found.append(outcome.of(self._watch.views[self.jobs[index].id], file, left))
            elif problem := self.refused.get(index, left):
                found.append(Outcome(name=output.flat(file), file=file, problem=problem))
        return found
