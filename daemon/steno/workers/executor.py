"""The seam between jobs and whatever does their work: today processes of this machine."""

from collections.abc import Callable
from typing import Literal, Protocol

from steno.worker.protocol import Answers, End, Requests

Role = Literal["media", "speech", "download", "files"]
"""`media` workers probe, decode and split; `speech` workers recognise and align; `download` workers
alone use the network, and `files` workers check and unpack models."""


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

        Requests of lower `order` go first, on a worker that has the backend loaded where there is
        one. Raises `WorkFailed` where plugin code reported a failure, `WorkerDied` where its
        process ended and `WorkerUnavailable` where none could be started. When the caller is
        cancelled the work is cancelled too, and its place is free again once it has stopped.
        """
        ...

    async def settled(self, role: Role) -> None:
        """Waits until work of cancelled callers has stopped: it touches nothing any more."""
        ...
