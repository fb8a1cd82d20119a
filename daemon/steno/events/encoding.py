"""Events as they stand on the wire. Each is encoded once, however many listen."""

import time

import msgspec

from steno.store.database import stamped


def encode(kind: str, data: bytes, event_id: str | None = None) -> bytes:
    """An event as it stands on the wire. `data` is one line of JSON."""
    head = b"id: %s\n" % event_id.encode() if event_id else b""
    return head + b"event: %s\ndata: %s\n\n" % (kind.encode(), data)


def passing(kind: str, data: msgspec.Struct) -> bytes:
    """An event that is not stored, with the present moment."""
    return encode(kind, stamped(msgspec.json.encode(data), time.time()))
