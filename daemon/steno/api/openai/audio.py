"""The routes of the OpenAI audio interface."""

from contextlib import aclosing
from functools import partial

import msgspec
from aiohttp import web
from msgspec import Struct

from steno.api.codec import encoded
from steno.api.keys import Daemon
from steno.api.openai import answers, following, forms
from steno.api.openai.errors import STATUSES, Failure, failure
from steno.api.openai.forms import TranscriptionForm
from steno.api.openai.models import OpenAiModel, OpenAiModels, listed
from steno.api.route import Routes
from steno.api.sending import finish, send
from steno.api.transcripts import TYPES
from steno.errors import StenoError
from steno.jobs.attendance import Asked
from steno.jobs.result import Result
from steno.wire import Task

routes = Routes(
    "The OpenAI audio interface",
    """For clients that speak to OpenAI's audio service: their base address is this daemon with
`/v1`, their key the token, and any text over the Unix socket. [openai.md](openai.md) tells what
differs.""",
    failure=Failure,
    statuses=STATUSES,
)

SILENCE = 15.0
"""Seconds after which a stream says that it is alive."""
MEDIA = {
    "application/json": "`json`: Transcription; `verbose_json`: VerboseTranscription",
    "text/plain": "`text`",
    "text/event-stream": "with `stream`",
    TYPES["srt"]: "`srt`",
    TYPES["vtt"]: "`vtt`",
}
HEADERS = {"Steno-Job": "Id of the job.", "Steno-Known": "Whether it was complete before."}
REFUSED = (
    "media_type_unsupported", "setting_invalid", "model_not_found", "language_unknown",
    "language_unsupported", "upload_too_large", "uploads_full", "too_slow", "media_empty",
    "media_unknown", "media_playlist", "media_no_audio", "media_no_samples", "media_too_long",
    "media_failed", "backend_none", "backend_failed", "backend_load_failed", "job_stopped",
    "nothing_transcribed", "worker_unavailable", "stopping",
)  # fmt: skip


@routes.post(
    "/v1/audio/transcriptions",
    takes="multipart/form-data",
    form=TranscriptionForm,
    media=MEDIA,
    headers=HEADERS,
    refuses=REFUSED,
    curl='-F file=@"$FILM" -F response_format=srt',
)
async def transcriptions(daemon: Daemon, request: web.Request) -> web.StreamResponse:
    """What is said in a file.

    The request is a job like any other, and requests with the same bytes and settings are the same
    job, also when it is finished. It is cancelled when the last client that waits for it goes away,
    unless one of them gave `steno_keep`.
    """
    return await answered(daemon, request, "transcribe")


@routes.post(
    "/v1/audio/translations",
    takes="multipart/form-data",
    form=TranscriptionForm,
    media=MEDIA,
    headers=HEADERS,
    refuses=REFUSED,
    curl='-F file=@"$FILM"',
)
async def translations(daemon: Daemon, request: web.Request) -> web.StreamResponse:
    """What is said in a file, in English; for recognisers that translate."""
    return await answered(daemon, request, "translate")


@routes.get("/v1/models")
async def models(daemon: Daemon) -> OpenAiModels:
    """Names for `model`: `whisper-1` for what is configured, or best; recognisers; their models."""
    return OpenAiModels(data=await known(daemon))


@routes.get("/v1/models/{model}", refuses=("model_not_found",))
async def one_model(daemon: Daemon, model: str) -> OpenAiModel:
    """One of them."""
    return await find(daemon, model)


@routes.get("/v1/models/{backend}/{variant}", refuses=("model_not_found",))
async def model_of_backend(daemon: Daemon, backend: str, variant: str) -> OpenAiModel:
    """The same, for clients that do not encode the slash."""
    return await find(daemon, f"{backend}/{variant}")


async def known(daemon: Daemon) -> list[OpenAiModel]:
    return listed(await daemon.installed.known(), int(daemon.started_at))


async def find(daemon: Daemon, name: str) -> OpenAiModel:
    """Raises `model_not_found`."""
    found = await known(daemon)
    for one in found:
        if one.id == name:
            return one
    raise StenoError("model_not_found", name=name, known=", ".join(one.id for one in found))


async def answered(daemon: Daemon, request: web.Request, task: Task) -> web.StreamResponse:
    form, upload = await forms.read(
        request, daemon.intake, daemon.uploads, daemon.config.uploads.max_mib << 20
    )
    async with following.asked(daemon, form, upload, task) as asked:
        if form.stream:
            return await streamed(daemon, request, asked)
        return await complete(daemon, asked, form)


async def complete(daemon: Daemon, asked: Asked, form: TranscriptionForm) -> web.Response:
    """The answer, once the job is complete."""
    async with aclosing(daemon.following.states(asked.job, SILENCE)) as states:
        async for _ in states:
            pass
    response = await daemon.results.read(asked.job, partial(made, form=form))
    response.headers.update(headers(asked))
    return response


def made(result: Result, form: TranscriptionForm) -> web.Response:
    kind = form.response_format
    if kind == "srt" or kind == "vtt":
        body = answers.subtitles(result, kind)
        return web.Response(body=body, content_type=TYPES[kind], charset="utf-8")
    if kind == "text":
        body = answers.plain(result)
        return web.Response(body=body, content_type="text/plain", charset="utf-8")
    if kind == "verbose_json":
        wanted = form.timestamp_granularities or ["segment"]
        return encoded(answers.verbose(result, wanted))
    return encoded(answers.brief(result))


async def streamed(daemon: Daemon, request: web.Request, asked: Asked) -> web.StreamResponse:
    """The text of each segment as soon as none before it is missing."""
    response = web.StreamResponse(headers=headers(asked) | {"Cache-Control": "no-cache"})
    response.content_type = "text/event-stream"
    await response.prepare(request)
    text, line = "", ""
    try:
        async with aclosing(daemon.following.states(asked.job, SILENCE)) as states:
            async for state in states:
                if state is None:
                    await send(response, b": still at work\n\n")
                    continue
                delta = "".join(answers.pieces(state.texts, line))
                line = state.texts[-1] if state.texts else line
                if delta:
                    text += delta
                    await send(response, event(answers.Delta(delta=delta)))
                if state.complete:
                    done = answers.Done(text=text, usage=answers.usage(state.duration))
                    await send(response, event(done) + b"data: [DONE]\n\n")
    except StenoError as error:  # too late for a status
        await send(response, event(failure(error.problem)))
    await finish(response)
    return response


def event(data: Struct) -> bytes:
    return b"data: %s\n\n" % msgspec.json.encode(data)


def headers(asked: Asked) -> dict[str, str]:
    return {"Steno-Job": asked.job, "Steno-Known": "true" if asked.known else "false"}
