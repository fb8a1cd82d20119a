"""A job that a client waits for: asked for, and followed to its end."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from typing import Literal, NamedTuple

from steno.api.keys import Daemon
from steno.api.openai.forms import TranscriptionForm
from steno.api.openai.models import chosen, takes_temperature
from steno.errors import StenoError
from steno.jobs.attendance import Asked
from steno.jobs.receiving import whole
from steno.store import jobs, said
from steno.store.database import Reader
from steno.store.jobs import JobRecord
from steno.wire import Upload

Task = Literal["transcribe", "translate"]


class State(NamedTuple):
    """A job as it is now."""

    job: JobRecord
    texts: list[str]
    """Of cues not seen before, in the order of the media."""


async def settings(daemon: Daemon, form: TranscriptionForm, task: Task) -> dict[str, object]:
    """What the form asks of a job. Raises `model_not_found` or `setting_invalid`."""
    registry = await daemon.installed.known()
    found: dict[str, object] = {**chosen(form.model, task, registry, daemon.config), "task": task}
    if task == "translate":
        found["align"] = False  # the words are not those that are said
    elif form.language:
        found["language"] = form.language
    if form.prompt:
        found["prompt"] = form.prompt
    backend = found.get("backend", daemon.config.transcription.backend)
    if form.temperature is not None and takes_temperature(str(backend), registry):
        found["options"] = {"asr": {"temperature": form.temperature}}
    return found


@contextlib.asynccontextmanager
async def asked(
    daemon: Daemon, form: TranscriptionForm, upload: Upload, task: Task
) -> AsyncIterator[Asked]:
    """The job of a request, while its client is answered. Raises what is wrong with the file or the
    settings; then nothing of the upload stays."""
    assert upload.id
    try:
        wanted = await settings(daemon, form, task)
    except BaseException:
        await whole(daemon.uploads.discard(upload.id))
        raise
    async with daemon.attendance.of(upload, wanted, keep=form.steno_keep) as found:
        yield found


async def states(daemon: Daemon, job: str, every: float) -> AsyncGenerator[State | None, None]:
    """What a job has come to, each time something was committed, until it is complete; None after
    `every` seconds in which nothing was. Raises why there will be no result."""
    seen = 0
    with daemon.watchers.of(job) as changed:
        while True:
            changed.clear()
            found, seen = await daemon.db.read(partial(look, job=job, first=seen))
            yield found
            if found.job.state == "completed":
                return
            check(found.job)
            while not await happened(changed, every):
                yield None
            if daemon.watchers.closing:
                raise StenoError("stopping")


async def happened(changed: asyncio.Event, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            return await changed.wait()
    except TimeoutError:
        return False


def look(db: Reader, job: str, first: int) -> tuple[State, int]:
    """The job, and up to which segment its texts go. Raises `job_stopped`."""
    found = jobs.get(db, job)
    if found is None:
        raise StenoError("job_stopped", job=job, at="removed")
    until = said.settled(db, found.seq)
    return State(found, said.texts(db, found.seq, first, until)), until


def check(job: JobRecord) -> None:
    """Raises why a job will have no result."""
    if job.state == "failed" and job.problem is not None:
        raise StenoError.of(job.problem)
    if job.state in ("failed", "cancelled"):
        raise StenoError("job_stopped", job=job.id, at=job.state)
