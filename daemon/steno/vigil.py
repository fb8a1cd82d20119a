"""Watches what others may take from under a running daemon: its socket and its database."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from steno.errors import StenoError

log = logging.getLogger(__name__)

LOOK = 2.0
"""Seconds between two looks."""


def identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at `path`; None if there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


async def keep_vigil(
    socket: Path,
    database: Path,
    listen_again: Callable[[], Awaitable[None]],
    lost: Callable[[StenoError], None],
) -> None:
    """Until cancelled. A socket that is gone (a cleaned runtime folder) is made anew; without its
    database the daemon must not go on to acknowledge work, and `lost` is told once."""
    door = await asyncio.to_thread(identity, socket)
    store = await asyncio.to_thread(identity, database)
    while True:
        await asyncio.sleep(LOOK)
        if await asyncio.to_thread(identity, database) != store:
            lost(StenoError("storage_failed", why=f"{database} was removed or replaced"))
            return
        if await asyncio.to_thread(identity, socket) != door:
            log.warning("the socket %s is gone and made anew", socket)
            try:
                await listen_again()
            except (StenoError, OSError) as error:
                log.error("the socket cannot be made anew: %s", error)
            else:
                door = await asyncio.to_thread(identity, socket)
