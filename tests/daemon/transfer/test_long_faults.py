"""Faults that make a download wait: all at once, in threads, each with a hub and a folder of its
own."""

import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from faults import ALWAYS, Fault, closed, dripped, page, redirected, refused, reset, stalled
from fetching import NAME, assert_failed, assert_ready
from hub import TOKEN, Hub, toy
from steno.errors import StenoError
from steno.plugins import Context, Model
from steno.transfer import fetch as fetching
from steno.worker import protocol as p
from steno_huggingface.resolver import HubResolver
from steno_huggingface.settings import Settings

T = TypeVar("T")
WEIGHTS = "weights.bin"
FILES = toy("faults", 200_000)


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing between it and the hub."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class Beside:
    """Fetches as a worker does. `on_note` hears what is told to be waited for."""

    def __init__(self, hub: Hub, folder: Path, timeout: float) -> None:
        self.hub = hub
        self.folder = folder
        self.timeout = timeout
        self.on_note: Callable[[str], None] = lambda note: None
        folder.mkdir()
        hub.add(NAME, dict(FILES))

    def send(self, answer: p.Answers) -> None:
        if isinstance(answer, p.Fetching) and answer.note:
            self.on_note(answer.note)

    def heed(self) -> None:
        pass

    def fetch(self) -> str:
        """The code it ends with, or `ready`, as looked at."""
        request = p.Fetch(
            id=1,
            downloader=p.BackendRef(
                kind="downloader", entry_point="huggingface", module="steno_huggingface",
                name="huggingface",
            ),
            model=Model(kind="toy", id="it", title="It", repository=NAME),
            revision=None, folder=os.fsencode(self.folder), rate=0, timeout=self.timeout,
            min_free=0,
        )  # fmt: skip
        resolver = HubResolver(Settings(endpoint=self.hub.url, cache=""), Context())
        try:
            end = fetching.fetch(request, resolver, self)
        except StenoError as error:
            assert_failed(p.Failed(id=1, problem=error.problem), error.code, self.folder, FILES)
            return error.code
        finally:
            resolver.close()
        assert_ready(end, self.folder, FILES, self.hub.repositories[NAME].newest)
        return "ready"


def beside(
    tmp_path: Path, work: Mapping[str, Callable[[Beside], T]], timeout: float
) -> dict[str, T]:
    """What comes of all, done at once."""

    def one(name: str) -> T:
        with Hub() as hub:
            return work[name](Beside(hub, tmp_path / name, timeout))

    with ThreadPoolExecutor(len(work)) as threads:
        return dict(zip(work, threads.map(one, work), strict=True))


DELAYING: dict[str, Fault] = {
    "stands_still": stalled(100_000),
    "stands_still_before_the_head": stalled(0, where="resolve"),
    "drips": dripped(9_000, 0.01),
    "asks_to_wait_at_the_list": refused(429, "api", retry_after="1"),
}
WEARING: dict[str, tuple[Fault | None, str]] = {
    "nobody_listens": (None, "download_network"),
    "closed_always_in_the_same_place": (closed(0, ALWAYS), "download_network"),
    "reset_always": (reset(0, ALWAYS), "download_network"),
    "stands_still_always": (stalled(0, ALWAYS), "download_stalled"),
    "gives_one_byte_a_connection": (closed(1, ALWAYS), "download_network"),
    "gives_one_byte_now_and_then": (dripped(1, 0.05, ALWAYS), "download_stalled"),
    "refuses_always_with_503": (refused(503, times=ALWAYS), "download_refused"),
    "refuses_the_list_always": (refused(503, "api", ALWAYS), "download_refused"),
    "asks_to_wait_for_ever": (refused(429, times=ALWAYS, retry_after="3600"), "download_refused"),
    "a_page_always": (page(times=ALWAYS), "download_network"),
    "a_page_in_the_place_of_the_list": (page("api", ALWAYS), "download_refused"),
    "leads_to_nobody": (redirected("http://127.0.0.1:9/"), "download_network"),
}


def test_what_delays_ends_in_a_model(tmp_path: Path, token: None) -> None:
    def delayed(fault: Fault) -> Callable[[Beside], tuple[str, int]]:
        def work(one: Beside) -> tuple[str, int]:
            one.hub.faults = [Fault(**vars(fault))]
            return one.fetch(), one.hub.faults[0].times

        return work

    ends = beside(tmp_path, {name: delayed(fault) for name, fault in DELAYING.items()}, 4.0)
    assert ends == dict.fromkeys(DELAYING, ("ready", 0)), "not every fault struck"


def test_what_never_passes_has_its_own_reason(tmp_path: Path, token: None) -> None:
    """And what it left does no harm once it has passed after all."""

    def worn(fault: Fault | None) -> Callable[[Beside], tuple[str, str]]:
        def work(one: Beside) -> tuple[str, str]:
            if fault is None:
                with one.hub.unreachable():
                    code = one.fetch()
            else:
                one.hub.faults = [Fault(**vars(fault))]
                code = one.fetch()
            one.hub.faults.clear()
            one.timeout = 20.0
            return code, one.fetch()

        return work

    ends = beside(tmp_path, {name: worn(fault) for name, (fault, _) in WEARING.items()}, 2.0)
    assert ends == {name: (code, "ready") for name, (_, code) in WEARING.items()}


def test_nobody_listens_any_more_in_the_middle_and_then_again(
    tmp_path: Path, token: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steno.transfer.meter.QUIET", 0.1)
    gone, told = threading.Event(), threading.Event()

    def watch(path: str, count: int) -> None:
        if path == WEIGHTS and count > 60_000:
            gone.set()

    with Hub() as hub, ThreadPoolExecutor(1) as threads:
        one = Beside(hub, tmp_path / "model", 20.0)
        hub.pace, hub.on_bytes = 0.002, watch
        end = threads.submit(one.fetch)
        assert gone.wait(10)
        hub.on_bytes = lambda path, sent: None
        hub.close_port()
        one.on_note = lambda note: told.set() if "trying again" in note else None
        assert told.wait(10), "it says what it waits for"
        hub.open_port()
        assert end.result(20) == "ready"
        assert any(one.range for one in hub.asked(WEIGHTS)), "it began anew"
