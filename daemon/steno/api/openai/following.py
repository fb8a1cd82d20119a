"""The job of a request."""

import contextlib
from collections.abc import AsyncIterator

from steno.api.keys import Daemon
from steno.api.openai.forms import TranscriptionForm
from steno.api.openai.models import chosen, takes_temperature
from steno.jobs.attendance import Asked
from steno.wire import Task, Upload


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
        await daemon.uploads.discard(upload.id)
        raise
    async with daemon.attendance.of(upload, wanted, keep=form.steno_keep) as found:
        yield found
