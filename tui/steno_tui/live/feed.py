"""One connection to the daemon for the whole application, kept while screens come and go."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

from steno import wire
from steno.client import Cues, payload, watch
from steno.client.state import Text
from steno.errors import StenoError
from steno.wire.models import MODELS_CHANNEL
from steno_tui.live import world
from steno_tui.live.world import Asked, Closed, Link, News, Opened, Page, Toast, Told, World

if TYPE_CHECKING:
    from steno.client import Client

CHANNELS = (wire.JOBS_CHANNEL, wire.TRANSCRIPTS_CHANNEL, MODELS_CHANNEL)
PAINT = 0.1
"""Seconds between two paints, at least."""
FIRST = 300
"""Cues of a transcript that are asked for before all others."""
AGAIN = 2.0
"""Seconds until a refused stream is asked for again."""

ROUND = 20
"""New jobs that are asked for one by one; of more at once lists tell in their time."""

Question = tuple[str, str]
"""What is asked for, and of which job or model."""
Publish = Callable[[World, list[Toast]], None]


class Feed:
    """Folds everything the daemon tells into `world`, and publishes it at most ten times a second.

    What events do not tell (new jobs, models, text that changed as a whole) it asks for itself.
    """

    def __init__(self, client: "Callable[[], Client]", publish: Publish) -> None:
        """`client` gives the client, which is not loaded before it is needed."""
        self.world = World()
        self._get_client = client
        self._publish = publish
        self._toasts: list[Toast] = []
        self._changed = asyncio.Event()
        self._wanting = asyncio.Event()
        """Something is to be asked for."""
        self._retry = asyncio.Event()
        self._refused: set[Question] = set()
        """What could not be had and is not asked for again before the next connection."""
        self._opening: set[str] = set()
        """Jobs whose first cues are asked for."""

    @property
    def _client(self) -> "Client":
        return self._get_client()

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._ask())
            tasks.create_task(self._paint())

    def retry(self) -> None:
        """Tries to connect now rather than after the pause."""
        self._retry.set()

    def take(self, news: News, ident: str | None = None) -> None:
        """Folds in what is known from elsewhere, such as the answer to a request."""
        if ended := world.toast(self.world, news):
            self._toasts.append(ended)
        before, self.world = self.world, world.fold(self.world, news, ident)
        if self.world is not before:
            self._changed.set()
            if self._questions():
                self._wanting.set()

    async def open(self, job: wire.Job) -> None:
        """Has the transcript of `job` in `world.texts` until `close`: its first cues at once, the
        others as they come. Raises what the daemon says."""
        if job.id in self.world.texts:
            return
        self.take(Opened(job))
        self.take(Asked(job.id))
        self._opening.add(job.id)
        try:
            first = await self._client.transcript(job.id, limit=FIRST)
        except StenoError:
            self.take(Closed(job.id))
            raise
        finally:
            self._opening.discard(job.id)
        if first.next is None:
            self.take(Told(job.id, Text(first.as_of, first.revision, first.cues, first.gaps)))
        else:
            self.take(Page(job.id, first.cues))
            self._wanting.set()

    def close(self, job: str) -> None:
        """Lets go of a transcript."""
        self.take(Closed(job))

    async def _listen(self) -> None:
        while True:
            try:
                async with aclosing(self._events()) as events:
                    async for event in events:
                        if event.type == "initial_state" and self.world.link.status != "live":
                            self._refused.clear()
                            self.take(Link("live"))
                        if (news := payload(event)) is not None:
                            self.take(news, event.id)
            except StenoError as error:  # refused, for example: too many streams
                self._lost(error)
            await self._pause(AGAIN)

    def _events(self) -> AsyncGenerator[wire.Event, None]:
        return self._client.events(CHANNELS, patient=True, on_lost=self._lost, wake=self._retry)

    def _lost(self, error: StenoError) -> None:
        self.take(Link("lost", error.problem, self.world.link.version))

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._retry.wait()
        self._retry.clear()

    async def _paint(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            toasts, self._toasts = self._toasts, []
            self._publish(self.world, toasts)
            await asyncio.sleep(PAINT)

    # What events do not tell

    async def _ask(self) -> None:
        while True:
            await self._wanting.wait()
            self._wanting.clear()
            for question in self._questions():
                try:
                    await self._answer(*question)
                except StenoError:
                    self._refused.add(question)  # asked again with the next connection
            await asyncio.sleep(PAINT)

    def _questions(self) -> set[Question]:
        opening = {("text", job) for job in self._opening}
        return questions(self.world) - self._refused - opening

    async def _answer(self, kind: str, name: str) -> None:
        match kind:
            case "version":
                health = await self._client.health()
                self.take(Link("live", version=health.version))
            case "counts":
                self.take(await self._client.status())
            case "job":
                self.take(await self._client.job(name))
            case "model":
                self.take(await self._client.model(name))
            case "models":
                found = await self._client.catalogue()
                self.take(wire.InitialState(channel=MODELS_CHANNEL, as_of="", models=found.models))
            case "text":
                self.take(await self._client.job(name))
                self.take(Asked(name))
                text = await watch.text(self._client, name)
                cues = await asyncio.to_thread(Cues, text.cues)  # a long film's take a while
                self.take(Told(name, text._replace(cues=cues)))


def questions(now: World) -> set[Question]:
    """What is to be asked for."""
    if now.link.status != "live":
        return set()
    found = {("job", one) for one in [*now.jobs.untold][:ROUND]}
    found |= {("model", one) for one in now.models.untold}
    found |= {("text", one) for one, text in now.texts.items() if text.stale and not text.removed}
    if now.jobs.counts_stale:
        found.add(("counts", ""))
    if now.link.version is None:
        found.add(("version", ""))
    if now.models.stale and now.models.models:
        found.add(("models", ""))
    return found
