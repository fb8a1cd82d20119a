"""The media file of a job: is it there, and as it was?"""

import os
import stat
from typing import NamedTuple

from steno.errors import StenoError
from steno.paths import display
from steno.store.jobs import JobRecord


class Source(NamedTuple):
    """A file as it was when looked at."""

    path: bytes
    size: int
    mtime: int
    """ns since the epoch."""


def look(path: bytes) -> Source:
    """The file at `path`, whose kind is checked. Raises file_not_found, file_unreadable,
    file_is_folder, file_not_regular or media_empty."""
    name = display(path)
    try:
        status = os.stat(path)
        if stat.S_ISREG(status.st_mode):
            os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StenoError("file_not_found", name=name) from error
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise StenoError("file_unreadable", name=name, why=why) from error
    if stat.S_ISDIR(status.st_mode):
        raise StenoError("file_is_folder", name=name)
    if not stat.S_ISREG(status.st_mode):
        raise StenoError("file_not_regular", name=name)
    if status.st_size == 0:
        raise StenoError("media_empty", name=name)
    return Source(path, status.st_size, status.st_mtime_ns)


def check(job: JobRecord) -> None:
    """Raises what `look` does, or `source_changed`."""
    found = look(job.path)
    if (found.size, found.mtime) != (job.source_size, job.source_mtime):
        raise StenoError("source_changed", name=job.name)
