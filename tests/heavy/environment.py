"""Makes the environment in which the tests beside this file run.

    python tests/heavy/environment.py .venv-whisperx ~/.cache/steno

What whisperx brings takes 8 GB, so it lies outside the clone, in a folder that clones share and
that is named by all that is in it. The environment of a clone holds Steno alone and finds the rest
there. Needs the standard library, and a pip that knows `--python`.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MORE = ("editables",)
"""What building Steno's editable wheel needs beside the group dev."""
ROOM = 12
"""GB that must be free to install it: 8, and the archives on their way."""
NO_ROOM = 75
"""Exit code where they are not."""
STAMP = "whole"
"""Written last, so that what was broken off is never taken for whole."""
FORGOTTEN = 30 * 86400
"""Seconds unused after which a shared environment is removed."""
Install = Callable[[Path, list[str]], None]


def requirements(project: str) -> list[str]:
    """All that the environment needs but Steno itself, from the text of pyproject.toml."""
    told = tomllib.loads(project)
    extra = told["project"]["optional-dependencies"]["whisperx"]
    tools = told["dependency-groups"]["dev"]
    return sorted({*told["project"]["dependencies"], *extra, *tools, *MORE})


def key(needed: list[str]) -> str:
    """Names the environment of this Python with all that is `needed`."""
    told = [sys.implementation.cache_tag, sys.platform, os.uname().machine, *needed]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]


def shared(folder: Path, needed: list[str], install: Install) -> Path:
    """The environment with all that is `needed`, below `folder`; installed where it is not there.

    Only one of several processes installs it; the others wait.
    """
    place = folder / f"whisperx-{key(needed)}"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / f"{place.name}.lock"):
        if not (place / STAMP).exists():
            require_room(folder)
            say(f"Installing whisperx into {place}: 8 GB, some minutes, once for all clones ...")
            shutil.rmtree(place, ignore_errors=True)
            install(place, needed)
        (place / STAMP).touch()
        forget(folder, place)
    return place


def forget(folder: Path, kept: Path) -> None:
    """Removes the environments that no clone has used for long."""
    for stamp in folder.glob(f"whisperx-*/{STAMP}"):
        if stamp.parent != kept and stamp.stat().st_mtime < time.time() - FORGOTTEN:
            stamp.unlink()
            shutil.rmtree(stamp.parent, ignore_errors=True)


def install(place: Path, needed: list[str]) -> None:
    create(place)
    # The cache of pip would hold all of it a second time.
    pip(place, "--no-cache-dir", *needed)


def own(place: Path, base: Path, project: str) -> None:
    """This clone's environment `place`, which finds in `base` all but Steno."""
    stamp, told = place / STAMP, f"{base}\n{hashlib.sha256(project.encode()).hexdigest()}\n"
    if stamp.exists() and stamp.read_text() == told:
        return
    create(place)
    (packages(place) / "shared.pth").write_text(f"{packages(base)}\n")
    pip(place, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    stamp.write_text(told)


def create(place: Path) -> None:
    command = [sys.executable, "-m", "venv", "--without-pip", "--clear", str(place)]
    subprocess.run(command, check=True)


def packages(place: Path) -> Path:
    return next(place.glob("lib/python*/site-packages"))


def pip(place: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check"]
    into = ["--python", str(place / "bin/python"), "install", *arguments]
    subprocess.run([*command, *into], check=True)


def require_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free / 1e9
    if free < ROOM:
        say(f"whisperx cannot be installed: {folder} has {free:.0f} GB free, it needs {ROOM}.")
        raise SystemExit(NO_ROOM)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another process that is at this environment ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the environment of whisperx's tests.")
    parser.add_argument("own", type=Path, help="the environment of this clone")
    parser.add_argument("shared", type=Path, help="the folder of those that clones share")
    args = parser.parse_args()
    project = (ROOT / "pyproject.toml").read_text()
    try:
        base = shared(args.shared.resolve(), requirements(project), install)
        own(args.own, base, project)
    except subprocess.CalledProcessError:
        raise SystemExit("whisperx cannot be installed; what pip said above tells why.") from None


if __name__ == "__main__":
    main()
