"""Faults in random order, kills, cancels and rotten partial files among them: nothing but right
bytes is ever said to be fetched, and an attempt that nothing disturbs always ends well."""

import asyncio
import os
import random
from pathlib import Path

import msgspec
import pytest

from faults import at_random
from fetching import NAME, PARTIAL, Fetcher, assert_ready, there
from hub import TOKEN, Hub, content
from steno.errors import CATALOG, WorkerDied
from steno.worker import protocol as p

LANES = 8
"""Sequences at once, each with a hub and a worker of its own: most of the time they wait."""
SEED = 20_260
ATTEMPT = 0.25
"""Seconds without a byte after which a disturbed attempt ends."""
UNTOLD = {"internal", "backend_failed", "downloader_failed", "backend_load_failed", "worker_stuck"}
"""Reasons that tell a person nothing of the download."""
STEPS = (
    *["faults"] * 24, *["cancel"] * 4, *["rot"] * 4, *["grow", "cut", "revise"] * 2,
    "kill",  # after which another process has to start
)  # fmt: skip


class Sequence:
    """What happens to one model, by its seed. `run` raises if anything is not as it should be."""

    def __init__(self, seed: int, fetcher: Fetcher) -> None:
        self.chance = random.Random(seed)
        self.seed = seed
        self.fetcher = fetcher
        self.hub = fetcher.hub
        self.log: list[str] = []
        self.manifest = b""
        """Of the last attempt that ended well."""
        self.spoilt: set[str] = set()
        """Files that were changed since."""

    async def run(self) -> None:
        try:
            self.reset()
            self.repository = self.hub.add(NAME, self.files())
            for _ in range(self.chance.randint(1, 6)):
                await self.step(self.chance.choice(STEPS))
            self.reset()
            end = await self.attempt(20.0)
            assert isinstance(end, p.Fetched), end
        except Exception as error:
            told = "\n  ".join(self.log)
            raise AssertionError(f"seed {self.seed}:\n  {told}\n{error!r}") from error

    def reset(self) -> None:
        self.hub.faults.clear()
        self.hub.pace, self.hub.on_bytes = 0.0, lambda path, sent: None

    def files(self) -> dict[str, bytes]:
        chance = self.chance
        sizes = [1, chance.randrange(2, 2_000), chance.randrange(2_000, 150_000)]
        made = {f"{n}/{n}.bin": content(chance.random(), size) for n, size in enumerate(sizes)}
        return made | {"config.json": content(chance.random(), chance.randrange(300))}

    @property
    def right(self) -> dict[str, bytes]:
        return self.repository.files

    async def step(self, kind: str) -> None:
        chance = self.chance
        self.log.append(kind)
        if kind in ("rot", "grow", "cut"):
            self.spoil(kind)
            return
        if kind == "revise":
            self.repository.commit(self.files())
            return
        if kind == "faults" or chance.random() < 0.5:
            sizes = [len(data) for data in self.right.values()]
            self.hub.faults = [at_random(chance, sizes) for _ in range(chance.randint(1, 4))]
            self.log.append(f"  {self.hub.faults}")
        self.hub.elsewhere = chance.random() < 0.3
        if kind in ("kill", "cancel"):
            self.hub.pace = 0.001
            await self.stopped(kind)
        else:
            await self.attempt(ATTEMPT)
        self.reset()

    async def attempt(self, timeout: float) -> p.End | None:
        """Whatever the end, nothing may be wrong."""
        folder = self.fetcher.folder
        try:
            end = await self.fetcher.fetch(timeout=timeout)
        except WorkerDied as death:
            self.log.append(f"  {death}")
            assert "SIGKILL" in str(death)
            self.look()
            return None
        self.log.append(f"  {end}")
        if isinstance(end, p.Fetched):
            assert_ready(end, folder, self.right, self.repository.newest)
            assert end.manifest.verified == "repository"
            self.manifest = (folder / p.MANIFEST).read_bytes()
            self.spoilt.clear()
            return end
        if isinstance(end, p.Failed):
            problem = end.problem
            assert problem.code in CATALOG.keys() - UNTOLD, end.trace
            assert problem.hint
            assert "{" not in problem.detail
        else:
            assert isinstance(end, p.Cancelled)
        self.look()
        return end

    def look(self) -> None:
        """What has a file's name is that file, of this revision or an older one, unless it was
        spoilt since; what passes for a model is one."""
        found = there(self.fetcher.folder)
        if found.get(p.MANIFEST, self.manifest) != self.manifest:  # it ended, and could not say so
            self.manifest = found[p.MANIFEST]
            manifest = msgspec.json.decode(self.manifest, type=p.Manifest)
            end = p.Fetched(id=0, manifest=manifest)
            assert_ready(end, self.fetcher.folder, self.right, self.repository.newest)
            self.spoilt.clear()
        for path, data in found.items():
            if not path.endswith(PARTIAL) and not path.startswith("steno-"):
                known = [one.get(path) for one in self.repository.revisions.values()]
                assert data in known or path in self.spoilt, f"{path} is wrong"

    async def stopped(self, kind: str) -> None:
        """An attempt that is killed or cancelled after some bytes, or ends before."""
        largest = max(len(data) for data in self.right.values())
        at, reached = self.chance.randrange(largest), asyncio.Event()
        loop = asyncio.get_running_loop()
        self.log.append(f"  at {at}")

        def watch(path: str, count: int) -> None:
            if count >= at:
                loop.call_soon_threadsafe(reached.set)
                if kind == "kill":
                    self.fetcher.kill()

        self.hub.on_bytes = watch
        attempt = asyncio.create_task(self.attempt(ATTEMPT))
        waiting = asyncio.create_task(reached.wait())
        await asyncio.wait((attempt, waiting), return_when=asyncio.FIRST_COMPLETED)
        if kind == "cancel" and not attempt.done():
            await self.fetcher.cancel()
        waiting.cancel()
        await attempt

    def spoil(self, kind: str) -> None:
        """Changes a file that lies in the folder, as a failing disk does."""
        found = sorted(
            path for path in self.fetcher.folder.rglob("*")
            if path.is_file() and not path.name.startswith("steno-")
        )  # fmt: skip
        if not found:
            return
        path = self.chance.choice(found)
        data = bytearray(path.read_bytes())
        match kind:
            case "rot" if data:
                data[self.chance.randrange(len(data))] ^= 1 << self.chance.randrange(8)
            case "grow":
                data += bytes(self.chance.randrange(1, 200_000))
            case "cut" if data:
                del data[self.chance.randrange(len(data)) :]
        path.write_bytes(data)
        self.spoilt.add(path.relative_to(self.fetcher.folder).as_posix())
        self.log.append(f"  {path.name}")


async def sequences(folder: Path, seeds: range) -> None:
    """Runs all, `LANES` at once. Raises what the first of them found."""
    left = iter(seeds)

    async def lane(number: int) -> None:
        with Hub() as hub:
            async with Fetcher(hub, folder / f"{number}") as fetcher:
                for seed in left:
                    fetcher.folder = folder / f"{seed}"
                    fetcher.folder.mkdir()
                    await Sequence(seed, fetcher).run()

    async with asyncio.TaskGroup() as group:
        for number in range(LANES):
            group.create_task(lane(number))


def seeds(count: int) -> range:
    """`STENO_SEED=N` runs the sequence N again, alone."""
    one = os.environ.get("STENO_SEED")
    return range(int(one), int(one) + 1) if one else range(SEED, SEED + count)


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)


async def test_200_random_sequences_of_faults(tmp_path: Path, token: None) -> None:
    await sequences(tmp_path, seeds(200))


@pytest.mark.torture
@pytest.mark.timeout(1800)
async def test_2000_random_sequences_of_faults(tmp_path: Path, token: None) -> None:
    await sequences(tmp_path, seeds(2000))
