"""Follows jobs until nothing more happens to them."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, aclosing
from dataclasses import replace
from typing import Protocol

from steno.client import Client, JobState, ModelPayload, Payload, fold, payload
from steno.errors import StenoError
from steno.wire import Event, InitialState, Job

MAX_CHANNELS = 64
"""Jobs that get a channel of their own, with their text. More of them share the channel `jobs`,
which tells states and progress only."""


class Reporter(AbstractContextManager["Reporter"], Protocol):
    """Shows what happens."""

    def begin(self, views: dict[str, JobState]) -> None:
        """Takes the jobs, by id; the mapping is kept up to date."""
        ...

    def event(self, event: Event) -> None:
        """An event of one of the jobs came."""
        ...

    def changed(self, before: JobState, after: JobState, news: Payload) -> None:
        """What is known of a job changed."""
        ...


class Watch:
    """Jobs, and all that is known of them by now."""

    def __init__(self, client: Client, reporter: Reporter) -> None:
        self.views: dict[str, JobState] = {}
        self._client = client
        self._reporter = reporter

    def add(self, job: Job) -> None:
        self.views[job.id] = JobState(job)

    @property
    def open(self) -> list[str]:
        """Ids of the jobs that are not settled."""
        return [ident for ident, view in self.views.items() if not view.settled]

    async def run(self) -> None:
        """Returns once all jobs are settled. Raises what ends the stream of events."""
        self._reporter.begin(self.views)
        for ident in self.views.keys() - set(self.open):
            await self.refresh(ident)
        while ids := self.open:
            many = len(ids) > MAX_CHANNELS
            channels = ["jobs"] if many else [f"job:{ident}" for ident in ids]
            try:
                async with aclosing(self._client.events(channels)) as events:
                    async for event in events:
                        await self._take(event)
                        if not self.open:
                            return
            except StenoError as error:
                if error.code != "job_not_found":
                    raise
                # One of them was removed between two connections; nobody says which.
                for ident in ids:
                    await self.refresh(ident)

    async def _take(self, event: Event) -> None:
        news = payload(event)
        if news is None:
            return
        if concerned := self._concerned(news):
            self._reporter.event(event)
        for ident in concerned:
            before = self.views[ident]
            after = self.views[ident] = fold(before, news, event.id)
            if after.settled and not before.settled:
                await self.refresh(ident)
                after = self.views[ident]
            self._reporter.changed(before, after, news)
        if isinstance(news, InitialState) and news.jobs is not None:
            # Jobs that ended meanwhile are no longer among the active ones.
            for ident in set(self.open) - {job.id for job in news.jobs}:
                await self.refresh(ident)

    def _concerned(self, news: Payload) -> Iterable[str]:
        if isinstance(news, InitialState):
            told = [news.job, *(news.jobs or ())]
            return [job.id for job in told if job is not None and job.id in self.views]
        if isinstance(news, ModelPayload):
            return []
        return [news.job_id] if news.job_id in self.views else []

    async def refresh(self, ident: str) -> None:
        """Asks for what events do not carry: outputs, warnings, the error, gaps."""
        view = self.views[ident]
        try:
            job = await self._client.job(ident)
            gaps = (await self._client.checkpoint(ident)).gaps if job.segments.failed else []
        except StenoError as error:
            if error.code != "job_not_found":
                raise
            self.views[ident] = replace(view, removed=True, drafts={})
            return
        found = {gap.segment_index: gap for gap in gaps}
        self.views[ident] = replace(view, job=job, gaps=found)
