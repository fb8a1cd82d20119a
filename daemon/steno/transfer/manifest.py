"""A model's manifest in its folder, sums of files, and making a folder last."""

import hashlib
import os
from collections.abc import Callable

import msgspec

from steno.transfer import names
from steno.worker.protocol import MANIFEST, Manifest

LARGEST = 4 * 2**20
"""Bytes a manifest may have: enough for as many files as a model may have."""
BLOCK = 2**20
"""Bytes that are read at once: a millisecond of hashing or so, between two looks at a cancel."""

_decoder = msgspec.json.Decoder(Manifest)


def read(folder: bytes) -> Manifest | None:
    """The manifest in `folder`, its names checked; None where there is none that can be read.

    Raises OSError where the folder itself cannot be read, `download_unsafe` for its names.
    """
    try:
        number = os.open(os.path.join(folder, MANIFEST.encode()), OPEN)
    except FileNotFoundError:
        os.stat(folder)
        return None
    with open(number, "rb") as file:
        return decoded(file.read(LARGEST + 1))


OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
"""For what may turn out to be a pipe, at which opening would wait."""


def decoded(text: bytes) -> Manifest | None:
    """The manifest that `text`, at most `LARGEST` bytes, states; None if it states none.

    Raises `download_unsafe` for its names.
    """
    if len(text) > LARGEST:
        return None
    try:
        found = _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    names.check_all((file.path for file in found.files), MANIFEST)
    return found


def write(folder: bytes, manifest: Manifest) -> None:
    """Writes `manifest` into `folder`, for good, in one step. Raises OSError."""
    path = os.path.join(folder, MANIFEST.encode())
    temporary = path + names.PARTIAL.encode()
    with open(temporary, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest)))
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, path)
    sync(folder)


def digest(path: bytes, heed: Callable[[], None], told: Callable[[int], None]) -> str:
    """Hex SHA-256 of the file at `path`. Calls `heed` before every block, and `told` with the
    bytes of it after. Raises OSError, and what `heed` raises."""
    sha256 = hashlib.sha256()
    block = memoryview(bytearray(BLOCK))
    with open(os.open(path, OPEN), "rb", buffering=0) as file:
        heed()
        while size := file.readinto(block):
            sha256.update(block[:size])
            told(size)
            heed()
    return sha256.hexdigest()


def sync_tree(folder: bytes) -> None:
    """Makes all files and names below `folder` last. Raises OSError."""
    for parent, _, files in os.walk(folder, onerror=_raise):
        for name in files:
            path = os.path.join(parent, name)
            if not os.path.islink(path):
                sync(path)
        sync(parent)


def sync(path: bytes) -> None:
    """Makes a file's content, or a folder's names, last. Raises OSError."""
    number = os.open(path, OPEN)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _raise(error: OSError) -> None:
    raise error
