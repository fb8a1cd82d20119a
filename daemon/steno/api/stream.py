"""One event stream on its connection: the state first, what was missed, then what happens."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp_sse import EventSourceResponse
from msgspec import Struct

from steno.api.keys import Daemon
from steno.errors import StenoError
from steno.events.encoding import passing
from steno.events.subscription import AT_ONCE, Subscription
from steno.wire import SignalEvent

log = logging.getLogger(__name__)

RETRY = b"retry: 1000\n\n"
SEND_TIMEOUT = 10.0
"""Seconds a client may take nothing before it is given up."""
FAREWELL = 1.0
"""Seconds a client may take for the end of its stream."""


class Ping(Struct):
    pass


class Stream(EventSourceResponse):
    """aiohttp-sse's response, sending events that are encoded already.

    What the socket does not take stays with the subscription: below it, at most one write waits.
    """

    _writer: AbstractStreamWriter
    _transport: asyncio.Transport
    _framed: bool
    """Whether each write is a chunk of HTTP/1.1."""

    async def open(self, request: web.Request) -> None:
        """Raises ConnectionError if the client is gone already."""
        writer = await self.prepare(request)
        if writer is None or request.transport is None:
            raise ConnectionResetError
        self.stop_streaming()  # its pings go by the clock; ours are sent in silence only
        self.force_close()
        self._writer, self._transport = writer, request.transport
        self._framed = request.version >= HttpVersion11
        self._transport.set_write_buffer_limits(high=0)
        await self.write(RETRY)  # with the headers, which aiohttp writes

    def put(self, data: bytes) -> bool:
        """Sends without waiting; returns whether the socket took all of it.

        Written past aiohttp's writer, which costs more than the socket itself.
        """
        if self._transport.is_closing():
            return False
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data) if self._framed else data)
        return self._transport.get_write_buffer_size() == 0

    async def send_all(self, data: bytes, subscription: Subscription) -> None:
        """Sends piece by piece. Raises TimeoutError if the client takes nothing for `SEND_TIMEOUT`
        seconds, or at the stream's end for `FAREWELL`, ConnectionError if it is gone."""
        subscription.sent()
        view = memoryview(data)
        for at in range(0, len(data), AT_ONCE):
            if not self.put(bytes(view[at : at + AT_ONCE])):
                await self.taken(subscription)

    async def taken(self, subscription: Subscription) -> None:
        """Waits until the socket took all that was sent. Raises as `send_all`."""
        if self._transport.is_closing():
            raise ConnectionResetError
        waiting = asyncio.ensure_future(self._writer.drain())
        ending = asyncio.ensure_future(subscription.ending.wait())
        try:
            await asyncio.wait(
                (waiting, ending), timeout=SEND_TIMEOUT, return_when=asyncio.FIRST_COMPLETED
            )
            if not waiting.done() and ending.done():
                await asyncio.wait((waiting,), timeout=FAREWELL)
            if not waiting.done():
                raise TimeoutError
            waiting.result()
        finally:
            waiting.cancel()
            ending.cancel()

    async def finish(self) -> None:
        """Ends the stream in good order, or at once where the client does not even take that."""
        try:
            async with asyncio.timeout(FAREWELL):
                await self.write_eof()
        except TimeoutError:
            self.abort()

    def abort(self) -> None:
        """Lets go of a client that takes nothing; closing would wait for it."""
        self._transport.abort()


async def stream(
    daemon: Daemon, request: web.Request, channels: Sequence[str], since: str
) -> web.StreamResponse:
    """Listens first, then reads the state and what was missed, then sends what has come since, so
    that nothing falls between."""
    if daemon.hub.closing:
        raise StenoError("stopping")
    given = request.headers.get("Last-Event-ID") or since
    subscription = daemon.hub.subscribe(channels)
    log.debug("stream of %s opened after %s, %d are open", channels, given, len(daemon.hub))
    response = Stream()
    try:
        await response.open(request)
        cursor, first = await daemon.replay.opening(channels)
        await response.send_all(first, subscription)
        if given:
            await replay(daemon, response, subscription, given, cursor)
        subscription.flow(response.put, after=cursor)
        await follow(response, subscription, daemon.config.events.heartbeat)
        await response.finish()
    except TimeoutError:
        log.debug("stream of %s given up: its client takes nothing", channels)
        response.abort()
    finally:
        daemon.hub.unsubscribe(subscription)
        log.debug("stream of %s closed, %d are open", channels, len(daemon.hub))
    return response


async def replay(
    daemon: Daemon, response: Stream, subscription: Subscription, given: str, cursor: int
) -> None:
    """Sends what was stored after `given` up to `cursor`, or says that it is gone."""
    channels = subscription.channels
    seen = await daemon.replay.number(channels, given, cursor)
    if seen is None:
        await response.send_all(resync("What was missed is no longer stored."), subscription)
        return
    async with aclosing(daemon.replay.missed(channels, seen, cursor)) as pages:
        async for page in pages:
            await response.send_all(page, subscription)


async def follow(response: Stream, subscription: Subscription, heartbeat: float) -> None:
    """Looks after a stream whose events the hub sends: a ping after `heartbeat` seconds of silence,
    and what to do with a client that stalls or fell behind. Returns at its end."""
    while not subscription.ending.is_set():
        if not await subscription.attention(heartbeat):
            await response.send_all(passing("ping", Ping()), subscription)
        if subscription.stalled:
            await response.taken(subscription)
        if subscription.overrun:
            why = "Too much happened while this client was busy."
            await response.send_all(resync(why), subscription)
            return
        if subscription.stalled:
            subscription.flow(response.put)
    await response.send_all(subscription.rest(), subscription)


def resync(why: str) -> bytes:
    return passing("signal", SignalEvent(code="resync", message=f"{why} Fetch the state anew."))
