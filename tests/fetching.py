"""Models fetched by real worker processes from the stand-in hub, and looked at afterwards."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from hub import Hub
from steno.errors import WorkerDied
from steno.plugins import Model
from steno.worker import protocol as p
from steno.workers.process import WorkerProcess

NAME = "me/it"
"""The repository that is fetched."""
PARTIAL = ".part"


class Fetcher:
    """A worker process that fetches `NAME` from `hub` into `folder`; started again where it died.
    An asynchronous context manager."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.hub = hub
        self.folder = folder
        self.told: list[p.Planned | p.Fetching] = []
        """What was answered to the last request."""
        self.on_answer: Callable[[p.Answers], None] = lambda answer: None
        self.worker: WorkerProcess | None = None
        folder.mkdir(parents=True, exist_ok=True)

    async def __aenter__(self) -> "Fetcher":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self.worker is not None:
            await self.worker.stop(now=True)

    async def fetch(self, *, timeout: float = 4.0, rate: int = 0, **model: Any) -> p.End:
        """One attempt. Raises `WorkerDied`."""
        settings = {"endpoint": self.hub.url, "cache": ""}
        downloader = p.BackendRef(
            kind="downloader", entry_point="huggingface", module="steno_huggingface",
            name="huggingface", settings=msgspec.json.encode(settings),
        )  # fmt: skip
        fields = {"repository": NAME} | model
        request = p.Fetch(
            id=0, downloader=downloader, model=Model(kind="toy", id="it", title="It", **fields),
            revision=fields.get("revision"), folder=os.fsencode(self.folder), rate=rate,
            timeout=timeout, min_free=0,
        )  # fmt: skip
        if self.worker is None or self.worker.dead.is_set():
            self.worker = WorkerProcess("download-1", network=True)
            await self.worker.start(30)
        self.told = []
        return await self.worker.perform(request, self._hear, 30)

    def _hear(self, answer: p.Answers) -> None:
        if isinstance(answer, p.Planned | p.Fetching):
            self.told.append(answer)
        self.on_answer(answer)

    async def cancel(self) -> None:
        """Of the attempt under way."""
        assert self.worker is not None
        await self.worker.abandon(10)

    def kill(self) -> None:
        """As `kill -9` does, or the kernel that lacks memory."""
        if self.worker is not None and self.worker.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.worker.pid, 9)

    async def killed(self, **more: Any) -> None:
        """An attempt in which the worker is killed, by whatever the test has arranged."""
        try:
            end = await self.fetch(**more)
        except WorkerDied:
            return
        raise AssertionError(f"the worker lived: {end}")


def there(folder: Path) -> dict[str, bytes]:
    """All files below `folder`."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_ready(end: p.End, folder: Path, files: Mapping[str, bytes], revision: str) -> None:
    """It was fetched: every byte is right, the manifest tells so, and nothing else is there."""
    assert isinstance(end, p.Fetched), end
    found = there(folder)
    written = msgspec.json.decode(found.pop(p.MANIFEST), type=p.Manifest)
    assert written == end.manifest
    assert (written.revision, written.repository, written.name) == (revision, NAME, "toy/it")
    wrong = [path for path in {**found, **files} if found.get(path) != files.get(path)]
    assert not wrong, wrong
    sums = {file.path: (file.size, file.sha256) for file in written.files}
    assert sums == {
        path: (len(data), hashlib.sha256(data).hexdigest()) for path, data in files.items()
    }


def assert_failed(end: p.End, code: str, folder: Path, files: Mapping[str, bytes]) -> None:
    """It failed for its own reason, told in full, and nothing passes for a model."""
    assert isinstance(end, p.Failed), end
    problem = end.problem
    assert problem.code == code, problem
    assert "{" not in problem.detail + problem.hint
    assert problem.detail.endswith(".")
    assert problem.hint
    assert_nothing_wrong(folder, files)


def assert_nothing_wrong(folder: Path, files: Mapping[str, bytes]) -> None:
    """Nothing is said to be a model, and what has a file's name is that file."""
    found = there(folder)
    assert p.MANIFEST not in found
    for path, data in files.items():
        assert found.get(path, data) == data, f"{path} is wrong"
