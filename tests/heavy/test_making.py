"""How the environment with whisperx is made; needs none of it."""

import importlib.util
import os
import shutil
import threading
import time
from collections import namedtuple
from pathlib import Path

import pytest

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("environment", HERE / "environment.py")
assert spec is not None
assert spec.loader is not None
environment = importlib.util.module_from_spec(spec)
spec.loader.exec_module(environment)

NEEDED = ["whisperx>=3.8"]
Usage = namedtuple("Usage", "total used free")


class Installer:
    def __init__(self, *, broken: bool = False, seconds: float = 0.0) -> None:
        self.broken, self.seconds = broken, seconds
        self.calls = 0

    def __call__(self, place: Path, needed: list[str]) -> None:
        self.calls += 1
        place.mkdir()
        (place / "torch.py").touch()
        time.sleep(self.seconds)
        if self.broken:
            raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, 50e9))


def test_it_holds_what_steno_whisperx_and_the_tests_need() -> None:
    needed = environment.requirements((HERE.parents[1] / "pyproject.toml").read_text())
    for name in ("aiohttp>", "whisperx>", "pytest>", "hatchling>", "editables"):
        assert any(one.startswith(name) for one in needed), name
    assert not any(one.startswith("steno") for one in needed)


def test_it_is_named_by_all_that_is_in_it() -> None:
    assert environment.key(NEEDED) == environment.key(list(NEEDED))
    assert environment.key(NEEDED) != environment.key([*NEEDED, "pytest"])


def test_it_is_installed_once(tmp_path: Path) -> None:
    install = Installer()
    places = {environment.shared(tmp_path / "new", NEEDED, install) for _ in range(3)}
    assert len(places) == install.calls == 1
    assert (places.pop() / "torch.py").exists()


def test_what_was_broken_off_is_begun_anew(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        environment.shared(tmp_path, NEEDED, Installer(broken=True))
    install = Installer()
    environment.shared(tmp_path, NEEDED, install)
    assert install.calls == 1


def test_two_at_once_install_it_once(tmp_path: Path) -> None:
    install = Installer(seconds=0.3)
    work = [
        threading.Thread(target=environment.shared, args=(tmp_path, NEEDED, install))
        for _ in range(3)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert install.calls == 1


def test_a_full_disk_is_told_by_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = environment.shared(tmp_path, NEEDED, Installer())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, 11.9e9))
    assert environment.shared(tmp_path, NEEDED, Installer()) == place  # nothing to install
    with pytest.raises(SystemExit) as caught:
        environment.shared(tmp_path, [*NEEDED, "more"], Installer())
    assert caught.value.code == 75
    assert "GB free" in capsys.readouterr().err


def test_what_nobody_used_for_long_is_removed(tmp_path: Path) -> None:
    old = environment.shared(tmp_path, ["old"], Installer())
    recent = environment.shared(tmp_path, ["recent"], Installer())
    for place, days in ((old, 31), (recent, 29)):
        then = time.time() - days * 86400
        os.utime(place / environment.STAMP, (then, then))
    environment.shared(tmp_path, NEEDED, Installer())
    assert not old.exists()
    assert recent.exists()
