"""Hubs whose answers to "which files are there" have no end, never come, or make no sense."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fetching import NAME, Fetcher, assert_failed, there
from harness import until
from hub import Hub
from origin import Act, Asked, Origin, head, says, serving, silent
from steno.plugins import Model
from steno.worker import protocol as p
from steno.workers import process
from steno.workers.place import Backoff
from steno.workers.pool import Limits, WorkerPool

SHA = "a" * 40


@pytest.fixture
async def origin(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Origin]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    async with serving({}) as origin:
        yield origin


async def endless(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(head(200, {"Content-Type": "application/json"}, None) + b'{"id": "')
    while True:
        writer.write(b"a" * 2**20)
        await writer.drain()


def listing(sha: Any = SHA, **file: Any) -> Act:
    """One file, described so."""
    told = {"id": NAME, "sha": sha, "siblings": [{"rfilename": "a.bin"} | file]}
    return says(200, {"Content-Type": "application/json"}, json.dumps(told).encode())


async def fetched(origin: Origin, folder: Path, timeout: float = 1.0) -> p.End:
    hub = SimpleNamespace(url=origin.url("").rstrip("/"))  # no more of it is needed
    async with Fetcher(cast("Hub", hub), folder) as fetcher:
        return await fetcher.fetch(timeout=timeout)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (listing(size=-5), "download_unsafe"),
        (listing(size=5.5), "download_unsafe"),
        (listing(size="5"), "download_unsafe"),
        (listing(sha=7), "download_refused"),
        (listing(rfilename=7), "download_refused"),
        (listing(rfilename="\ud800"), "download_refused"),
        (listing(lfs="x"), "download_refused"),
        (says(200, {"Content-Type": "application/json"}, b"[" * 200_000), "download_refused"),
    ],
)
async def test_nonsense(origin: Origin, tmp_path: Path, act: Act, code: str) -> None:
    origin.always = act
    assert_failed(await fetched(origin, tmp_path / "f"), code, tmp_path / "f", {})
    assert there(tmp_path / "f") == {}


async def test_an_answer_without_end_takes_no_endless_memory(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MOST_DATA", 200 * 2**20)
    origin.acts, origin.always = [endless], says(404)
    end = await fetched(origin, tmp_path / "f", timeout=60.0)
    assert_failed(end, "download_not_found", tmp_path / "f", {})
    assert len(origin.asked) == 2, "it was asked again after an answer of which nobody saw the end"


async def test_a_resolver_that_does_not_come_to_an_end_takes_its_worker_along(
    origin: Origin, tmp_path: Path
) -> None:
    origin.always = silent
    settings = json.dumps({"endpoint": origin.url("").rstrip("/"), "cache": ""}).encode()
    downloader = p.BackendRef(
        kind="downloader", entry_point="huggingface", module="steno_huggingface",
        name="huggingface", settings=settings,
    )  # fmt: skip
    model = Model(kind="toy", id="it", title="It", repository=NAME)
    pool = WorkerPool(Limits({"download": 1}, 30.0, 600.0, 5.0, Backoff(0.02, 0.1), 1 << 40))
    place = pool.places["download"][0]
    try:
        asked = asyncio.create_task(
            pool.perform("download", p.Newest(id=0, downloader=downloader, model=model))
        )
        await until(lambda: origin.asked, what="the hub is asked")
        worker = place.worker
        assert worker is not None
        asked.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asked
        await pool.settled("download")
        assert worker.dead.is_set()
        assert (place.worker, place.restarts) == (None, 0)
    finally:
        await pool.close(now=True)
