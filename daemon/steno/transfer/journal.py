"""What is known of files that state no sum, for the process that goes on with a download.

Without it nobody could tell whether bytes on the disk are of the revision that is fetched now.
"""

import contextlib
import os

import msgspec
from msgspec import Struct

from steno.transfer import manifest
from steno.transfer.folder import Folder
from steno.transfer.names import JOURNAL, PARTIAL
from steno.worker.protocol import MANIFEST

BOOT = "/proc/sys/kernel/random/boot_id"


class Page(Struct, frozen=True, kw_only=True):
    """`boot`: the running of the machine in which it was written: what was written before the last
    power failure may be torn."""

    revision: str
    boot: str
    tags: dict[str, str] = {}
    """Strong ETag of each partial file."""
    sums: dict[str, str] = {}
    """SHA-256 of each complete file, as found."""


class Journal:
    """`revision` is fetched into `folder`. Synchronous: for threads."""

    def __init__(self, folder: Folder, revision: str) -> None:
        self._folder = folder
        page = Page(revision=revision, boot=boot())
        old = self._read() or page
        self.tags = dict(old.tags) if (old.revision, old.boot) == (revision, page.boot) else {}
        self.sums = dict(old.sums) if old.revision == revision else {}
        self._page = page
        text = self._text(MANIFEST)
        installed = manifest.decoded(text) if text is not None else None
        if installed is not None and installed.revision == revision:
            self.sums |= {file.path: file.sha256 for file in installed.files if file.sha256}

    def tag(self, path: str, tag: str | None) -> None:
        """Bytes of the partial file from now on are of this strong ETag; None: there is none.

        Raises OSError.
        """
        if self.tags.get(path) != tag:
            self.tags.pop(path, None)
            if tag is not None:
                self.tags[path] = tag
            self._write()

    def complete(self, path: str, sha256: str) -> None:
        """The file is complete. Raises OSError."""
        if self.sums.get(path) != sha256:
            self.tags.pop(path, None)
            self.sums[path] = sha256
            self._write()

    def _read(self) -> Page | None:
        text = self._text(JOURNAL)
        with contextlib.suppress(msgspec.MsgspecError, ValueError):
            return None if text is None else msgspec.json.decode(text, type=Page)
        return None

    def _text(self, name: str) -> bytes | None:
        """No more of the file than anything of use has; None where there is none."""
        number = self._folder.open(name)
        if number is None:
            return None
        with open(number, "rb") as file:
            return file.read(manifest.LARGEST + 1)

    def _write(self) -> None:
        page = msgspec.structs.replace(self._page, tags=self.tags, sums=self.sums)
        with open(self._folder.create(JOURNAL + PARTIAL), "wb") as file:
            file.write(msgspec.json.encode(page))
        self._folder.rename(JOURNAL + PARTIAL, JOURNAL)


def boot() -> str:
    try:
        with open(BOOT) as file:
            return file.read().strip()
    except OSError:
        return os.uname().nodename
