"""The model folder: versions that are complete, and what is still being gathered.

`KIND/ID/VERSION/` holds verified files and their manifest; it appears by one rename of
`.incoming/KIND/ID`, and vanishes by one rename into `.trash`. Synchronous: for threads. Methods
raise OSError.
"""

import contextlib
import logging
import os
import re
import secrets
import shutil
from pathlib import Path

from steno.disk import sync_folder
from steno.errors import StenoError
from steno.failpoints import passing
from steno.transfer import manifest
from steno.worker.protocol import MANIFEST, Manifest

log = logging.getLogger(__name__)

WRONG = "steno-model.wrong"
"""What the manifest of a version is called whose files are not as it says."""


class ModelFolder:
    """`root`: the folder, which is made when it is first needed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str, version: str) -> Path:
        """Where a version of a model lies."""
        return self.root / name / version

    def incoming(self, name: str, *, fresh: bool = False) -> Path:
        """The folder in which a download gathers files, made if it is not there. `fresh`: another
        one, empty, for files that come from elsewhere."""
        folder = self.root / ".incoming" / (f"{name}+import" if fresh else name)
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def install(self, name: str, said: Manifest, incoming: Path) -> str:
        """Makes what was gathered in `incoming` a version of the model; returns its name."""
        version = self._new_version(name, said)
        target = self.path(name, version)
        target.parent.mkdir(parents=True, exist_ok=True)
        passing("model.before_rename")
        incoming.rename(target)
        passing("model.after_rename")
        sync_folder(target.parent)
        sync_folder(incoming.parent)
        return version

    def _new_version(self, name: str, said: Manifest) -> str:
        """After its revision, for people who look; never one that is there already."""
        version = re.sub(r"[^A-Za-z0-9_-]", "", said.revision or "")[:12] or "files"
        while self.path(name, version).exists():
            version = f"{version[:12]}-{secrets.token_hex(2)}"
        return version

    def demote(self, name: str, version: str) -> None:
        """Makes a version with wrong files what a download goes on with. Who works with its files
        keeps them: they are linked, and the version itself, which is no longer one, is to be
        removed later."""
        incoming = self.incoming(name)
        self._discard(incoming)
        source = self.path(name, version)
        with contextlib.suppress(FileNotFoundError):
            (source / MANIFEST).rename(source / WRONG)
            sync_folder(source)
        for parent, _, files in os.walk(source):
            target = self.incoming(name) / Path(parent).relative_to(source)
            target.mkdir(parents=True, exist_ok=True)
            for file in files:
                if file != WRONG:
                    os.link(os.path.join(parent, file), target / file, follow_symlinks=False)

    def remove(self, name: str, version: str | None = None) -> None:
        """Removes a version, or the model with all that was gathered of it."""
        if version is not None:
            self._discard(self.path(name, version))
            return
        self._discard(self.root / name)
        self.remove_gathered(name)

    def remove_gathered(self, name: str) -> None:
        """Removes what an unfinished download left."""
        self._discard(self.root / ".incoming" / name)

    def drop(self, folder: Path) -> None:
        """Removes what an import left, if it left anything."""
        shutil.rmtree(folder, ignore_errors=True)

    def _discard(self, folder: Path) -> None:
        """One rename, so that nothing is ever half there under its name, then the bytes."""
        trash = self.root / ".trash"
        trash.mkdir(mode=0o700, parents=True, exist_ok=True)
        away = trash / secrets.token_hex(8)
        with contextlib.suppress(FileNotFoundError):
            folder.rename(away)
            sync_folder(folder.parent)
        shutil.rmtree(away, ignore_errors=True)

    def sweep(self) -> None:
        """Removes what an earlier run was about to remove, and imports it left unfinished."""
        shutil.rmtree(self.root / ".trash", ignore_errors=True)
        for folder in (self.root / ".incoming").glob("*/*+import"):
            shutil.rmtree(folder, ignore_errors=True)
        for mark in self.root.glob(f"[!.]*/*/*/{WRONG}"):
            shutil.rmtree(mark.parent, ignore_errors=True)

    def installed(self) -> dict[str, dict[str, Manifest]]:
        """The complete versions of each model, the newest last."""
        found: dict[str, dict[str, Manifest]] = {}
        if not self.root.is_dir():
            return found
        for folder in sorted(self.root.glob("[!.]*/*/*"), key=moment):
            said = read(folder)
            name = folder.parent.relative_to(self.root).as_posix()
            if said is not None and said.name == name:
                found.setdefault(name, {})[folder.name] = said
        return found

    def gathered(self, name: str) -> int:
        """Bytes of an unfinished download."""
        return size(self.root / ".incoming" / name, but="steno-")


def moment(folder: Path) -> int:
    """When a version was made, ns since the epoch."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


def read(folder: Path) -> Manifest | None:
    """The manifest of a version; None if there is none that makes sense."""
    try:
        return manifest.read(os.fsencode(folder))
    except (OSError, StenoError) as error:
        log.warning("%s is not looked at: %s", folder, error)
        return None


def size(folder: Path, *, but: str | None = None) -> int:
    """Bytes of all files below `folder`, but for those whose names begin so."""
    total = 0
    for parent, _, files in os.walk(folder):
        for file in files:
            if but is not None and file.startswith(but):
                continue
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(parent, file)).st_size
    return total
