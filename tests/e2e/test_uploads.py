"""Files that clients send: whole, in parts, broken off, refused; and jobs made of them."""

import asyncio
import base64
import contextlib
import hashlib
import io
import os
import random
import socket
import wave
from pathlib import Path

import msgspec
import pytest

from e2e.asking import Answer, ask, refused
from e2e.test_disk_full import small_disk
from harness import Home, ended, fake, running, until
from steno.client import Client
from steno.errors import StenoError
from steno.wire import Upload

ENVIRONMENT = {"STENO_UPLOADS_MAX_MIB": "2", "STENO_UPLOADS_MAX_TOTAL_MIB": "8"}
MIB = 2**20


def lying(home: Home) -> dict[str, int]:
    """Files in the folder of uploads."""
    return {entry.name: entry.stat().st_size for entry in os.scandir(home.paths.uploads)}


async def put(home: Home, name: str, body: bytes, **headers: str) -> Answer:
    return await ask(
        home,
        "PUT",
        f"/api/uploads/{name}",
        body,
        **{k.replace("_", "-"): v for k, v in headers.items()},
    )


def file_of(home: Home, name: str) -> str:
    """The file of an upload that is not complete."""
    parts = [msgspec.json.decode(p.read_bytes()) for p in home.paths.uploads.glob("*.part")]
    return str(next(part["id"] for part in parts if part["name"] == name))


def sound(seconds: float) -> io.BytesIO:
    """A WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes(random.Random(1).randbytes(2 * round(16000 * seconds)))
    file.seek(0)
    return file


def span(first: int, last: int, total: int) -> str:
    return f"bytes {first}-{last}/{total}"


async def idle(client: Client, name: str) -> None:
    """Waits until nobody sends `name` any more."""

    async def free() -> bool:
        try:
            await client.request(
                "PUT", f"/api/uploads/{name}", headers={"Content-Range": "bytes 9-9/99"}
            )
        except StenoError as error:
            return error.code != "upload_busy"
        return False

    await until(free, what=f"{name} is free")


def sum_of(data: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


async def cleared(home: Home, client: Client) -> None:
    """Ends a test: nothing of it is left."""
    for upload in await client.uploads():
        await client.remove_upload(upload.id or upload.name)
    assert lying(home) == {}


class Sending:
    """A request under way, whose body is sent by hand; for one that breaks off."""

    def __init__(self, home: Home, head: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(home.paths.socket))
        self.socket.sendall(head.encode() + b"\r\n\r\n")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def pour(self, size: int) -> bytes:
        """Sends chunks of `size` bytes in all, or until nobody takes them; returns the answer."""
        chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
        with contextlib.suppress(OSError):
            for _ in range(size // 0x10000):
                self.socket.sendall(chunk)
        return self.answer()

    def answer(self) -> bytes:
        """What is answered, head and body."""
        self.socket.settimeout(20)
        found = b""
        while not found.endswith(b"}"):
            data = self.socket.recv(65536)
            if not data:
                break
            found += data
        self.socket.close()
        return found

    def close(self) -> None:
        self.socket.close()


def begun(home: Home, name: str, size: int | None, *more: str) -> Sending:
    lines = [f"PUT /api/uploads/{name} HTTP/1.1", "Host: steno", *more]
    if size is not None:
        lines.append(f"Content-Length: {size}")
    return Sending(home, "\r\n".join(lines))


async def received(client: Client, name: str, size: int) -> Upload:
    """The upload, once `size` bytes of it came."""

    async def there() -> Upload | None:
        found = [one for one in await client.uploads() if one.name == name]
        return found[0] if found and found[0].received == size else None

    found = await until(there, what=f"{size} bytes of {name}")
    assert found is not None
    return found


async def test_a_file_is_sent_whole_and_lies_under_a_made_up_name(
    shared: Home, client: Client
) -> None:
    body = os.urandom(300_000)
    digest = hashlib.sha256(body)
    for name in ("../../étc\npasswd", "..", "x" * 255):
        upload = await client.send_upload(name, io.BytesIO(body))
        shown = name.replace("\n", "\N{REPLACEMENT CHARACTER}")
        assert (upload.name, upload.complete, upload.size) == (shown, True, len(body))
        assert upload.sha256 == digest.hexdigest()
        assert upload.id
        assert lying(shared) == {upload.id: len(body)}
        assert (shared.paths.uploads / upload.id).read_bytes() == body
        assert shared.paths.uploads.stat().st_mode & 0o777 == 0o700
        assert await client.upload(upload.id) == await client.upload(name) == upload
        assert await client.uploads() == [upload]
        await client.remove_upload(upload.id)
        assert (await refused(client.upload(upload.id))).code == "upload_not_found"
        assert lying(shared) == {}
    assert (await refused(client.send_upload("x" * 256, io.BytesIO(b"x")))).code == "bad_request"


async def test_an_upload_has_a_location(shared: Home, client: Client) -> None:
    answer = await put(shared, "a.wav", b"abc")
    assert answer.status == 201
    assert (await ask(shared, "GET", answer.headers["Location"])).json == answer.json
    await cleared(shared, client)


async def test_parts_are_put_together(shared: Home, client: Client) -> None:
    body = os.urandom(250_000)
    for first, last in ((0, 99_999), (100_000, 199_999)):
        part = body[first : last + 1]
        answer = await put(shared, "film", part, Content_Range=span(first, last, len(body)))
        assert answer.status == 202
        found = await client.upload("film")
        assert msgspec.json.decode(answer.body, type=Upload) == found
        assert (found.id, found.received, found.size) == (None, last + 1, len(body))
        assert not found.complete
    for first, last, total in (
        (0, 9, 250_000), (100_000, 249_999, 250_000), (200_001, 249_999, 250_000),
        (200_000, 249_999, 250_001),
    ):  # fmt: skip
        wrong = await put(
            shared, "film", body[first : last + 1], Content_Range=span(first, last, total)
        )
        assert (wrong.status, wrong.problem.code) == (416, "upload_range")
        assert "200000 bytes" in wrong.problem.detail or "announced" in wrong.problem.detail
    rest = await client.send_upload("film", io.BytesIO(body))
    assert rest.complete
    assert rest.sha256 == hashlib.sha256(body).hexdigest()
    assert rest.id
    assert (shared.paths.uploads / rest.id).read_bytes() == body
    await cleared(shared, client)


@pytest.mark.parametrize(
    "given", ["bytes 1", "bytes 5-3/9", "bytes 0-9/9", "lines 0-3/9", "bytes 0-3/*"]
)
async def test_ranges_that_make_no_sense(shared: Home, given: str) -> None:
    answer = await put(shared, "a", b"abcd", Content_Range=given)
    assert (answer.status, answer.problem.code) == (400, "bad_request")
    assert lying(shared) == {}


async def test_two_files_are_never_put_together(shared: Home, client: Client) -> None:
    first, second = os.urandom(50_000), os.urandom(50_000)
    assert (await put(shared, "a", first[:20_000], Content_Range=span(0, 19_999, 50_000))).status
    problem = await refused(client.send_upload("a", io.BytesIO(second)))
    assert problem.code == "upload_damaged"
    assert lying(shared) == {}
    upload = await client.send_upload("a", io.BytesIO(second))
    assert upload.sha256 == hashlib.sha256(second).hexdigest()
    await cleared(shared, client)


async def test_a_broken_upload_goes_on(shared: Home, client: Client) -> None:
    body = os.urandom(200_000)
    sending = begun(shared, "talk", len(body))
    sending.send(body[:90_000])
    await received(client, "talk", 90_000)
    problem = await refused(client.send_upload("talk", io.BytesIO(b"other")))
    assert (problem.code, problem.status, problem.retryable) == ("upload_busy", 409, True)
    assert (await refused(client.remove_upload("talk"))).code == "upload_busy"
    sending.close()
    await idle(client, "talk")
    assert (await client.upload("talk")).received == 90_000
    upload = await client.send_upload("talk", io.BytesIO(body))
    assert upload.sha256 == hashlib.sha256(body).hexdigest()
    await cleared(shared, client)


async def test_clients_that_leave_early_leave_nothing_reserved(home: Home) -> None:
    """Each announces all the room there is and goes while it is being made."""
    everything = {"STENO_UPLOADS_MAX_MIB": "8", "STENO_UPLOADS_MAX_TOTAL_MIB": "8"}
    async with running(home, **everything) as (_, client):
        for n in range(24):
            sending = begun(home, f"leak{n}", 8 * MIB)
            sending.send(b"abc")
            await asyncio.sleep(n % 8 * 0.0005)
            sending.close()
            await idle(client, f"leak{n}")
            parts = [one.name for one in await client.uploads()]
            files = [name for name in lying(home) if name.endswith(".part")]
            assert len(files) == len(parts) <= 1, "none is there that no list shows"
            room = await put(home, "next", bytes(MIB), Content_Range=span(0, MIB - 1, 7 * MIB))
            assert room.status == 202, room
            await cleared(home, client)


async def test_what_is_sent_anew_replaces_what_broke_off(shared: Home, client: Client) -> None:
    sending = begun(shared, "talk", 1000)
    sending.send(b"old")
    await received(client, "talk", 3)
    sending.close()
    await idle(client, "talk")
    answer = await put(shared, "talk", b"new")
    assert answer.status == 201
    assert list(lying(shared).values()) == [3]
    assert (shared.paths.uploads / answer.json["id"]).read_bytes() == b"new"
    await cleared(shared, client)


async def test_what_was_received_outlives_the_daemon(home: Home) -> None:
    body = os.urandom(300_000)
    async with running(home) as (daemon, client):
        whole = await client.send_upload("whole", io.BytesIO(body))
        answer = await put(home, "parts", body[:100_000], Content_Range=span(0, 99_999, 300_000))
        assert answer.status == 202
        sending = begun(home, "broken", len(body))
        sending.send(body[:50_000])
        await received(client, "broken", 50_000)
        last = begun(home, "all", 9)
        last.send(b"abcdefgh")
        await received(client, "all", 8)
        daemon.kill()
        sending.close()
        last.close()
        # Killed after the last byte came, and before the answer.
        (home.paths.uploads / file_of(home, "all")).write_bytes(b"abcdefghi")
        (home.paths.uploads / "0123456789abcdef").write_bytes(b"of a request that is gone")
        (home.paths.uploads / "0123456789abcdef.new").write_bytes(b"{")
        await daemon.start()
        assert await client.upload("whole") == whole
        assert (await client.upload("parts")).received == 100_000
        assert (await client.upload("broken")).received == 50_000
        assert len(lying(home)) == 7
        for name in ("parts", "broken"):
            found = await client.send_upload(name, io.BytesIO(body))
            assert found.sha256 == whole.sha256
        assert not (await client.upload("all")).complete
        found = await client.send_upload("all", io.BytesIO(b"abcdefghi"))
        assert found.sha256 == hashlib.sha256(b"abcdefghi").hexdigest()
        assert len(lying(home)) == 4
        asked = await put(home, "all", b"", Content_Range="bytes */9")
        assert (asked.status, asked.problem.code) == (404, "upload_not_found")


# Refused ----------------------------------------------------------------------------------


async def test_a_file_too_large_is_refused_before_it_comes(shared: Home) -> None:
    sending = begun(shared, "large", 3 * MIB)
    answer = await asyncio.to_thread(sending.answer)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"upload_too_large"' in answer
    assert lying(shared) == {}
    announced = await put(shared, "large", b"a", Content_Range=span(0, 0, 3 * MIB))
    assert announced.problem.code == "upload_too_large"
    assert lying(shared) == {}


async def test_a_file_of_unknown_length_is_refused_once_it_is_too_large(shared: Home) -> None:
    sending = begun(shared, "large", None, "Transfer-Encoding: chunked")
    answer = await asyncio.to_thread(sending.pour, 3 * MIB)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert lying(shared) == {}


async def test_more_than_its_range_is_taken_back(shared: Home, client: Client) -> None:
    await put(shared, "a", b"abc", Content_Range=span(0, 2, 9))
    lines = ("Transfer-Encoding: chunked", "Content-Range: bytes 3-5/9")
    sending = begun(shared, "a", None, *lines)
    sending.send(b"2\r\nde\r\n")
    await received(client, "a", 5)
    sending.send(b"2\r\nfg\r\n0\r\n\r\n")
    assert (await asyncio.to_thread(sending.answer)).startswith(b"HTTP/1.1 416 ")
    assert (await client.upload("a")).received == 3
    sending = begun(shared, "a", None, *lines)
    sending.send(b"2\r\nde\r\n0\r\n\r\n")
    assert b'"code":"upload_incomplete"' in await asyncio.to_thread(sending.answer)
    assert (await client.upload("a")).received == 5
    await cleared(shared, client)


async def test_what_is_not_the_file_is_refused(shared: Home) -> None:
    for body, headers, status, code in (
        (b"x", {"Content_Encoding": "gzip"}, 415, "encoding_unsupported"),
        (b"x", {"Content_Type": "multipart/form-data; boundary=x"}, 415, "media_type_unsupported"),
        (b"", {}, 422, "media_empty"),
        (b"x", {"Repr_Digest": sum_of(b"y")}, 400, "upload_damaged"),
        (b"x", {"Repr_Digest": "sha-256=:eA==:"}, 400, "bad_request"),
    ):
        answer = await put(shared, "a", body, **headers)
        assert (answer.status, answer.problem.code) == (status, code)
        assert lying(shared) == {}


async def test_the_sum_is_that_of_all_parts(shared: Home, client: Client) -> None:
    for last in (b"def", b"dex"):
        await put(shared, "a", b"abc", Content_Range=span(0, 2, 6))
        answer = await put(
            shared, "a", last, Content_Range=span(3, 5, 6),
            Repr_Digest=f"md5=:eA==:, {sum_of(b'abcdef')}",
        )  # fmt: skip
        assert answer.status == (201 if last == b"def" else 400), answer
        await cleared(shared, client)


async def test_all_uploads_together_are_bounded(shared: Home, client: Client) -> None:
    for n in range(4):
        await client.send_upload(f"{n}", io.BytesIO(bytes(2 * MIB - 100)))
    answer = await put(shared, "more", b"x" * 500)
    assert (answer.status, answer.problem.code) == (507, "uploads_full")
    assert len(lying(shared)) == 4
    await client.remove_upload("0")
    assert (await put(shared, "more", b"x" * 500)).status == 201
    await cleared(shared, client)


async def test_room_is_left_on_the_disk(home: Home) -> None:
    free = os.statvfs(home.root)
    most = free.f_bavail * free.f_frsize // MIB
    async with running(home, STENO_STORAGE_MIN_FREE_MIB=str(most + 1000)) as (_, client):
        problem = await refused(client.send_upload("a", io.BytesIO(b"abc")))
        assert (problem.code, problem.status) == ("disk_full", 507)
        assert lying(home) == {}


async def test_a_disk_that_fills_up_keeps_what_was_acknowledged(home: Home) -> None:
    home.paths.data.mkdir(mode=0o700)
    with small_disk(home.paths.uploads, mib=2):
        async with running(home, STENO_STORAGE_MIN_FREE_MIB="0") as (_, client):
            problem = await refused(client.send_upload("a", io.BytesIO(bytes(3 * MIB))))
            assert (problem.code, problem.retryable) == ("disk_full", True)
            assert lying(home) == {}
            part = await put(home, "b", bytes(MIB), Content_Range=span(0, MIB - 1, 4 * MIB))
            assert part.status == 202
            rest = bytes(3 * MIB)
            more = await put(home, "b", rest, Content_Range=span(MIB, 4 * MIB - 1, 4 * MIB))
            assert more.problem.code == "disk_full"
            assert (await client.upload("b")).received == MIB
            assert max(lying(home).values()) == MIB


# Jobs -------------------------------------------------------------------------------------


async def test_a_job_of_an_upload(shared: Home, client: Client, folder: Path) -> None:
    upload = await client.send_upload("Мой talk.wav", sound(3.0))
    assert upload.id
    job = await client.add_upload(
        upload.id, fake({"fail": [0], "once": True, "log": str(folder / "l")})
    )
    assert (job.name, job.upload) == ("Мой talk.wav", upload.id)
    assert (job.settings.formats, job.outputs) == ((), [])
    done = await ended(client, job.id)
    assert done.state == "completed"
    assert (await client.output(job.id, "srt")).startswith(b"1\n00:00:0")
    await until(lambda: lying(shared) == {}, what="the upload is gone")
    assert (await refused(client.upload(upload.id))).code == "upload_not_found"
    assert (await client.job(job.id)).upload == upload.id
    assert (await refused(client.add_upload(upload.id))).code == "upload_not_found"


async def test_what_nobody_can_read_in_time_is_told_without_a_file(
    shared: Home, client: Client
) -> None:
    upload = await client.send_upload("fast.wav", sound(2.0))
    wanted = fake({"fail": [1]}, options={"splitter": {"every": 1.0}}, style={"max_cps": 2.0})
    job = await ended(client, (await client.add_upload(upload.id or "", wanted)).id)
    assert (job.state, job.reason, job.outputs) == ("completed", "gaps", [])
    (fast,) = [notice.message for notice in job.warnings if notice.code == "cues_fast"]
    assert "at 2 characters a second" in fast
    for cue in (await client.transcript(job.id)).cues:
        await client.change_cue(job.id, cue.id, None, text="I")
    assert (await client.job(job.id)).warnings == job.warnings, "they are of when it was completed"
    await client.retry(job.id)
    job = await ended(client, job.id)
    assert job.state == "completed"
    assert "cues_fast" not in [notice.code for notice in job.warnings]
    await client.remove(job.id)
    assert lying(shared) == {}


async def test_an_upload_goes_with_its_job_and_not_before(
    shared: Home, client: Client, folder: Path
) -> None:
    upload = await client.send_upload("a.wav", sound(2.0))
    assert upload.id
    one = await client.add_upload(upload.id, fake(), start=False)
    two = await client.add_upload(upload.id, fake(), start=False)
    problem = await refused(client.remove_upload(upload.id))
    assert (problem.code, problem.status) == ("upload_in_use", 409)
    await client.remove(one.id)
    assert lying(shared) == {upload.id: upload.size}
    await client.remove(two.id)
    assert lying(shared) == {}


async def test_subtitles_of_an_upload_are_written_where_a_folder_is_named(
    shared: Home, client: Client, folder: Path
) -> None:
    upload = await client.send_upload("../x/.talk.wav", sound(2.0))
    assert upload.id
    for more in ({"formats": ["srt"]}, {"formats": ["srt"], "output_dir": None}):
        problem = await refused(client.add_upload(upload.id, fake(**more)))
        assert problem.code == "setting_invalid"
    wanted = fake(formats=["srt"], output_dir=str(folder / "out"))
    job = await ended(client, (await client.add_upload(upload.id, wanted)).id)
    assert job.state == "completed"
    (written,) = (folder / "out").iterdir()
    assert written.name == "_x_.talk.srt"
    await until(lambda: lying(shared) == {}, what="the upload is gone")


async def test_errors_name_an_upload_as_its_owner_does(shared: Home, client: Client) -> None:
    upload = await client.send_upload("notes.txt", io.BytesIO(b"no media at all " * 100))
    assert upload.id
    problem = await refused(client.add_upload(upload.id, fake()))
    assert problem.code == "media_unknown"
    assert "notes.txt" in problem.detail
    assert str(shared.paths.data) not in problem.detail
    assert upload.id not in problem.detail
    await cleared(shared, client)


async def test_what_nobody_needs_does_not_stay(home: Home) -> None:
    hours = {"STENO_UPLOADS_KEEP_HOURS": "0.0000001"}
    async with running(home) as (daemon, client):
        assert (await put(home, "part", b"abc", Content_Range=span(0, 2, 9))).status == 202
        unused = await client.send_upload("unused", sound(2.0))
        waiting = await client.send_upload("waiting", sound(2.0))
        failed = await client.send_upload("failed", sound(2.0))
        assert unused.id
        assert waiting.id
        assert failed.id
        await client.add_upload(waiting.id, fake(), start=False)
        job = await client.add_upload(failed.id, fake({"fail_load": True}))
        assert (await ended(client, job.id)).state == "failed"
        assert len(lying(home)) == 5
        daemon.terminate()
        await daemon.start()
        assert len(lying(home)) == 5
        daemon.terminate()
        await daemon.start(**hours)
        await until(lambda: list(lying(home)) == [waiting.id], what="only what waits is left")
        assert [one.id for one in await client.uploads()] == [waiting.id]


async def test_uploads_of_complete_jobs_stay_where_that_is_configured(home: Home) -> None:
    async with running(home, STENO_UPLOADS_KEEP="true") as (_, client):
        kept = await client.send_upload("a", sound(2.0))
        assert kept.id
        job = await ended(client, (await client.add_upload(kept.id, fake())).id)
        assert job.state == "completed"
        again = await ended(client, (await client.add_upload(kept.id, fake())).id)
        assert again.state == "completed"
        assert list(lying(home)) == [kept.id]
        await client.remove(job.id)
        assert list(lying(home)) == [kept.id]
        await client.remove(again.id)
        assert lying(home) == {}


async def test_a_client_that_falls_silent_is_not_waited_for(home: Home) -> None:
    async with running(home, STENO_REQUESTS_TIMEOUT="0.3") as (_, client):
        sending = begun(home, "talk", 9)
        sending.send(b"abcd")
        answer = await asyncio.to_thread(sending.answer)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"too_slow"' in answer
        assert (await client.upload("talk")).received == 4
        whole = await client.send_upload("talk", io.BytesIO(b"abcdefghi"))
        assert whole.complete
