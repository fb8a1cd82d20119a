"""The form of a request: fields read whole, the file streamed to disk, in whatever order."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Annotated, Literal, TypeVar

import msgspec
from aiohttp import BodyPartReader, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from msgspec import Meta, Struct

from steno.api.intake import Intake
from steno.errors import StenoError, sentence
from steno.jobs.uploads import LONGEST_NAME, Uploads
from steno.wire import Upload

T = TypeVar("T")

CHUNK = 2**18
"""Bytes of the file at a time."""
MOST_FIELD = 2**16
"""Bytes of a field that is not the file."""
MOST_FIELDS = 100
ROUND = 2**20
"""Bytes a form may have beside its file."""

Granularity = Literal["word", "segment"]
ResponseFormat = Literal["json", "text", "srt", "verbose_json", "vtt"]


class TranscriptionForm(
    Struct,
    frozen=True,
    kw_only=True,
    rename={"timestamp_granularities": "timestamp_granularities[]"},
):
    """Fields of `POST /v1/audio/transcriptions` and `…/translations`; others are passed over."""

    file: Annotated[str, Meta(extra_json_schema={"format": "binary"})]
    """Audio or video."""
    model: str = "whisper-1"
    """A name that `GET /v1/models` lists; those of OpenAI mean what is configured, or best."""
    language: str = ""
    """ISO 639 code of what is spoken; without it, it is detected. Transcriptions only."""
    prompt: Annotated[str, Meta(max_length=4000)] = ""
    """Words that are likely to come, for recognisers that listen to it."""
    response_format: ResponseFormat = "json"
    temperature: Annotated[float, Meta(ge=0, le=1)] | None = None
    """For recognisers that have such a setting."""
    timestamp_granularities: list[Granularity] = []
    """What `verbose_json` has: `segment` unless this says otherwise."""
    stream: bool = False
    """Send the text as it is understood. Transcriptions as `json` or `text` only."""
    steno_keep: bool = False
    """Let the job go on when the client goes away."""


async def read(
    request: web.Request, intake: Intake, uploads: Uploads, largest: int
) -> tuple[TranscriptionForm, Upload]:
    """The form, and the file that came with it (at most `largest` bytes), whose id is in the
    form's `file`. Nothing of it stays if the form is refused."""
    if request.content_type != "multipart/form-data":
        raise StenoError(
            "media_type_unsupported", name=request.content_type, wanted="multipart/form-data"
        )
    if request.content_length is not None and request.content_length > largest + ROUND:
        raise StenoError("upload_too_large", limit=largest)
    fields: dict[str, list[str]] = {}
    files: list[Upload] = []
    try:
        await gather(request, intake, fields, files, uploads)
        return convert(fields, files), files[0]
    except BaseException:
        for upload in files:
            await uploads.discard(upload.id or "")
        raise


async def gather(
    request: web.Request,
    intake: Intake,
    fields: dict[str, list[str]],
    files: list[Upload],
    uploads: Uploads,
) -> None:
    reader = await legible(intake, request.multipart)
    while part := await legible(intake, reader.next):
        if not isinstance(part, BodyPartReader) or not part.name:
            raise StenoError("bad_request", why="The form has a part that is no field.")
        encoding = part.headers.get(hdrs.CONTENT_TRANSFER_ENCODING, "binary").lower()
        if encoding not in ("binary", "8bit", "7bit") or hdrs.CONTENT_ENCODING in part.headers:
            raise StenoError("encoding_unsupported", name=encoding)
        name = part.name.removesuffix("[]")
        if name == "file":
            if files:
                raise StenoError("bad_request", why="file: there is more than one.")
            files.append(await uploads.take(shown(part.filename), chunks(intake, part)))
        elif sum(map(len, fields.values())) >= MOST_FIELDS:
            raise StenoError("bad_request", why=f"The form has more than {MOST_FIELDS} fields.")
        else:
            fields.setdefault(name, []).append(await text(intake, part))


def shown(filename: str | None) -> str:
    """A name for the upload, which many clients leave out or make up."""
    return (filename or "audio").encode()[:LONGEST_NAME].decode(errors="ignore") or "audio"


async def chunks(intake: Intake, part: BodyPartReader) -> AsyncIterator[bytes]:
    while not part.at_eof():
        data = await legible(intake, partial(part.read_chunk, CHUNK))
        if data:
            yield data


async def text(intake: Intake, part: BodyPartReader) -> str:
    found = b""
    while not part.at_eof():
        found += await legible(intake, partial(part.read_chunk, MOST_FIELD))
        if len(found) > MOST_FIELD:
            raise StenoError("too_large", what=f"The field {part.name}", limit=MOST_FIELD)
    return found.decode("utf-8", "replace")


async def legible(intake: Intake, reading: Callable[[], Awaitable[T]]) -> T:
    """What is read next. Raises `too_slow`, `stopping`, or `bad_request` where the form is not made
    as it should be."""
    try:
        return await intake.read(reading)
    except (ValueError, AssertionError, RuntimeError, HttpProcessingError) as error:
        raise StenoError("bad_request", why="The form cannot be read.") from error


def convert(fields: dict[str, list[str]], files: list[Upload]) -> TranscriptionForm:
    """Empty fields are as good as none. Raises `bad_request`."""
    given: dict[str, object] = {name: values[-1] for name, values in fields.items() if values[-1]}
    if wanted := [value for value in fields.get("timestamp_granularities", ()) if value]:
        given["timestamp_granularities[]"] = wanted
    if not files:
        raise StenoError("bad_request", why="file: it is missing.")
    given["file"] = files[0].id
    try:
        form = msgspec.convert(given, TranscriptionForm, strict=False)
    except msgspec.ValidationError as error:
        raise StenoError("bad_request", why=sentence(error, TranscriptionForm)) from error
    if form.stream and form.response_format not in ("json", "text"):
        why = f"response_format: a stream has text only, not {form.response_format}."
        raise StenoError("bad_request", why=why)
    return form
