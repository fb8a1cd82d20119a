"""What is stored of models against what lies in the folder."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from steno.models.folder import ModelFolder
from steno.models.shelf import Shelf
from steno.store import models
from steno.store.database import Database
from steno.worker.protocol import MANIFEST, Manifest

NAME = "toy/small"


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    db = Database(tmp_path / "steno.db")
    await db.open()
    yield db
    await db.close()


@pytest.fixture
def folder(tmp_path: Path) -> ModelFolder:
    return ModelFolder(tmp_path / "models")


def manifest(revision: str | None = "abcdef0123456789", name: str = NAME) -> Manifest:
    return Manifest(
        name=name, repository="toys/small", revision=revision, files=[], verified="repository"
    )


def gathered(folder: ModelFolder, said: Manifest) -> Path:
    """What a download leaves behind when it is done."""
    incoming = folder.incoming(NAME)
    (incoming / "weights.bin").write_bytes(b"1234")
    (incoming / MANIFEST).write_bytes(msgspec.json.encode(said))
    return incoming


async def shelf(db: Database, folder: ModelFolder) -> Shelf:
    """As the daemon opens it when it starts."""
    found = Shelf(db, folder)
    await found.open()
    return found


async def test_installs_by_one_rename(db: Database, folder: ModelFolder) -> None:
    first = await shelf(db, folder)
    incoming = gathered(folder, manifest())
    await first.install(NAME, manifest(), None, incoming, 0.0)
    assert not incoming.exists()
    path = first.path(NAME)
    assert path is not None
    assert path.name == "abcdef012345"
    assert (path / "weights.bin").read_bytes() == b"1234"
    assert (await shelf(db, folder)).path(NAME) == path


async def test_finds_what_was_renamed_and_not_yet_noted(db: Database, folder: ModelFolder) -> None:
    version = folder.install(NAME, manifest(), gathered(folder, manifest()))
    found = await shelf(db, folder)
    record = found.installed(NAME)
    assert record is not None
    assert (record.version, record.verified) == (version, "repository")


async def test_notices_what_is_gone(db: Database, folder: ModelFolder) -> None:
    first = await shelf(db, folder)
    await first.install(NAME, manifest(), None, gathered(folder, manifest()), 0.0)
    folder.remove(NAME)
    assert (await shelf(db, folder)).installed(NAME) is None


@pytest.mark.parametrize(
    "said", [b"", b"{", b"[]", msgspec.json.encode(manifest(name="toy/other"))]
)
async def test_believes_no_manifest_that_makes_no_sense(
    db: Database, folder: ModelFolder, said: bytes
) -> None:
    path = folder.path(NAME, "v1")
    path.mkdir(parents=True)
    (path / MANIFEST).write_bytes(said)
    assert (await shelf(db, folder)).installed(NAME) is None
    assert path.exists()  # it is not ours to remove


async def test_replaces_a_version_once_nobody_holds_it(db: Database, folder: ModelFolder) -> None:
    found = await shelf(db, folder)
    await found.install(NAME, manifest(), None, gathered(folder, manifest()), 0.0)
    old = found.path(NAME)
    assert old is not None
    newer = manifest("fedcba9876543210")
    async with found.held([NAME]):
        await found.install(NAME, newer, None, gathered(folder, newer), 0.0)
        assert old.exists()
        assert found.path(NAME) != old
    assert not old.exists()


async def test_a_name_that_a_person_gave_to_another_repository(
    db: Database, folder: ModelFolder
) -> None:
    found = await shelf(db, folder)
    await found.install(NAME, manifest(), None, gathered(folder, manifest()), 0.0)
    old = found.path(NAME)
    assert old is not None
    again = await shelf(db, folder)
    await again.part_with(NAME, "toys/small")
    assert again.path(NAME) == old
    async with again.held([NAME]):
        await again.part_with(NAME, "toys/other")
        assert again.installed(NAME) is None
        assert old.exists()
    assert not old.exists()
    other = msgspec.structs.replace(manifest("0123"), repository="toys/other")
    await again.install(NAME, other, None, gathered(folder, other), 0.0)
    last = await shelf(db, folder)
    await last.part_with(NAME, "toys/other")
    assert last.path(NAME) == again.path(NAME)


async def test_removes_what_a_crash_left_of_a_replaced_version(
    db: Database, folder: ModelFolder
) -> None:
    found = await shelf(db, folder)
    await found.install(NAME, manifest(), None, gathered(folder, manifest()), 0.0)
    folder.install(NAME, manifest(), gathered(folder, manifest()))
    again = await shelf(db, folder)
    assert again.path(NAME) == found.path(NAME)
    assert len(folder.installed()[NAME]) == 1


async def test_a_damaged_version_is_what_a_download_goes_on_with(
    db: Database, folder: ModelFolder
) -> None:
    found = await shelf(db, folder)
    await found.install(NAME, manifest(), None, gathered(folder, manifest()), 0.0)
    record = found.installed(NAME)
    assert record is not None
    folder.demote(NAME, record.version or "")
    assert (folder.incoming(NAME) / "weights.bin").read_bytes() == b"1234"
    assert folder.gathered(NAME) == 4
    assert folder.installed() == {}
    assert folder.path(NAME, record.version or "").exists()  # somebody may be at work with it
    assert (await shelf(db, folder)).installed(NAME) is None
    assert not folder.path(NAME, record.version or "").exists()


async def test_what_cannot_be_read_costs_one_model_only(db: Database, folder: ModelFolder) -> None:
    found = await shelf(db, folder)
    await found.install(NAME, manifest(), None, gathered(folder, manifest()), 0.0)
    rotten, pipe = folder.path("x/a", "v"), folder.path("x/b", "v")
    for path in (rotten, pipe):
        path.mkdir(parents=True)
    (rotten / MANIFEST).write_bytes(b'{"name":"\xff"}')
    os.mkfifo(pipe / MANIFEST)
    again = await shelf(db, folder)
    assert list(again.models) == [NAME]


async def test_the_queue_keeps_the_order_of_asking(db: Database, folder: ModelFolder) -> None:
    found = await shelf(db, folder)
    for name in ("a/one", "a/two", "a/three"):
        await found.change(lambda tx, name=name: models.queue(tx, name, None))  # type: ignore[misc]
    await found.change(lambda tx: models.end_download(tx, "a/one", "incomplete", done=7, total=9))
    await found.change(lambda tx: models.queue(tx, "a/one", None))
    again = await shelf(db, folder)
    assert list(again.downloads) == ["a/two", "a/three", "a/one"]
    assert (again.downloads["a/one"].done, again.downloads["a/one"].total) == (7, 9)


async def test_who_hears_of_a_change_finds_it_made(db: Database, folder: ModelFolder) -> None:
    found = await shelf(db, folder)
    seen: list[str | None] = []
    db.publish = lambda events: seen.extend(
        record.revision for _ in events if (record := found.installed(NAME))
    )
    incoming = gathered(folder, manifest())
    await found.install(NAME, manifest(), None, incoming, 0.0)
    assert seen == [manifest().revision]
