"""Who listens to what, and a bounded queue for each.

Durable events keep their order and are never dropped: a subscriber that falls behind on them is
told to fetch the state anew. Passing ones (drafts, progress) coalesce: the latest of a key wins.
Publishing never raises and never waits. Used on the loop's thread only.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Hashable, Iterable

import msgspec

from steno.errors import StenoError
from steno.store.database import StoredEvent, stamped
from steno.wire import JOBS_CHANNEL

log = logging.getLogger(__name__)

COLLECTIVE = {"job": JOBS_CHANNEL, "models": "models"}
"""Channels that carry what all channels of a kind do."""
QUIET_ON_JOBS = {"draft", "fragment", "edit"}


def carried_by(channel: str, kind: str) -> tuple[str, ...]:
    """The channels on which an event of `channel` is heard."""
    collective = COLLECTIVE[channel.partition(":")[0]]
    return (channel,) if kind in QUIET_ON_JOBS else (channel, collective)


def encode(kind: str, data: bytes, event_id: str | None = None) -> bytes:
    """An event as it stands on the wire. `data` is one line of JSON."""
    head = b"id: %s\n" % event_id.encode() if event_id else b""
    return head + b"event: %s\ndata: %s\n\n" % (kind.encode(), data)


def passing(kind: str, data: msgspec.Struct) -> bytes:
    """An event that is not stored, with the present moment."""
    return encode(kind, stamped(msgspec.json.encode(data), time.time()))


class Subscription:
    """What one connection is still to be sent, oldest first."""

    def __init__(self, channels: frozenset[str], limit: int) -> None:
        self.channels = channels
        self.overrun = False
        """It fell behind: durable events were left out, it must be told to resync."""
        self._limit = limit
        self._durable = 0
        self._waiting: dict[Hashable, tuple[int | None, bytes]] = {}
        self._ready = asyncio.Event()

    def offer_durable(self, seq: int, encoded: bytes, replaces: Hashable) -> None:
        self._waiting.pop(replaces, None)
        if self._durable >= self._limit:
            self.overrun = True
            self._waiting.clear()
            self._durable = 0
        if not self.overrun:
            self._waiting[seq] = (seq, encoded)
            self._durable += 1
        self._ready.set()

    def offer_passing(self, key: Hashable, encoded: bytes) -> None:
        if not self.overrun:
            self._waiting.pop(key, None)
            self._waiting[key] = (None, encoded)
            self._ready.set()

    def end(self) -> None:
        """Wakes the reader for the last time."""
        self._ready.set()

    async def next(self, timeout: float) -> list[tuple[int | None, bytes]]:
        """What has come, with the numbers of durable events; empty after `timeout` seconds."""
        try:
            await asyncio.wait_for(self._ready.wait(), timeout)
        except TimeoutError:
            return []
        self._ready.clear()
        taken = list(self._waiting.values())
        self._waiting.clear()
        self._durable = 0
        return taken


class Hub:
    """Delivers to subscriptions. `database` names the database in event ids."""

    def __init__(self, *, queue: int, most: int, most_per_job: int) -> None:
        self.database = ""
        self.closing = False
        self._queue = queue
        self._most = most
        self._most_per_job = most_per_job
        self._by_channel: dict[str, set[Subscription]] = defaultdict(set)
        self._all: set[Subscription] = set()

    def __len__(self) -> int:
        return len(self._all)

    def id_of(self, seq: int) -> str:
        return f"{self.database}-{seq}"

    def number(self, event_id: str) -> int | None:
        """The number in an id of this database; None if it is of another."""
        database, _, seq = event_id.rpartition("-")
        if database != self.database or not seq.isdecimal() or len(seq) > 18:
            return None
        return int(seq)

    def subscribe(self, channels: Iterable[str]) -> Subscription:
        """Raises `too_many_streams`."""
        wanted = frozenset(channels)
        if len(self._all) >= self._most:
            raise StenoError("too_many_streams", count=len(self._all))
        for channel in wanted:
            open_now = len(self._by_channel.get(channel, ()))
            if channel not in COLLECTIVE.values() and open_now >= self._most_per_job:
                raise StenoError("too_many_streams", count=open_now)
        subscription = Subscription(wanted, self._queue)
        self._all.add(subscription)
        for channel in wanted:
            self._by_channel[channel].add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        self._all.discard(subscription)
        for channel in subscription.channels:
            self._by_channel[channel].discard(subscription)
            if not self._by_channel[channel]:
                del self._by_channel[channel]

    def publish(self, events: list[StoredEvent]) -> None:
        """Delivers what a commit told."""
        for event in events:
            listeners = self._listeners(event.type, event.channel)
            if not listeners:
                continue
            encoded = encode(event.type, event.data, self.id_of(event.seq))
            log.debug("%s, %d bytes, to %d streams", event.type, len(encoded), len(listeners))
            outdated: Hashable = None
            if event.type == "fragment":
                index = msgspec.json.decode(event.data, type=Indexed).segment_index
                outdated = ("draft", event.channel, index)
            for subscription in listeners:
                subscription.offer_durable(event.seq, encoded, outdated)

    def pass_on(self, kind: str, channel: str, data: msgspec.Struct, key: Hashable = None) -> None:
        """Delivers an event that is not stored; a later one of the same `key` replaces it."""
        listeners = self._listeners(kind, channel)
        if listeners:
            encoded = passing(kind, data)
            for subscription in listeners:
                subscription.offer_passing((kind, channel, key), encoded)

    def close(self) -> None:
        """Ends all streams, so that the server can stop at once."""
        self.closing = True
        for subscription in self._all:
            subscription.end()

    def _listeners(self, kind: str, channel: str) -> set[Subscription]:
        if not channel:
            return self._all
        found: set[Subscription] = set()
        for one in carried_by(channel, kind):
            found |= self._by_channel.get(one, set())
        return found


class Indexed(msgspec.Struct):
    segment_index: int
