"""What a client knows of models, and how they look on a terminal."""

from typing import Any

import pytest

from steno import wire
from steno.client import ModelsState
from steno.client.catalogue import fold
from steno.client.replay import Replay
from steno.errors import StenoError
from steno.wire.models import (
    Download,
    ModelCompleteEvent,
    ModelDeletedEvent,
    ModelErrorEvent,
    ModelIncompleteEvent,
    ModelInfo,
    ModelProgressEvent,
)
from steno_tui import output, shelf
from steno_tui.bars import block
from steno_tui.downloads import Pulled, verdict
from steno_tui.naming import find
from steno_tui.pulling import trouble, under_way


def model(ident: str = "small", kind: str = "toy", **more: Any) -> ModelInfo:
    values: dict[str, Any] = {
        "type": kind, "id": ident, "name": f"{kind}/{ident}", "title": f"The {ident} one",
        "languages": ["en"], "repository": "me/it", "revision": None, "downloader": "huggingface",
        "origin": "repository", "used_by": [], "status": "not_downloaded", "size": 484_000_000,
        "size_on_disk": 0, "path": None, "verified": None,
    }  # fmt: skip
    return ModelInfo(**(values | more))


def loading(ident: str = "small", **more: Any) -> ModelInfo:
    values: dict[str, Any] = {
        "status": "downloading", "revision": "abc", "downloaded_bytes": 45_100_000,
        "total_bytes": 484_000_000, "progress": 9.3, "speed_mbps": 98.4, "eta_s": 36.0,
    }  # fmt: skip
    download = Download(**(values | more))
    return model(ident, status=download.status, download=download)


def progress(status: Any = "downloading", done: int = 10, ident: str = "small") -> Any:
    return ModelProgressEvent(
        type="toy", model_id=ident, status=status, progress=10.0, downloaded_bytes=done,
        total_bytes=100, speed_mbps=None, eta_s=None,
    )  # fmt: skip


def state(*models: ModelInfo) -> ModelsState:
    shown = wire.InitialState(channel="models", as_of="db-1", models=list(models))
    return fold(ModelsState(), shown)


def test_a_download_from_its_beginning_to_its_end() -> None:
    now = state(model())
    assert not now.stale
    now = fold(now, progress("waiting", 0))
    assert now.untold == {"toy/small"}  # which place it has is not told
    now = fold(now, loading(status="waiting", position=1))
    assert not now.untold
    now = fold(now, progress())
    found = now.models["toy/small"]
    assert (found.status, found.download and found.download.position) == ("downloading", None)
    assert found.download is not None
    assert (found.download.downloaded_bytes, found.download.revision) == (10, "abc")
    done = ModelCompleteEvent(
        type="toy", model_id="small", revision="abc", size=100, total_time_seconds=1.0
    )
    now = fold(now, done)
    found = now.models["toy/small"]
    assert (found.status, found.size_on_disk, found.download) == ("ready", 100, None)
    assert now.untold == {"toy/small"}  # its folder, and whose sums it has, is not told
    gone = ModelDeletedEvent(type="toy", model_id="small", deleted_at=1.0)
    found = fold(now, gone).models["toy/small"]
    assert (found.status, found.size_on_disk) == ("not_downloaded", 0)


def test_the_queue_moves_up_when_one_ends() -> None:
    now = state(loading("a"), loading("b", status="waiting", position=1), model("c"))
    now = fold(now, progress(ident="a"))
    assert not now.untold
    left = ModelIncompleteEvent(type="toy", model_id="a", downloaded_bytes=1, total_bytes=100)
    now = fold(now, left)
    assert now.untold == {"toy/a", "toy/b"}
    found = now.models["toy/a"]
    assert found.status == "incomplete"
    assert found.download is not None
    assert (found.download.status, found.download.downloaded_bytes) == ("incomplete", 1)


def test_the_queue_moves_up_when_one_is_seen_to_have_begun() -> None:
    """The event of its beginning then changes nothing."""
    first = loading("a", status="waiting", position=1)
    now = state(first, loading("b", status="waiting", position=2))
    assert not fold(now, first).untold
    now = fold(now, loading("a"))
    assert now.untold == {"toy/b"}
    now = fold(now, loading("b", status="waiting", position=1))
    assert not fold(now, progress(ident="a")).untold


def test_while_it_is_updated_a_model_is_ready() -> None:
    ready = model(status="ready", path="toy/small/1")
    now = fold(state(ready), progress())
    assert now.models["toy/small"].status == "ready"
    assert under_way(now.models["toy/small"])
    problem = StenoError("download_stalled", host="hub", seconds=600).problem
    now = fold(now, ModelErrorEvent(type="toy", model_id="small", error=problem, status="ready"))
    found = now.models["toy/small"]
    assert (found.status, under_way(found)) == ("ready", False)
    assert trouble(found) is None
    assert trouble(found, update=True) == problem


def test_looking_at_files_is_no_download() -> None:
    ready = model(status="ready", path="toy/small/1")
    now = fold(state(ready), progress("ready"))
    assert now.models["toy/small"] == ready
    assert not now.untold


def test_what_is_not_known_is_asked_for() -> None:
    now = state(model())
    assert fold(now, progress(ident="new")).stale
    assert fold(now, wire.SignalEvent(code="resync", message="")).stale
    other = wire.InitialState(channel="jobs", as_of="db-9", jobs=[], counts={})
    assert fold(now, other) is now


def test_an_end_that_the_state_contains_comes_no_more() -> None:
    replay = Replay("db-3")
    assert replay.news(wire.Event(type="initial_state", data={"as_of": "db-7"}))
    for kind in ("model_complete", "model_error", "model_incomplete", "model_deleted"):
        assert not replay.news(wire.Event(type=kind, data={}, id="db-5"))
        assert replay.news(wire.Event(type=kind, data={}, id="db-8"))


@pytest.mark.parametrize("columns", [10, 20, 38, 58, 78, 200])
@pytest.mark.parametrize("lines", [2, 3, 24])
def test_bars_never_outgrow_the_terminal(columns: int, lines: int) -> None:
    models = [loading("x" * 60, message="waiting for " + "y" * 90), loading("日本" * 20)]
    models += [loading(f"w{n}", status="waiting", position=n) for n in range(1, 20)]
    models += [model(f"r{n}", status="ready") for n in range(20)]
    shown = block(models, columns, lines)
    assert 0 < len(shown) <= lines
    assert all(output.width(line.plain) <= columns for line in shown)


@pytest.mark.parametrize(
    ("columns", "ending"),
    [
        (78, "   9%    45.1 of 484 MB   12.3 MB/s     0:36"),
        (58, "   9%    45.1 of 484 MB     0:36"),
        (38, "   9%     0:36"),
        (18, "   9%"),
    ],
)
def test_a_narrow_terminal_keeps_the_bar_and_loses_figures(columns: int, ending: str) -> None:
    (line,) = (line.plain for line in block([loading()], columns, 24))
    assert line.startswith("toy/small")
    assert line.endswith(ending)
    assert ("━" in line or "╺" in line) == (columns > 18)


def test_what_runs_comes_first_and_a_queue_has_places() -> None:
    models = [loading(f"w{n}", status="waiting", position=n) for n in (1, 2, 3)]
    first, second, last = (line.plain for line in block([*models, loading()], 78, 3))
    assert first == "toy/w1     waiting"
    assert second.startswith("toy/small ")
    assert last == "… and 2 more"
    assert block(models, 78, 9)[2].plain == "toy/w3  waiting, 2 before it"


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 120])
def test_the_table_fits_and_parts_kinds(columns: int) -> None:
    models = [
        model("small", status="ready"),
        loading("a-rather-long-name-of-a-model"),
        model("de", "align", languages=["de"], status="error"),
    ]
    lines = [line.plain for line in shelf.lines(models, columns)]
    assert all(output.width(line) <= columns for line in lines)
    assert lines[0].startswith("MODEL")
    assert "ready" in lines[1]
    assert "9%" in lines[2]
    assert lines[3] == ""
    assert "error" in lines[4]
    assert ("The de one" in lines[4]) == (columns >= 120)


def test_names() -> None:
    models = [model("small", "whisper"), model("small"), model("de", "align")]
    assert find("DE", models).name == "align/de"
    assert find("toy/small", models).name == "toy/small"
    with pytest.raises(StenoError) as caught:
        find("small", models)
    assert caught.value.code == "model_ambiguous"
    with pytest.raises(StenoError) as caught:
        find("whisper/smal", models)
    assert "Did you mean whisper/small" in caught.value.problem.hint


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, "?"), (0, "0 B"), (999, "999 B"), (1000, "1 kB"), (999_499, "999 kB"),
     (999_500, "1.0 MB"), (45_120_000, "45.1 MB"), (484_000_000, "484 MB"), (3.09e9, "3.1 GB"),
     (99_960_000, "100 MB")],
)  # fmt: skip
def test_sizes(count: float | None, text: str) -> None:
    assert output.size(count) == text


def test_the_first_that_failed_decides() -> None:
    network = StenoError("download_network", host="hub", why="x").problem
    room = StenoError("download_no_room", need="1 GB", free="0 B", kept="1 B", folder="/m").problem
    ready = model(status="ready")
    assert verdict([Pulled("a", ready), Pulled("b", model(), network)]) == 1
    assert verdict([Pulled("a", model(), room), Pulled("b", model(), network)]) == 8
