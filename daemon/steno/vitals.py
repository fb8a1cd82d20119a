"""What the system tells of processes, memory and disk. Reads files: not for the loop's thread."""

import contextlib
import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from steno import disk
from steno.worker.memory import PAGE, PROC, of_machine


class Vitals(NamedTuple):
    """Bytes and seconds; None where the system does not tell."""

    memory: dict[int, int | None]
    """Of each process."""
    cpu_s: float
    """Of this process."""
    machine: tuple[int, int] | tuple[None, None]
    """Its memory, in all and what programs could still have."""
    disk_free: int | None


def look(pids: Collection[int], folder: Path) -> Vitals:
    """Of this process, `pids`, the machine and the disk of `folder`."""
    return Vitals(
        {pid: resident(pid) for pid in (os.getpid(), *pids)},
        round(time.process_time(), 2),
        machine(),
        disk.free(folder) if folder.exists() else None,
    )


def resident(pid: int) -> int | None:
    """Bytes of the process that are in memory; None if it has ended, too."""
    try:
        return int((PROC / str(pid) / "statm").read_bytes().split()[1]) * PAGE
    except (OSError, IndexError):
        return None


def machine() -> tuple[int, int] | tuple[None, None]:
    with contextlib.suppress(OSError, ValueError):
        return of_machine((PROC / "meminfo").read_text())
    return None, None
