"""Where a job's media comes from: a file of this machine, or an upload."""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from steno.errors import Problem, StenoError
from steno.jobs.view import short_name
from steno.paths import display, titled
from steno.store.jobs import JobRecord
from steno.wire import JobSettings


class Origin(NamedTuple):
    """A media file as its owner knows it."""

    path: bytes
    name: str
    """For display."""
    upload: str | None = None
    sha256: str | None = None
    """Hex, of an upload."""

    @classmethod
    def local(cls, path: bytes) -> "Origin":
        return cls(path, short_name(path))

    @classmethod
    def of(cls, job: JobRecord) -> "Origin":
        return cls(job.path, job.name, job.upload, job.sha256)

    @property
    def titled(self) -> bytes:
        """A path with the folder and the stem of its subtitles: an upload's file has a name that
        was made up."""
        return titled(self.path, self.name) if self.upload else self.path

    def check(self, settings: JobSettings) -> None:
        """Raises `setting_invalid`: beside an upload no subtitles can lie."""
        if self.upload and settings.formats and not settings.output_dir:
            why = "An upload has no folder for subtitle files: name output_dir, or no formats."
            raise StenoError("setting_invalid", why=why)

    @contextlib.contextmanager
    def spoken_of(self) -> Iterator[None]:
        """Errors name the file as its owner does."""
        try:
            yield
        except StenoError as error:
            error.problem = self.retold(error.problem)
            raise

    def retold(self, problem: Problem) -> Problem:
        if self.upload is None:
            return problem
        place, upload = display(self.path), self.upload

        def renamed(text: str) -> str:
            return text.replace(place, self.name).replace(upload, self.name)

        facts = {name: renamed(fact) for name, fact in problem.facts.items()}
        return msgspec.structs.replace(problem, detail=renamed(problem.detail), facts=facts)
