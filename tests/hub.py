"""A stand-in for the hub of models, on loopback: `HF_ENDPOINT=http://127.0.0.1:PORT`.

It serves repositories that tests make, notes what it was asked, and goes wrong as it is told.
`python tests/hub.py --port 8000` serves the models of the plugin for tests to try by hand.
"""

import argparse
import asyncio
import hashlib
import json
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import unquote, urlsplit

from aiohttp import web
from aiohttp.web_request import BaseRequest

import toys
from faults import Fault, Where

TOKEN = "hf_stand_in"
"""Opens gated repositories."""
CDN = "127.0.0.2"
"""Another host than the hub's, on the same machine."""
PIECE = 16 * 1024
"""Bytes sent at once."""
PAGE = "<html><h1>Welcome, guest</h1></html>"
"""What the network of a hotel sends in the place of everything."""
REPO = r"(?P<repo>[^/]+(?:/[^/]+)?)"
INFO = re.compile(rf"/api/models/{REPO}(?:/revision/(?P<revision>[^/]+))?")
TREE = re.compile(rf"/api/models/{REPO}/tree/(?P<revision>[^/]+)")
FILE = re.compile(rf"/{REPO}/resolve/(?P<revision>[^/]+)/(?P<path>.+)")
STORED = re.compile(r"/stored/(?P<repo>[^/]+)/(?P<revision>[^/]+)/(?P<path>.+)")
Handler = Callable[[BaseRequest], Awaitable[web.StreamResponse]]
LARGE = (".bin", ".pt", ".safetensors")
"""Files kept beside the repository (LFS), whose SHA-256 the hub states; of others, git's sum."""


def content(seed: float | str, size: int) -> bytes:
    """`size` bytes that look like nothing, the same for the same seed."""
    return random.Random(seed).randbytes(size)


def toy(seed: int | str, size: int = 120_000) -> dict[str, bytes]:
    """The files of a model that the backend `fake-model` takes: weights of `size` bytes, and the
    sums that it looks at when it loads them."""
    files = {
        "weights.bin": content(f"{seed}.weights", size),
        "more/words.bin": content(f"{seed}.words", 1 + size // 7),
        "flag.bin": content(f"{seed}.flag", 1),
    }
    sums = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    return files | {"config.json": json.dumps({"sums": sums}).encode()}


@dataclass
class Repository:
    """Revisions of some files. The first is the oldest, `main` the last."""

    name: str
    gated: bool = False
    """Given to those only who show `TOKEN`."""
    revisions: dict[str, dict[str, bytes]] = field(default_factory=dict)
    states_sums: bool = True
    """Whether the list of files tells sums."""
    stated_sizes: dict[str, int | None] = field(default_factory=dict)
    """Sizes that the list of files tells in the place of the true ones."""

    def commit(self, files: dict[str, bytes]) -> str:
        """Adds a revision; returns its name, which is as long as git's."""
        seed = repr((self.name, len(self.revisions), sorted(files.items()))).encode()
        revision = hashlib.sha1(seed).hexdigest()
        self.revisions[revision] = files
        return revision

    @property
    def newest(self) -> str:
        return list(self.revisions)[-1]

    @property
    def files(self) -> dict[str, bytes]:
        """Of the newest revision."""
        return self.revisions[self.newest]

    def find(self, revision: str) -> str | None:
        if revision == "main":
            return self.newest
        return next((one for one in self.revisions if one.startswith(revision)), None)

    def large(self, path: str) -> bool:
        return path.endswith(LARGE)

    def entries(self, revision: str) -> list[dict[str, object]]:
        """The list of files, as the hub tells it."""
        found = []
        for path, data in self.revisions[revision].items():
            size = self.stated_sizes.get(path, len(data))
            entry: dict[str, object] = {"type": "file", "path": path}
            if size is not None:
                entry["size"] = size
            if self.states_sums:
                entry["oid"] = git_sum(pointer(data) if self.large(path) else data)
            if self.large(path) and self.states_sums:
                sha256 = hashlib.sha256(data).hexdigest()
                entry["lfs"] = {"oid": sha256, "size": size, "pointerSize": 134}
            found.append(entry)
        return found


def pointer(data: bytes) -> bytes:
    """What git keeps of a large file."""
    version = "https://git-lfs.github.com/spec/v1"
    sha256 = hashlib.sha256(data).hexdigest()
    return f"version {version}\noid sha256:{sha256}\nsize {len(data)}\n".encode()


def git_sum(data: bytes) -> str:
    """As `git hash-object` tells it."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass
class Seen:
    """A request that came."""

    method: str
    target: str
    """Path and query."""
    headers: dict[str, str]
    """Names in lower case."""
    stored: bool
    """It went to the other host, where the hub leads to."""
    sent: int = 0
    """Bytes of a file."""
    status: int = 0

    @property
    def range(self) -> str | None:
        return self.headers.get("range")

    @property
    def token(self) -> str | None:
        return self.headers.get("authorization")

    @property
    def of_file(self) -> bool:
        """Whether it asked for a file's bytes."""
        return self.method == "GET" and not self.target.startswith("/api/")


class Hub:
    """The server, in a thread of its own; a context manager."""

    def __init__(self, *, port: int = 0, elsewhere: bool = False) -> None:
        self.repositories: dict[str, Repository] = {}
        self.faults: list[Fault] = []
        """Of those that fit an answer the first strikes."""
        self.elsewhere = elsewhere
        """Whether large files are kept on another host, to which the hub leads."""
        self.requests: list[Seen] = []
        self.on_bytes: Callable[[str, int], None] = lambda path, sent: None
        """Called after each piece of a file, with the bytes of the answer so far."""
        self.pace = 0.0
        """Seconds a KiB takes."""
        self._port, self._stored_port = port, 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hub", daemon=True)
        self._servers: list[tuple[asyncio.Server, web.Server]] = []

    def __enter__(self) -> "Hub":
        self._thread.start()
        self.open_port()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close_port()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process use it."""
        return {"HF_ENDPOINT": self.url, "NO_PROXY": "127.0.0.1,127.0.0.2", "HF_TOKEN": TOKEN}

    def add(
        self, name: str, files: dict[str, bytes] | None = None, *, gated: bool = False
    ) -> Repository:
        """A new repository with one revision, without files: those of `toy`."""
        made = self.repositories[name] = Repository(name, gated)
        made.commit(toy(name) if files is None else files)
        return made

    def asked(self, path: str) -> list[Seen]:
        """Requests for the bytes of the file `path`, where bytes were to come from."""
        ends = f"/{path}"
        return [one for one in list(self.requests) if one.of_file and one.target.endswith(ends)]

    def open_port(self) -> None:
        self._do(self._open())

    def close_port(self) -> None:
        """Ends all connections; then nobody answers."""
        self._do(self._close())

    @contextmanager
    def unreachable(self) -> Iterator[None]:
        self.close_port()
        try:
            yield
        finally:
            self.open_port()

    def _do(self, work: "asyncio.Future[None] | object") -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)  # type: ignore[arg-type]

    async def _open(self) -> None:
        for host, port, handle in (
            ("127.0.0.1", self._port, self._hub),
            (CDN, self._stored_port, self._store),
        ):
            heeding = partial(unless_gone, handle)
            protocol = web.Server(heeding, handler_cancellation=True, access_log=None)
            server = await self._loop.create_server(protocol, host, port)
            self._servers.append((server, protocol))
        self._port, self._stored_port = (
            server.sockets[0].getsockname()[1] for server, _ in self._servers
        )

    async def _close(self) -> None:
        for server, protocol in self._servers:
            server.close()
            await protocol.shutdown(0.01)  # 0 would be without end
            await server.wait_closed()
        self._servers = []

    # Answers --------------------------------------------------------------------------------------

    async def _hub(self, request: BaseRequest) -> web.StreamResponse:
        seen = self._note(request, stored=False)
        path = request.rel_url.raw_path
        if found := FILE.fullmatch(path):
            where: Where = "head" if request.method == "HEAD" else "resolve"
            name = unquote(found["path"])
            answer = await self._wrong(where, name, request)
            answer = answer or await self._file(request, seen, found, name)
        elif found := TREE.fullmatch(path) or INFO.fullmatch(path):
            answer = await self._wrong("api", "", request) or self._about(request, found)
        else:
            answer = not_there("EntryNotFound")
        seen.status = answer.status
        return answer

    async def _store(self, request: BaseRequest) -> web.StreamResponse:
        """The other host, which takes no token: as S3 does, it refuses two ways to be let in."""
        seen = self._note(request, stored=True)
        found = STORED.fullmatch(request.rel_url.raw_path)
        if found is None or "Authorization" in request.headers:
            return web.Response(status=400, text="Only one auth mechanism allowed")
        repository = self.repositories[unquote(found["repo"])]
        name = unquote(found["path"])
        answer = await self._send(request, seen, name, repository.revisions[found["revision"]])
        seen.status = answer.status
        return answer

    def _note(self, request: BaseRequest, *, stored: bool) -> Seen:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append(Seen(request.method, str(request.rel_url), headers, stored))
        return self.requests[-1]

    def _repository(
        self, request: BaseRequest, found: re.Match[str]
    ) -> tuple[Repository, str] | web.Response:
        """The repository and its revision, or why there is none."""
        repository = self.repositories.get(unquote(found["repo"]))
        if repository is None:
            return not_there("RepoNotFound", 401 if "Authorization" not in request.headers else 404)
        if repository.gated and request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return not_there("GatedRepo", 403 if "Authorization" in request.headers else 401)
        revision = repository.find(unquote(found["revision"] or "main"))
        return (repository, revision) if revision else not_there("RevisionNotFound")

    def _about(self, request: BaseRequest, found: re.Match[str]) -> web.Response:
        match = self._repository(request, found)
        if isinstance(match, web.Response):
            return match
        repository, revision = match
        entries = repository.entries(revision)
        if found.re is TREE:
            return web.json_response(entries)
        siblings = []
        for entry in entries:
            sibling: dict[str, object] = {"rfilename": entry["path"]}
            if "blobs" in request.query:
                sibling |= {"blobId": entry.get("oid"), "size": entry.get("size")}
                if isinstance(lfs := entry.get("lfs"), dict):
                    sibling["lfs"] = {
                        "sha256": lfs["oid"], "size": lfs["size"], "pointerSize": 134,
                    }  # fmt: skip
            siblings.append(sibling)
        return web.json_response({
            "_id": "0" * 24, "id": repository.name, "modelId": repository.name, "sha": revision,
            "private": False, "gated": "auto" if repository.gated else False, "disabled": False,
            "tags": [], "downloads": 0, "likes": 0, "siblings": siblings,
        })  # fmt: skip

    async def _file(
        self, request: BaseRequest, seen: Seen, found: re.Match[str], name: str
    ) -> web.StreamResponse:
        match = self._repository(request, found)
        if isinstance(match, web.Response):
            return match
        repository, revision = match
        data = repository.revisions[revision].get(name)
        if data is None:
            return not_there("EntryNotFound")
        large = repository.large(name)
        headers = {"X-Repo-Commit": revision}
        if large:
            headers |= {"X-Linked-Size": str(len(data)), "X-Linked-Etag": etag(data)}
        if large and self.elsewhere:
            repo, path = found["repo"].replace("/", "%2F"), found["path"]
            headers["Location"] = (
                f"http://{CDN}:{self._stored_port}/stored/{repo}/{revision}/{path}"
            )
            return web.Response(status=302, headers=headers)
        if request.method == "HEAD":
            tag = etag(data) if large else f'"{git_sum(data)}"'
            headers |= {"ETag": tag, "Accept-Ranges": "bytes", "Content-Length": str(len(data))}
            return web.Response(headers=headers)
        return await self._send(request, seen, name, repository.revisions[revision], headers)

    async def _send(
        self, request: BaseRequest, seen: Seen, name: str, files: dict[str, bytes],
        headers: dict[str, str] | None = None,
    ) -> web.StreamResponse:  # fmt: skip
        """The bytes of a file, or what the next fault makes of them."""
        fault = self._struck("bytes", name)
        if fault and (answer := await self._refusal(fault, request)):
            return answer
        kind, at = (fault.kind, fault.at) if fault else (None, 0)
        data = files[name]
        start, end, status = span(request, data)
        if kind == "no_range":
            start, end, status = 0, len(data), 200
        elif kind == "other_range" and status == 206:
            start, end = max(0, start - 1), end - 1
        if status == 416:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
        body = bytearray(data[start:end])
        if kind == "flip" and body:
            body[at % len(body)] ^= 4
        elif kind == "short":
            del body[max(0, len(body) - at) :]
        elif kind == "long":
            body += bytes(at)
        told = {"ETag": etag(data), "Accept-Ranges": "bytes", "Content-Length": str(len(body))}
        if status == 206:
            told["Content-Range"] = f"bytes {start}-{start + len(body) - 1}/{len(data)}"
        answer = web.StreamResponse(status=status, headers=(headers or {}) | told)
        answer.content_type = "application/octet-stream"
        await answer.prepare(request)
        piece = min(PIECE, at or 1) if kind == "drip" else PIECE
        stop = at if kind in ("close", "reset", "stall") else len(body)
        while seen.sent < min(stop, len(body)):
            part = bytes(body[seen.sent : min(stop, seen.sent + piece)])
            await answer.write(part)
            seen.sent += len(part)
            self.on_bytes(name, seen.sent)
            wait = fault.seconds if fault and kind == "drip" else self.pace * len(part) / 1024
            if wait:
                await asyncio.sleep(wait)
        if fault and stop < len(body):
            await broken(fault, request)
        return answer

    # Faults ---------------------------------------------------------------------------------------

    def _struck(self, where: Where, path: str) -> Fault | None:
        for fault in list(self.faults):
            if fault.strikes(where, path):
                fault.times -= 1 if fault.times > 0 else 0
                return fault
        return None

    async def _wrong(
        self, where: Where, path: str, request: BaseRequest
    ) -> web.StreamResponse | None:
        """What the next fault answers in the place of the hub."""
        fault = self._struck(where, path)
        if fault is None:
            return None
        if answer := await self._refusal(fault, request):
            return answer
        await broken(fault, request)
        return web.Response(status=500)

    async def _refusal(self, fault: Fault, request: BaseRequest) -> web.StreamResponse | None:
        if fault.kind == "page":
            return web.Response(text=PAGE, content_type="text/html")
        if fault.kind == "redirect":
            headers = {"Location": fault.headers["Location"] or str(request.url)}
            return web.Response(status=fault.status, headers=headers)
        if fault.kind == "status":
            said = fault.headers | {"X-Error-Message": "told to"}
            return web.Response(status=fault.status, headers=said, text="told to")
        return None


async def unless_gone(handle: Handler, request: BaseRequest) -> web.StreamResponse:
    """An answer to somebody who hung up is no error."""
    try:
        return await handle(request)
    except ConnectionError:
        raise asyncio.CancelledError from None


async def broken(fault: Fault, request: BaseRequest) -> None:
    """Ends the connection, or lets it be for as long as somebody waits."""
    transport = request.transport
    if fault.kind == "stall":
        await asyncio.Event().wait()
    if transport is None:
        return
    if fault.kind == "reset":
        link: socket.socket = transport.get_extra_info("socket")
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()


def span(request: BaseRequest, data: bytes) -> tuple[int, int, int]:
    """First byte, end and status of what a request asks for."""
    wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
    if wanted is None or request.headers.get("If-Range", etag(data)) != etag(data):
        return 0, len(data), 200
    start = int(wanted[1])
    end = min(int(wanted[2]) + 1, len(data)) if wanted[2] else len(data)
    return start, end, 206 if start < end else 416


def etag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()}"'


def not_there(code: str, status: int = 404) -> web.Response:
    headers = {"X-Error-Code": code, "X-Error-Message": f"stand-in: {code}"}
    return web.json_response({"error": code}, status=status, headers=headers)


def add_toys(hub: Hub) -> None:
    """The repositories of the models that the plugin for tests describes."""
    hub.add("toys/small", toy("small", 40_000))
    hub.add("toys/large", toy("large", 4_000_000))
    hub.add("toys/known", toy("known", 40_000))
    hub.add("toys/gated", toy("gated", 40_000), gated=True)
    hub.add("toys/align", toy("align", 20_000))


def add_real_toys(hub: Hub) -> None:
    """Small models that the real libraries load."""
    hub.add("toys/whisper", toys.files(toys.toy_whisper()))
    hub.add("toys/wav2vec2-en", toys.files(toys.toy_wav2vec2()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--elsewhere", action="store_true", help="large files on another host")
    parser.add_argument("--pace", type=float, default=0.0, help="seconds a KiB takes")
    parser.add_argument("--real", action="store_true", help="also models that real libraries load")
    args = parser.parse_args()
    with Hub(port=args.port, elsewhere=args.elsewhere) as hub:
        hub.pace = args.pace
        add_toys(hub)
        if args.real:
            add_real_toys(hub)
        print(f"HF_ENDPOINT={hub.url}   repositories: {' '.join(hub.repositories)}")
        told = 0
        while True:
            time.sleep(0.2)
            for seen in hub.requests[told:]:
                print(urlsplit(seen.target).path, seen.method, seen.status, seen.range or "")
                told += 1


if __name__ == "__main__":
    main()
