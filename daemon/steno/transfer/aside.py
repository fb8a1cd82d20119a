"""Work beside the loop that watches for a cancel."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from steno.transfer.meter import Meter
from steno.worker.channel import ASIDE, Channel

T = TypeVar("T")
BEAT = 0.05
"""Seconds between two looks at whether the work is still wanted."""


class Stopped(Exception):
    """What a thread ends with when it is no longer wanted."""


def watched(work: Coroutine[Any, Any, T], channel: Channel, meter: Meter | None = None) -> T:
    """Runs `work` on a loop of its own; tells `channel` what `meter` shows.

    Raises `Interrupted` within two beats of a cancel, and what `work` raises.
    """
    # No `asyncio.run`: it would wait for a look-up of a name, which may take minutes.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(beating(work, channel, meter))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def beating(work: Coroutine[Any, Any, T], channel: Channel, meter: Meter | None) -> T:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            channel.heed()
            if meter is not None and (news := meter.due(loop.time())) is not None:
                channel.send(news)
            await asyncio.wait({task}, timeout=BEAT)
        return task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def in_thread(work: Callable[[Callable[[], None]], T]) -> T:
    """`work` in a thread. It is given a function to call often, which raises once it is no longer
    wanted; this returns only after `work` did."""
    stop = threading.Event()

    def heed() -> None:
        if stop.is_set():
            raise Stopped

    future = asyncio.get_running_loop().run_in_executor(None, work, heed)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.gather(future, return_exceptions=True)
        raise


async def abandonable(work: Callable[[], T]) -> T:
    """`work` in a thread that is left alone if this is cancelled: other people's code, which may
    hang for as long as it likes."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as raised:  # noqa: BLE001 - plugin code may raise anything; it is handed on
            error = raised
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:  # the loop is closed: nobody waits
            return

    threading.Thread(target=run, name=ASIDE, daemon=True).start()
    return await future
