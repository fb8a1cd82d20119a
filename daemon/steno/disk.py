"""What disks tell and are told. Standard library only: for the daemon and for workers."""

import errno
import os
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the system says where there is no room."""


def free(folder: Path | bytes | int) -> int:
    """Bytes free on the disk of `folder`, its path or descriptor; 0 if it cannot be told."""
    try:
        status = os.statvfs(folder)
    except OSError:
        return 0
    return status.f_bavail * status.f_frsize


def sync_folder(folder: Path | bytes) -> None:
    """Makes new names in `folder` last. Raises OSError."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
