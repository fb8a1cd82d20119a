"""Jobs: add, list, look, steer, remove."""

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from steno.api.codec import answer, encoded
from steno.api.keys import Daemon
from steno.api.route import Routes
from steno.wire import Changes, Checkpoint, Job, JobPage, NewJob, State, Validation

routes = Routes(
    "Jobs",
    """A job is named by its id or by an unambiguous beginning of it. Its `state` is `created`
(added with `"start": false`), `queued`, `running`, `completed`, `failed`, `paused` or `cancelled`;
`reason` says why. An action is idempotent: where there is nothing to do the job is the answer. What
a state does not allow is 409 `transition_refused` with the present `state`.""",
)

NAMED = ("job_not_found", "job_ambiguous")
NO_CHANGES = Changes()
CHOSEN = (
    "setting_invalid", "backend_unknown", "backend_none", "backend_missing", "model_unknown",
    "device_unsupported", "language_unknown", "language_unsupported",
)  # fmt: skip
"""What may be wrong with settings."""
STEERED = (*NAMED, "transition_refused", "data_damaged", "upload_gone", "disk_full")


class JobsWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query of `GET /api/jobs`."""

    state: list[State] = []
    """States wanted; all without it."""
    q: Annotated[str, Meta(max_length=500, description="part of the file's name")] = ""
    limit: Annotated[int, Meta(ge=1, le=500)] = 50
    cursor: Annotated[str, Meta(pattern="^[0-9]{1,18}$", description="`next` of a page")] | None = (
        None
    )
    offset: (
        Annotated[int, Meta(ge=0, le=10**9, description="jobs to leave out, without a cursor")]
        | None
    ) = None


@routes.post(
    "/api/jobs",
    gives=Job,
    status=201,
    headers={"Location": "path of the job"},
    refuses=(
        *CHOSEN, "local_only", "upload_not_found", "file_not_found", "file_unreadable",
        "file_is_folder", "file_not_regular", "media_empty", "media_unknown", "media_playlist",
        "media_no_audio", "media_no_samples", "media_too_long", "media_failed", "output_exists",
        "output_folder", "disk_full",
    ),
    example={"path": "$FILM", "settings": {"formats": ["srt", "vtt"], "language": "en"}},
)  # fmt: skip
async def add(daemon: Daemon, body: NewJob, local: bool) -> web.Response:
    """Adds a job for a file of this machine, or for an upload.

    The file is checked before the answer comes: is it there, is it media with audio, can the
    subtitles be written, do the backends exist and take these settings, is there room. Settings
    that are left out are as configured; `"language": "auto"` detects it whatever is configured,
    `"formats": []` writes no files. The job in the answer shows every choice made. `options` are
    the backends' own settings, by kind, for example `{"asr": {"language_weight": 8}}`.
    `"start": false` only adds the job. Over TCP there are no paths: clients upload.
    """
    job = await daemon.jobs.add(body, local=local)
    response = answer(job, status=201)
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return response


@routes.get(
    "/api/jobs",
    gives=JobPage,
    refuses=("bad_request",),
    curl="?state=running,queued&limit=10",
)
async def page(daemon: Daemon, query: JobsWanted) -> web.Response:
    """A page of jobs, newest first: after the page whose `next` is `cursor`, or from the position
    `offset` on."""
    found = await daemon.jobs.page(
        states=tuple(query.state),
        text=query.q,
        cursor=query.cursor,
        offset=query.offset,
        limit=query.limit,
    )
    return encoded(found)


@routes.get("/api/jobs/{job}", refuses=NAMED)
async def get(daemon: Daemon, job: str) -> Job:
    """One job."""
    return await daemon.jobs.get(job)


@routes.delete("/api/jobs/{job}", refuses=NAMED)
async def remove(daemon: Daemon, job: str) -> None:
    """Forgets a job; its media file and its subtitle files stay. An upload goes with its job."""
    await daemon.jobs.remove(job)


@routes.post("/api/jobs/{job}/start", refuses=STEERED)
async def start(daemon: Daemon, job: str) -> Job:
    """Queues a job that was only added."""
    return await daemon.jobs.act(job, "start")


@routes.post("/api/jobs/{job}/pause", refuses=STEERED)
async def pause(daemon: Daemon, job: str) -> Job:
    """Stops the work of a job; what is done is kept."""
    return await daemon.jobs.act(job, "pause")


@routes.post(
    "/api/jobs/{job}/resume",
    refuses=(*STEERED, "setting_locked", *CHOSEN, "local_only", "output_exists"),
    example={"settings": {"workers": 2}},
)
async def resume(daemon: Daemon, job: str, local: bool, body: Changes = NO_CHANGES) -> Job:
    """Goes on with a job, also after failure or cancelling; then gaps are tried anew.

    `settings` changes some. Each setting is `free` (device, batch_size, workers, formats,
    output_dir, overwrite), `warn` (prompt, hotwords, align, aligner: what is done stays as it is)
    or, once a segment is transcribed, `locked` (all others): then the answer is 409
    `setting_locked`.
    """
    return await daemon.jobs.act(job, "resume", body, local=local)


@routes.post(
    "/api/jobs/{job}/resume/validate",
    refuses=(*NAMED, *CHOSEN, "local_only"),
    example={"settings": {"workers": 2, "language": "de"}},
)
async def validate(daemon: Daemon, job: str, local: bool, body: Changes = NO_CHANGES) -> Validation:
    """What a resume would say of changed settings, in the same words; of every one if none is
    named. `ruling` is what a setting always is, `allowed` whether it can change now.

    ```json
    {"allowed": false, "verdicts": [
      {"setting": "model", "ruling": "locked", "allowed": false,
       "reason": "model cannot change: 12 segments are already transcribed with it."}]}
    ```
    """
    return await daemon.jobs.validate(job, body, local=local)


@routes.post("/api/jobs/{job}/cancel", refuses=STEERED)
async def cancel(daemon: Daemon, job: str) -> Job:
    """Stops a job for good, or until it is resumed."""
    return await daemon.jobs.act(job, "cancel")


@routes.post("/api/jobs/{job}/retry", refuses=STEERED)
async def retry(daemon: Daemon, job: str) -> Job:
    """Tries again what failed, or the gaps of a completed job."""
    return await daemon.jobs.act(job, "retry")


@routes.get("/api/jobs/{job}/checkpoint", refuses=NAMED)
async def checkpoint(daemon: Daemon, job: str) -> Checkpoint:
    """What is done and what is left: settings, versions, segments, gaps."""
    return await daemon.jobs.checkpoint(job)
