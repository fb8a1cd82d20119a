"""What the models screen decides and draws."""

from typing import Any

from steno.errors import StenoError
from steno.wire.models import (
    CachedModel,
    CacheLimits,
    CacheState,
    Download,
    ModelInfo,
    Preload,
    Preloads,
    WorkerCache,
)
from steno_tui.live.screens.models import about, line, memory, pending
from steno_tui.live.screens.models.allowed import allowed, allowed_in_memory
from steno_tui.live.screens.models.asking import chosen_path
from steno_tui.live.screens.models.shelf import Shelf, timed
from steno_tui.live.widgets.layout import spans
from steno_tui.live.widgets.rows import Row


def model(name: str = "toy/small", **more: Any) -> ModelInfo:
    kind, ident = name.split("/")
    values: dict[str, Any] = {
        "type": kind, "id": ident, "name": name, "title": f"The {ident} one",
        "languages": ["en"], "repository": "me/it", "revision": None, "downloader": "huggingface",
        "origin": "repository", "used_by": ["toys"], "status": "not_downloaded",
        "size": 484_000_000, "size_on_disk": 0, "path": None, "verified": None,
    }  # fmt: skip
    return ModelInfo(**(values | more))


def coming(name: str = "toy/small", **more: Any) -> ModelInfo:
    values: dict[str, Any] = {"status": "downloading", "revision": "abc", "progress": 42.0}
    download = Download(**(values | more))
    status = download.status
    return model(name, status=status, download=download)


def known(*models: ModelInfo) -> dict[str, ModelInfo]:
    return {one.name: one for one in models}


def text(row: Row | None) -> str:
    assert row is not None
    return " | ".join("".join(part.text for part in spans(cell)).strip() for cell in row.cells)


def cached(name: str | None, **more: Any) -> CachedModel:
    values: dict[str, Any] = {
        "backend": "toys", "kind": "asr", "model": name, "device": "cpu", "memory": 4_000_000,
        "load_seconds": 0.5, "uses": 2, "idle_seconds": 61.0, "kept": False,
    }  # fmt: skip
    return CachedModel(**(values | more))


def workers(*models: CachedModel, busy: bool = False, n: int = 2) -> CacheState:
    held = [
        WorkerCache(worker=f"speech-{i}", busy=busy, memory=0, models=list(models))
        for i in range(1, n + 1)
    ]
    return CacheState(limits=CacheLimits(size=3), workers=held, metrics=[])


def test_tabs_and_search_find_names_titles_and_languages() -> None:
    shelf = Shelf()
    models = known(model(), model("toy/big", languages=["de"]), model("align/de", languages=["de"]))

    def found(text: str) -> list[str]:
        shelf.text = text
        return [one.name for one in shelf.look(models)]

    assert found("") == ["toy/small", "toy/big"]
    assert found("The BIG") == found("de") == found("de big") == ["toy/big"]
    assert found("d") == found("fr") == [], "a language is meant by its whole code"
    shelf.tab = "alignment"
    assert found("") == ["align/de"]
    assert timed(models, model(languages=["en"])) == []
    assert timed(models, model(languages=[])) == ["de"]


def test_nothing_is_looked_for_again_while_nothing_changed() -> None:
    shelf, models = Shelf(), known(*(model(f"toy/{n}") for n in range(500)))
    first = shelf.look(models)
    assert shelf.look(models) is first
    assert shelf.look(dict(models)) is not first
    assert shelf.place("toy/499") == 499
    assert shelf.place("toy/500") is None


def test_a_mark_stays_until_the_answer_is_seen() -> None:
    before = model()
    marks = pending.asked({}, before.name, "pull", before)
    assert pending.settled(marks, known(model())) is marks, "nothing was answered yet"
    marks = pending.answered(marks, before.name)
    assert pending.settled(marks, known(before)) == marks
    assert pending.settled(marks, known(coming())) == {}
    assert pending.failed(marks, before.name) == {}
    assert "waiting" in text(line.line(before, marks[before.name], 0.0))


def test_lines_tell_how_a_download_stands() -> None:
    shown = text(line.line(coming(speed_mbps=80.0, eta_s=61.0), None, 0.0))
    assert "fetching" in shown
    assert "42%" in shown
    assert "10.0 MB/s | 1:01" in shown
    assert "place 3" in text(line.line(coming(status="waiting", position=3), None, 0.0))
    assert "484 MB" in text(line.line(model(status="ready"), None, 0.0))
    update = model(status="ready", download=coming().download)
    assert "updating" in text(line.line(update, None, 0.0))
    assert "ready, old" in text(line.line(model(status="ready", newer_revision="f" * 40), None, 0))
    many = model(languages=["en", "de", "fr"], last_used=40.0)
    assert "| 3 | 1 minute ago |" in text(line.line(many, None, 100.0))


def test_what_is_known_is_told() -> None:
    error = StenoError("download_cancelled", name="toy/small").problem
    failed = model(
        status="error", download=Download(status="error", revision=None, error=error),
        remarks=["No aligner."], newer_revision="f" * 40, path="toy/small/1", uses=2,
        verified="unverified",
    )  # fmt: skip
    said = about.about(failed, None, "/models", 0.0).plain
    for part in (error.detail, error.hint, "No aligner.", "U fetches", "/models/toy/small/1",
                 "2 times", "nobody states", "toys", "me/it"):  # fmt: skip
        assert part in said
    for origin, why in (("plugin", "its plugin"), ("folder", "your own"), ("repository", "nowher")):
        assert why in about.unfetched(model(repository=None, origin=origin))
    assert about.unfetched(model()) == ""


def test_only_what_means_something_is_offered() -> None:
    def offered(one: ModelInfo) -> set[str]:
        deeds = ("pull", "cancel", "remove", "verify", "update", "preload")
        return {deed for deed in deeds if allowed(deed, one, None)}

    assert offered(model()) == {"pull", "preload"}
    assert offered(coming()) == {"cancel", "preload"}
    assert offered(model(status="incomplete", size_on_disk=5)) == {"pull", "remove", "preload"}
    assert offered(model(status="ready")) == {"remove", "verify", "update", "preload"}
    plugins = model(status="ready", repository=None, origin="plugin")
    assert offered(plugins) == {"pull", "preload"}, "pull says why it cannot be fetched"
    assert not allowed("pull", model(), pending.Asked("pull", None))


def test_memory_shows_each_worker_and_what_is_to_come() -> None:
    failure = StenoError("download_cancelled", name="toy/new").problem
    ahead = Preloads(
        models=[Preload(model="toy/small", status="loaded"),
                Preload(model="toy/new", status="failed", failures=3, error=failure)]
    )  # fmt: skip
    cache = workers(cached("toy/small", kept=True), cached(None, kind="aligner"))
    rows = memory.held(cache, ahead)
    assert [one.name for one in rows] == ["toy/small", "aligner/toys"] * 2 + ["toy/new"]
    assert len({one.ident for one in rows}) == 5
    assert "kept | cpu | 4.0 MB | 1:01 | 2 | speech-1" in text(memory.line(rows[0]))
    assert memory.state(memory.Held("", busy=True, model=cached("", idle_seconds=0))).text == (
        "▶ in use"
    )
    said = memory.about(rows[-1], cache).plain
    assert failure.detail in said
    assert "3 times" in said
    assert "16.0 MB" in memory.total(rows)
    assert allowed_in_memory("unload", rows[0], None)
    assert not allowed_in_memory("unload", rows[-1], None)
    assert allowed_in_memory("preload", rows[-1], model("toy/new"))


def test_paths_as_terminals_drop_them() -> None:
    assert chosen_path(" '/m/a b' ") == "/m/a b"
    assert chosen_path("/m/../x") == "/x"
    assert chosen_path("~/x").startswith("/")
    assert chosen_path(" ") == ""
