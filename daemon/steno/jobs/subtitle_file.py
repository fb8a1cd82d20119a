"""Subtitle files: rendered as a stream, written atomically, never over a stranger's file.

Synchronous: runs on threads.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterable
from typing import Literal

from steno.disk import sync_folder
from steno.errors import StenoError
from steno.failpoints import passing
from steno.paths import display
from steno.store.outputs import OutputRecord
from steno.wire import Format

Ruling = Literal["free", "ours", "foreign"]


def place(source: bytes, folder: bytes | None, form: Format) -> bytes:
    """Where the subtitles of `source` belong: its name with the format's ending."""
    stem = os.path.splitext(os.path.basename(source))[0] or os.path.basename(source)
    return os.path.join(folder or os.path.dirname(source), stem + b"." + form.encode())


def look(path: bytes, known: OutputRecord | None, source: bytes) -> tuple[Ruling, str | None]:
    """Whether a file may be put at `path`: nothing is there, or what Steno wrote there for
    `source` and nobody changed since. Also tells the SHA-256 of what stands there."""
    try:
        digest = sha256(path)
    except FileNotFoundError:
        return "free", None
    except OSError:
        return "foreign", None
    ours = known is not None and known.source == source
    if known and ours and digest in (known.sha256, known.previous):
        return "ours", digest
    return "foreign", digest


def sha256(path: bytes) -> str:
    """Hex digest of the regular file at `path`; a link is not followed. Raises OSError."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with open(path, "rb", opener=lambda name, _: os.open(name, flags)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return hashlib.file_digest(file, "sha256").hexdigest()


def replaceable(path: bytes, digest: str | None) -> bool:
    """Whether nothing is at `path`, or a file with this SHA-256."""
    try:
        return sha256(path) == digest
    except FileNotFoundError:
        return True
    except OSError:
        return False


def check_folder(folder: bytes) -> None:
    """Makes the last part of `folder` if it is missing. Raises `output_folder` if files cannot be
    made in it; that is tried, as modes do not tell of read-only mounts."""
    trial = os.path.join(folder, b".steno-" + secrets.token_hex(6).encode())
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder)
        os.close(os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.unlink(trial)
    except OSError as error:
        why = error.strerror or str(error)
        raise StenoError("output_folder", folder=display(folder), why=why.lower()) from error


def digest(chunks: Iterable[str]) -> str:
    """SHA-256, hex, of the file that these would make."""
    found = hashlib.sha256()
    for chunk in chunks:
        found.update(chunk.encode())
    return found.hexdigest()


class Writer:
    """One subtitle file on its way: temporary beside its place, flushed, then renamed."""

    def __init__(
        self, path: bytes, owner: str, standing: str | None = None, *, overwrite: bool = False
    ) -> None:
        """`owner`: who writes, so that two who do at once use two temporary files. `standing`: the
        SHA-256 of what may be replaced; `overwrite`: anything may."""
        self.path = path
        self.standing = standing
        self._overwrite = overwrite
        self.sha256 = ""
        """Of the whole file, once it is written."""
        folder, name = os.path.split(path)
        # One name for each owner and place, so that a run after a crash replaces what it left.
        hidden = b".%s.%s.steno-part" % (name[:200], owner.encode())
        self._temporary = os.path.join(folder, hidden)

    def write(self, chunks: Iterable[str]) -> None:
        """Raises OSError; nothing is left behind then."""
        digest = hashlib.sha256()
        # What another planted at this name, a link, a pipe, a file of theirs, is not written to.
        self.discard()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(self._temporary, flags, 0o666), "wb") as file:
                for chunk in chunks:
                    data = chunk.encode()
                    digest.update(data)
                    file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            self.discard()
            raise
        self.sha256 = digest.hexdigest()

    def publish(self) -> None:
        """Puts the file in its place, for good. Raises OSError, or `output_exists` if somebody put
        something there meanwhile."""
        passing("output.before_rename")
        if not self._overwrite and not replaceable(self.path, self.standing):
            raise StenoError("output_exists", path=display(self.path))
        os.rename(self._temporary, self.path)
        passing("output.after_rename")
        sync_folder(os.path.dirname(self.path))

    def discard(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._temporary)
