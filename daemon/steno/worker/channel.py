"""The way from work in hand to the daemon."""

from typing import Protocol

from steno.worker import protocol as p

ASIDE = "steno-aside"
"""Name of threads that nobody waits for: where one goes on after the request it was for, nothing
but the end of the process ends it."""


class Channel(Protocol):
    """The way to the daemon."""

    def send(self, answer: p.Answers) -> None:
        """Raises `Interrupted` if the request in hand was cancelled."""
        ...

    def heed(self) -> None:
        """Sends nothing. Raises `Interrupted` if the request in hand was cancelled."""
        ...


class Interrupted(BaseException):
    """The request in hand is no longer wanted. No Exception, lest plugin code eat it."""
