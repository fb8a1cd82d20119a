"""What goes wrong on the way from a hub, one fault after another: each ends in a model that is
right to the last byte, or in a reason of its own."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from faults import (
    ALWAYS,
    Fault,
    closed,
    cut,
    flipped,
    gated,
    lengthened,
    missing,
    no_range,
    other_range,
    page,
    redirected,
    refused,
    reset,
    shortened,
)
from fetching import (
    NAME,
    PARTIAL,
    Fetcher,
    assert_failed,
    assert_nothing_wrong,
    assert_ready,
    there,
)
from hub import PAGE, TOKEN, Hub, Repository, content, toy
from steno.plugins import ModelFile
from steno.worker import protocol as p

pytestmark = pytest.mark.asyncio(loop_scope="module")
WEIGHTS = "weights.bin"
PART = WEIGHTS + PARTIAL
SIZE = 200_000
FILES = toy("faults", SIZE)


@pytest.fixture(scope="module")
def served() -> Iterator[Hub]:
    with pytest.MonkeyPatch.context() as patch, Hub() as hub:
        patch.setenv("HF_TOKEN", TOKEN)
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            patch.delenv(name, raising=False)
            patch.delenv(name.lower(), raising=False)
        yield hub


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def worker(served: Hub, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fetcher]:
    """One process for many tests, which goes on whatever happened."""
    async with Fetcher(served, tmp_path_factory.mktemp("first")) as made:
        yield made


@pytest.fixture
def hub(served: Hub) -> Hub:
    """With the repository `NAME` as it should be."""
    served.faults.clear()
    served.requests.clear()
    served.elsewhere, served.pace, served.on_bytes = False, 0.0, lambda path, sent: None
    served.add(NAME, dict(FILES))
    return served


@pytest.fixture
def fetcher(hub: Hub, worker: Fetcher, tmp_path: Path) -> Fetcher:
    """Its folder is empty."""
    worker.folder = tmp_path / "model"
    worker.folder.mkdir()
    return worker


def repository(hub: Hub) -> Repository:
    return hub.repositories[NAME]


async def ready(fetcher: Fetcher, *, timeout: float = 4.0) -> p.Fetched:
    found = repository(fetcher.hub)
    end = await fetcher.fetch(timeout=timeout)
    assert_ready(end, fetcher.folder, found.files, found.newest)
    assert isinstance(end, p.Fetched)
    return end


def ranges(hub: Hub, path: str = WEIGHTS) -> list[str | None]:
    """What each request for the file asked for."""
    return [one.range for one in hub.asked(path)]


def sent(hub: Hub, path: str = WEIGHTS) -> int:
    """Bytes of the file, over all answers."""
    return sum(one.sent for one in hub.asked(path))


PASSING: dict[str, list[Fault]] = {
    "closed_in_the_middle": [closed(100_000, path=WEIGHTS)],
    "closed_before_the_first_byte": [closed(0, 3)],
    "closed_before_the_last_byte": [closed(SIZE - 1, path=WEIGHTS)],
    "reset_in_the_middle": [reset(100_000, path=WEIGHTS)],
    "reset_before_the_first_byte": [reset(0, 3)],
    "cut_every_few_kib": [cut(25_000)],
    "refuses_with_500": [refused(500)],
    "refuses_with_503_twice": [refused(503, times=2)],
    "refuses_with_503_when_asked_for_the_list": [refused(503, "api", 2)],
    "resets_when_asked_for_the_list": [Fault("reset", "api", 2)],
    "has_no_range": [closed(100_000), no_range()],
    "sends_another_range": [closed(100_000, path=WEIGHTS), other_range()],
    "one_wrong_bit": [flipped(1234, path=WEIGHTS)],
    "one_wrong_bit_in_the_rest": [
        closed(100_000, path=WEIGHTS), flipped(99_999, path=WEIGHTS),
    ],
    "one_wrong_bit_in_a_small_file": [flipped(9, path="config.json")],
    "too_short": [shortened(10)],
    "too_long": [lengthened(10)],
    "a_page_of_the_network": [page()],
    "a_page_when_asked_for_the_list": [page("api")],
}  # fmt: skip


@pytest.mark.parametrize("name", PASSING)
async def test_what_passes_ends_in_a_model(name: str, fetcher: Fetcher) -> None:
    fetcher.hub.faults = [Fault(**vars(fault)) for fault in PASSING[name]]
    await ready(fetcher, timeout=2.0)
    assert not any(fault.times > 0 for fault in fetcher.hub.faults), "not every fault struck"


STAYING: dict[str, tuple[list[Fault], str]] = {
    "refuses_with_418": ([refused(418, times=ALWAYS)], "download_refused"),
    "wrong_bits_always": ([flipped(7, ALWAYS, path=WEIGHTS)], "download_damaged"),
    "wrong_bits_always_in_a_small_file": (
        [flipped(7, ALWAYS, path="config.json")], "download_damaged",
    ),
    "too_short_always": ([shortened(9, ALWAYS)], "download_damaged"),
    "too_long_always": ([lengthened(9, ALWAYS)], "download_damaged"),
    "gated": ([gated(403)], "download_gated"),
    "gated_without_a_token": ([gated(401)], "download_gated"),
    "gated_files": ([gated(403, "resolve")], "download_gated"),
    "no_such_repository": ([missing("RepoNotFound")], "download_not_found"),
    "no_such_revision": ([missing("RevisionNotFound")], "download_not_found"),
    "no_such_file": ([missing("EntryNotFound", "resolve")], "download_not_found"),
    "leads_in_circles": ([redirected("")], "download_refused"),
    "leads_to_no_address": ([redirected("file:///etc/passwd")], "download_refused"),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYING)
async def test_what_stays_has_its_own_reason(name: str, fetcher: Fetcher) -> None:
    faults, code = STAYING[name]
    fetcher.hub.faults = [Fault(**vars(fault)) for fault in faults]
    end = await fetcher.fetch()
    assert_failed(end, code, fetcher.folder, FILES)
    fetcher.hub.faults.clear()
    await ready(fetcher)  # the same worker, the same folder: what it left does no harm


async def test_a_page_as_large_as_a_file_that_has_no_sum(fetcher: Fetcher) -> None:
    repository(fetcher.hub).commit({"config.json": b"x" * len(PAGE)})
    repository(fetcher.hub).states_sums = False
    fetcher.hub.faults = [page()]
    await ready(fetcher)
    assert ranges(fetcher.hub, "config.json") == [None, None]


# What is asked for -------------------------------------------------------------------------------


async def test_what_was_cut_off_goes_on_where_it_was(fetcher: Fetcher) -> None:
    fetcher.hub.faults = [closed(50_000, path=WEIGHTS), closed(60_000, path=WEIGHTS)]
    await ready(fetcher)
    assert ranges(fetcher.hub) == [None, "bytes=50000-", "bytes=110000-"]
    assert sent(fetcher.hub) == SIZE, "something was sent twice"


async def test_a_hub_without_ranges_costs_one_more_pass(fetcher: Fetcher) -> None:
    fetcher.hub.faults = [closed(50_000, path=WEIGHTS), no_range()]
    await ready(fetcher)
    assert ranges(fetcher.hub) == [None, "bytes=50000-"]
    assert sent(fetcher.hub) == SIZE + 50_000


@pytest.mark.parametrize("fault", [other_range(), no_range(), closed(9), page(), refused(500)])
async def test_a_file_without_a_sum_is_not_put_together_wrongly(
    fault: Fault, fetcher: Fetcher
) -> None:
    files = {"words.txt": content("words", 50_000)}
    repository(fetcher.hub).commit(files)
    repository(fetcher.hub).states_sums = False
    fetcher.hub.faults = [closed(20_000), Fault(**vars(fault))]
    await ready(fetcher)
    assert ranges(fetcher.hub, "words.txt")[1] == "bytes=20000-"


async def test_one_wrong_bit_costs_one_more_pass_of_that_file(fetcher: Fetcher) -> None:
    fetcher.hub.faults = [flipped(1, path=WEIGHTS)]
    await ready(fetcher)
    assert ranges(fetcher.hub) == [None, None]
    assert ranges(fetcher.hub, "more/words.bin") == [None]


async def test_two_wrong_passes_are_enough(fetcher: Fetcher) -> None:
    fetcher.hub.faults = [flipped(5, ALWAYS, path=WEIGHTS)]
    end = await fetcher.fetch(timeout=30)
    assert_failed(end, "download_damaged", fetcher.folder, FILES)
    assert len(ranges(fetcher.hub)) == 2
    assert PART not in there(fetcher.folder)


async def test_a_wait_that_was_asked_for_is_kept(fetcher: Fetcher) -> None:
    hub, loop = fetcher.hub, asyncio.get_running_loop()
    came: list[float] = []
    hub.on_bytes = lambda path, count: came.append(loop.time()) if path == WEIGHTS else None
    hub.faults = [Fault("status", path=WEIGHTS, status=429, headers={"Retry-After": "1"})]
    began = loop.time()
    await ready(fetcher)
    assert came[0] - began >= 1.0


async def test_another_host_gets_no_token(fetcher: Fetcher) -> None:
    fetcher.hub.elsewhere = True
    fetcher.hub.faults = [closed(70_000, path=WEIGHTS)]
    await ready(fetcher)
    stored = [one for one in fetcher.hub.requests if one.stored]
    assert {one.status for one in stored} <= {200, 206, 0}
    assert not any(one.token for one in stored), "the token went to another host"
    hub = [one for one in fetcher.hub.requests if not one.stored]
    assert {one.token for one in hub} == {f"Bearer {TOKEN}"}
    assert any(one.range for one in stored)


async def test_gated_files_come_with_the_token_and_only_with_it(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(fetcher.hub).gated = True
    await ready(fetcher)
    assert fetcher.worker is not None
    await fetcher.worker.stop(now=True)
    for token in ("", "hf_other"):
        monkeypatch.setenv("HF_TOKEN", token)
        monkeypatch.setenv("HF_HOME", str(fetcher.folder.parent / "nobody"))
        fetcher.folder = fetcher.folder.parent / f"with-{token}"
        fetcher.folder.mkdir()
        end = await fetcher.fetch(timeout=2.0)
        assert_failed(end, "download_gated", fetcher.folder, FILES)
        assert there(fetcher.folder) == {}
        assert fetcher.worker is not None
        await fetcher.worker.stop(now=True)


# What is known beforehand ------------------------------------------------------------------------


async def test_the_catalogue_counts_more_than_the_hub(fetcher: Fetcher) -> None:
    """A mirror that serves other bytes, and sums of them, is not believed."""
    known = tuple(
        ModelFile(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for path, data in FILES.items()
    )
    hub = fetcher.hub
    for files in ({WEIGHTS: content("evil", SIZE)}, {WEIGHTS: content("evil", SIZE - 1)}):
        hub.add(NAME, FILES | files)
        end = await fetcher.fetch(files=known, timeout=4.0)
        assert_failed(end, "download_damaged", fetcher.folder, FILES)
    hub.add(NAME, dict(FILES))
    end = await fetcher.fetch(files=known)
    assert_ready(end, fetcher.folder, FILES, repository(hub).newest)
    assert isinstance(end, p.Fetched)
    assert end.manifest.verified == "catalogue"


@pytest.mark.parametrize("stated", [SIZE - 1, SIZE + 1, 0])
async def test_a_list_with_wrong_sizes(stated: int, fetcher: Fetcher) -> None:
    repository(fetcher.hub).stated_sizes = {WEIGHTS: stated}
    end = await fetcher.fetch(timeout=2.0)
    assert_failed(end, "download_damaged", fetcher.folder, FILES)


async def test_a_list_without_sizes(fetcher: Fetcher) -> None:
    repository(fetcher.hub).stated_sizes = dict.fromkeys(FILES)
    await ready(fetcher)


@pytest.mark.parametrize("name", [
    "../evil.bin", "/evil.bin", "a/../../evil.bin", "C:\\evil.bin", "a//b", "./x", "nul\0.bin",
    "steno-model.json", "x.part", "STENO-FETCH.JSON", "a" * 300,
])  # fmt: skip
async def test_a_list_with_an_unsafe_name(name: str, fetcher: Fetcher) -> None:
    repository(fetcher.hub).commit(FILES | {name: b"evil"})
    before = sorted(fetcher.folder.parent.rglob("*"))
    end = await fetcher.fetch(timeout=2.0)
    assert_failed(end, "download_unsafe", fetcher.folder, FILES)
    assert there(fetcher.folder) == {}
    assert sorted(fetcher.folder.parent.rglob("*")) == before
    assert not fetcher.hub.asked(WEIGHTS)


# What an earlier attempt left --------------------------------------------------------------------


def plant(path: str, data: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / path).write_bytes(data)


PLANTED: dict[str, Callable[[Path], object]] = {
    "a_wrong_partial": plant(PART, bytes(70_000)),
    "a_partial_of_full_size_and_wrong": plant(PART, bytes(SIZE)),
    "a_partial_that_is_too_large": plant(PART, FILES[WEIGHTS] + b"more"),
    "an_empty_partial": plant(PART, b""),
    "a_wrong_file": plant(WEIGHTS, bytes(SIZE)),
    "a_file_cut_short": plant(WEIGHTS, FILES[WEIGHTS][:99]),
    "a_folder_in_the_place_of_a_file": lambda folder: (folder / WEIGHTS / "x").mkdir(parents=True),
    "a_folder_in_the_place_of_a_partial": lambda folder: (folder / PART / "x").mkdir(parents=True),
    "a_file_in_the_place_of_a_folder": plant("more", b"x"),
    "a_link_that_leads_elsewhere": lambda folder: (folder / "more").symlink_to(folder.parent),
    "a_partial_that_is_a_link": lambda folder: (folder / PART).symlink_to(folder.parent / "mine"),
    "files_of_another_model": plant("other.bin", b"x"),
    "a_journal_that_is_nonsense": plant("steno-fetch.json", b"\xff{"),
    "a_manifest_that_is_nonsense": plant(p.MANIFEST, b"{}"),
}


@pytest.mark.parametrize("name", PLANTED)
async def test_what_lies_in_the_folder_is_not_believed(name: str, fetcher: Fetcher) -> None:
    outside = fetcher.folder.parent
    (outside / "mine").write_bytes(b"mine")
    PLANTED[name](fetcher.folder)
    await ready(fetcher)
    assert (outside / "mine").read_bytes() == b"mine"
    assert sorted(os.listdir(outside)) == ["mine", "model"]


async def test_a_sound_partial_is_gone_on_with(fetcher: Fetcher) -> None:
    (fetcher.folder / PART).write_bytes(FILES[WEIGHTS][:150_000])
    await ready(fetcher)
    assert ranges(fetcher.hub) == ["bytes=150000-"]


async def test_a_whole_file_is_not_fetched_again(fetcher: Fetcher) -> None:
    (fetcher.folder / WEIGHTS).write_bytes(FILES[WEIGHTS])
    await ready(fetcher)
    assert ranges(fetcher.hub) == []
    fetcher.hub.requests.clear()
    await ready(fetcher)
    assert [path for path in FILES if fetcher.hub.asked(path)] == [], "nothing had to be fetched"


async def test_a_corrupt_partial_costs_one_pass(fetcher: Fetcher) -> None:
    (fetcher.folder / PART).write_bytes(bytes(10) + FILES[WEIGHTS][10:90_000])
    await ready(fetcher)
    assert ranges(fetcher.hub) == ["bytes=90000-", None]


# Kills -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0.0, 0.1, 0.5, 0.9, 1.0])
async def test_kill_9_at_a_byte_and_again(at: float, fetcher: Fetcher) -> None:
    hub = fetcher.hub
    hub.pace = 0.0005

    def watch(path: str, count: int) -> None:
        if path == WEIGHTS and count >= SIZE * at:
            hub.on_bytes = lambda path, sent: None
            fetcher.kill()

    hub.on_bytes = watch
    await fetcher.killed()
    assert_nothing_wrong(fetcher.folder, FILES)
    left = there(fetcher.folder)
    kept = len(left.get(PART) or left.get(WEIGHTS, b""))
    hub.pace = 0.0
    hub.requests.clear()
    await ready(fetcher)
    if at > 0.1:
        assert kept > SIZE * at / 2
    if kept < SIZE:
        assert ranges(hub) == [f"bytes={kept}-" if kept else None]
    assert sent(hub) <= SIZE - kept
    assert any(isinstance(one, p.Fetching) and one.done >= SIZE for one in fetcher.told)


async def test_cancel_in_the_middle_and_again(fetcher: Fetcher) -> None:
    hub, loop = fetcher.hub, asyncio.get_running_loop()
    halfway = asyncio.Event()

    def watch(path: str, count: int) -> None:
        if path == WEIGHTS and count > SIZE / 2:
            loop.call_soon_threadsafe(halfway.set)

    hub.pace, hub.on_bytes = 0.01, watch
    task = asyncio.create_task(fetcher.fetch())
    await asyncio.wait_for(halfway.wait(), 10)
    began = loop.time()
    await fetcher.cancel()
    assert loop.time() - began < 1.0
    assert isinstance(await task, p.Cancelled)
    assert_nothing_wrong(fetcher.folder, FILES)
    kept = len(there(fetcher.folder)[PART])
    hub.pace = 0.0
    hub.requests.clear()
    assert fetcher.worker is not None
    pid = fetcher.worker.pid
    await ready(fetcher)
    assert fetcher.worker.pid == pid, "the worker lived on"
    assert ranges(hub) == [f"bytes={kept}-"]


async def test_a_revision_that_is_replaced_meanwhile(fetcher: Fetcher) -> None:
    """What came of the old one is not mixed with the new one."""
    fetcher.hub.pace = 0.0005
    fetcher.hub.on_bytes = lambda path, count: (
        fetcher.kill() if path == WEIGHTS and count > SIZE / 2 else None
    )
    await fetcher.killed()
    fetcher.hub.on_bytes, fetcher.hub.pace = lambda path, sent: None, 0.0
    repository(fetcher.hub).commit(toy("newer", SIZE))
    await ready(fetcher)
    assert os.path.getsize(fetcher.folder / WEIGHTS) == SIZE
