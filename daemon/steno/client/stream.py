"""Events that go on after a lost connection."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any

import msgspec

from steno import wire
from steno.client.replay import Replay, is_resync
from steno.client.sse import EventTooLargeError, Parser
from steno.errors import StenoError
from steno.wire import Event, models

RETRY = 1.0
"""Seconds before the first new attempt, where the server names none."""
MAX_RETRY = 10.0
"""Seconds the growing pause between attempts is bounded by."""
PATIENT_RETRY = 2.0
"""The same for a client that shows whether the daemon is there."""
GRACE = 10.0
"""Seconds a daemon that was stopped in good order has to come back."""

JobPayload = (
    wire.InitialState
    | wire.JobEvent
    | wire.Progress
    | wire.DraftEvent
    | wire.FragmentEvent
    | wire.Gap
    | wire.AlignedEvent
    | wire.EditEvent
    | wire.SignalEvent
    | wire.ErrorEvent
)
ModelPayload = (
    models.ModelProgressEvent
    | models.ModelCompleteEvent
    | models.ModelErrorEvent
    | models.ModelIncompleteEvent
    | models.ModelDeletedEvent
)
"""Told of one model, which its fields `type` and `model_id` name."""
Payload = JobPayload | ModelPayload
PAYLOADS: dict[str, type[Payload]] = {
    "initial_state": wire.InitialState,
    "job": wire.JobEvent,
    "progress": wire.Progress,
    "draft": wire.DraftEvent,
    "fragment": wire.FragmentEvent,
    "gap": wire.Gap,
    "aligned": wire.AlignedEvent,
    "edit": wire.EditEvent,
    "signal": wire.SignalEvent,
    "error": wire.ErrorEvent,
    "model_progress": models.ModelProgressEvent,
    "model_complete": models.ModelCompleteEvent,
    "model_error": models.ModelErrorEvent,
    "model_incomplete": models.ModelIncompleteEvent,
    "model_deleted": models.ModelDeletedEvent,
}

Connect = Callable[[str | None, bool], AbstractAsyncContextManager[AsyncIterator[bytes]]]
"""Opens the stream: takes the `Last-Event-ID` and whether an absent daemon may be started."""
Lost = Callable[[StenoError], None]


def payload(event: Event) -> Payload | None:
    """The typed data of `event`; None for a kind or shape this client does not know."""
    kind = PAYLOADS.get(event.type)
    if kind is None:
        return None
    try:
        return msgspec.convert(event.data, kind)
    except msgspec.ValidationError:
        return None


async def follow(
    connect: Connect,
    *,
    reconnect: bool,
    on_lost: Lost | None = None,
    patient: bool = False,
    wake: asyncio.Event | None = None,
) -> AsyncGenerator[Event, None]:
    """The events of one stream, over as many connections as it takes.

    Raises what `connect` raises the first time; later only what a new attempt cannot mend, and
    `daemon_lost` if a daemon that was stopped in good order stays away. With `patient` only what a
    new attempt cannot mend. `on_lost` and `wake`: see `Client.events`.
    """
    stream = Stream(connect)
    attempts = 0
    while True:
        lost: StenoError | None = None
        try:
            async with aclosing(stream.connection()) as events:
                async for event in events:
                    attempts = 0 if event.type != "initial_state" else attempts
                    yield event
            if stream.stopped:
                lost = StenoError("daemon_lost", why="it was stopped")
        except StenoError as error:
            opened = stream.opened or patient
            if not reconnect or not opened or not error.problem.retryable:
                raise
            if not patient and stream.stopped_for() > GRACE:
                raise StenoError("daemon_lost", why="it was stopped") from error
            lost = error
        if not reconnect:
            return
        if lost is not None and on_lost is not None:
            on_lost(lost)
        longest = PATIENT_RETRY if patient else max(stream.retry, MAX_RETRY)
        await rest(pause(stream.retry, attempts, longest), wake or asyncio.Event())
        attempts += 1


async def rest(seconds: float, wake: asyncio.Event) -> None:
    """Waits so long, or until it is woken."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wake.wait()
        wake.clear()


def pause(base: float, attempts: int, longest: float) -> float:
    """Seconds to wait: doubled with each attempt in vain, bounded, with jitter so that clients of
    a restarted daemon do not all come at once."""
    return min(base * 2.0 ** min(attempts, 16), longest) * random.uniform(0.5, 1.0)  # noqa: S311


class Stream:
    """What is remembered between the connections of one stream."""

    def __init__(self, connect: Connect) -> None:
        self.opened = False
        self.retry = RETRY
        self._connect = connect
        self._last: str | None = None
        self._ended: float | None = None

    @property
    def stopped(self) -> bool:
        """Whether the daemon ended the stream in good order."""
        return self._ended is not None

    def stopped_for(self) -> float:
        """Seconds since it did; 0 if it did not."""
        return 0.0 if self._ended is None else time.monotonic() - self._ended

    async def connection(self) -> AsyncGenerator[Event, None]:
        """The events of one connection, until it ends or says `resync`."""
        replay, fresh = Replay(self._last), self._last is None
        parser = Parser()
        async with self._connect(self._last, self._ended is None) as chunks:
            self.opened = True
            self._ended = None
            async for chunk in chunks:
                for event in self._events(parser, chunk):
                    if event.id is not None:
                        self._last = event.id
                    if replay.news(event):
                        yield event
                    if fresh and event.type == "initial_state":
                        self._last = replay.floor  # from here on a break must not lose anything
                    if is_resync(event):
                        self._last = None
                        return
        self._ended = time.monotonic()

    def _events(self, parser: Parser, chunk: bytes) -> Iterator[Event]:
        try:
            for message in parser.feed(chunk):
                if message.type != "ping":
                    data = msgspec.json.decode(message.data, type=dict[str, Any])
                    yield Event(type=message.type, data=data, id=message.id)
        except (EventTooLargeError, msgspec.MsgspecError) as error:
            raise StenoError("daemon_lost", why=f"an event could not be read ({error})") from error
        finally:
            if parser.retry is not None:
                self.retry = parser.retry / 1000
