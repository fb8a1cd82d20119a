"""Whether a model's files are still what its manifest says."""

import os

from steno.errors import StenoError
from steno.plugins.contract import ModelFile
from steno.transfer import manifest
from steno.transfer.progress import Progress
from steno.worker import protocol as p
from steno.worker.channel import Channel


def verify(request: p.Verify, channel: Channel) -> p.Verified:
    """Looks at every byte. A manifest that is missing or cannot be read is itself what is wrong.

    Raises OSError where there is no such folder.
    """
    os.stat(request.folder)
    try:
        found = manifest.read(request.folder)
    except (StenoError, OSError):  # hostile, or no file
        found = None
    if found is None:
        return p.Verified(id=request.id, wrong=[p.MANIFEST])
    progress = Progress(channel, request.id, found.size)
    wrong = [
        file.path for file in found.files if not sound(request.folder, file, channel, progress)
    ]
    progress.tell()
    return p.Verified(id=request.id, wrong=wrong)


def sound(folder: bytes, file: ModelFile, channel: Channel, progress: Progress) -> bool:
    """Whether `file` is there, itself or at the end of a link, with its size and sum."""
    path = os.path.join(folder, file.path.encode())
    try:
        if file.size is not None and os.stat(path).st_size != file.size:
            return False
        sha256 = manifest.tallied(path, channel.heed, progress.add).sha256
    except OSError:  # gone, no file, not to be read: whatever it is, no model can be loaded of it
        return False
    return file.sha256 is None or sha256 == file.sha256.lower()
