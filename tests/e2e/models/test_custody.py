"""Models that several want at once: one changes their files at a time, and nobody is forgotten."""

import asyncio
import shutil
from pathlib import Path

from e2e.asking import noise, pulled, reached, refused, write
from harness import Home, ended, fake, running, until
from hub import Hub, toy
from steno.wire.models import ModelInfo


def installed(home: Home, name: str) -> Path:
    (folder,) = (home.paths.models / name).glob("*")
    return folder


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)


async def test_what_is_being_fetched_is_not_checked_or_imported(home: Home, hub: Hub) -> None:
    stick = home.root / "stick"
    write(stick, toy("stick"))
    async with running(home) as (_, client):
        await pulled(client, "toy/small")
        newest = hub.repositories["toys/small"].commit(toy("newer"))
        spoil(installed(home, "toy/small") / "weights.bin")
        hub.pace = 0.02
        await client.update("toy/small")

        async def begun() -> bool:
            found = (await client.model("toy/small")).download
            return found is not None and found.status == "downloading"

        await until(begun, what="the update runs")
        for asked in (
            client.verify("toy/small"), client.import_model("toy/small", str(stick)),
        ):  # fmt: skip
            assert (await refused(asked)).code == "model_in_use"
        hub.pace = 0.0

        async def updated() -> ModelInfo | None:
            found = await client.model("toy/small")
            return found if found.revision == newest else None

        assert await until(updated, what="the update is ready")
        assert (await client.verify("toy/small")).wrong == []


async def test_who_asks_during_an_import_gets_what_is_imported(home: Home, hub: Hub) -> None:
    stick = home.root / "stick"
    write(stick, toy("stick", 150_000_000))
    async with running(home) as (_, client):
        importing = asyncio.create_task(client.import_model("toy/small", str(stick)))
        await until(
            lambda: list((home.paths.models / ".incoming").glob("toy/*+import/*")),
            what="the import has begun",
        )
        settings = fake(backend="fake-model", model="toy/small", language="en")
        job = await client.add_job(noise(home.media / "a.wav", 2.0), settings)
        await reached(client, "toy/small", "waiting", "ready")
        assert (await importing).status == "ready"
        assert (await ended(client, job.id)).state == "completed"
        found = await client.model("toy/small")
        assert (found.status, found.download) == ("ready", None)
        assert not [one for one in hub.requests if one.of_file]


async def test_a_job_keeps_the_files_of_a_model_that_turns_out_wrong(home: Home, hub: Hub) -> None:
    async with running(home) as (_, client):
        await pulled(client, "toy/small")
        await client.verify("toy/small")  # so that a worker is there for the next time
        settings = fake(
            {"delay": 0.3}, backend="fake-model", model="toy/small", language="en",
            options={"splitter": {"every": 1.0}},
        )  # fmt: skip
        job = await client.add_job(noise(home.media / "a.wav", 30.0), settings)

        async def at_work() -> bool:
            return (await client.job(job.id)).segments.done > 0

        await until(at_work, what="the job is at work")
        folder = installed(home, "toy/small")
        spoil(folder / "flag.bin")
        assert (await client.verify("toy/small")).wrong == ["flag.bin"]
        assert (await client.model("toy/small")).status == "incomplete"
        assert (folder / "weights.bin").exists()
        assert (await ended(client, job.id)).state == "completed"
        await until(lambda: not folder.exists(), what="the wrong version is gone")
        assert (await pulled(client, "toy/small")).status == "ready"
        assert (await client.verify("toy/small")).wrong == []


async def test_an_import_that_fails_is_told(home: Home, hub: Hub) -> None:
    stick = home.root / "stick"
    stick.mkdir()
    async with running(home) as (_, client):
        events = client.events(["models:toy/known"])
        assert (await anext(events)).type == "initial_state"
        problem = await refused(client.import_model("toy/known", str(stick)))
        async with asyncio.timeout(10):
            told = await anext(events)
            while told.type == "model_progress":
                told = await anext(events)
        assert told.type == "model_error"
        assert told.data["error"]["code"] == problem.code
        await events.aclose()


async def test_what_is_removed_by_hand_is_noticed(home: Home, hub: Hub) -> None:
    async with running(home) as (_, client):
        await pulled(client, "toy/small")
        shutil.rmtree(home.paths.models / "toy")
        assert (await client.model("toy/small")).status == "not_downloaded"
        assert (await refused(client.verify("toy/small"))).code == "model_idle"
        assert (await pulled(client, "toy/small")).status == "ready"


async def test_links_to_a_cache_that_is_gone_are_noticed(home: Home, hub: Hub) -> None:
    """As of a cache on another disk, to which no hard links lead."""
    async with running(home) as (_, client):
        await pulled(client, "toy/small")
        file = installed(home, "toy/small") / "weights.bin"
        cache = home.root / "cache"
        file.rename(cache)
        file.symlink_to(cache)
        assert (await client.model("toy/small")).status == "ready"
        cache.unlink()
        assert (await client.model("toy/small")).status == "not_downloaded"
        assert (await pulled(client, "toy/small")).status == "ready"


async def test_a_name_given_to_another_repository_is_another_model(home: Home, hub: Hub) -> None:
    own = '[models.own."toy/mine"]\nrepository = "toys/{}"\n'
    home.configure(own.format("small"))
    async with running(home) as (_, client):
        first = await pulled(client, "toy/mine")
    home.configure(own.format("known"))
    async with running(home) as (_, client):
        await until(lambda: "is another one now" in home.log, what="it is noticed")
        assert (await client.model("toy/mine")).status == "not_downloaded"
        second = await pulled(client, "toy/mine")
        assert second.revision == hub.repositories["toys/known"].newest != first.revision


async def test_a_folder_of_ones_own_that_is_gone_is_said(home: Home, hub: Hub) -> None:
    home.configure(f'[models.own."toy/mine"]\nfolder = "{home.root}/nosuch"\n')
    async with running(home) as (_, client):
        problem = await refused(client.download("toy/mine"))
        assert problem.code == "model_fixed"
        assert f"{home.root}/nosuch" in problem.detail
        assert "config.toml" in problem.hint


async def test_a_model_with_an_aligner_that_cannot_be_had(home: Home, hub: Hub) -> None:
    home.configure(
        '[models.own."align/de"]\nrepository = "toys/align"\nlanguages = ["de"]\n'
        'downloader = "nosuch"\n'
    )
    async with running(home) as (_, client):
        asked = await client.download("toy/small", language="de")
        assert "nosuch" in asked.remarks[0]
        assert (await reached(client, "toy/small", "ready")).remarks == []
        assert (await client.model("align/de")).status == "not_downloaded"


async def test_a_newer_revision_than_the_catalogues_is_not_old(home: Home, hub: Hub) -> None:
    async with running(home) as (_, client):
        before = await pulled(client, "toy/known")
        assert before.verified == "catalogue"
        newest = hub.repositories["toys/known"].commit(toy("newer"))
        await client.update("toy/known")

        async def updated() -> ModelInfo | None:
            found = await client.model("toy/known")
            return found if found.revision == newest else None

        found = await until(updated, what="the update is ready")
        assert found is not None
        assert (found.newer_revision, found.verified) == (None, "repository")


async def test_a_manifest_that_makes_no_sense_costs_its_model_only(home: Home) -> None:
    folder = home.paths.models / "x" / "a" / "v"
    folder.mkdir(parents=True)
    (folder / "steno-model.json").write_bytes(b'{"name":"\xff"}')
    async with running(home) as (_, client):
        assert (await pulled(client, "toy/small")).status == "ready"


async def test_one_that_was_cancelled_while_it_waited_is_like_any_other(
    home: Home, hub: Hub
) -> None:
    hub.pace = 0.05
    async with running(home) as (daemon, client):
        await client.download("toy/large")
        await reached(client, "toy/large", "downloading")
        await client.download("toy/small")
        assert (await client.cancel_download("toy/small")).status == "not_downloaded"
        await client.cancel_download("toy/large")
        await client.download("toy/small")
        await reached(client, "toy/small", "downloading")
        daemon.terminate()
    hub.pace = 0.0
    async with running(home) as (_, client):
        assert (await reached(client, "toy/small", "ready", "incomplete")).status == "ready"
