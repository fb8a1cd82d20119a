"""The token that clients of the TCP door must know: one file, for its owner only."""

import os
import re
import secrets
import stat
from pathlib import Path

from steno.errors import StenoError

BYTES = 32
"""Of randomness in a token."""
FORM = re.compile(rb"[A-Za-z0-9._~+/=-]{32,512}")
"""What can stand after `Bearer` (RFC 6750), and is too long to be guessed."""


def keep(path: Path) -> bytes:
    """The token at `path`, made if there is none. The lock must be held. Raises `token_unusable`:
    a token that others may have read or set is none."""
    try:
        try:
            return read(path)
        except FileNotFoundError:
            return make(path)
    except OSError as error:
        raise unusable(path, (error.strerror or str(error)).lower()) from error


def read(path: Path) -> bytes:
    """Raises OSError, `token_unusable`."""
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as f:
        status = os.fstat(f.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise unusable(path, "it is not a regular file")
        if status.st_uid != os.getuid():
            raise unusable(path, f"it belongs to user {status.st_uid}")
        if status.st_mode & 0o077:
            mode = stat.S_IMODE(status.st_mode)
            raise unusable(path, f"others may use it, its mode is {mode:03o} instead of 600")
        token = f.read(1024).strip()
    if not FORM.fullmatch(token):
        raise unusable(path, "it does not hold a token")
    return token


def make(path: Path) -> bytes:
    """A new token, which stands at `path` whole or not at all. Raises OSError."""
    token = secrets.token_urlsafe(BYTES).encode()
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with open(os.open(temporary, flags, 0o600), "wb") as file:
        file.write(token + b"\n")
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, path)
    return token


def unusable(path: Path, why: str) -> StenoError:
    return StenoError("token_unusable", path=path, why=why)
