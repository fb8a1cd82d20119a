"""Follows downloads of models until each is ready or came to an end too soon."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, aclosing
from typing import Any, Protocol

import msgspec

from steno.client import Client, ModelsState
from steno.client.watch import models_news
from steno.errors import Problem, StenoError
from steno.wire import Event
from steno.wire.models import ModelInfo

UNDER_WAY = frozenset({"waiting", "downloading"})
ALIGNERS = "align"
"""Kind of the models that find the times of words."""


class Reporter(AbstractContextManager["Reporter"], Protocol):
    """Shows what happens."""

    def begin(self, views: dict[str, ModelInfo]) -> None:
        """Takes the models, by name; the mapping is kept up to date."""
        ...

    def event(self, event: Event) -> None:
        """An event of one of the models came."""
        ...

    def changed(self, before: ModelInfo, after: ModelInfo, news: Event, /) -> None:
        """What is known of a model changed."""
        ...


def under_way(model: ModelInfo) -> bool:
    """Whether a download of it waits or runs."""
    if model.download is not None:
        return model.download.status in UNDER_WAY
    return model.status in UNDER_WAY


def trouble(model: ModelInfo, *, update: bool = False) -> Problem | None:
    """Why a model whose download ended is not as it was wanted; None where it is. After an
    `update` that failed the old revision is ready still."""
    problem = model.download.error if model.download is not None else None
    if model.status == "ready" and not (update and problem):
        return None
    return problem or StenoError("download_cancelled", name=model.name).problem


class Pull:
    """Models that are waited for, and all that is known of them by now."""

    def __init__(self, client: Client, reporter: Reporter) -> None:
        self.views: dict[str, ModelInfo] = {}
        self._client = client
        self._reporter = reporter

    def add(self, model: ModelInfo) -> None:
        self.views[model.name] = model

    @property
    def open(self) -> list[str]:
        """Names of the models whose downloads have not ended."""
        return [name for name, model in self.views.items() if under_way(model)]

    async def run(self) -> None:
        """Returns once all downloads have ended. Raises what ends the stream of events."""
        if not self.open:
            return
        self._reporter.begin(self.views)
        async with aclosing(models_news(self._client)) as news:
            async for event, now in news:
                if now.stale:
                    continue
                self._take(event, now)
                if not self.open:
                    return

    def _take(self, event: Event, now: ModelsState) -> None:
        if (shown := concerned(event, self.views)) is not None:
            self._reporter.event(shown)
        for name, before in list(self.views.items()):
            after = now.models.get(name)
            if after is None:
                raise StenoError("model_not_found", name=name, hint="It is no longer offered.")
            self.views[name] = after
            if after != before:
                self._reporter.changed(before, after, event)


async def aligner(client: Client, language: str) -> ModelInfo | None:
    """The aligner's model that the daemon fetches along with another one for `language`, if that is
    under way."""
    found = (await client.catalogue([ALIGNERS], language=language)).models
    return next((m for m in found if language in m.languages and under_way(m)), None)


def concerned(event: Event, wanted: Mapping[str, ModelInfo]) -> Event | None:
    """What `event` tells of the `wanted` models; None if nothing."""
    data: dict[str, Any] = event.data
    if event.type == "initial_state":
        models = [m for m in data["models"] if m["name"] in wanted]
        return msgspec.structs.replace(event, data=data | {"models": models})
    return event if f"{data.get('type')}/{data.get('model_id')}" in wanted else None
