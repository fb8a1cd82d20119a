"""What a download decides, from plain values."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from steno.errors import StenoError
from steno.plugins.contract import Model, ModelFile, RemoteFile, Resolved
from steno.transfer import http, plan, room, sums
from steno.transfer.answer import encoded, extent, is_page, validator
from steno.transfer.meter import Meter
from steno.transfer.part import judged
from steno.transfer.patience import LONGEST_BACKOFF, PIECE, Pace, Patience, Throttle
from steno.transfer.proxy import proxy_for
from steno.transfer.trouble import Kind, Trouble, of_status, retry_after

NOW = datetime(2024, 1, 1, 12, tzinfo=UTC)
A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("12", 12.0),
        ("0", 0.0),
        ("-5", 0.0),
        ("1e9", 300.0),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Mon, 01 Jan 2024 12:00:30 GMT", 30.0),
        ("Mon, 01 Jan 2024 11:00:00 GMT", 0.0),
        ("Mon, 01 Jan 2029 12:00:00 -0000", 300.0),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_a_refusal_by_a_host_that_was_led_to_may_pass() -> None:
    assert of_status(403, {}, "h", first=False).kind == "elsewhere"
    assert of_status(403, {}, "h", first=True).kind == "refused"
    assert of_status(429, {"Retry-After": "7"}, "h", first=True, now=NOW).retry_after == 7


def test_waits_grow_and_end() -> None:
    patience = Patience(600, 0, chance=lambda: 1.0)
    trouble = Trouble("network", "h", "why")
    waits = [patience.wait(trouble, 0) for _ in range(12)]
    assert waits[:4] == [0.1, 0.2, 0.4, 0.8]
    assert waits[-1] == LONGEST_BACKOFF
    assert patience.wait(trouble, 599) == 1
    assert patience.wait(trouble, 600) is None
    patience.heard(600)
    assert patience.wait(trouble, 601) == 0.1
    assert patience.wait(Trouble("server", "h", "", retry_after=50.0), 601) == 50


@pytest.mark.parametrize(
    ("kind", "tries"), [("gated", 1), ("not_found", 1), ("refused", 1), ("tls", 3), ("proxy", 3)]
)
def test_some_troubles_are_final(kind: Kind, tries: int) -> None:
    patience = Patience(600, 0)
    waits = [patience.wait(Trouble(kind, "h", "why"), 0) for _ in range(tries)]
    assert [wait is None for wait in waits] == [False] * (tries - 1) + [True]


def test_pace() -> None:
    pace = Pace(10, 0, 0)
    assert not pace.slow(0, 9.9)
    assert pace.slow(100, 10)
    assert not pace.slow(20_000, 20)
    assert not Pace(10, 400, 0).slow(1000, 10)


@given(
    st.integers(1, 10**9), st.lists(st.tuples(st.integers(1, 10**6), st.floats(0, 5)), max_size=30)
)
def test_the_rate_is_never_exceeded(rate: int, steps: list[tuple[int, float]]) -> None:
    throttle, now, sent = Throttle(rate, 0), 0.0, 0
    for size, idle in steps:
        now += idle
        sent += size
        now += throttle.wait(size, now)
        assert sent <= rate * (now + 0.1) * (1 + 1e-9) + 1


@given(st.sampled_from([0, 10**5, 10**9]), st.lists(st.integers(1, 10**6), max_size=50))
def test_there_is_a_pause_before_much_is_taken(rate: int, came: list[int]) -> None:
    throttle, now, unpaused = Throttle(rate, 0), 0.0, 0
    for size in came:
        taken = min(size, throttle.piece)
        unpaused += taken
        assert unpaused <= PIECE
        if wait := throttle.wait(taken, now):
            unpaused = 0
        now += wait
    assert throttle.piece >= 1


def test_extent() -> None:
    assert extent(200, {"Content-Length": "5"}).offset == 0
    assert extent(200, {"Content-Length": "5"}).size == 5
    assert extent(200, {}).size is None
    found = extent(206, {"Content-Range": "bytes 3-4/9"})
    assert (found.offset, found.size) == (3, 9)
    assert extent(206, {"Content-Range": "bytes 3-4/*"}).size is None
    for bad in ("bytes */9", "3-4/9", ""):
        assert extent(206, {"Content-Range": bad}).offset is None
    assert extent(416, {"Content-Range": "bytes */9"}).offset is None


def test_heads() -> None:
    assert is_page({"Content-Type": "Text/HTML; charset=x"}, "a.bin")
    assert not is_page({"Content-Type": "text/html"}, "a.html")
    assert not is_page({}, "a.bin")
    assert encoded({"Content-Encoding": "gzip"})
    assert not encoded({"Content-Encoding": "identity"})
    assert validator({"ETag": '"1"', "Last-Modified": "then"}) == '"1"'
    assert validator({"ETag": 'W/"1"', "Last-Modified": "then"}) == "then"
    assert validator({"ETag": 'W/"1"'}) is None


@pytest.mark.parametrize(
    ("found", "size", "fits", "known", "ended", "verdict"),
    [
        (9, 9, True, False, False, "sound"),
        (9, None, True, False, False, "sound"),
        (9, 9, False, True, True, "wrong"),
        (8, 9, False, False, False, "more"),
        (10, 9, False, False, False, "wrong"),
        (8, None, False, False, False, "more"),
        (8, None, False, False, True, "wrong"),
        (9, 8, True, True, True, "wrong"),
        (8, 9, None, False, False, "wrong"),
        (8, 9, None, True, False, "more"),
        (9, 9, None, True, False, "sound"),
        (9, None, None, True, False, "more"),
        (9, None, None, True, True, "sound"),
        (0, 9, None, False, False, "more"),
        (0, 0, None, False, False, "sound"),
    ],
)
def test_judged(
    found: int, size: int | None, fits: bool | None, known: bool, ended: bool, verdict: str
) -> None:
    assert judged(found, size, fits=fits, known=known, ended=ended) == verdict


def test_proxies() -> None:
    env = {"https": "http://p:1", "all": "q:2", "no": "inner.example,.local:8080"}
    assert str(proxy_for(URL("https://h/"), env).url) == "http://p:1"  # type: ignore[union-attr]
    assert str(proxy_for(URL("http://h/"), env).url) == "http://q:2"  # type: ignore[union-attr]
    assert proxy_for(URL("http://x.inner.example/"), env) is None
    assert proxy_for(URL("http://x.local:8080/"), env) is None
    assert proxy_for(URL("http://x.local/"), env) is not None
    assert proxy_for(URL("http://h/"), {}) is None
    for bad in ("socks5://h:1", "http://", "http://h:x"):
        with pytest.raises(Trouble):
            proxy_for(URL("http://h/"), {"http": bad})


def test_redirects() -> None:
    at = URL("https://h/a/b")
    assert str(http.next_url(at, "c")) == "https://h/a/c"
    assert str(http.next_url(at, "//o/x?s=%2F+%41")) == "https://o/x?s=%2F+%41"
    for bad in ("http://h/a/b", "ftp://h/", "data:,x", "https://h:x/"):
        with pytest.raises(Trouble):
            http.next_url(at, bad)
    assert http.next_url(URL("http://h/"), "https://h/").scheme == "https"


def remote(path: str, size: int | None = 1, sha256: str | None = A) -> RemoteFile:
    return RemoteFile(path=path, url="http://h/", size=size, sha256=sha256)


def model(*files: ModelFile, revision: str | None = None, select: tuple[str, ...] = ()) -> Model:
    return Model(
        kind="k", id="i", title="t", repository="r", files=files, revision=revision, select=select
    )


def test_the_catalogue_counts_for_its_own_revision() -> None:
    mine = model(ModelFile(path="x", size=7, sha256=B.upper()), revision="v1")
    there = Resolved(revision="c1", files=(remote("x"), remote("y", None, None)))
    old = plan.planned(mine, "v1", there)
    assert [(one.size, one.sum, one.listed) for one in old] == [
        (7, sums.sha256(B), True),
        (None, None, False),
    ]
    assert (plan.total(old), plan.whose(old), plan.whose(old[:1])) == (
        None,
        "unverified",
        "catalogue",
    )
    new = plan.planned(mine, None, there)
    assert (new[0].size, new[0].sum, plan.whose(new[:1])) == (1, sums.sha256(A), "repository")


def test_of_sums_the_catalogues_counts_then_sha256_then_gits() -> None:
    git = "E" * 40
    three = RemoteFile(path="x", size=5, sha256=A, git_sha1=git)
    known = ModelFile(path="x", sha256=B)
    assert plan.merged(three, known).sum == sums.sha256(B)
    assert plan.merged(three, None).sum == sums.sha256(A)
    two = RemoteFile(path="x", size=5, git_sha1=git)
    assert plan.merged(two, None).sum == sums.git(git, 5)
    assert plan.merged(two, None).file == ModelFile(path="x", size=5)
    assert plan.merged(two, ModelFile(path="x", size=6)).sum == sums.git(git, 6)
    both = [plan.merged(three, None), plan.merged(two, None)]
    assert plan.whose(both) == "repository"
    without = plan.merged(RemoteFile(path="x", git_sha1=git), None)
    assert without.sum is None, "git sums the size, too"
    assert plan.whose([*both, without]) == "unverified"


def test_tally() -> None:
    """The sums are those that `sha256sum` and `git hash-object` tell of these bytes."""
    git = sums.git("B6FC4C620B67D95F953A5C1C1230AAAB5DB5A1B0", 5)
    for stated, fits in ((None, None), (git, True), (sums.git(git.hex, 6), False)):
        tally = sums.Tally(stated)
        tally.add(b"he")
        assert tally.fits is (None if stated is None else False)
        tally.add(memoryview(b"llo"))
        assert (tally.size, tally.fits) == (5, fits)
        assert tally.sha256.startswith("2cf24dba5fb0a30e")
    assert sums.Tally(sums.git("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", 0)).fits


def test_what_is_wanted() -> None:
    there = Resolved(revision="c", files=(remote("a"), remote("b.bin"), remote("c")))
    assert [one.path for one in plan.planned(model(select=("*.bin", "a")), None, there)] == [
        "a",
        "b.bin",
    ]
    for lacking in (model(ModelFile(path="d")), model(select=("e|f",))):
        with pytest.raises(StenoError) as raised:
            plan.planned(lacking, None, there)
        assert raised.value.code == "download_not_found"
    with pytest.raises(StenoError):
        plan.planned(model(), None, Resolved(revision="c", files=()))


@pytest.mark.parametrize(
    "bad",
    [
        (remote("../a"),),
        (remote("a"), remote("A")),
        (remote("a", 1, "z"),),
        (RemoteFile(path="a", size=1, git_sha1="a" * 64),),
    ],
)
def test_what_is_not_safe(bad: tuple[RemoteFile, ...]) -> None:
    with pytest.raises(StenoError) as raised:
        plan.planned(model(), None, Resolved(revision="c", files=bad))
    assert raised.value.code == "download_unsafe"


def test_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "free", lambda folder: 1100)
    room.require(b"/f", 1000, 100)
    said = r"1\.5 GB are needed in /f, where 1 kB are free beside the 100 bytes"
    with pytest.raises(StenoError, match=said):
        room.require(b"/f", 15 * 10**8, 100)


def test_meter() -> None:
    meter = Meter(1)
    meter.waits("a", "waiting for h")
    meter.total = 9
    first = meter.due(0)
    assert first is not None
    assert (first.done, first.total, first.note) == (0, 9, "waiting for h")
    assert meter.due(0.2) is None
    assert meter.due(0.6) is not None
    meter.at("a", 5, 0.65)
    assert meter.due(0.66) is None
    moved = meter.due(0.71)
    assert moved is not None
    assert (moved.done, moved.note) == (5, "")
    meter.waits("a", "h: down", 12.0)
    late = meter.due(2.0)
    assert late is not None
    assert late.note == "h: down; trying again in 10 s"
    soon = meter.due(11.6)
    assert soon is not None
    assert soon.note == "h: down; trying again"
    meter.at("a", 0, 2.0)
    assert meter.done == 0
