"""The typed client of the daemon: requests, events that survive a restart, and states.

What asks (`Client`) is loaded when it is first named: aiohttp takes longer than all else together,
and states are known without it.
"""

from typing import TYPE_CHECKING, Any

from steno.client.catalogue import ModelsState
from steno.client.cues import Cues
from steno.client.listing import JobsState
from steno.client.state import WAITING, JobState, News, fold
from steno.client.stream import ModelPayload, Payload, payload

if TYPE_CHECKING:
    from steno.client.connection import Tcp
    from steno.client.http import Client

__all__ = [
    "WAITING",
    "Client",
    "Cues",
    "JobState",
    "JobsState",
    "ModelPayload",
    "ModelsState",
    "News",
    "Payload",
    "Tcp",
    "fold",
    "payload",
]


def __getattr__(name: str) -> Any:
    if name == "Client":
        from steno.client.http import Client

        return Client
    if name == "Tcp":
        from steno.client.connection import Tcp

        return Tcp
    raise AttributeError(name)
