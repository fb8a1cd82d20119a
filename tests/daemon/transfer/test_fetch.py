"""Fetching against a server of our own: each way in which it goes wrong, once."""

import asyncio
import errno
import hashlib
import os
import random
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from origin import Origin, head, says, serving, silent
from steno.errors import StenoError
from steno.plugins.contract import CannotResolve, Model, ModelFile, RemoteFile, Resolved
from steno.transfer import fetch as fetching
from steno.transfer import manifest, part
from steno.worker import protocol as p
from steno.worker.channel import Interrupted

DATA = random.Random(4).randbytes(300_000)
NAME = "weights.bin"
MODEL = Model(kind="asr", id="small", title="Small", repository="acme/small")
REF = p.BackendRef(kind="downloader", entry_point="x", module="x", name="hub")


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Channel:
    """Notes what is said. `cancel` ends it."""

    def __init__(self) -> None:
        self.said: list[p.Answers] = []
        self.times: list[float] = []
        self.cancel = threading.Event()

    def send(self, answer: p.Answers) -> None:
        self.heed()
        self.said.append(answer)
        self.times.append(time.monotonic())

    def heed(self) -> None:
        if self.cancel.is_set():
            raise Interrupted

    @property
    def notes(self) -> set[str]:
        return {one.note for one in self.said if isinstance(one, p.Fetching)}


class Shelf:
    """A resolver that says what a test wants."""

    def __init__(self, *files: RemoteFile, revision: str = "r1") -> None:
        self.files = files
        self.revision = revision
        self.errors: list[Exception] = []
        self.hold = threading.Event()
        self.hold.set()

    def resolve(self, repository: str, revision: str | None) -> Resolved:
        self.hold.wait(30)
        if self.errors:
            raise self.errors.pop(0)
        return Resolved(revision=revision or self.revision, files=self.files)

    def newest(self, repository: str) -> str:
        return self.resolve(repository, None).revision

    def close(self) -> None:
        pass


class Bench:
    """A folder, a server, and what is asked of them."""

    def __init__(self, folder: Path, origin: Origin) -> None:
        self.folder = folder
        self.origin = origin
        self.channel = Channel()
        self.shelf = Shelf(self.remote())

    def remote(self, data: bytes | None = DATA, path: str = NAME, **more: Any) -> RemoteFile:
        known: dict[str, Any] = {"size": len(data), "sha256": sha(data)} if data is not None else {}
        known["url"] = self.origin.url(path)
        return RemoteFile(path=path, **(known | more))

    async def fetch(self, **more: Any) -> p.Fetched:
        wanted: dict[str, Any] = {
            "model": MODEL, "revision": None, "timeout": 2.0, "rate": 0, "min_free": 0,
        }  # fmt: skip
        folder = os.fsencode(self.folder)
        request = p.Fetch(id=1, downloader=REF, folder=folder, **(wanted | more))
        return await asyncio.to_thread(fetching.fetch, request, self.shelf, self.channel)

    async def fails(self, **more: Any) -> StenoError:
        with pytest.raises(StenoError) as raised:
            await self.fetch(**more)
        return raised.value

    @property
    def file(self) -> Path:
        return self.folder / NAME

    @property
    def part(self) -> Path:
        return self.folder / f"{NAME}.part"


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setattr("steno.transfer.patience.FIRST_WAIT", 0.02)
    folder = tmp_path / "incoming"
    folder.mkdir()
    async with serving({NAME: DATA}) as origin:
        yield Bench(folder, origin)


def installed(bench: Bench, data: bytes = DATA) -> None:
    """The file is there, and nothing else but the manifest."""
    assert bench.file.read_bytes() == data
    assert sorted(os.listdir(bench.folder)) == sorted([NAME, p.MANIFEST])


async def test_a_model_is_fetched(bench: Bench) -> None:
    words = b"a b c"
    bench.origin.files["words.txt"] = words
    bench.shelf.files = (bench.remote(), bench.remote(words, "text/words.txt", sha256=None))
    (bench.folder / "old").mkdir()
    (bench.folder / "old" / "rest.bin").write_bytes(b"of something else")
    (bench.folder / "away").symlink_to(bench.folder.parent)
    made = (await bench.fetch()).manifest
    assert made.verified == "unverified"
    assert made == manifest.read(os.fsencode(bench.folder))
    assert made.files == [
        ModelFile(path=NAME, size=len(DATA), sha256=sha(DATA)),
        ModelFile(path="text/words.txt", size=5, sha256=sha(words)),
    ]
    assert bench.file.read_bytes() == DATA
    assert (bench.folder / "text" / "words.txt").read_bytes() == words
    assert sorted(os.listdir(bench.folder)) == [p.MANIFEST, "text", NAME]
    planned = next(one for one in bench.channel.said if isinstance(one, p.Planned))
    assert (planned.revision, planned.total) == ("r1", len(DATA) + 5)
    last = bench.channel.said[-1]
    assert isinstance(last, p.Fetching)
    assert last.done == last.total == len(DATA) + 5
    assert all(one.headers["accept-encoding"] == "identity" for one in bench.origin.asked)


async def test_catalogue_counts_more_than_the_repository(bench: Bench) -> None:
    known = ModelFile(path=NAME, size=len(DATA), sha256=sha(DATA))
    bench.shelf.files = (bench.remote(sha256="0" * 64, size=1),)
    model = Model(kind="asr", id="s", title="S", repository="a/b", files=(known,))
    assert (await bench.fetch(model=model)).manifest.verified == "catalogue"
    installed(bench)


@pytest.mark.parametrize("reset", [False, True])
async def test_a_cut_connection_is_resumed(bench: Bench, reset: bool) -> None:
    bench.origin.acts = [bench.origin.cut(100_000, reset=reset)] * 2
    await bench.fetch()
    installed(bench)
    assert bench.origin.offsets == [0, 100_000, 200_000]


async def test_a_partial_file_is_gone_on_with(bench: Bench) -> None:
    bench.part.write_bytes(DATA[:120_000])
    await bench.fetch()
    installed(bench)
    assert bench.origin.offsets == [120_000]


async def test_a_damaged_partial_file_is_fetched_anew(bench: Bench) -> None:
    bench.part.write_bytes(b"x" + DATA[1:120_000])
    await bench.fetch()
    installed(bench)
    assert bench.origin.offsets == [120_000, 0]


async def test_a_partial_file_that_is_too_large_is_fetched_anew(bench: Bench) -> None:
    bench.part.write_bytes(DATA + b"more")
    await bench.fetch()
    installed(bench)
    assert bench.origin.offsets == [0]


async def test_a_complete_file_is_looked_at_and_kept(bench: Bench) -> None:
    bench.file.write_bytes(DATA)
    await bench.fetch()
    installed(bench)
    assert bench.origin.asked == []


async def test_a_file_that_changed_is_fetched_anew(bench: Bench) -> None:
    bench.file.write_bytes(b"x" + DATA[1:])
    await bench.fetch()
    installed(bench)
    assert bench.origin.offsets == [0]


async def test_wrong_bytes_come_once(bench: Bench) -> None:
    bench.origin.acts = [says(200, {}, b"x" + DATA[1:])]
    await bench.fetch()
    installed(bench)


async def test_wrong_bytes_come_twice(bench: Bench) -> None:
    bench.origin.files[NAME] = b"x" + DATA[1:]
    error = await bench.fails()
    assert error.code == "download_damaged"
    assert len(bench.origin.asked) == 2
    assert os.listdir(bench.folder) == []


async def test_another_size_than_stated(bench: Bench) -> None:
    bench.part.write_bytes(DATA[:9])
    bench.origin.files[NAME] = DATA + b"more"
    assert (await bench.fails()).code == "download_damaged"
    assert os.listdir(bench.folder) == []


async def test_a_body_without_end_is_cut(bench: Bench) -> None:
    async def long(asked: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, {}, None) + DATA + b"more")
        writer.close()

    bench.origin.acts = [long]
    await bench.fetch()
    installed(bench)


async def test_a_body_without_length_ends_early(bench: Bench) -> None:
    async def short(asked: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, {}, None) + DATA[:1000])
        await writer.drain()
        writer.close()

    bench.origin.acts = [short]
    await bench.fetch()
    installed(bench)
    assert bench.origin.offsets == [0, 1000]


async def test_a_server_without_ranges(bench: Bench) -> None:
    bench.origin.acts = [bench.origin.cut(100_000), says(200, {}, DATA)]
    await bench.fetch()
    installed(bench)


@pytest.mark.parametrize(
    "answer",
    [
        says(416),
        says(206, {"Content-Range": "bytes 7-8/300000"}, b"ab"),
        says(206, {}, b"ab"),
    ],
)
async def test_a_server_that_refuses_the_range(bench: Bench, answer: Any) -> None:
    bench.part.write_bytes(DATA[:1000])
    bench.origin.acts = [answer]
    await bench.fetch()
    installed(bench)
    assert bench.origin.offsets == [1000, 0]


async def test_without_a_sum_only_the_same_file_is_gone_on_with(bench: Bench) -> None:
    bench.shelf.files = (bench.remote(sha256=None),)
    bench.origin.acts = [bench.origin.cut(100_000), says(404)]
    assert (await bench.fails()).code == "download_not_found"
    assert bench.part.stat().st_size == 100_000
    bench.origin.acts = [bench.origin.cut(50_000)]
    bench.origin.asked.clear()
    other = bytes(reversed(DATA))

    class Changed(dict[str, bytes]):
        def __getitem__(self, key: str) -> bytes:
            return DATA if len(bench.origin.asked) == 1 else other

    bench.origin.files = Changed({NAME: DATA})
    real = bench.origin.cut(50_000)

    async def then_changed(asked: Any, writer: asyncio.StreamWriter) -> None:
        await real(asked, writer)
        bench.origin.tag = '"2"'

    bench.origin.acts = [then_changed]
    await bench.fetch()
    installed(bench, other)
    assert [one.headers.get("if-range") for one in bench.origin.asked] == ['"1"', '"1"']
    assert bench.origin.offsets == [100_000, 150_000]


async def test_without_a_sum_another_revision_begins_anew(bench: Bench) -> None:
    bench.shelf.files = (bench.remote(sha256=None),)
    bench.origin.acts = [bench.origin.cut(100_000), says(404)]
    await bench.fails()
    bench.shelf.revision = "r2"
    bench.origin.asked.clear()
    await bench.fetch()
    installed(bench)
    assert bench.origin.offsets == [0]


async def test_without_a_sum_a_complete_file_is_known_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "BESIDE", 1)
    bench.origin.files["b"] = b"b"
    bench.shelf.files = (bench.remote(None), bench.remote(b"b", "b"))
    bench.origin.files["b"] = b"c"
    assert (await bench.fails()).code == "download_damaged"
    bench.origin.files["b"] = b"b"
    bench.origin.asked.clear()
    await bench.fetch()
    assert [one.target for one in bench.origin.asked if one.target == f"/{NAME}"] == []
    await bench.fetch()  # after which the manifest knows it
    assert bench.file.read_bytes() == DATA
    assert len(bench.origin.asked) == 1


def summed_by_git(bench: Bench, data: bytes = DATA) -> RemoteFile:
    head = b"blob %d\0" % len(data)
    return bench.remote(data, sha256=None, git_sha1=hashlib.sha1(head + data).hexdigest())


async def test_gits_sum_is_as_good(bench: Bench) -> None:
    bench.shelf.files = (summed_by_git(bench),)
    bench.part.write_bytes(DATA[:120_000])  # of which nobody has noted whose bytes they are
    bench.origin.acts = [bench.origin.cut(100_000)]
    made = (await bench.fetch()).manifest
    installed(bench)
    assert made.verified == "repository"
    assert made.files == [ModelFile(path=NAME, size=len(DATA), sha256=sha(DATA))]
    assert bench.origin.offsets == [120_000, 220_000]
    assert not any("if-range" in one.headers for one in bench.origin.asked)
    bench.origin.asked.clear()
    (bench.folder / p.MANIFEST).unlink()
    await bench.fetch()
    installed(bench)
    assert bench.origin.asked == []


async def test_gits_sum_tells_a_rotten_file(bench: Bench) -> None:
    bench.shelf.files = (summed_by_git(bench),)
    await bench.fetch()
    bench.file.write_bytes(b"x" + DATA[1:])
    await bench.fetch()
    installed(bench)
    assert bench.origin.offsets == [0, 0]


@pytest.mark.parametrize("times", [1, 2])
async def test_gits_sum_tells_wrong_bytes(bench: Bench, times: int) -> None:
    bench.shelf.files = (summed_by_git(bench),)
    bench.origin.acts = [says(200, {}, b"x" + DATA[1:])] * times
    if times == 1:
        await bench.fetch()
        installed(bench)
    else:
        assert (await bench.fails()).code == "download_damaged"
        assert os.listdir(bench.folder) == []
    assert len(bench.origin.asked) == 2


@pytest.mark.parametrize("sound", [True, False])
async def test_gits_sum_tells_a_rotten_copy_on_this_machine(bench: Bench, sound: bool) -> None:
    copy = bench.folder.parent / "copy"
    copy.write_bytes(DATA if sound else b"x" + DATA[1:])
    remote = msgspec.structs.replace(summed_by_git(bench), local=copy)
    bench.shelf.files = (remote,)
    assert (await bench.fetch()).manifest.verified == "repository"
    installed(bench)
    assert len(bench.origin.asked) == (0 if sound else 1)


async def test_a_stall_is_another_attempt(bench: Bench) -> None:
    bench.origin.acts = [bench.origin.stall(100_000), silent]
    await bench.fetch()
    installed(bench)
    assert bench.origin.offsets == [0, 100_000, 100_000]


async def test_nothing_comes_for_too_long(bench: Bench) -> None:
    bench.origin.always = bench.origin.stall(0)
    error = await bench.fails(timeout=0.5)
    assert error.code == "download_stalled"
    assert bench.part.exists() is False


async def test_the_same_bytes_again_are_no_news(bench: Bench) -> None:
    async def again(asked: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, {}, len(DATA)) + DATA[:1000])
        await writer.drain()
        writer.close()

    bench.origin.always = again
    assert (await bench.fails(timeout=2.0)).code == "download_network"
    assert bench.part.read_bytes() == DATA[:1000]


async def test_a_drip_is_another_attempt(bench: Bench) -> None:
    bench.origin.acts = [bench.origin.drip()]
    await bench.fetch(timeout=1.0)
    installed(bench)
    assert 0 < bench.origin.offsets[1] < 100


async def test_a_server_in_trouble_is_asked_again(bench: Bench) -> None:
    bench.origin.acts = [says(429, {"Retry-After": "1"}), says(503), says(500), says(408)]
    begun = time.monotonic()
    await bench.fetch()
    installed(bench)
    assert time.monotonic() - begun >= 1.0
    assert any("trying again in" in note for note in bench.channel.notes)


async def test_a_server_stays_in_trouble(bench: Bench) -> None:
    bench.origin.always = says(503)
    error = await bench.fails(timeout=2.0)
    assert (error.code, "503" in error.problem.detail) == ("download_refused", True)
    assert len(bench.origin.asked) > 2


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (401, {}, "download_gated"),
        (403, {"X-Error-Code": "GatedRepo"}, "download_gated"),
        (403, {}, "download_refused"),
        (404, {}, "download_not_found"),
        (404, {"X-Error-Code": "EntryNotFound"}, "download_not_found"),
        (401, {"X-Error-Code": "RepoNotFound"}, "download_not_found"),
        (451, {}, "download_refused"),
        (407, {}, "download_proxy"),
        (200, {"Content-Encoding": "gzip"}, "download_refused"),
    ],
)
async def test_answers_that_end_it(
    bench: Bench, status: int, headers: dict[str, str], code: str
) -> None:
    bench.origin.always = says(status, headers, b"")
    assert (await bench.fails()).code == code


async def test_a_page_of_the_network_is_not_the_file(bench: Bench) -> None:
    bench.part.write_bytes(DATA[:1000])
    bench.origin.acts = [says(200, {"Content-Type": "text/html"}, b"<p>Log in")]
    await bench.fetch()
    installed(bench)
    assert bench.origin.offsets == [1000, 1000]
    bench.file.unlink()
    bench.origin.always = says(200, {"Content-Type": "text/html"}, b"<p>Log in")
    error = await bench.fails(timeout=2.0)
    assert error.code == "download_network"
    assert "web page" in error.problem.detail


async def test_redirects_take_no_token_to_another_host(bench: Bench) -> None:
    other = bench.origin.url(f"signed/{NAME}?X=%2Fa%20b", "127.0.0.2")
    bench.origin.acts = [
        says(307, {"Location": f"/near/{NAME}"}),
        says(302, {"Location": other}),
        says(302, {"Location": bench.origin.url(NAME)}),
    ]
    bench.shelf.files = (bench.remote(headers={"Authorization": "Bearer secret"}),)
    await bench.fetch()
    installed(bench)
    tokens = [one.headers.get("authorization") for one in bench.origin.asked]
    assert tokens == ["Bearer secret", "Bearer secret", None, None]
    assert bench.origin.asked[2].target == f"/signed/{NAME}?X=%2Fa%20b"


@pytest.mark.parametrize("where", ["/again", "ftp://127.0.0.1/x", "file:///etc/passwd"])
async def test_redirects_that_lead_nowhere(bench: Bench, where: str) -> None:
    bench.origin.always = says(302, {"Location": where})
    assert (await bench.fails()).code == "download_refused"
    assert len(bench.origin.asked) == (11 if where == "/again" else 1)


async def test_a_host_behind_the_first_that_refuses_is_asked_again(bench: Bench) -> None:
    away = says(302, {"Location": bench.origin.url(NAME, "127.0.0.2")})
    bench.origin.acts = [away, says(403), away, says(403), away, says(403)]
    assert (await bench.fails()).code == "download_refused"
    bench.origin.acts = [away, says(403)]
    await bench.fetch()
    installed(bench)


async def test_no_server(bench: Bench) -> None:
    bench.shelf.files = (bench.remote(url="http://127.0.0.1:1/x"),)
    error = await bench.fails(timeout=0.4)
    assert error.code == "download_network"
    assert "127.0.0.1:1" in error.problem.detail
    assert "refused" in error.problem.detail


def on_this_machine(bench: Bench, *files: Path) -> None:
    """Nothing can be resolved, but these files are here."""
    remote = [
        RemoteFile(path=file.name, size=file.stat().st_size, sha256=sha(file.read_bytes()),
            local=file)
        for file in files
    ]  # fmt: skip
    here = Resolved(revision="r1", files=tuple(remote))
    bench.shelf.errors = [CannotResolve("network", "no network.", here=here)] * 50


async def test_without_a_network_what_is_on_this_machine_does_if_it_is_all(
    bench: Bench, tmp_path: Path
) -> None:
    (weights := tmp_path / NAME).write_bytes(DATA)
    (config := tmp_path / "config.json").write_bytes(b"{}")
    model = msgspec.structs.replace(MODEL, select=("config.json", NAME))
    on_this_machine(bench, weights, config)
    await bench.fetch(model=model)
    assert bench.file.read_bytes() == DATA


@pytest.mark.parametrize("select", [(), ("config.json", NAME), ("config.json", f"{NAME}|x*")])
async def test_without_a_network_a_part_of_a_model_is_none(
    bench: Bench, tmp_path: Path, select: tuple[str, ...]
) -> None:
    """The cache of other programs often has but a file or two. What came stays."""
    bench.part.write_bytes(DATA[:1000])
    (config := tmp_path / "config.json").write_bytes(b"{}")
    on_this_machine(bench, config)
    model = msgspec.structs.replace(MODEL, select=select)
    error = await bench.fails(model=model, timeout=0.3)
    assert error.code == "download_network"
    assert bench.part.read_bytes() == DATA[:1000]
    bench.shelf.errors = []
    bench.shelf.files = (bench.remote(), RemoteFile(path="config.json", size=2, local=config))
    await bench.fetch(model=model)
    assert bench.origin.offsets == [1000]


async def test_where_the_network_is_forbidden_it_is_not_waited_for(bench: Bench) -> None:
    bench.shelf.errors = [CannotResolve("offline", "SWITCH is set")]
    error = await bench.fails(timeout=60.0)
    assert error.code == "download_offline"
    assert "SWITCH is set" in error.problem.detail


@pytest.mark.parametrize("url", ["ftp://h/x", "http:///x", "http://h:99999/x", "x"])
async def test_no_address(bench: Bench, url: str) -> None:
    bench.shelf.files = (bench.remote(url=url),)
    assert (await bench.fails()).code == "download_not_found"


async def test_tls_that_nobody_vouches_for(bench: Bench, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=here"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(bench.origin.handle, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    bench.shelf.files = (bench.remote(url=f"https://127.0.0.1:{port}/{NAME}"),)
    error = await bench.fails()
    server.close()
    assert error.code == "download_network"
    assert "self-signed certificate" in error.problem.detail


async def test_a_proxy_of_the_environment(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://me:pw%21@127.0.0.1:{bench.origin.port}")
    bench.shelf.files = (bench.remote(url=f"http://far.invalid/{NAME}"),)
    await bench.fetch()
    installed(bench)
    assert bench.origin.asked[0].target == f"http://far.invalid/{NAME}"
    assert bench.origin.asked[0].headers["proxy-authorization"] == "Basic bWU6cHch"
    assert "authorization" not in bench.origin.asked[0].headers


async def test_passwords_of_netrc_are_not_sent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    await bench.fetch()
    assert "authorization" not in bench.origin.asked[0].headers


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "socks5://127.0.0.1:1080", "refusing"])
async def test_proxies_that_are_of_no_use(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    bench.origin.always = says(403)
    at = f"http://127.0.0.1:{bench.origin.port}" if proxy == "refusing" else proxy
    monkeypatch.setenv("ALL_PROXY", at)
    bench.shelf.files = (bench.remote(url="https://far.invalid/x"),)
    assert (await bench.fails()).code == "download_proxy"


async def test_the_rate_is_kept(bench: Bench) -> None:
    begun = time.monotonic()
    await bench.fetch(rate=400_000)
    installed(bench)
    assert time.monotonic() - begun > 0.5
    seen = [one.done for one in bench.channel.said if isinstance(one, p.Fetching)]
    assert len(set(seen)) > 4


async def test_no_room_is_told_before(bench: Bench) -> None:
    assert (await bench.fails(min_free=2**60)).code == "download_no_room"
    assert bench.origin.asked == []


async def test_a_full_disk_keeps_the_partial(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        """The disk takes 50,000 bytes."""

        left = 50_000

        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def write(self, number: int, data: memoryview) -> int:
            if not self.left:
                raise OSError(errno.ENOSPC, "No space left on device")
            size = os.write(number, data[: self.left])
            self.left -= size
            return size

    monkeypatch.setattr(part, "os", Full())
    assert (await bench.fails()).code == "download_no_room"
    assert bench.part.read_bytes() == DATA[:50_000]


@pytest.mark.parametrize("stage", ["resolve", "head", "body", "wait"])
async def test_a_cancel_is_immediate(
    bench: Bench, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steno.transfer.meter.QUIET", 0.1)
    acts = {
        "head": silent,
        "body": bench.origin.stall(1000),
        "wait": says(429, {"Retry-After": "9"}),
    }
    if stage == "resolve":
        bench.shelf.hold.clear()
    else:
        bench.origin.always = acts[stage]
    work = asyncio.ensure_future(bench.fetch(timeout=60.0))
    for _ in range(100):
        if any(one.note for one in bench.channel.said if isinstance(one, p.Fetching)) and (
            bench.origin.asked or stage == "resolve"
        ):
            break
        await asyncio.sleep(0.02)
    begun = time.monotonic()
    bench.channel.cancel.set()
    with pytest.raises(Interrupted):
        await work
    assert time.monotonic() - begun < 2
    bench.shelf.hold.set()
    if stage == "body":
        assert bench.part.read_bytes() == DATA[:1000]


async def test_it_is_told_often_and_not_too_often(bench: Bench) -> None:
    bench.origin.acts = [bench.origin.stall(1000)]
    await bench.fetch(timeout=4.0)
    gaps = [b - a for a, b in zip(bench.channel.times, bench.channel.times[1:], strict=False)]
    assert max(gaps) < 1.0
    assert len(bench.channel.said) < 12 * sum(gaps) + 5


async def test_what_came_before_counts_from_the_beginning(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks sees no 0 %, and no climb, while it is read again; nor is it forgotten."""
    read = part.Part.read

    def slowly(self: part.Part, heed: Any) -> None:
        time.sleep(0.3)  # several tellings
        read(self, heed)

    monkeypatch.setattr(part.Part, "read", slowly)
    bench.origin.files["b"] = DATA
    bench.shelf.files = (bench.remote(), bench.remote(path="b"))
    bench.part.write_bytes(DATA[:200_000])
    (bench.folder / "b").write_bytes(DATA)
    (bench.folder / "steno-fetch.json").write_bytes(bytes(1000))
    await bench.fetch()
    told = [one for one in bench.channel.said if isinstance(one, p.Fetching)]
    assert (told[0].done, told[0].total) == (500_000, None)
    checking = [one for one in told if one.note == "checking what is there"]
    assert {(one.done, one.total) for one in checking[:1]} == {(500_000, 600_000)}
    done = [one.done for one in told]
    assert done == sorted(done)
    assert done[-1] == 600_000
    assert bench.origin.offsets == [200_000]


async def test_bytes_that_are_thrown_away_count_no_more(bench: Bench) -> None:
    bench.part.write_bytes(bytes(400_000))
    (bench.folder / "of-another-revision").write_bytes(bytes(70_000))
    bench.origin.acts = [bench.origin.stall(1000)]
    await bench.fetch()
    done = [one.done for one in bench.channel.said if isinstance(one, p.Fetching)]
    assert (done[0], done[-1]) == (470_000, len(DATA))
    assert 1000 in done


async def test_a_folder_that_is_moved_away_keeps_its_manifest(bench: Bench) -> None:
    """The one in its place gets none, as its files are others."""
    moved = bench.folder.parent / "moved"

    async def move(asked: Any, writer: asyncio.StreamWriter) -> None:
        bench.folder.rename(moved)
        bench.folder.mkdir()
        writer.write(bench.origin.answer(asked))

    bench.origin.acts = [move]
    await bench.fetch()
    assert os.listdir(bench.folder) == []
    assert sorted(os.listdir(moved)) == sorted([NAME, p.MANIFEST])


async def test_a_copy_on_this_machine_is_linked(bench: Bench, tmp_path: Path) -> None:
    copy = tmp_path / "blob"
    copy.write_bytes(DATA)
    (tmp_path / "snapshot").symlink_to(copy)
    bench.part.write_bytes(DATA[:10])
    bench.shelf.files = (bench.remote(local=tmp_path / "snapshot"),)
    await bench.fetch()
    installed(bench)
    assert os.path.samefile(bench.file, copy)
    assert bench.origin.asked == []


async def test_a_copy_on_another_disk_is_linked(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_disk(*a: Any, **k: Any) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    copy = tmp_path / "blob"
    copy.write_bytes(DATA)
    monkeypatch.setattr(os, "link", other_disk)
    bench.shelf.files = (bench.remote(local=copy),)
    await bench.fetch()
    installed(bench)
    assert bench.file.readlink() == copy


async def test_a_wrong_copy_is_left_alone(bench: Bench, tmp_path: Path) -> None:
    copy = tmp_path / "blob"
    copy.write_bytes(b"x" + DATA[1:])
    os.link(copy, bench.file)
    bench.shelf.files = (bench.remote(local=copy),)
    await bench.fetch()
    installed(bench)
    assert copy.read_bytes() == b"x" + DATA[1:]
    bench.file.unlink()
    bench.shelf.files = (bench.remote(local=copy, url=None),)
    assert (await bench.fails()).code == "download_damaged"
    copy.unlink()
    assert (await bench.fails()).code == "download_not_found"


async def test_a_shared_partial_file_is_not_written_to(bench: Bench, tmp_path: Path) -> None:
    copy = tmp_path / "blob"
    copy.write_bytes(DATA[:1000])
    os.link(copy, bench.part)
    await bench.fetch()
    installed(bench)
    assert copy.read_bytes() == DATA[:1000]


async def test_links_in_the_folder_lead_nowhere(bench: Bench, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "file").write_bytes(b"mine")
    bench.part.symlink_to(victim / "file")
    (bench.folder / "sub").symlink_to(victim)
    bench.origin.files["file"] = b"f" * 9
    bench.shelf.files = (bench.remote(), bench.remote(b"f" * 9, "sub/file"))
    await bench.fetch()
    assert (victim / "file").read_bytes() == b"mine"
    assert os.listdir(victim) == ["file"]
    assert (bench.folder / "sub" / "file").read_bytes() == b"f" * 9


@pytest.mark.parametrize("path", ["../x", "/x", "a\\b", p.MANIFEST, "steno-fetch.json"])
async def test_unsafe_names(bench: Bench, path: str) -> None:
    bench.shelf.files = (bench.remote(path=path, url="http://h/x"),)
    assert (await bench.fails()).code == "download_unsafe"


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("network", "download_network"),
        ("server", "download_refused"),
        ("proxy", "download_proxy"),
        ("gated", "download_gated"),
        ("not_found", "download_not_found"),
        ("invalid", "download_not_found"),
    ],
)
async def test_what_cannot_be_resolved(bench: Bench, reason: Any, code: str) -> None:
    bench.shelf.errors = [CannotResolve(reason, "so it is.")] * 50
    error = await bench.fails(timeout=0.3)
    assert error.code == code
    assert "so it is" in error.problem.detail
    with pytest.raises(StenoError) as raised:
        request = p.Newest(id=1, downloader=REF, model=MODEL)
        await asyncio.to_thread(fetching.newest, request, bench.shelf, bench.channel)
    assert raised.value.code == code


async def test_a_resolver_recovers(bench: Bench) -> None:
    bench.shelf.errors = [CannotResolve("server", "busy", retry_after=0.2)] * 2
    await bench.fetch()
    installed(bench)


async def test_a_resolver_that_breaks(bench: Bench) -> None:
    bench.shelf.errors = [ZeroDivisionError("oops")]
    assert (await bench.fails()).code == "downloader_failed"


async def test_the_newest_revision(bench: Bench) -> None:
    request = p.Newest(id=1, downloader=REF, model=MODEL)
    found = await asyncio.to_thread(fetching.newest, request, bench.shelf, bench.channel)
    assert found.revision == "r1"


async def test_a_question_is_cancelled(bench: Bench) -> None:
    bench.shelf.hold.clear()
    bench.channel.cancel.set()
    request = p.Newest(id=1, downloader=REF, model=MODEL)
    with pytest.raises(Interrupted):
        await asyncio.to_thread(fetching.newest, request, bench.shelf, bench.channel)
    bench.shelf.hold.set()


KILLED = """
import os, sys, msgspec
from steno import failpoints
from steno.plugins.contract import Model, RemoteFile, Resolved
from steno.transfer.fetch import fetch
from steno.worker import protocol as p
files = msgspec.json.decode(sys.argv[1], type=list[RemoteFile])
class Shelf:
    def resolve(self, repository, revision): return Resolved(revision="r1", files=tuple(files))
class Channel:
    def send(self, answer): pass
    def heed(self): pass
ref = p.BackendRef(kind="downloader", entry_point="x", module="x", name="hub")
model = Model(kind="asr", id="small", title="Small", repository="acme/small")
def die(point, folder):
    name, count = point.split(":")
    failpoints._name, failpoints._left = f"transfer.{name}", int(count)
    fetch(p.Fetch(id=1, downloader=ref, model=model, revision=None, folder=os.fsencode(folder),
                  rate=1_000_000, timeout=5.0, min_free=0), Shelf(), Channel())
children = []
for point in sys.argv[2:]:
    child = os.fork()  # one start of Python for all
    if not child:
        try:
            die(point, point)
        finally:
            os._exit(1)
    children.append(child)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""
POINTS = ("opened:1", "middle:1", "middle:3", "verified:2", "before_manifest:1", "after_manifest:1")


async def test_killed_anywhere_it_goes_on(bench: Bench) -> None:
    bench.shelf.files = (bench.remote(), bench.remote(b"", "empty"))
    files = msgspec.json.encode(list(bench.shelf.files)).decode()
    folders = {point: bench.folder / point for point in POINTS}
    for folder in folders.values():
        folder.mkdir()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, files, *POINTS,
        cwd=bench.folder, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert said.decode().strip() == str([-9] * len(POINTS))
    for point, bench.folder in folders.items():
        bench.origin.asked.clear()
        found = await bench.fetch()
        assert found.manifest.verified == "repository"
        assert bench.file.read_bytes() == DATA
        assert sorted(os.listdir(bench.folder)) == sorted(["empty", NAME, p.MANIFEST])
        offsets = [one.offset for one in bench.origin.asked]
        assert offsets == [] if point[0] in "vba" else offsets[0] > 0 or point == "opened:1", point
