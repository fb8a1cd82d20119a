"""A daemon that stops: what clients are told meanwhile, and what is left."""

import asyncio
import http.client
import io
import os
import signal
import socket
import time

import msgspec

from e2e.asking import Answer, noise, refused, slow
from e2e.test_uploads import Sending, begun, received
from harness import Home, running, until
from steno.client import Client
from steno.errors import Exit, Problem
from steno.wire import Upload

FORM = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + b"RIFF" * 100
)


class Kept:
    """A connection that is kept."""

    def __init__(self, home: Home) -> None:
        self.http = http.client.HTTPConnection("steno")
        self.http.sock = socket.socket(socket.AF_UNIX)
        self.http.sock.settimeout(20)
        self.http.sock.connect(str(home.paths.socket))

    async def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Answer:
        return await asyncio.to_thread(self._ask, method, path, body, kind)

    def _ask(self, method: str, path: str, body: bytes, kind: str) -> Answer:
        self.http.request(method, path, body, {"Content-Type": kind})
        response = self.http.getresponse()
        return Answer(response.status, dict(response.headers), response.read())


async def test_a_stop_that_takes_long_takes_no_new_work(home: Home) -> None:
    """So long that the vigil would look after the socket."""
    media = noise(home.media / "a.wav", 4.0)
    async with running(home, STENO_JOBS_SHUTDOWN_GRACE="60") as (daemon, client):
        job = await client.add_job(media, slow(3.5))

        async def at_work() -> bool:
            workers = (await client.status()).workers
            return any(w.work == "transcribe" and w.state == "busy" for w in workers)

        await until(at_work, what="a worker has it in hand")
        kept = Kept(home)
        assert (await kept.ask("GET", "/api/health")).json["status"] == "ok"
        process = daemon.process
        assert process is not None
        process.send_signal(signal.SIGTERM)

        async def stopping() -> bool:
            return bool((await kept.ask("GET", "/api/health")).json["status"] == "stopping")

        await until(stopping, what="the daemon says that it stops")
        new = msgspec.json.encode({"path": media})
        for method, path, body, kind in (
            ("POST", "/api/jobs", new, "application/json"),
            ("POST", f"/api/jobs/{job.id}/cancel", b"", ""),
            ("PUT", "/api/uploads/a", b"abc", ""),
            ("POST", "/v1/audio/transcriptions", FORM, "multipart/form-data; boundary=x"),
        ):
            answer = await kept.ask(method, path, body, kind)
            assert answer.status == 503, answer
            assert b"stopping" in answer.body
        assert (await kept.ask("GET", f"/api/jobs/{job.id}")).json["state"] == "running"
        assert process.poll() is None, "the segment in hand is waited for"
        await until(lambda: not home.paths.socket.exists(), what="the socket is gone")
        assert await asyncio.to_thread(process.wait, 20) == Exit.OK
        assert not home.paths.socket.exists()
        assert "made anew" not in home.log
        kept.http.close()


async def test_what_is_half_sent_is_told_of_the_stop(home: Home) -> None:
    async with running(home) as (daemon, client):
        upload = begun(home, "talk", 9)
        upload.send(b"abcd")
        await received(client, "talk", 4)
        head = "POST {} HTTP/1.1\r\nHost: steno\r\nContent-Length: 9999\r\nContent-Type: {}"
        form = Sending(
            home, head.format("/v1/audio/transcriptions", "multipart/form-data; boundary=x")
        )
        form.send(FORM)
        json = Sending(home, head.format("/api/jobs", "application/json"))
        json.send(b'{"path"')

        async def there() -> bool:
            """The file of the form is being written, so that all that was sent is known to be read:
            the daemon reads connections in turns."""
            return len(list(home.paths.uploads.iterdir())) == 3

        await until(there, what="the form comes")
        began = time.monotonic()
        stop = asyncio.create_task(asyncio.to_thread(daemon.terminate))
        answers = [await asyncio.to_thread(one.answer) for one in (upload, form, json)]
        assert await stop == Exit.OK
        assert time.monotonic() - began < 4
        for answer in answers:
            top, _, body = answer.partition(b"\r\n\r\n")
            assert top.startswith(b"HTTP/1.1 503 "), answer
            assert b"\r\nRetry-After: " in top
            assert b"stopping" in body
        found = msgspec.json.decode(answers[0].partition(b"\r\n\r\n")[2], type=Problem)
        assert (found.code, found.retryable) == ("stopping", True)
        await daemon.start()
        assert [one.received for one in await client.uploads()] == [4], "that of the form is gone"
        whole = await client.send_upload("talk", io.BytesIO(b"abcdefghi"))
        assert whole.complete


async def test_a_client_that_sends_on_reads_that_the_daemon_stops(home: Home) -> None:
    """It would not, if the connection were ended while it sends."""

    film = home.media / "film"
    film.touch()
    os.truncate(film, 3 * 2**30)

    async def sent(client: Client) -> Upload:
        with open(film, "rb") as file:
            body = await client.request("PUT", "/api/uploads/talk", data=file)
        return msgspec.json.decode(body, type=Upload)

    async with running(home) as (daemon, client):
        sending = asyncio.create_task(sent(client))

        async def comes() -> bool:
            async with Client(home.paths.socket) as other:
                return any(one.received > 2**20 for one in await other.uploads())

        await until(comes, what="it is being sent")
        stop = asyncio.create_task(asyncio.to_thread(daemon.terminate))
        assert (await refused(sending)).code == "stopping"
        assert await stop == Exit.OK
