"""Delivery in turns with all else on the loop, so that a thousand listeners hold up no job."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable

from steno.events.subscription import Subscription

log = logging.getLogger(__name__)

Offer = Callable[[Subscription], None]

TURN = 0.0001
"""Seconds of delivery to many before the loop sees to other things: a segment on its way to its
next step passes the loop a dozen times."""
TURN_OF_FEW = 0.001
"""The same where few listen, whose delivery is soon over."""
SOME = 20
"""Queues an event is put into before the clock is looked at."""
MANY = 500
"""Listeners to serve from which delivery takes so long that it would hold up work under way: while
it goes on, other threads get the interpreter only now and then."""
PAUSE = 0.001
"""Seconds after which it is looked again whether work is under way."""
PATIENCE = 0.02
"""Seconds that delivery waits for work at most before it goes on all the same."""


class Delivery:
    """Puts events into queues, in their order, and sends what lies in queues. Never raises."""

    def __init__(self) -> None:
        self.busy: Callable[[], bool] = lambda: False
        """Whether work is under way that must not be held up."""
        self._offers: deque[tuple[Offer, list[Subscription]]] = deque()
        """Events, and whose queues they are still to be put into."""
        self._line: deque[Subscription] = deque()
        """Those in whose queues something lies."""
        self._awake = False
        self._latest = 0.0

    @property
    def done(self) -> bool:
        """Whether all that can be sent is."""
        return not self._awake

    def offer(self, listeners: Iterable[Subscription], offer: Offer) -> None:
        """Has an event put into the queue of each of `listeners`, by `offer`."""
        self._offers.append((offer, list(listeners)))
        self._wake()

    def due(self, subscription: Subscription) -> None:
        """Something lies in a queue that was not in line."""
        subscription.in_line = True
        self._line.append(subscription)
        self._wake()

    def _wake(self) -> None:
        if not self._awake:
            self._awake = True
            loop = asyncio.get_running_loop()
            self._latest = loop.time() + PATIENCE
            loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Delivers for a while; to many only once no work is under way."""
        loop = asyncio.get_running_loop()
        many = len(self._line) + sum(len(listeners) for _, listeners in self._offers) > MANY
        if many and self.busy() and loop.time() < self._latest:
            loop.call_later(PAUSE, self._turn)
            return
        until = time.perf_counter() + (TURN if many else TURN_OF_FEW)
        while (self._offers or self._line) and time.perf_counter() < until:
            if self._offers:
                self._put()
            else:
                self._send()
        self._awake = bool(self._offers or self._line)
        if self._awake:
            loop.call_soon(self._turn)

    def _put(self) -> None:
        """Puts the oldest event into some queues."""
        offer, listeners = self._offers[0]
        some = listeners[-SOME:]
        del listeners[-SOME:]
        if not listeners:
            self._offers.popleft()
        for subscription in some:
            offer(subscription)

    def _send(self) -> None:
        """Sends what lies in the queue of the first in line."""
        subscription = self._line.popleft()
        subscription.in_line = False
        try:
            subscription.flush()
        except Exception:  # one connection that breaks oddly must not take the others with it
            log.exception("a stream ends because it cannot be written to")
            subscription.end()
