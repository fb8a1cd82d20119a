"""Requests for uploads that end in the middle: nothing is left that nobody knows of."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest

from harness import Home, new_home
from steno import door
from steno.config import Config
from steno.errors import StenoError
from steno.jobs.uploads import Span, Uploads
from steno.settings import Settings
from steno.store.database import Database

MIB = 2**20
Request = Callable[[Uploads], Coroutine[Any, Any, object]]


@pytest.fixture
def home() -> Iterator[Home]:
    with new_home() as home:
        yield home


@pytest.fixture
async def uploads(home: Home) -> AsyncIterator[Uploads]:
    door.make_folders(home.paths)
    db = Database(home.paths.database)
    await db.open()
    uploads = Uploads(db, home.paths, Settings(Config(), home.paths))
    await uploads.folder.take_up({})
    uploads.ready.set()
    yield uploads
    await db.close()


async def body(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def part(uploads: Uploads) -> None:
    await uploads.put("a", body(b"abc"), span=Span(0, 3, 6), length=3)


async def sent_whole(uploads: Uploads) -> None:
    await uploads.put("a", body(b"abc", b"def"), length=6)


async def sent_anew(uploads: Uploads) -> None:
    await part(uploads)
    await uploads.put("a", body(b"def"), length=3)


async def continued(uploads: Uploads) -> None:
    await part(uploads)
    await uploads.put("a", body(b"def"), span=Span(3, 6, 6), length=3)


async def refused(uploads: Uploads) -> None:
    with pytest.raises(StenoError):
        await uploads.put("a", body(b"abc", b"def"), length=5)


async def taken(uploads: Uploads) -> None:
    await uploads.take("a", body(b"abc", b"def"))


async def removed(uploads: Uploads) -> None:
    await part(uploads)
    await uploads.remove("a")


async def whole_and_removed(uploads: Uploads) -> None:
    await sent_whole(uploads)
    await uploads.remove("a")


async def cancelled_at(
    number: int, request: Coroutine[Any, Any, object], monkeypatch: pytest.MonkeyPatch
) -> bool:
    """Cancels a request as it waits for a thread for the time `number`, and a second time at its
    next wait. Returns whether it came to that."""
    task = asyncio.ensure_future(request)
    waits, to_thread = itertools.count(), asyncio.to_thread

    async def counted(work: Callable[..., Any], *args: Any) -> Any:
        if next(waits) in (number, number + 1):
            task.cancel()
        return await to_thread(work, *args)

    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "to_thread", counted)
        await asyncio.wait((task,))
    return task.cancelled()


@pytest.mark.parametrize(
    "request_",
    [part, sent_whole, sent_anew, continued, refused, taken, removed, whole_and_removed],
)
async def test_cancelled_at_any_wait_it_leaves_what_can_be_found(
    request_: Request, uploads: Uploads, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in itertools.count():
        ended = not await cancelled_at(number, request_(uploads), monkeypatch)
        assert not uploads.busy
        found = await uploads.all()
        whole = {one.id for one in found if one.id}
        parts = {one.id for one in uploads.folder.parts.values()}
        files = {name.partition(".")[0] for name in os.listdir(home.paths.uploads)}
        assert files == whole | parts
        assert all(one.received > 0 for one in found)
        for one in found:
            await uploads.remove(one.id or one.name)
        most = Config().uploads
        for n in range(most.max_total_mib // most.max_mib):  # all the room there is
            uploads.folder.reserve(f"{n}", most.max_mib * MIB)
        for n in range(most.max_total_mib // most.max_mib):
            await uploads.folder.forget(f"{n}")
        assert os.listdir(home.paths.uploads) == []
        if ended:
            break
    assert number >= 3
    folder = str(home.paths.uploads)
    files_open = [os.path.realpath(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")]
    assert not [name for name in files_open if name.startswith(folder)]
