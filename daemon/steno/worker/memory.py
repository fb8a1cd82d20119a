"""Memory: how much this process and the machine have in use, and giving it back."""

import contextlib
import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = os.sysconf("SC_PAGE_SIZE")
PROC = Path("/proc")
GROUPS = Path("/sys/fs/cgroup")


def resident() -> int:
    """Bytes of this process that are in memory; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[1]) * PAGE
    except OSError:
        return 0


def share() -> float:
    """Share of the memory in use, 0 to 1: of the machine's, or of what the control groups of this
    process may have, whichever is nearer to its end; 0 where the system does not tell."""
    shares = [0.0]
    with contextlib.suppress(OSError, ValueError):
        shares.append(share_of_machine((PROC / "meminfo").read_text()))
    with contextlib.suppress(OSError, ValueError):
        for folder in groups((PROC / "self" / "cgroup").read_text(), GROUPS):
            with contextlib.suppress(OSError, ValueError):
                shares.append(share_of_group(folder))
    return max(shares)


def share_of_machine(meminfo: str) -> float:
    """From the text of `/proc/meminfo`. Raises ValueError."""
    total, free = of_machine(meminfo)
    return 1 - free / total


def of_machine(meminfo: str) -> tuple[int, int]:
    """Bytes in all and bytes that programs can have, from the text of `/proc/meminfo`. Raises
    ValueError."""
    found = dict(line.split(":", 1) for line in meminfo.splitlines() if ":" in line)
    total, free = (
        int(found.get(name, "").removesuffix("kB")) << 10 for name in ("MemTotal", "MemAvailable")
    )
    return total, free


def groups(memberships: str, root: Path) -> Iterator[Path]:
    """Folders of the control groups that bound a process's memory, its own first, from the text of
    its `/proc/PID/cgroup`: a limit of any of them holds.

    In a container the text may name groups that are not seen there; what is left is the root, which
    is then the container's own.
    """
    for line in memberships.splitlines():
        _, controllers, name = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        top = root / "memory" if controllers else root
        folder = top if ".." in name else top / name.lstrip("/")
        while True:
            if folder.is_dir():
                yield folder
            if folder == top:
                break
            folder = folder.parent


def share_of_group(folder: Path) -> float:
    """Of what the control group may have, version 2 or 1; 0 without a limit. Files that are cached
    and not in use count as free, as the kernel takes those first. Raises OSError or ValueError."""
    if (folder / "memory.max").exists():
        limit, used, cached = "memory.max", "memory.current", "inactive_file"
    else:
        limit, used, cached = (
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
            "total_inactive_file",
        )
    most = (folder / limit).read_text().strip()
    if most == "max" or int(most) == 0:
        return 0.0
    stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    return max(0, int((folder / used).read_text()) - int(stat.get(cached, 0))) / int(most)


def cuda() -> Any | None:
    """torch's way to the GPUs, where this process has imported it and there are any."""
    found = getattr(sys.modules.get("torch"), "cuda", None)
    return found if found is not None and found.is_available() else None


def release() -> None:
    """Gives what was freed back to the system: collects cycles, and empties what torch and the
    allocator of glibc keep for later."""
    gc.collect()
    if gpu := cuda():
        gpu.empty_cache()
    with contextlib.suppress(AttributeError, OSError):  # other C libraries have none
        ctypes.CDLL(None).malloc_trim(0)
