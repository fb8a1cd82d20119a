"""The seam between jobs and whatever does their work: today processes of this machine."""

from collections.abc import Callable
from typing import Literal, Protocol

from steno.worker.protocol import Answers, End, Requests

Role = Literal["media", "speech"]
"""`media` workers probe, decode and split; `speech` workers recognise and align."""


class Executor(Protocol):
    """Does requests somewhere. The id of a request is set by the executor."""

    async def perform(
        self,
        role: Role,
        request: Requests,
        on_answer: Callable[[Answers], None] = lambda answer: None,
        *,
        order: tuple[int, ...] = (),
    ) -> End:
        """Does `request` and returns its last answer; `on_answer` is called for those before it.

        Requests of lower `order` go first. Raises `WorkFailed` where plugin code reported a
        failure and `WorkerDied` where its process ended. When the caller is cancelled the work is
        cancelled too, and its place is free again as soon as it has stopped.
        """
        ...
