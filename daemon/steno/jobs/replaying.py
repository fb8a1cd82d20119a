"""What listeners are told before the present: the state, and the events they missed."""

from collections.abc import AsyncGenerator, Collection, Sequence
from functools import partial

import msgspec

from steno.errors import StenoError
from steno.events.encoding import encode, passing
from steno.events.hub import Hub
from steno.events.subscription import AT_ONCE
from steno.jobs.queries import JobQueries
from steno.models.library import Library
from steno.store import events, jobs, models
from steno.store.database import Database, Reader, StoredEvent
from steno.store.models import Stored
from steno.wire import JOBS_CHANNEL, TRANSCRIPTS_CHANNEL, InitialState, job_channel
from steno.wire.models import MODELS_CHANNEL

PAGE = 200
"""Stored events read at a time."""
ACTIVE = 100
"""Jobs shown in the first event of the channel `jobs`."""


class Replay:
    """All that it gives was encoded where it was read, off the loop's thread."""

    def __init__(self, db: Database, hub: Hub, queries: JobQueries, library: Library) -> None:
        self._db = db
        self._hub = hub
        self._queries = queries
        self._library = library

    async def opening(self, channels: Sequence[str]) -> tuple[int, bytes]:
        """The newest event's number, and the state it leads to as events of a stream."""
        live = self._queries.live()

        def state(db: Reader, channel: str, as_of: str) -> InitialState:
            if channel == JOBS_CHANNEL:
                active = jobs.in_state(db, "created", "queued", "running", "paused", limit=ACTIVE)
                return InitialState(
                    channel=channel,
                    as_of=as_of,
                    jobs=[self._queries.seen(db, job, live) for job in active],
                    counts=jobs.counts(db),
                )
            if channel == TRANSCRIPTS_CHANNEL:
                return InitialState(channel=channel, as_of=as_of)
            job = jobs.get(db, channel.partition(":")[2])
            seen = self._queries.seen(db, job, live) if job else None
            return InitialState(channel=channel, as_of=as_of, job=seen)

        of_models = [channel for channel in channels if channel.startswith(MODELS_CHANNEL)]

        def read(db: Reader) -> tuple[int, dict[str, bytes], Stored]:
            cursor = events.last(db)
            as_of = self._hub.id_of(cursor)
            parts = {
                channel: passing("initial_state", state(db, channel, as_of))
                for channel in channels
                if channel not in of_models
            }
            return cursor, parts, models.everything(db) if of_models else Stored({}, {})

        cursor, parts, stored = await self._db.read(read)
        for channel in of_models:
            name = channel.partition(":")[2]
            found = await self._library.look([name] if name else None, stored)
            shown = InitialState(channel=channel, as_of=self._hub.id_of(cursor), models=found)
            parts[channel] = passing("initial_state", shown)
        return cursor, b"".join(parts[channel] for channel in channels)

    async def number(self, channels: Collection[str], given: str, until: int) -> int | None:
        """The number of the event `given`; None unless all that `channels` carried from it up to
        number `until` is still stored."""
        seen = self._hub.number(given)
        if seen is None or seen > until:
            return None
        gone = await self._db.read(partial(events.gone, channels=channels, after=seen))
        return None if gone else seen

    async def missed(
        self, channels: Collection[str], after: int, until: int
    ) -> AsyncGenerator[bytes, None]:
        """What `channels` carried after number `after` up to `until`, as events of a stream."""

        def read(db: Reader, after: int) -> tuple[int, bytes]:
            page = events.missed(db, channels, after, until, limit=PAGE, size=AT_ONCE)
            data = [encode(e.type, e.data, self._hub.id_of(e.seq)) for e in page]
            return (page[-1].seq if page else until), b"".join(data)

        while after < until:
            after, data = await self._db.read(partial(read, after=after))
            if data:
                yield data

    async def history(
        self, job: str, since: str | None, *, types: tuple[str, ...], limit: int
    ) -> bytes:
        """Events of the job of the id `job` after the event `since`, as a `History` in JSON.
        Raises `events_gone`."""
        channel = job_channel(job)
        after = self._hub.number(since) if since else 0
        if after is None:  # of another database
            raise StenoError("events_gone", since=since)

        def read(db: Reader) -> bytes:
            if since and events.gone(db, [channel], after):
                raise StenoError("events_gone", since=since)
            found = events.of_channel(db, channel, after, types=types, limit=limit)
            shown = [self._shown(event) for event in found]
            return msgspec.json.encode({"job_id": job, "events": shown, "count": len(shown)})

        return await self._db.read(read)

    def _shown(self, event: StoredEvent) -> dict[str, object]:
        data = msgspec.Raw(event.data)
        return {"type": event.type, "data": data, "id": self._hub.id_of(event.seq)}
