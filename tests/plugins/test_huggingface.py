"""The hub's files are found, and each thing that may keep them from being found has its reason.

All of this runs with the installed huggingface_hub, and once more with the other major version.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub import snapshot_download

import faults
from hub import TOKEN, Hub, content
from steno.plugins import CannotResolve, Context, RemoteFile, Resolved
from steno_huggingface import resolver as resolving
from steno_huggingface.failure import retry_after
from steno_huggingface.resolver import HubResolver
from steno_huggingface.settings import Settings

OTHER = Path(sys.prefix) / "hub-0.36"
"""Where `make test` puts the other major version."""
NAME = "toys/speech"
BIN = content("bin", 3000)
FILES = {
    "model.bin": BIN,
    "config.json": b'{"layers": 2}',
    "more/words of a kind.txt": "ein Wört".encode(),
}
CONFIG_SUM = "56ba9283acfa5b9d205a78bef5e1cc2b1b00c022"
"""Of config.json, as `git hash-object` tells it."""
ASK = """
import json, sys
from steno.plugins import CannotResolve, Context
from steno_huggingface.resolver import HubResolver
from steno_huggingface.settings import Settings
try:
    found = HubResolver(Settings(), Context()).resolve(sys.argv[1], None)
    print(json.dumps({file.path: file.headers for file in found.files}))
except CannotResolve as error:
    here = sorted(file.path for file in error.here.files) if error.here else []
    print(json.dumps([error.reason, str(error), here]))
"""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        hub.add(NAME, dict(FILES))
        yield hub


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No proxy, no token, no cache of the person who runs this."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "no-cache"))


def resolver(hub: Hub, **settings: str) -> HubResolver:
    return HubResolver(Settings(endpoint=hub.url, **settings), Context())


def refused(hub: Hub, name: str = NAME, revision: str | None = None) -> CannotResolve:
    with pytest.raises(CannotResolve) as caught:
        resolver(hub).resolve(name, revision)
    assert "\n" not in str(caught.value)
    return caught.value


def by_path(found: Resolved) -> dict[str, RemoteFile]:
    return {file.path: file for file in found.files}


def below(folder: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in folder.rglob("*")}


# Found -------------------------------------------------------------------------------------------


def test_all_files_with_sizes_and_the_sums_that_the_hub_knows(hub: Hub) -> None:
    found = resolver(hub).resolve(NAME, None)
    commit = hub.repositories[NAME].newest
    assert found.revision == commit
    files = by_path(found)
    assert {path: file.size for path, file in files.items()} == {
        p: len(d) for p, d in FILES.items()
    }
    assert files["model.bin"].sha256 == hashlib.sha256(BIN).hexdigest()
    assert (files["config.json"].sha256, files["config.json"].git_sha1) == (None, CONFIG_SUM)
    assert files["model.bin"].git_sha1 is None, "that is the sum of a pointer to it"
    assert files["model.bin"].url == f"{hub.url}/{NAME}/resolve/{commit}/model.bin"
    assert files["model.bin"].headers["User-Agent"].startswith("steno/")
    assert "Authorization" not in files["model.bin"].headers
    assert files["model.bin"].local is None
    spaced = files["more/words of a kind.txt"].url
    assert spaced is not None
    assert spaced.endswith("more/words%20of%20a%20kind.txt")


def test_the_hub_is_asked_once_and_told_who_asks(hub: Hub) -> None:
    resolver(hub).resolve(NAME, None)
    (seen,) = hub.requests
    assert seen.headers["user-agent"].startswith("steno/")


def test_pinned_revision_stays_though_there_is_a_newer_one(hub: Hub) -> None:
    repository = hub.repositories[NAME]
    old = repository.newest
    new = repository.commit({"model.bin": b"new"})
    assert resolver(hub).resolve(NAME, old).revision == old
    assert resolver(hub).resolve(NAME, "main").revision == new
    assert resolver(hub).newest(NAME) == new


def test_a_mirror_that_tells_no_sizes_is_asked_for_each_file(hub: Hub) -> None:
    repository = hub.repositories[NAME]
    repository.stated_sizes = dict.fromkeys(FILES)
    repository.states_sums = False
    files = by_path(resolver(hub).resolve(NAME, None))
    assert {path: file.size for path, file in files.items()} == {
        p: len(d) for p, d in FILES.items()
    }
    assert files["model.bin"].sha256 == hashlib.sha256(BIN).hexdigest()
    assert (files["config.json"].sha256, files["config.json"].git_sha1) == (None, CONFIG_SUM)


def test_a_mirror_that_tells_nothing_still_has_files(hub: Hub) -> None:
    hub.repositories[NAME].stated_sizes = {"config.json": None}
    hub.repositories[NAME].states_sums = False
    hub.faults.append(faults.refused(405, "head", faults.ALWAYS))
    files = by_path(resolver(hub).resolve(NAME, None))
    assert (files["config.json"].size, files["config.json"].git_sha1) == (None, None)
    assert files["model.bin"].size == len(BIN)


def test_another_revision_in_place_of_a_pinned_one_is_refused(hub: Hub) -> None:
    wanted = "0" * 40
    hub.repositories[NAME].revisions = {wanted: FILES}
    found = resolver(hub)._ask(NAME, wanted)
    found.sha = "1" * 40
    with pytest.raises(CannotResolve, match="in place of") as caught:
        resolving.commit(found, wanted)
    assert caught.value.reason == "server"
    found.sha = None
    with pytest.raises(CannotResolve, match="not told which revision"):
        resolving.commit(found, None)


# Tokens ------------------------------------------------------------------------------------------


def test_a_token_opens_a_gated_repository(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("toys/gated", {"model.bin": BIN}, gated=True)
    without = refused(hub, "toys/gated")
    assert (without.reason, str(without)) == ("gated", "no token was sent")
    monkeypatch.setenv("HF_TOKEN", "hf_of_somebody")
    wrong = refused(hub, "toys/gated")
    assert (wrong.reason, str(wrong)) == ("gated", "the access token has no access to it")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    (file,) = resolver(hub).resolve("toys/gated", None).files
    assert file.headers["Authorization"] == f"Bearer {TOKEN}"


def test_the_token_may_lie_in_a_file(hub: Hub, tmp_path: Path) -> None:
    hub.add("toys/gated", {"model.bin": BIN}, gated=True)
    path = tmp_path / "secret"
    with pytest.raises(CannotResolve, match="token file") as caught:
        resolver(hub, token_file=str(path)).resolve("toys/gated", None)
    assert caught.value.reason == "invalid"
    path.write_text(f"{TOKEN}\n")
    assert resolver(hub, token_file=str(path)).newest("toys/gated")


# Not found ---------------------------------------------------------------------------------------


def told(fault: faults.Fault) -> Callable[[Hub], object]:
    return lambda hub: hub.faults.append(fault)


@pytest.mark.parametrize(
    ("wrong", "reason", "words"),
    [
        (told(faults.missing("RepoNotFound")), "not_found", "or it is private"),
        (told(faults.missing("RevisionNotFound")), "not_found", "has no revision"),
        (told(faults.gated()), "gated", "token"),
        (told(faults.refused(401, "api")), "not_found", "or it is private"),
        (told(faults.refused(403, "api")), "gated", "forbids"),
        (told(faults.refused(500, "api")), "server", "answered 500"),
        (told(faults.refused(503, "api")), "server", "answered 503"),
        (told(faults.refused(407, "api")), "proxy", "wants to know who asks"),
        (told(faults.page("api")), "server", "not as a hub does"),
        (told(faults.Fault("close", "api")), "network", "broke the connection off"),
        (told(faults.Fault("reset", "api")), "network", "broke the connection off"),
        (Hub.close_port, "network", "refuses the connection"),
    ],
)
def test_each_failure_has_its_reason(
    hub: Hub, wrong: Callable[[Hub], object], reason: str, words: str
) -> None:
    wrong(hub)
    error = refused(hub)
    assert error.reason == reason
    assert words in str(error)


def test_who_asks_too_often_is_told_when_to_come_again(hub: Hub) -> None:
    hub.faults.append(faults.refused(429, "api", retry_after="7"))
    error = refused(hub)
    assert (error.reason, error.retry_after) == ("server", 7.0)


def test_a_hub_that_hangs_is_noticed(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "TIMEOUT", 0.2)
    hub.faults.append(faults.stalled(0, faults.ALWAYS, "api"))
    error = refused(hub)
    assert (error.reason, "did not answer within" in str(error)) == ("network", True)


def test_a_host_that_does_not_exist() -> None:
    with pytest.raises(CannotResolve, match="cannot be looked up") as caught:
        HubResolver(Settings(endpoint="http://steno.invalid"), Context()).newest(NAME)
    assert caught.value.reason == "network"


@pytest.mark.parametrize("name", ["a/b/c", "../up", "a b", "--x"])
def test_what_cannot_name_a_repository(hub: Hub, name: str) -> None:
    assert refused(hub, name).reason == "invalid"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "junk"}, None),
        ({"RateLimit": '"api";r=0;t=55'}, 55),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_how_long_to_wait_until_a_moment() -> None:
    then = datetime.now(UTC) + timedelta(hours=1)
    assert retry_after({"Retry-After": format_datetime(then)}) == pytest.approx(3600, abs=60)


# The cache of other programs ---------------------------------------------------------------------


@pytest.fixture
def cache(hub: Hub, tmp_path: Path) -> Path:
    """As the library itself leaves it, with one of the files missing."""
    folder = tmp_path / "cache"
    snapshot_download(
        NAME, endpoint=hub.url, cache_dir=folder, ignore_patterns=["more/*"], token=False
    )
    return folder


def test_what_the_cache_has_is_not_fetched(hub: Hub, cache: Path) -> None:
    before = below(cache)
    files = by_path(resolver(hub, cache=str(cache)).resolve(NAME, None))
    local = files["model.bin"].local
    assert local is not None
    assert local.read_bytes() == BIN
    assert not local.is_symlink()
    assert files["model.bin"].url
    assert files["more/words of a kind.txt"].local is None
    assert below(cache) == before


def test_no_cache_where_none_is_wanted(hub: Hub, cache: Path) -> None:
    assert all(file.local is None for file in resolver(hub, cache="").resolve(NAME, None).files)


@pytest.mark.parametrize("revision", [None, "main", "the commit"])
def test_without_a_network_it_tells_what_the_cache_has(
    hub: Hub, cache: Path, revision: str | None
) -> None:
    commit = hub.repositories[NAME].newest
    hub.close_port()
    wanted = commit if revision == "the commit" else revision
    before = below(cache)
    with pytest.raises(CannotResolve) as caught:
        resolver(hub, cache=str(cache)).resolve(NAME, wanted)
    assert caught.value.reason == "network"
    found = caught.value.here
    assert found is not None
    assert found.revision == commit
    files = by_path(found)
    assert sorted(files) == ["config.json", "model.bin"]
    assert files["model.bin"].sha256 == hashlib.sha256(BIN).hexdigest()
    assert (files["config.json"].sha256, files["config.json"].git_sha1) == (None, CONFIG_SUM)
    assert all(file.url is None and file.local for file in found.files)
    assert below(cache) == before


def test_without_a_network_what_the_cache_has_not_cannot_be_had(hub: Hub, cache: Path) -> None:
    hub.close_port()
    for name, revision in ((NAME, "0" * 40), ("toys/other", None)):
        with pytest.raises(CannotResolve, match="refuses") as caught:
            resolver(hub, cache=str(cache)).resolve(name, revision)
        assert (caught.value.reason, caught.value.here) == ("network", None)
    with pytest.raises(CannotResolve):
        resolver(hub, cache=str(cache)).newest(NAME)


def test_a_hub_that_answers_is_right_whatever_the_cache_has(hub: Hub, cache: Path) -> None:
    hub.faults.append(faults.missing("RepoNotFound"))
    with pytest.raises(CannotResolve) as caught:
        resolver(hub, cache=str(cache)).resolve(NAME, None)
    assert caught.value.reason == "not_found"


def test_links_of_the_cache_tell_sums_by_the_first_and_lead_nowhere_else(
    hub: Hub, cache: Path, tmp_path: Path
) -> None:
    """Newer caches keep bytes in a common store, under another kind of sum of 64 digits."""
    commit = hub.repositories[NAME].newest
    snapshot = cache / f"models--{NAME.replace('/', '--')}" / "snapshots" / commit
    sha256 = hashlib.sha256(BIN).hexdigest()
    blob = snapshot.parent.parent / "blobs" / sha256
    store = cache / "blobs" / "ab"
    store.mkdir(parents=True, exist_ok=True)
    blob.resolve().rename(store / ("ab" * 32))
    blob.unlink(missing_ok=True)
    blob.symlink_to(store / ("ab" * 32))
    secret = tmp_path / "secret"
    secret.write_text("not of the cache")
    (snapshot / "config.json").unlink()
    (snapshot / "config.json").symlink_to(secret)
    assert by_path(resolver(hub, cache=str(cache)).resolve(NAME, None))["config.json"].local is None
    hub.close_port()
    with pytest.raises(CannotResolve) as caught:
        resolver(hub, cache=str(cache)).resolve(NAME, None)
    assert caught.value.here is not None
    (file,) = caught.value.here.files
    assert (file.path, file.sha256) == ("model.bin", sha256)
    assert file.local == store / ("ab" * 32)


# The environment ---------------------------------------------------------------------------------


def ask(name: str, **environment: str) -> Any:
    """What a fresh process finds with nothing set but the environment."""
    names = {**os.environ, **environment}
    run = subprocess.run(
        [sys.executable, "-c", ASK, name],
        env=names, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert run.stderr == ""
    return json.loads(run.stdout)


def test_the_environment_names_the_mirror_the_token_and_the_cache(hub: Hub, cache: Path) -> None:
    hub.add("toys/gated", {"model.bin": BIN}, gated=True)
    found = ask("toys/gated", HF_ENDPOINT=hub.url, HF_TOKEN=TOKEN, HF_HUB_CACHE=str(cache))
    assert found["model.bin"]["Authorization"] == f"Bearer {TOKEN}"
    offline = ask(NAME, HF_ENDPOINT=hub.url, HF_HUB_OFFLINE="1", HF_HUB_CACHE=str(cache))
    assert offline == ["offline", "HF_HUB_OFFLINE is set", ["config.json", "model.bin"]]
    assert ask("toys/x", HF_HUB_OFFLINE="1")[0] == "offline"


def test_a_proxy_that_is_not_there(hub: Hub) -> None:
    proxy = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
    reason, why, _ = ask(NAME, HF_ENDPOINT="http://steno.invalid", **proxy)
    assert reason == "proxy", why


# The other version -------------------------------------------------------------------------------


def test_all_of_this_with_the_other_major_version() -> None:
    if os.environ.get("STENO_TEST_HUB"):
        assert huggingface_hub.__version__.startswith(os.environ["STENO_TEST_HUB"])
        return
    if not (OTHER / "huggingface_hub").is_dir():
        pytest.skip(f"huggingface_hub 0.36 is not in {OTHER}; `make test` puts it there")
    path = os.pathsep.join([str(OTHER), *filter(None, [os.environ.get("PYTHONPATH")])])
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist",
            __file__,
        ],
        env=os.environ | {"PYTHONPATH": path, "STENO_TEST_HUB": "0.36"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
    assert " skipped" not in run.stdout.splitlines()[-1]
