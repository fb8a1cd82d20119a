"""A model's manifest in its folder, sums of files, and making a folder last."""

import errno
import io
import os
import stat
from collections.abc import Callable

import msgspec

from steno.transfer import names
from steno.transfer.folder import Folder
from steno.transfer.sums import Sum, Tally
from steno.worker.protocol import MANIFEST, Manifest

LARGEST = 4 * 2**20
"""Bytes a manifest may have: enough for as many files as a model may have."""
BLOCK = 2**18
"""Bytes read at once, between two looks at a cancel: 50 ms where a disk gives 5 MB a second."""

_decoder = msgspec.json.Decoder(Manifest)


def read(folder: bytes) -> Manifest | None:
    """The manifest in `folder`, its names checked; None where there is none that can be read.

    Raises OSError where the folder cannot be read, `download_unsafe` for its names.
    """
    try:
        with opened(os.path.join(folder, MANIFEST.encode())) as file:
            return decoded(file.read(LARGEST + 1))
    except FileNotFoundError:
        os.stat(folder)
        return None


def opened(path: bytes) -> io.FileIO:
    """The regular file at `path` or at the end of its links, for reading, unbuffered.

    Raises OSError, also for pipes and devices, which are not even opened.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    return io.FileIO(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))


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


def write(folder: Folder, manifest: Manifest) -> None:
    """Writes `manifest` into `folder`, for good, in one step. Raises OSError."""
    with open(folder.create(MANIFEST + names.PARTIAL), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest)))
        file.flush()
        os.fsync(file.fileno())
    folder.rename(MANIFEST + names.PARTIAL, MANIFEST)
    folder.sync()


def tallied(
    path: bytes, heed: Callable[[], None], told: Callable[[int], None], stated: Sum | None = None
) -> Tally:
    """Size and sums of the file at `path`. Calls `heed` before every block, and `told` with the
    bytes of it after. Raises OSError, and what these raise."""
    tally = Tally(stated)
    block = memoryview(bytearray(BLOCK))
    with opened(path) as file:
        heed()
        while size := file.readinto(block):
            tally.add(block[:size])
            told(size)
            heed()
    return tally
