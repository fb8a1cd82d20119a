"""What a worker keeps of its running backends, in this process."""

import itertools
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import FAKES
from steno.worker import protocol as p
from steno.worker.backends import Backends, Gauges
from steno.worker.known import Known, LoadFailed


class Cabinet:
    """A cache of fake backends, and what it tells."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.share: Iterator[float] = itertools.repeat(0.0)
        """What its gauges show, each time that they are asked."""
        self.gpu: Iterator[float] = itertools.repeat(0.0)
        self.told: list[p.Held] = []
        gauges = Gauges(lambda: next(self.share), lambda: next(self.gpu))
        self.backends = Backends(Known(lambda: False), self.hear, gauges)

    def hear(self, entries: list[p.Held]) -> None:
        self.told = entries

    def limit(self, **limits: Any) -> None:
        self.backends.settle(p.Settle(id=0, **limits))

    def get(self, name: str, **settings: Any) -> Any:
        running = self.backends.get(self.ref(name, **settings))
        self.backends.account()
        return running

    def ref(self, name: str, *, kind: str = "asr", device: str = "cpu", **settings: Any) -> Any:
        if kind == "asr":
            settings["loads"] = str(self.folder / name)
        elif kind == "splitter":
            settings["every"] = len(name) + 1
        return p.BackendRef(
            kind=kind,  # type: ignore[arg-type]
            entry_point="fake", module="steno_fake", name="fake", model=f"fake/{name}",
            settings=json.dumps(settings).encode(), device=device,
        )  # fmt: skip

    @property
    def held(self) -> list[str]:
        return [(one.backend.model or "").removeprefix("fake/") for one in self.told]

    def history(self, name: str) -> list[str]:
        file = self.folder / name
        return [line.split()[0] for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def cabinet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cabinet]:
    monkeypatch.syspath_prepend(str(FAKES))
    made = Cabinet(tmp_path)
    yield made
    made.backends.unload(None)


def test_the_least_recently_used_is_closed_where_there_are_too_many(cabinet: Cabinet) -> None:
    for name in "abc":
        cabinet.get(name)
    cabinet.get("a")
    assert cabinet.held == ["b", "c", "a"]
    cabinet.get("d")
    assert cabinet.held == ["c", "a", "d"]
    assert cabinet.history("b") == ["load", "close"]
    assert cabinet.history("a") == ["load"]


def test_one_reference_has_one_object(cabinet: Cabinet) -> None:
    assert cabinet.get("a") is cabinet.get("a")
    assert cabinet.get("a") is not cabinet.get("a", delay=1.0)
    assert [one.uses for one in cabinet.told] == [3, 1]


def test_splitters_take_no_place_of_models_and_are_bounded_themselves(cabinet: Cabinet) -> None:
    cabinet.limit(size=2)
    for name in ("a", "b"):
        cabinet.get(name)
    for number in range(1, 5):
        cabinet.get("s" * number, kind="splitter")
    assert cabinet.held == ["a", "b", "sss", "ssss"]


@pytest.mark.parametrize("where", ["share", "gpu"])
def test_where_memory_is_short_others_go_until_it_is_not(cabinet: Cabinet, where: str) -> None:
    for name in "abc":
        cabinet.get(name, device="cuda")
    setattr(cabinet, where, iter([0.9, 0.85, 0.79, 0.95]))
    cabinet.limit(size=9, memory_threshold=0.8)
    cabinet.get("d", device="cuda")
    assert cabinet.held == ["c", "d"]
    assert list(getattr(cabinet, where)) == [0.95]  # it looked no more often than it had to


def test_memory_that_stays_short_leaves_the_new_one_alone(cabinet: Cabinet) -> None:
    cabinet.get("a")
    cabinet.get("s", kind="splitter")
    cabinet.share = itertools.repeat(0.99)
    cabinet.get("b")
    assert cabinet.held == ["s", "b"]
    cabinet.get("b")
    assert cabinet.history("b") == ["load"]


def test_a_full_gpu_is_no_reason_to_unload_what_is_not_there(cabinet: Cabinet) -> None:
    cabinet.gpu = itertools.repeat(0.99)
    cabinet.get("a")
    cabinet.get("b")
    assert cabinet.held == ["a", "b"]


def test_what_does_not_fit_is_tried_again_alone(
    cabinet: Cabinet, caplog: pytest.LogCaptureFixture
) -> None:
    cabinet.get("a")
    cabinet.get("s", kind="splitter")
    with caplog.at_level(logging.WARNING):
        cabinet.get("b", alone=True)
    assert cabinet.held == ["b"]
    assert cabinet.history("b") == ["load", "load"]
    assert "no room for two" in caplog.text


def test_what_fails_to_load_otherwise_is_tried_once_and_costs_no_other(cabinet: Cabinet) -> None:
    cabinet.get("a")
    with pytest.raises(LoadFailed, match="made of cheese"):
        cabinet.get("b", fail_load=True)
    assert cabinet.held == ["a"]
    usage = cabinet.backends.account()
    assert usage is not None
    assert (usage.hit, usage.load_seconds, usage.work_seconds) == (False, None, None)


def test_one_that_cannot_be_closed_is_gone_all_the_same(
    cabinet: Cabinet, caplog: pytest.LogCaptureFixture
) -> None:
    cabinet.limit(size=1)
    cabinet.get("a", fail_close=True)
    cabinet.get("b")
    assert cabinet.held == ["b"]
    assert "it does not let go" in caplog.text
    assert caplog.records[-1].levelno == logging.ERROR


def test_what_is_idle_goes_unless_it_is_kept(cabinet: Cabinet) -> None:
    cabinet.backends.load(cabinet.ref("b"), keep=True)
    cabinet.backends.account()
    cabinet.get("a")
    assert cabinet.backends.patience() == pytest.approx(600, abs=60)
    cabinet.limit(idle_timeout=0.05)
    until = time.monotonic() + 10
    while "a" in cabinet.held and time.monotonic() < until:
        patience = cabinet.backends.patience()
        assert patience is not None
        assert patience <= 0.05
        cabinet.backends.unload_idle()
    assert cabinet.held == ["b"]
    assert cabinet.told[0].keep
    assert cabinet.backends.patience() is None


def test_what_is_kept_goes_where_there_are_too_many(cabinet: Cabinet) -> None:
    cabinet.limit(size=1)
    cabinet.backends.load(cabinet.ref("a"), keep=True)
    cabinet.get("b")
    assert cabinet.held == ["b"]


def test_fewer_may_be_kept_from_now_on(cabinet: Cabinet) -> None:
    for name in "abc":
        cabinet.get(name)
    cabinet.limit(size=1)
    assert cabinet.held == ["c"]


def test_named_models_are_unloaded(cabinet: Cabinet) -> None:
    for name in "ab":
        cabinet.get(name)
    cabinet.backends.unload(["fake/a", "fake/unheard-of"])
    assert cabinet.held == ["b"]
    cabinet.backends.unload(None)
    assert cabinet.held == []


def test_an_account_tells_what_was_taken(cabinet: Cabinet) -> None:
    for hit in (False, True):
        cabinet.backends.get(cabinet.ref("a", load_delay=0.05))
        cabinet.backends.heard(3.0)
        cabinet.backends.heard(0.5)
        usage = cabinet.backends.account()
        assert usage is not None
        assert (usage.hit, usage.audio_seconds) == (hit, 3.5)
        assert usage.work_seconds is not None
        if hit:
            assert usage.load_seconds is None
        else:
            assert usage.load_seconds is not None
            assert usage.load_seconds >= 0.05
    assert cabinet.backends.account() is None
    cabinet.backends.load(cabinet.ref("a", load_delay=0.05), keep=True)
    usage = cabinet.backends.account()
    assert usage == p.Usage()
