"""Jobs of a daemon, watched as `steno transcribe` watches them: over their event stream."""

import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

from steno.client import Client
from steno.wire import FINAL, Event


async def heard(client: Client, job: str, wanted: Callable[[Event], bool]) -> Event:
    """The first event of a job that is `wanted`."""
    async with aclosing(client.events([f"job:{job}"], reconnect=False)) as events:
        async for event in events:
            if wanted(event):
                return event
    raise RuntimeError("the stream ended")


def final(event: Event) -> bool:
    """Whether the job ended, then or before the stream began."""
    state = event.data["job"]["state"] if event.type == "initial_state" else event.data.get("state")
    return state in FINAL


async def whole(client: Client, film: Path, settings: dict[str, Any]) -> float:
    """Seconds of wall time from asking for a job until it is told that it is complete."""
    started = time.monotonic()
    job = await client.add_job(str(film), {"overwrite": True, **settings})
    await heard(client, job.id, final)
    took = time.monotonic() - started
    ended = await client.job(job.id)
    if ended.state != "completed" or ended.segments.failed or not ended.segments.planned:
        raise RuntimeError(f"this job cannot be measured: {ended}")
    return took
