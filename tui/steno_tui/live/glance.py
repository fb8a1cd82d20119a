"""The newest jobs, asked for before the client is loaded, which takes longer than all else: what a
person sees first."""

import http.client
import socket
from pathlib import Path

import msgspec

from steno.wire import JobPage
from steno_tui.live.window import PAGE

PATIENCE = 1.0
"""Seconds in which a daemon that is there answers; otherwise the application opens without."""
MOST = 8 << 20
"""Bytes of an answer that are read."""


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the Unix socket at `path`."""

    def __init__(self, path: Path) -> None:
        super().__init__("steno", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(str(self._path))


def jobs(path: Path) -> JobPage | None:
    """The first page of all jobs; None where no daemon gives it at once."""
    connection = UnixConnection(path)
    try:
        connection.request("GET", f"/api/jobs?limit={PAGE}")
        answer = connection.getresponse()
        return (
            msgspec.json.decode(answer.read(MOST), type=JobPage) if answer.status == 200 else None
        )
    except (OSError, http.client.HTTPException, msgspec.MsgspecError):
        return None  # the client tells why, a moment later
    finally:
        connection.close()
