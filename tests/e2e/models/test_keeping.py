"""Models over HTTP: what is fetched, kept, checked, replaced and removed."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator

import pytest

from e2e.asking import noise, pulled, reached, refused
from e2e.models.test_api import versions, with_model
from harness import Home, ended, new_home, started, until
from hub import Hub, toy
from steno.client import Client
from steno.errors import StenoError
from steno.wire import FINAL, Event
from steno.wire.models import ModelInfo


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Home, Hub]]:
    """A daemon and its hub, for all tests here."""
    with new_home() as home, Hub() as hub:
        home.extra = dict(hub.environment)
        with started(home):
            yield home, hub


@pytest.fixture
def hub(place: tuple[Home, Hub]) -> Hub:
    """Its repositories as they were."""
    _, hub = place
    for name in ("toys/small", "toys/large", "toys/align"):
        hub.add(name)
    return hub


@pytest.fixture
async def client(home: Home, hub: Hub) -> AsyncIterator[Client]:
    """A client of the daemon, which has neither models nor jobs."""
    async with Client(home.paths.socket) as client:
        yield client
        hub.pace = 0.0
        for job in (await client.jobs()).jobs:
            if job.state not in FINAL:
                await client.cancel(job.id)
                await ended(client, job.id)
            await client.remove(job.id)
        for model in (await client.models(kinds=["toy", "align"])).models:
            if model.origin == "repository":
                await client.cancel_download(model.name)
                await client.remove_model(model.name)
        shutil.rmtree(home.media)
        home.media.mkdir()


@pytest.fixture
def home(place: tuple[Home, Hub]) -> Home:
    return place[0]


class TestDownloads:
    async def test_one_after_another_and_the_aligner_after_its_model(
        self, client: Client, hub: Hub
    ) -> None:
        hub.pace = 0.05
        await client.download("toy/large")
        await reached(client, "toy/large", "downloading")
        small = await client.download("toy/small", language="cy")
        assert small.download is not None
        assert (small.status, small.download.position) == ("waiting", 1)
        queue = [f"{one.type}/{one.model_id}" for one in (await client.downloads()).downloads]
        assert queue == ["toy/large", "toy/small", "align/cy"]
        hub.pace = 0.0
        await reached(client, "align/cy", "ready")
        assert (await client.downloads()).downloads == []
        done = [await client.model(name) for name in queue]
        assert [one.installed_at for one in done] == sorted(one.installed_at or 0 for one in done)
        problem = await refused(client.download("toy/small", language="xx"))
        assert problem.code == "language_unknown"

    async def test_a_cancelled_one_is_gone_on_with(self, client: Client, hub: Hub) -> None:
        hub.pace = 0.02
        await client.download("toy/large")

        async def some() -> bool:
            found = await client.model("toy/large")
            return found.size_on_disk > 30_000

        await until(some, what="some of it is there")
        stopped = await client.cancel_download("toy/large")
        assert stopped.status == "incomplete"
        assert stopped.size_on_disk > 30_000
        assert (await client.cancel_download("toy/large")).status == "incomplete"
        hub.pace = 0.0
        before = len(hub.requests)
        ready = await pulled(client, "toy/large")
        assert (ready.status, ready.size_on_disk) == ("ready", ready.size)
        assert any(one.range for one in hub.requests[before:])

    async def test_late_listeners_know_the_state_and_what_they_missed(
        self, client: Client, hub: Hub
    ) -> None:
        first = await one_of(client, "models", "initial_state")
        await pulled(client, "toy/small")
        await client.remove_model("toy/small")
        hub.pace = 0.05
        await client.download("toy/large")
        await reached(client, "toy/large", "downloading")

        async def some() -> bool:
            return (await client.model("toy/large")).size_on_disk > 20_000

        await until(some, what="some of it is there")
        state = await one_of(client, "models:toy/large", "initial_state")
        (shown,) = state.data["models"]
        assert shown["status"] == "downloading"
        assert shown["download"]["downloaded_bytes"] > 20_000
        told = await one_of(client, "models:toy/large", "model_progress")
        assert told.data["downloaded_bytes"] > 20_000
        assert told.data["total_bytes"] > told.data["downloaded_bytes"]
        missed: list[str] = []
        async with client.stream(
            [("channel", "models")], first.data["as_of"], revive=False
        ) as chunks:
            text = b""
            async for chunk in chunks:
                text += chunk
                missed = [
                    json.loads(line[6:])["model_id"]
                    for part in text.split(b"\n\n")
                    if b"event: model_complete" in part or b"event: model_deleted" in part
                    for line in part.split(b"\n")
                    if line.startswith(b"data: ")
                ]
                if len(missed) >= 2:
                    break
        assert missed == ["small", "small"]
        hub.pace = 0.0


async def one_of(client: Client, channel: str, kind: str) -> Event:
    """The first event of this kind."""
    async with asyncio.timeout(20):
        async for event in client.events([channel]):
            if event.type == kind:
                return event
    raise AssertionError(kind)


class TestKeeping:
    async def test_damage_is_found_and_mended(self, client: Client, home: Home, hub: Hub) -> None:
        sound = await pulled(client, "toy/small")
        assert (await client.verify("toy/small")).wrong == []
        (folder,) = versions(home, "toy/small")
        data = bytearray((folder / "weights.bin").read_bytes())
        data[1000] ^= 1
        (folder / "weights.bin").write_bytes(data)
        found = await client.verify("toy/small")
        assert found.wrong == ["weights.bin"]
        assert found.model.status == "incomplete"
        assert not folder.exists()
        before = len(hub.requests)
        mended = await pulled(client, "toy/small")
        assert (mended.status, mended.size) == ("ready", sound.size)
        asked = {one.target.rpartition("/")[2] for one in hub.requests[before:] if one.of_file}
        assert asked == {"weights.bin"}
        assert (await client.verify("toy/small")).wrong == []

    async def test_the_old_revision_stays_until_the_new_one_is_ready(
        self, client: Client, home: Home, hub: Hub
    ) -> None:
        old = await pulled(client, "toy/small")
        assert (await client.update("toy/small")).newer_revision is None
        newest = hub.repositories["toys/small"].commit(toy("newer"))
        checked = await client.update("toy/small", check=True)
        assert (checked.newer_revision, checked.revision) == (newest, old.revision)
        assert checked.download is None
        hub.pace = 0.02
        under_way = await client.update("toy/small")
        assert (under_way.status, under_way.revision) == ("ready", old.revision)
        assert under_way.download is not None
        media = noise(home.media / "a.wav", 2.0)
        job = await client.add_job(media, with_model())
        assert (await ended(client, job.id)).state == "completed"
        assert (await client.checkpoint(job.id)).versions["model/toy/small"] == old.revision
        hub.pace = 0.0

        async def updated() -> ModelInfo | None:
            found = await client.model("toy/small")
            return found if found.revision == newest else None

        found = await until(updated, what="the new revision is ready")
        assert found is not None
        assert (found.newer_revision, found.download) == (None, None)
        await until(lambda: len(versions(home, "toy/small")) == 1, what="the old one is gone")

    async def test_one_that_was_updated_is_mended_as_it_was(
        self, client: Client, hub: Hub, home: Home
    ) -> None:
        hub.add("toys/known", toy("known", 40_000))
        await pulled(client, "toy/known")
        newest = hub.repositories["toys/known"].commit(toy("newer", 40_000))
        await client.update("toy/known")

        async def updated() -> bool:
            return (await client.model("toy/known")).revision == newest

        await until(updated, what="the new revision is ready")
        (folder,) = (one for one in versions(home, "toy/known") if newest.startswith(one.name))
        (folder / "flag.bin").write_bytes(b"\xff")
        assert (await client.verify("toy/known")).wrong == ["flag.bin"]
        hub.requests.clear()
        found = await pulled(client, "toy/known")
        assert (found.revision, found.verified) == (newest, "repository")
        assert [one.target.rpartition("/")[2] for one in hub.requests if one.of_file] == [
            "flag.bin"
        ]

    async def test_one_whose_revision_is_gone_is_fetched_as_it_is_now(
        self, client: Client, hub: Hub, home: Home
    ) -> None:
        old = await pulled(client, "toy/small")
        (folder,) = versions(home, "toy/small")
        (folder / "flag.bin").write_bytes(b"\xff")
        assert (await client.verify("toy/small")).wrong == ["flag.bin"]
        hub.add("toys/small", toy("squashed"))
        found = await pulled(client, "toy/small")
        assert (found.status, found.revision) == ("ready", hub.repositories["toys/small"].newest)
        assert found.revision != old.revision

    async def test_an_update_that_fails_costs_nothing(self, client: Client, hub: Hub) -> None:
        old = await pulled(client, "toy/small")
        newest = hub.repositories["toys/small"].commit({"other/../../escape": b"x"})
        await client.update("toy/small")

        async def failed() -> ModelInfo | None:
            found = await client.model("toy/small")
            return found if found.download and found.download.status == "error" else None

        found = await until(failed, what="the update fails")
        assert found is not None
        assert found.download is not None
        assert found.download.error is not None
        assert found.download.error.code == "download_unsafe"
        assert (found.status, found.revision) == ("ready", old.revision)
        assert found.newer_revision == newest
        assert (await client.verify("toy/small")).wrong == []

    async def test_what_a_job_needs_is_not_removed(self, client: Client, home: Home) -> None:
        await pulled(client, "toy/small")
        slow = with_model(options={"asr": {"delay": 0.3}, "splitter": {"every": 1.0}})
        job = await client.add_job(noise(home.media / "a.wav", 30.0), slow)

        async def at_work() -> bool:
            return (await client.job(job.id)).segments.done > 0

        await until(at_work, what="the job is at work")
        problem = await refused(client.remove_model("toy/small"))
        assert (problem.code, problem.status) == ("model_in_use", 409)
        await client.cancel(job.id)

        async def removed() -> bool:
            try:
                await client.remove_model("toy/small")
            except StenoError as error:
                assert error.code == "model_in_use"
                return False
            return True

        await until(removed, what="it can be removed")
        assert versions(home, "toy/small") == []
        assert (await client.model("toy/small")).status == "not_downloaded"
        cache = await client.cache()
        assert not any(m.model == "toy/small" for w in cache.workers for m in w.models)

    async def test_an_unfinished_download_is_removed_too(self, client: Client, hub: Hub) -> None:
        hub.pace = 0.05
        await client.download("toy/large")
        await reached(client, "toy/large", "downloading")
        assert (await refused(client.remove_model("toy/large"))).code == "model_in_use"
        await client.cancel_download("toy/large")
        await client.remove_model("toy/large")
        found = await client.model("toy/large")
        assert (found.status, found.size_on_disk) == ("not_downloaded", 0)

    async def test_from_a_folder_on_a_stick(self, client: Client, home: Home, hub: Hub) -> None:
        stick = home.root / "stick"
        await pulled(client, "toy/small")
        shutil.copytree(versions(home, "toy/small")[0], stick)
        await client.remove_model("toy/small")
        before = len(hub.requests)
        found = await client.import_model("toy/small", str(stick))
        assert (found.status, found.verified) == ("ready", "repository")
        job = await client.add_job(noise(home.media / "a.wav", 2.0), with_model())
        assert (await ended(client, job.id)).state == "completed"
        assert len(hub.requests) == before
        (stick / "weights.bin").write_bytes(b"wrong")
        problem = await refused(client.import_model("toy/small", str(stick)))
        assert problem.code == "import_damaged"
        assert (await client.verify("toy/small")).wrong == []
        assert not list((home.paths.models / ".incoming").rglob("*.bin"))
