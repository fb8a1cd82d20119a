"""OpenAI's own client, unchanged, with a daemon of ours."""

import asyncio
import contextlib
import io
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import httpx
import openai
import pytest
import srt
import webvtt
from openai import AsyncOpenAI
from openai.types.audio import Transcription, TranscriptionVerbose

from e2e.asking import ask
from e2e.test_uploads import lying, sound
from harness import DATA, Home, ended, running, until
from steno.client import Client
from steno.errors import StenoError
from steno.subtitles import script
from steno.wire import Job

ENVIRONMENT = {
    "STENO_TRANSCRIPTION_BACKEND": "fake",
    "STENO_TRANSCRIPTION_SPLITTER": "fake",
    "STENO_TRANSCRIPTION_ALIGNER": "fake",
    "STENO_TRANSCRIPTION_LANGUAGE": "en",
    "STENO_TCP_ENABLED": "true",
    "STENO_TCP_PORT": "0",
    "STENO_UPLOADS_MAX_MIB": "1",
}
CONFIGURATION = """
[backends.asr.fake]
delay = {delay}
fail = {fail}
[backends.splitter.fake]
every = 1.0
"""

ENCODED = "\r\nContent-Transfer-Encoding: base64"


def configured(home: Home, *, delay: float = 0.0, fail: tuple[int, ...] = ()) -> Home:
    home.extra = ENVIRONMENT
    home.configure(CONFIGURATION.format(delay=delay, fail=list(fail)))
    return home


@pytest.fixture
async def api(shared: Home, client: Client) -> AsyncIterator[AsyncOpenAI]:
    """OpenAI's client of a daemon without jobs."""
    for job in await jobs_of(client):
        await client.remove(job.id)
    async with theirs(shared) as api:
        yield api


@contextlib.asynccontextmanager
async def theirs(home: Home) -> AsyncIterator[AsyncOpenAI]:
    """OpenAI's client at the Unix socket."""
    transport = httpx.AsyncHTTPTransport(uds=str(home.paths.socket))
    async with httpx.AsyncClient(transport=transport) as http:
        client: Any = http  # of httpx, or its successor
        yield AsyncOpenAI(
            base_url="http://steno/v1", api_key="any", http_client=client, max_retries=0
        )


async def jobs_of(client: Client) -> list[Job]:
    return (await client.jobs()).jobs


async def test_every_format(shared: Home, client: Client, api: AsyncOpenAI) -> None:
    create = api.audio.transcriptions.create
    first = await create(model="whisper-1", file=("talk.wav", sound(4.0)))
    assert isinstance(first, Transcription)
    (job,) = await jobs_of(client)
    assert (job.name, job.state, job.settings.backend) == ("talk.wav", "completed", "fake")
    assert job.upload
    assert len(first.text.split()) == 8
    assert first.usage is not None
    assert first.usage.model_dump() == {"type": "duration", "seconds": 4}

    text = await create(model="fake", file=sound(4.0), response_format="text")
    assert text == first.text + "\n"
    cues = (await client.transcript(job.id, words=True)).cues
    subtitles = list(
        srt.parse(await create(model="fake/one", file=sound(4.0), response_format="srt"))
    )
    assert [one.content for one in subtitles] == [cue.text for cue in cues]
    vtt = await create(model="one", file=sound(4.0), response_format="vtt")
    assert [one.text for one in webvtt.from_string(vtt).captions] == [cue.text for cue in cues]
    assert (await client.output(job.id, "vtt")).decode() == vtt

    verbose = await create(
        model="gpt-4o-transcribe", file=sound(4.0), response_format="verbose_json",
        timestamp_granularities=["word", "segment"], temperature=0.0, include=["logprobs"],
        extra_body={"chunking_strategy": "auto", "unheard_of": "1"},
    )  # fmt: skip
    assert isinstance(verbose, TranscriptionVerbose)
    assert verbose.model_extra
    assert verbose.model_extra["task"] == "transcribe"
    assert (verbose.language, verbose.duration, verbose.text) == ("english", 4.0, first.text)
    assert verbose.words
    assert [word.word for word in verbose.words] == first.text.split()
    starts = [word.start for cue in cues for word in cue.words]
    assert [word.start for word in verbose.words] == pytest.approx(starts, abs=0.001)
    assert verbose.segments
    assert "".join(segment.text for segment in verbose.segments) == first.text
    for n, segment in enumerate(verbose.segments):
        assert (segment.id, segment.tokens, segment.temperature) == (n, [], 0.0)
        assert segment.seek <= segment.start * 100 < segment.end * 100
        assert segment.avg_logprob == pytest.approx(-0.105, abs=0.001)  # of a score of 0.9
        assert segment.compression_ratio > 0
        assert segment.no_speech_prob == 0.0
    plain = await create(model="fake", file=sound(4.0), response_format="verbose_json")
    assert plain.segments == verbose.segments
    assert plain.words is None

    assert await jobs_of(client) == [job], "the same bytes and settings are one job"
    assert lying(shared) == {}
    other = await create(model="fake", file=sound(4.0), prompt="Ahab")
    assert other.text == first.text
    assert len(await jobs_of(client)) == 2


async def test_a_stream_tells_segments_in_order_as_they_come(home: Home) -> None:
    async with running(configured(home, delay=0.1)) as (_, client), theirs(home) as api:
        create = api.audio.transcriptions.create
        deltas, running_at = list[str](), list[str]()
        async for event in await create(model="whisper-1", file=sound(5.0), stream=True):
            if event.type == "transcript.text.delta":
                deltas.append(event.delta)
                running_at += [job.state for job in await jobs_of(client)]
            else:
                done = event
        assert done.type == "transcript.text.done"
        assert "".join(deltas) == done.text
        assert len(deltas) > 1
        assert "running" in running_at
        assert done.usage is not None
        assert done.usage.model_dump()["seconds"] == 5
        whole = await create(model="whisper-1", file=sound(5.0))
        assert whole.text == done.text
        (job,) = await jobs_of(client)
        cues = (await client.transcript(job.id)).cues
        assert done.text.split() == " ".join(script.line(cue.text) for cue in cues).split()
        again = [event async for event in await create(model="fake", file=sound(5.0), stream=True)]
        assert "".join(e.delta for e in again if e.type == "transcript.text.delta") == done.text


async def test_edits_are_answered_too(shared: Home, client: Client, api: AsyncOpenAI) -> None:
    await api.audio.transcriptions.create(model="fake", file=sound(2.0))
    (job,) = await jobs_of(client)
    await client.change_cue(job.id, "0.0", None, text="Call me Ishmael.")
    again = await api.audio.transcriptions.with_raw_response.create(model="fake", file=sound(2.0))
    assert again.parse().text.startswith("Call me Ishmael.")
    assert again.headers["Steno-Known"] == "true"
    assert again.headers["Steno-Job"] == job.id


@pytest.mark.filterwarnings("ignore:deprecated")  # by OpenAI
async def test_translations(shared: Home, client: Client, api: AsyncOpenAI) -> None:
    found = await api.audio.translations.create(
        model="fake-translate", file=sound(2.0), response_format="verbose_json"
    )
    assert found.text.isupper()
    assert found.language == "english"
    (job,) = await jobs_of(client)
    assert (job.settings.task, job.settings.backend) == ("translate", "fake-translate")
    with pytest.raises(openai.BadRequestError, match="fake cannot translate") as caught:
        await api.audio.translations.create(model="fake", file=sound(2.0))
    assert caught.value.type == "invalid_request_error"
    assert lying(shared) == {}


async def test_models(shared: Home, client: Client, api: AsyncOpenAI) -> None:
    found = [model async for model in api.models.list()]
    names = [model.id for model in found]
    assert names[0] == "whisper-1"
    assert {"fake", "fake/one", "pocketsphinx", "pocketsphinx/en-us"} <= {*names}
    assert "fake-absent" not in names
    for model in found:
        assert model.object == "model"
        assert await api.models.retrieve(model.id) == model
    slash = await ask(shared, "GET", "/v1/models/fake/one")
    assert slash.json["id"] == "fake/one"
    with pytest.raises(openai.NotFoundError) as caught:
        await api.models.retrieve("fake-absent")
    assert caught.value.code == "model_not_found"


async def test_refusals_have_their_shape(shared: Home, client: Client, api: AsyncOpenAI) -> None:
    create = api.audio.transcriptions.create

    async def refused(kind: type[openai.APIStatusError], **fields: Any) -> openai.APIStatusError:
        wanted: dict[str, Any] = {"model": "whisper-1", "file": sound(1.0), **fields}
        with pytest.raises(kind) as caught:
            await create(**wanted)
        assert caught.value.type == "invalid_request_error"
        assert lying(shared) == {}
        assert caught.value.response.headers["x-should-retry"] == "false"
        return caught.value

    assert (await refused(openai.NotFoundError, model="unheard-of")).code == "model_not_found"
    bad = await refused(openai.BadRequestError, file=("a.mp3", b"no media at all " * 50))
    assert (bad.code, bad.param) == ("media_unknown", "file")
    assert "a.mp3" in bad.message
    assert str(shared.root) not in bad.message
    assert (await refused(openai.BadRequestError, file=b"")).code == "media_empty"
    bad = await refused(openai.BadRequestError, language="tlh")
    assert (bad.code, bad.param) == ("language_unknown", "language")
    bad = await refused(openai.BadRequestError, response_format="diarized_json")
    assert (bad.code, bad.param) == ("bad_request", "response_format")
    bad = await refused(openai.BadRequestError, response_format="srt", stream=True)
    assert bad.param == "response_format"
    bad = await refused(openai.BadRequestError, temperature=2)
    assert bad.param == "temperature"
    bad = await refused(openai.BadRequestError, timestamp_granularities=["letter"])
    assert bad.param == "timestamp_granularities[]"
    with pytest.raises(openai.NotFoundError) as caught:
        await api.chat.completions.create(model="gpt-4", messages=[])
    assert caught.value.code == "not_found"
    assert await jobs_of(client) == []


def form(*parts: tuple[str, bytes], ending: bytes = b"--x--\r\n") -> bytes:
    return b"".join(
        b"--x\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (head.encode(), body)
        for head, body in parts
    ) + ending  # fmt: skip


async def test_forms_as_other_clients_make_them(
    shared: Home, client: Client, api: AsyncOpenAI
) -> None:
    media, route = sound(1.0).getvalue(), "/v1/audio/transcriptions"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    file = ('name="file"', media)
    for parts in ((file, ('name="response_format"', b"text")), (('name="model"', b""), file)):
        answer = await ask(shared, "POST", route, form(*parts), **kind)
        assert answer.status == 200, answer
    assert [job.name for job in await jobs_of(client)] == ["audio"]
    wrong: list[tuple[bytes, dict[str, str], int, str]] = [
        (form(("name=model", b"fake")), kind, 400, "bad_request"),
        (form(file, file), kind, 400, "bad_request"),
        (form(("x=y", b"z"), file), kind, 400, "bad_request"),
        (form(file, ending=b""), kind, 400, "bad_request"),
        (form(file)[:-30], kind, 400, "bad_request"),
        (b"no form", kind, 400, "bad_request"),
        (form(("name=prompt", bytes(70_000)), file), kind, 413, "too_large"),
        (form(file, *[("name=x", b"y")] * 101), kind, 400, "bad_request"),
        (form((f'name="file"{ENCODED}', b"eA==")), kind, 415, "encoding_unsupported"),
        (form(("name=file", bytes(2**20 + 1))), kind, 413, "upload_too_large"),
        (form(("name=file", bytes(2**21))), kind, 413, "upload_too_large"),
        (b"{}", {"Content-Type": "application/json"}, 415, "media_type_unsupported"),
    ]  # fmt: skip
    for body, headers, status, code in wrong:
        answer = await ask(shared, "POST", route, body, **headers)
        assert (answer.status, answer.json["error"]["code"]) == (status, code), answer
        assert lying(shared) == {}
    assert len(await jobs_of(client)) == 1


async def test_a_job_that_fails_is_an_error(home: Home) -> None:
    async with running(configured(home, fail=(0, 1))) as (_, client), theirs(home) as api:
        create = api.audio.transcriptions.create
        with pytest.raises(openai.InternalServerError) as caught:
            await create(model="whisper-1", file=sound(2.0))
        assert (caught.value.code, caught.value.type) == ("nothing_transcribed", "server_error")
        with pytest.raises(openai.APIError, match="could be transcribed"):
            async for _ in await create(model="whisper-1", file=sound(2.0), stream=True):
                pass
        assert [job.state for job in await jobs_of(client)] == ["failed", "failed"]
        assert len(lying(home)) == 2, "both can be resumed"


async def test_a_job_that_is_stopped_is_an_error(home: Home) -> None:
    async with running(configured(home, delay=0.5)) as (_, client), theirs(home) as api:
        for stop in (client.cancel, client.remove):
            asking = asyncio.create_task(
                api.audio.transcriptions.create(model="whisper-1", file=sound(9.0))
            )
            job = await begun(client)
            await stop(job.id)
            with pytest.raises(openai.ConflictError) as caught:
                await asking
            assert caught.value.code == "job_stopped"


async def begun(client: Client) -> Job:
    """The job that runs, with some of its text."""

    async def there() -> Job | None:
        found = (await client.jobs(["running"])).jobs
        return found[0] if found and found[0].segments.done else None

    found = await until(there, what="a job runs")
    assert found is not None
    return found


async def test_a_job_goes_with_its_client_unless_asked_to_stay(home: Home) -> None:
    async with running(configured(home, delay=0.2)) as (_, client), theirs(home) as api:
        create = api.audio.transcriptions.create
        for fields in ({}, {"stream": True}, {"extra_body": {"steno_keep": True}}):
            wanted: dict[str, Any] = {"model": "whisper-1", "file": sound(8.0), **fields}
            asking = asyncio.create_task(consumed(create(**wanted)))
            job = await begun(client)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            done = await ended(client, job.id)
            if "extra_body" in fields:
                assert done.state == "completed"
            else:
                assert (done.state, done.reason) == ("cancelled", "client_gone")
                assert done.segments.done < 8
                for changes in ({}, {"workers": 1}):
                    with pytest.raises(StenoError) as caught:
                        await client.resume(job.id, changes)
                    assert caught.value.code == "upload_gone"
                assert (await client.job(job.id)).state == "cancelled"

            def nothing_left() -> bool:
                files = {path.name for path in home.paths.jobs.rglob("*") if path.is_file()}
                return lying(home) == {} and files <= {"peaks"}

            await until(nothing_left, what="no files are left")
        known = await api.audio.transcriptions.with_raw_response.create(
            model="whisper-1", file=sound(8.0)
        )
        assert known.headers["Steno-Job"] == job.id


async def test_requests_for_the_same_at_once_are_one_job(home: Home) -> None:
    async with running(configured(home, delay=0.1)) as (_, client), theirs(home) as api:
        create = api.audio.transcriptions.with_raw_response.create
        answers = await asyncio.gather(
            *(create(model=name, file=sound(4.0)) for name in ("whisper-1", "fake", "fake/one")),
            create(model="fake", file=sound(4.0), prompt="Ahab"),
        )
        names = [answer.headers["Steno-Job"] for answer in answers]
        assert names[:3] == [names[0]] * 3
        assert {job.id for job in await jobs_of(client)} == {names[0], names[3]}
        assert len({answer.parse().text for answer in answers}) == 1
        await until(lambda: lying(home) == {}, what="no files are left")


@pytest.mark.parametrize("kept", [False, True])
async def test_a_shared_job_goes_with_the_last_of_its_clients(home: Home, kept: bool) -> None:
    async with running(configured(home, delay=0.2)) as (_, client), theirs(home) as api:
        create = api.audio.transcriptions.create
        first = asyncio.create_task(create(model="whisper-1", file=sound(8.0)))
        job = await begun(client)
        more: dict[str, Any] = {"model": "fake", "file": sound(8.0), "stream": True}
        second = await create(**more)  # is answered once it has joined
        third = await create(**more, extra_body={"steno_keep": kept})
        first.cancel()
        await second.close()
        heard = [event async for event in third if event.type == "transcript.text.delta"]
        assert heard, "who stays gets an answer"
        assert (await ended(client, job.id)).state == "completed"
        again = asyncio.create_task(create(model="whisper-1", file=sound(9.0)))
        job = await begun(client)
        more["file"] = sound(9.0)
        for stream in [await create(**more, extra_body={"steno_keep": kept}), await create(**more)]:
            await stream.close()
        again.cancel()
        done = await ended(client, job.id)
        assert (done.state, done.reason) == (
            ("completed", None) if kept else ("cancelled", "client_gone")
        )
        await until(lambda: lying(home) == {}, what="no files are left")
        assert len(await jobs_of(client)) == 2


async def test_a_job_that_somebody_else_made_stays_when_a_client_leaves(home: Home) -> None:
    async with running(configured(home, delay=0.2)) as (_, client), theirs(home) as api:
        sent = await client.send_upload("talk.wav", sound(8.0))
        assert sent.id
        made = await client.add_upload(sent.id)
        stream = await api.audio.transcriptions.create(model="fake", file=sound(8.0), stream=True)
        assert [job.id for job in await jobs_of(client)] == [made.id]
        await stream.close()
        assert (await ended(client, made.id)).state == "completed"


async def consumed(asking: Any) -> None:
    found = await asking
    if hasattr(found, "__aiter__"):
        async for _ in found:
            pass


async def test_a_client_that_goes_while_it_sends_leaves_nothing(
    shared: Home, client: Client, api: AsyncOpenAI
) -> None:
    _, writer = await asyncio.open_unix_connection(str(shared.paths.socket))
    head = "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: steno\r\nContent-Length: 999999\r\n"
    writer.write(f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode())
    writer.write(form(('name="file"', bytes(200_000)), ending=b""))
    await writer.drain()
    await until(lambda: list(lying(shared)), what="some of it came")
    writer.close()
    await until(lambda: lying(shared) == {}, what="nothing is left")
    assert await jobs_of(client) == []


async def test_a_restart_ends_the_request_and_not_the_job(home: Home) -> None:
    async with running(configured(home, delay=0.1)) as (daemon, client):
        async with theirs(home) as api:
            asking = asyncio.create_task(
                api.audio.transcriptions.create(model="whisper-1", file=sound(8.0))
            )
            job = await begun(client)
            daemon.terminate()
            with pytest.raises(openai.InternalServerError) as caught:
                await asking
            assert caught.value.code == "stopping"
            assert caught.value.response.headers["x-should-retry"] == "true"
        await daemon.start()
        async with theirs(home) as api:
            for _ in range(2):
                again = await api.audio.transcriptions.with_raw_response.create(
                    model="whisper-1", file=sound(8.0)
                )
                assert again.headers["Steno-Job"] == job.id
                assert len(again.parse().text.split()) == 16
        (job,) = await jobs_of(client)
        assert job.state == "completed"


async def test_over_tcp_with_the_token_as_its_key(
    shared: Home, client: Client, api: AsyncOpenAI
) -> None:
    url = (await client.status()).tcp
    token = shared.paths.token.read_text().strip()
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key=token, max_retries=0) as api:
        found = await api.audio.transcriptions.create(
            model="whisper-1", file=sound(2.0), temperature=0.2
        )
        assert len(found.text.split()) == 4
        assert (await api.models.list()).data[0].id == "whisper-1"
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key="wrong", max_retries=0) as api:
        with pytest.raises(openai.AuthenticationError) as caught:
            await api.models.list()
        assert caught.value.code == "invalid_api_key"


async def test_real_speech(home: Home) -> None:
    async with running(home), theirs(home) as api:
        found = await api.audio.transcriptions.create(
            model="pocketsphinx", file=first(DATA / "sample.flac", 4.5),
            response_format="verbose_json", timestamp_granularities=["word"],
        )  # fmt: skip
    spoken = (DATA / "sample.txt").read_text().lower().split()[:12]
    assert found.language == "english"
    assert found.duration == pytest.approx(4.5, abs=0.3)
    assert found.words
    assert 0 <= found.words[0].start < found.words[-1].end <= found.duration
    heard = [word.word.lower() for word in found.words]
    assert len({*spoken} & {*heard}) >= len(spoken) / 2, heard


def first(path: Path, seconds: float) -> io.BytesIO:
    """The beginning of a recording, as WAV."""
    out = io.BytesIO()
    with av.open(str(path)) as media, wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        for frame in media.decode(audio=0):
            if frame.time is not None and frame.time < seconds:
                file.writeframes(bytes(frame.planes[0])[: 2 * frame.samples])
    out.seek(0)
    return out
