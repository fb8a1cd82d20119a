"""The typed client of the daemon: requests, and events that survive a restart."""

from steno.client.http import Client
from steno.client.stream import Payload, payload

__all__ = ["Client", "Payload", "payload"]
