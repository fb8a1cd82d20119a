"""Unbroken sequences of states: events folded, and asked for anew where they do not tell all."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from steno import wire
from steno.client import catalogue, listing, state
from steno.client.catalogue import ModelsState
from steno.client.listing import JobsState
from steno.client.replay import is_resync
from steno.client.state import JobState, Text
from steno.client.stream import payload
from steno.errors import StenoError
from steno.wire import Event
from steno.wire.models import MODELS_CHANNEL

if TYPE_CHECKING:
    from steno.client.http import Client

PAGE = 2000
"""Cues asked for at once."""
BREATH = 0.2
"""Seconds before all models are asked for anew, so that many new ones are one question."""


async def job_states(client: "Client", job: str) -> AsyncGenerator[JobState, None]:
    """See `Client.watch`."""
    ident = (await client.job(job)).id
    now: JobState | None = None
    try:
        async with aclosing(client.events([f"job:{ident}"])) as events:
            async for event in events:
                news = payload(event)
                if now is None and isinstance(news, wire.InitialState) and news.job is not None:
                    now = JobState(news.job)
                if news is None or now is None:
                    continue
                before, now = now, state.fold(now, news, event.id)
                if is_resync(event):
                    continue  # a state comes, and only what is asked for after it is not too old
                if now.removed:
                    yield now
                    return
                if now.stale or isinstance(news, wire.JobEvent):
                    now = await completed(client, now)
                if now is not before and not now.stale:
                    yield now
    except StenoError as error:
        if error.code != "job_not_found" or now is None:
            raise
        yield replace(now, removed=True)  # between two connections; nobody says so


async def completed(client: "Client", now: JobState) -> JobState:
    """With what events do not tell: how a job came to its new state, and text that is stale. What
    cannot be had is asked for again with the next event."""
    try:
        now = state.fold(now, await client.job(now.job.id))
        if now.stale:
            now = state.fold(now, await text(client, now.job.id))
    except StenoError as error:
        if not (error.problem.retryable or error.code == "job_not_found"):
            raise
    return now


async def text(client: "Client", job: str) -> Text:
    """All cues of a job. What changes between two pages is told by events after the first."""
    first = page = await client.transcript(job, limit=PAGE)
    cues = list(first.cues)
    while page.next is not None:
        page = await client.transcript(job, limit=PAGE, cursor=page.next)
        cues += page.cues
    return Text(first.as_of, first.revision, cues, first.gaps)


async def jobs_states(client: "Client") -> AsyncGenerator[JobsState, None]:
    """See `Client.watch_jobs`."""
    now = JobsState()
    async with aclosing(client.events([wire.JOBS_CHANNEL])) as events:
        async for event in events:
            if (news := payload(event)) is None:
                continue
            before, now = now, listing.fold(now, news, event.id)
            now = await jobs_told(client, now)
            if now is not before and not now.stale:
                yield now


async def jobs_told(client: "Client", now: JobsState) -> JobsState:
    """With what events do not tell of jobs. What cannot be had is asked for again with the next
    event."""
    for job in sorted(now.untold):
        try:
            now = listing.fold(now, await client.job(job))
        except StenoError as error:
            if not (error.problem.retryable or error.code == "job_not_found"):
                raise
    try:
        return listing.fold(now, await client.status()) if now.counts_stale else now
    except StenoError as error:
        if not error.problem.retryable:
            raise
        return now


async def models_states(client: "Client") -> AsyncGenerator[ModelsState, None]:
    """See `Client.watch_models`."""
    last: ModelsState | None = None
    async with aclosing(models_news(client)) as news:
        async for _, now in news:
            if now is not last and not now.stale:
                yield now
            last = now


async def models_news(client: "Client") -> AsyncGenerator[tuple[Event, ModelsState], None]:
    """Every event of the channel `models`, with all that is known of models after it."""
    now = ModelsState()
    while True:
        async with aclosing(client.events([MODELS_CHANNEL])) as events:
            async for event in events:
                if (news := payload(event)) is None:
                    continue
                now = catalogue.fold(now, news)
                if now.stale and not is_resync(event):
                    break
                if not now.stale:
                    now = await all_told(client, now)
                yield event, now
        await asyncio.sleep(BREATH)


async def all_told(client: "Client", now: ModelsState) -> ModelsState:
    """With what events do not tell of models. What cannot be had is asked for again with the next
    event."""
    failed: set[str] = set()
    while left := now.untold - failed:
        name = min(left)
        try:
            now = catalogue.fold(now, await client.model(name))
        except StenoError as error:
            if not (error.problem.retryable or error.code == "model_not_found"):
                raise
            failed.add(name)
    return now
