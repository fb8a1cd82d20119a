"""Models over HTTP: the catalogue, and jobs that need models."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import msgspec

from e2e.asking import harm, noise, pulled, reached, refused, write
from harness import Home, ended, fake, running, until
from hub import Hub, toy
from steno.client import Client
from steno.wire import Event
from steno.worker.protocol import MANIFEST, Manifest


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
