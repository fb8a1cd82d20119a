"""Who listens to what, and the delivery to them.

Publishing never raises and never waits. Used on the loop's thread only.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable

import msgspec

from steno.errors import StenoError
from steno.events.delivery import Delivery
from steno.events.encoding import encode, passing
from steno.events.subscription import Subscription
from steno.store.database import StoredEvent
from steno.store.events import COLLECTIVE, carried_by

log = logging.getLogger(__name__)

REPLACES_DRAFT = {"fragment", "gap"}


class Hub:
    """Delivers to subscriptions. `database` names the database in event ids."""

    def __init__(self, *, queue: int, most: int, most_per_job: int) -> None:
        self.database = ""
        self.closing = False
        self._queue = queue
        self._most = most
        self._most_per_job = most_per_job
        self._by_channel: dict[str, set[Subscription]] = defaultdict(set)
        self._open = Counter[str]()
        """Streams of each channel, those that fell behind too."""
        self._all: set[Subscription] = set()
        self.delivery = Delivery()

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

    # Who listens

    def subscribe(self, channels: Iterable[str]) -> Subscription:
        """Raises `too_many_streams`."""
        wanted = frozenset(channels)
        if len(self._all) >= self._most:
            raise StenoError("too_many_streams", count=len(self._all))
        for channel in wanted:
            open_now = self._open[channel]
            if channel not in COLLECTIVE and open_now >= self._most_per_job:
                raise StenoError("too_many_streams", count=open_now)
        subscription = Subscription(wanted, self._queue, self.delivery.due, self._deafen)
        self._all.add(subscription)
        for channel in wanted:
            self._by_channel[channel].add(subscription)
            self._open[channel] += 1
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Once for each subscription."""
        self._all.remove(subscription)
        self._deafen(subscription)
        self._open.subtract(subscription.channels)
        for channel in subscription.channels:
            if not self._open[channel]:
                del self._open[channel]

    def _deafen(self, subscription: Subscription) -> None:
        """It is told nothing more."""
        for channel in subscription.channels:
            if listeners := self._by_channel.get(channel):
                listeners.discard(subscription)
                if not listeners:
                    del self._by_channel[channel]

    def close(self) -> None:
        """Ends all streams, so that the server can stop at once."""
        self.closing = True
        for subscription in self._all:
            subscription.end()

    # What they hear

    def publish(self, events: list[StoredEvent]) -> None:
        """Delivers what a commit told. Whoever cannot be told an event is told to resync."""
        for event in events:
            try:
                self._publish(event)
            except Exception:  # the commit stands, and whoever made it must go on
                log.exception("%s %s could not be published", event.type, self.id_of(event.seq))
                for subscription in self._all:
                    subscription.fall_behind()

    def _publish(self, event: StoredEvent) -> None:
        listeners = self._listeners(event.type, event.channel)
        if not listeners:
            return
        encoded = encode(event.type, event.data, self.id_of(event.seq))
        log.debug("%s, %d bytes, to %d streams", event.type, len(encoded), len(listeners))
        outdated: Hashable = None
        if event.type in REPLACES_DRAFT:
            index = msgspec.json.decode(event.data, type=Indexed).segment_index
            outdated = ("draft", event.channel, index)
        self.delivery.offer(listeners, lambda to: to.offer_durable(event.seq, encoded, outdated))

    def pass_on(self, kind: str, channel: str, data: msgspec.Struct, key: Hashable = None) -> None:
        """Delivers an event that is not stored; a later one of the same `key` replaces it."""
        try:
            if listeners := self._listeners(kind, channel):
                encoded, name = passing(kind, data), (kind, channel, key)
                log.debug("%s, %d bytes, to %d streams", kind, len(encoded), len(listeners))
                self.delivery.offer(listeners, lambda to: to.offer_passing(name, encoded))
        except Exception:  # the work it tells of must go on
            log.exception("%s of %s could not be passed on", kind, channel)

    def _listeners(self, kind: str, channel: str) -> Collection[Subscription]:
        if not channel:
            return self._all
        found = [self._by_channel[c] for c in carried_by(channel, kind) if c in self._by_channel]
        return set[Subscription]().union(*found) if len(found) != 1 else found[0]


class Indexed(msgspec.Struct):
    segment_index: int
