"""The typed client of the daemon: requests, events that survive a restart, and states."""

from steno.client.catalogue import ModelsState
from steno.client.connection import Tcp
from steno.client.cues import Cues
from steno.client.http import Client
from steno.client.listing import JobsState
from steno.client.state import WAITING, JobState, News, fold
from steno.client.stream import ModelPayload, Payload, payload

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
