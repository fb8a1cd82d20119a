"""Models over HTTP: the catalogue, what is fetched, kept, checked, replaced and removed, and jobs
that need them."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from e2e.asking import harm, noise, pulled, reached, refused, write
from harness import Home, ended, fake, new_home, running, until
from hub import Hub, toy
from steno.client import Client
from steno.errors import StenoError
from steno.wire import Event
from steno.wire.models import ModelInfo
from steno.worker.protocol import MANIFEST, Manifest


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        for name in ("toys/small", "toys/large", "toys/align"):
            hub.add(name)
        yield hub


@pytest.fixture
def home(hub: Hub) -> Iterator[Home]:
    with new_home() as home:
        home.extra = dict(hub.environment)
        yield home


def with_model(model: str = "toy/small", **more: Any) -> dict[str, Any]:
    return fake({}, **{"backend": "fake-model", "model": model, "language": "en", **more})


def versions(home: Home, name: str) -> list[Path]:
    return sorted((home.paths.models / name).glob("*"))


class TestCatalogue:
    async def test_is_what_plugins_and_the_configuration_tell_of(self, home: Home) -> None:
        mine = home.root / "mine"
        mine.mkdir()
        (mine / "weights.bin").write_bytes(bytes(1000))
        home.configure(
            f'[models.own."toy/mine"]\nfolder = "{mine}"\nlanguages = ["en"]\n'
            f'[models.own."toy/gone"]\nfolder = "{mine}-gone"\n'
            '[models.own."toy/theirs"]\nrepository = "toys/small"\ntitle = "Theirs"\n'
        )
        async with running(home) as (_, client):
            page = await client.models()
            known = {one.name: one for one in page.models}
            assert page.total == len(known)
            assert page.folder == str(home.paths.models)
            small = known["toy/small"]
            assert (small.type, small.id, small.title) == ("toy", "small", "Toy")
            assert (small.repository, small.downloader) == ("toys/small", "huggingface")
            assert (small.status, small.path, small.size_on_disk) == ("not_downloaded", None, 0)
            assert small.used_by == ["fake-model"]
            bundled = known["pocketsphinx/en-us"]
            assert (bundled.origin, bundled.status) == ("plugin", "ready")
            folder = known["toy/mine"]
            assert (folder.origin, folder.status, folder.path) == ("folder", "ready", str(mine))
            assert (folder.size_on_disk, folder.used_by) == (1000, ["fake-model"])
            assert known["toy/gone"].status == "error"
            assert (known["toy/theirs"].title, known["toy/theirs"].origin) == (
                "Theirs", "repository",
            )  # fmt: skip
            whisper = [one.id for one in known.values() if one.type == "whisper"]
            assert {"tiny", "small", "large-v3", "large-v3-turbo"} <= set(whisper)
            aligners = {one.id for one in known.values() if one.type == "align"}
            wanted = "en fr de es it ja zh nl uk pt ar ru ko".split()
            assert set(wanted) <= aligners

            names = [one.name async for one in every_page(client, limit=7)]
            assert names == list(known)
            ready = await client.models(statuses=["ready"], kinds=["toy", "pocketsphinx"])
            assert {one.name for one in ready.models} == {"pocketsphinx/en-us", "toy/mine"}
            assert (await refused(client.model("toy/smal"))).detail.endswith("toy/smal.")
            problem = await refused(client.model("toy/smal"))
            assert problem.code == "model_not_found"
            assert "toy/small" in problem.hint
            for change in (client.remove_model, client.verify, client.update):
                for name in ("toy/mine", "pocketsphinx/en-us"):
                    assert (await refused(change(name))).code == "model_fixed"
            assert (await refused(client.verify("toy/small"))).code == "model_idle"

    async def test_ones_own_folder_and_repository_do_the_work(self, home: Home, hub: Hub) -> None:
        mine = home.root / "mine"
        write(mine, toy("mine"))
        home.configure(
            f'[models.own."toy/mine"]\nfolder = "{mine}"\n'
            '[models.own."toy/theirs"]\nrepository = "toys/small"\n'
        )
        async with running(home) as (_, client):
            for model in ("toy/mine", "theirs"):
                media = noise(home.media / f"{Path(model).name}.wav", 3.0)
                job = await client.add_job(media, with_model(model))
                assert (await ended(client, job.id)).state == "completed"
        assert sorted(path.name for path in mine.rglob("*.bin"))  # nothing of it was touched
        assert not (home.paths.models / "toy" / "mine").exists()

    async def test_what_no_plugin_tells_of_can_be_removed(self, home: Home) -> None:
        folder = home.paths.models / "ghost" / "one" / "v1"
        folder.mkdir(parents=True)
        (folder / "a").write_bytes(b"123")
        manifest = Manifest(
            name="ghost/one", repository="g/one", revision="v1", files=[], verified="unverified"
        )
        (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
        async with running(home) as (_, client):
            found = await reached(client, "ghost/one", "ready")
            assert found.used_by == []
            await client.remove_model("ghost/one")
            assert not (home.paths.models / "ghost" / "one").exists()
            assert (await refused(client.model("ghost/one"))).code == "model_not_found"


async def every_page(client: Client, limit: int) -> Any:
    cursor = None
    while True:
        page = await client.models(limit=limit, cursor=cursor)
        assert len(page.models) <= limit
        for one in page.models:
            yield one
        if page.next is None:
            return
        cursor = page.next


class TestJobs:
    async def test_fetch_what_they_need(self, home: Home, hub: Hub) -> None:
        hub.pace = 0.005
        async with running(home) as (_, client):
            seen: list[Event] = []
            media = noise(home.media / "a.wav", 5.0)
            job = await client.add_job(media, with_model(), start=False)

            async def listen() -> None:
                async for event in client.events([f"job:{job.id}"]):
                    seen.append(event)
                    if event.type == "job" and event.data["state"] == "completed":
                        return

            listening = asyncio.create_task(listen())
            await until(lambda: seen, what="the stream is open")
            await client.start(job.id)
            await asyncio.wait_for(listening, 30)
            phases = [e.data["phase"] for e in seen if e.type == "progress"]
            assert phases[0] == "fetch"
            assert phases.index("transcribe") > len(phases) - phases[::-1].index("fetch") - 1
            said = [e.data["message"] for e in seen if e.type == "progress"]
            assert any("fetching the model toy/small" in text for text in said)
            model = await client.model("toy/small")
            assert (model.status, model.uses) == ("ready", 1)
            assert model.last_used is not None
            versions = (await client.checkpoint(job.id)).versions
            assert versions["model/toy/small"] == model.revision

    async def test_are_refused_where_they_may_not_fetch(self, home: Home) -> None:
        home.configure("[models]\nfetch = false\n")
        async with running(home) as (_, client):
            media = noise(home.media / "a.wav", 2.0)
            problem = await refused(client.add_job(media, with_model()))
            assert (problem.code, problem.status) == ("model_missing", 409)
            assert "steno models pull toy/small" in problem.hint
            await pulled(client, "toy/small")
            job = await client.add_job(media, with_model())
            assert (await ended(client, job.id)).state == "completed"

    async def test_wait_for_a_model_without_holding_up_others(self, home: Home, hub: Hub) -> None:
        home.configure("[jobs]\nconcurrent = 1\n")
        hub.pace = 0.05
        async with running(home) as (_, client):
            waits = await client.add_job(noise(home.media / "a.wav", 2.0), with_model("toy/large"))
            await reached(client, "toy/large", "downloading")
            other = await client.add_job(noise(home.media / "b.wav", 2.0), fake())
            assert (await ended(client, other.id)).state == "completed"
            shown = await client.job(waits.id)
            assert (shown.state, shown.progress.phase) == ("running", "fetch")
            hub.pace = 0.0
            assert (await ended(client, waits.id)).state == "completed"

    async def test_end_with_the_reason_a_model_cannot_be_had(self, home: Home, hub: Hub) -> None:
        hub.repositories["toys/small"].gated = True
        home.extra["HF_TOKEN"] = "another"
        async with running(home) as (_, client):
            job = await client.add_job(noise(home.media / "a.wav", 2.0), with_model())
            failed = await ended(client, job.id)
            assert failed.state == "failed"
            assert failed.error is not None
            assert failed.error.code == "download_gated"
            assert "HF_TOKEN" in failed.error.hint
            model = await client.model("toy/small")
            assert model.status == "error"
            assert model.download is not None
            assert model.download.error == failed.error
            hub.repositories["toys/small"].gated = False
            await client.retry(job.id)
            assert (await ended(client, job.id)).state == "completed"

    async def test_fetch_the_aligner_of_a_language_that_is_heard(
        self, home: Home, hub: Hub
    ) -> None:
        home.configure('[models.own."align/en"]\nrepository = "toys/align"\nlanguages = ["en"]\n')
        async with running(home) as (_, client):
            settings = with_model(language="auto", aligner="fake-model-aligner")
            job = await client.add_job(noise(home.media / "a.wav", 9.0), settings)
            done = await ended(client, job.id)
            assert (done.state, done.language, harm(done)) == ("completed", "en", [])
            assert done.segments.aligned == done.segments.planned > 1
            assert (await client.model("align/en")).status == "ready"
            versions = (await client.checkpoint(job.id)).versions
            assert {"model/toy/small", "model/align/en"} <= set(versions)

    async def test_keep_their_text_where_the_aligner_does_not_come(
        self, home: Home, hub: Hub
    ) -> None:
        home.configure(
            '[models]\naligner_wait = 0.5\n[models.own."align/en"]\nrepository = "toys/align"\n'
            'languages = ["en"]\n'
        )
        async with running(home) as (_, client):
            await pulled(client, "toy/small")
            hub.pace = 10.0
            settings = with_model(language="auto", aligner="fake-model-aligner")
            job = await client.add_job(noise(home.media / "a.wav", 9.0), settings)
            done = await ended(client, job.id)
            assert (done.state, harm(done)) == ("completed", ["not_aligned"])
            assert done.segments.done == done.segments.planned > 1
            assert (home.media / "a.srt").read_text()
            warning = next(one for one in done.warnings if one.code == "not_aligned")
            assert "align/en" in warning.message
            await client.cancel_download("align/en")

    async def test_get_again_what_was_removed_by_hand(self, home: Home, hub: Hub) -> None:
        async with running(home) as (_, client):
            await pulled(client, "toy/small")
            shutil.rmtree(home.paths.models / "toy")
            job = await client.add_job(noise(home.media / "a.wav", 2.0), with_model())
            assert (await ended(client, job.id)).state == "completed"
            assert len(versions(home, "toy/small")) == 1


class TestDownloads:
    async def test_one_after_another_and_the_aligner_after_its_model(
        self, home: Home, hub: Hub
    ) -> None:
        hub.pace = 0.05
        async with running(home) as (_, client):
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
            assert [one.installed_at for one in done] == sorted(
                one.installed_at or 0 for one in done
            )
            problem = await refused(client.download("toy/small", language="xx"))
            assert problem.code == "language_unknown"

    async def test_as_many_at_once_as_is_configured(self, home: Home, hub: Hub) -> None:
        home.configure("[models]\nconcurrent = 2\n")
        hub.pace = 0.2
        async with running(home) as (_, client):
            for name in ("toy/large", "toy/small", "align/cy"):
                await client.download(name)
            await reached(client, "toy/large", "downloading")
            await reached(client, "toy/small", "downloading")
            assert (await client.model("align/cy")).status == "waiting"
            hub.pace = 0.0

    async def test_a_cancelled_one_is_gone_on_with(self, home: Home, hub: Hub) -> None:
        hub.pace = 0.02
        async with running(home) as (_, client):
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
        self, home: Home, hub: Hub
    ) -> None:
        async with running(home) as (_, client):
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
    async def test_damage_is_found_and_mended(self, home: Home, hub: Hub) -> None:
        async with running(home) as (_, client):
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
        self, home: Home, hub: Hub
    ) -> None:
        async with running(home) as (_, client):
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

    async def test_an_update_that_fails_costs_nothing(self, home: Home, hub: Hub) -> None:
        async with running(home) as (_, client):
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

    async def test_what_a_job_needs_is_not_removed(self, home: Home, hub: Hub) -> None:
        async with running(home) as (_, client):
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

    async def test_an_unfinished_download_is_removed_too(self, home: Home, hub: Hub) -> None:
        hub.pace = 0.05
        async with running(home) as (_, client):
            await client.download("toy/large")
            await reached(client, "toy/large", "downloading")
            assert (await refused(client.remove_model("toy/large"))).code == "model_in_use"
            await client.cancel_download("toy/large")
            await client.remove_model("toy/large")
            found = await client.model("toy/large")
            assert (found.status, found.size_on_disk) == ("not_downloaded", 0)

    async def test_from_a_folder_on_a_stick(self, home: Home, hub: Hub) -> None:
        stick = home.root / "stick"
        async with running(home) as (_, client):
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
