"""Models loaded ahead, so that a job finds them in memory."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from steno.errors import Problem
from steno.jobs.choice import JobKind
from steno.worker.protocol import BackendRef

log = logging.getLogger(__name__)

TRIES = 3
"""Failures in a row after which a model is given up."""
KINDS: tuple[JobKind, ...] = ("asr", "aligner")
"""Of backends that use models."""
Ensure = Callable[[str], Awaitable[Path | None]]
"""Gives the folder of a model, which is fetched if it is not there; None: its plugin brings it."""


class Ahead:
    """A model that is to be loaded ahead."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.state = "waiting"
        self.backend: BackendRef | None = None
        self.failures = 0
        self.error: Problem | None = None
        self.loaded_at: float | None = None
        self.task: asyncio.Task[None] | None = None

    @property
    def given_up(self) -> bool:
        return self.failures >= TRIES
