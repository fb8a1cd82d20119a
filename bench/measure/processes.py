"""Memory and time of processes, as the kernel tells them."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

EVERY = 0.05
"""Seconds between two samples."""


def status(pid: int, field: str) -> int:
    """`field` of /proc/PID/status, for example VmRSS or VmHWM (its peak), bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) << 10
    raise ValueError(field)


def proportional(pid: int) -> int:
    """Resident bytes of a process; of pages it shares its part. 0 if it has ended."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    except OSError:
        pass
    return 0


def family(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from family(int(child))
    except OSError:
        return


def processor(pid: int) -> float:
    """Seconds of processor time that a process and its living descendants have used."""
    ticks = 0
    for one in family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


class Peak:
    """The most that a process and its descendants hold together, looked at all the time."""

    def __init__(self, pid: int) -> None:
        self.bytes = 0
        self._pid = pid

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            self.bytes = max(self.bytes, sum(map(proportional, family(self._pid))))
            await asyncio.sleep(EVERY)
