"""The TCP door: for programs of this machine that cannot use the Unix socket. Off unless asked for.

Any user and any web page can knock at a port, so who comes in names this very door (against
rebinding of names) and has the token; see `steno.api.guard`.
"""

import os
import socket
from typing import NamedTuple

from steno import token
from steno.config import Tcp
from steno.door import BACKLOG
from steno.errors import StenoError
from steno.paths import Paths


class TcpDoor(NamedTuple):
    """An open door."""

    socket: socket.socket
    url: str
    hosts: frozenset[str]
    """What the header Host may be."""
    token: bytes


def open_door(config: Tcp, paths: Paths) -> TcpDoor | None:
    """The door as configured; None if it is to be closed. The lock must be held.

    Raises `token_unusable` or `port_unusable`.
    """
    if not config.enabled:
        return None
    secret = token.keep(paths.token)
    server = listen(config.host, config.port)
    port = server.getsockname()[1]
    own = address(config.host, port)
    hosts = frozenset((own, address("localhost", port), *config.hosts))
    return TcpDoor(server, f"http://{own}", hosts, secret)


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        server = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    except OSError as error:
        raise unusable(host, port, error) from error
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((host, port))
        server.listen(BACKLOG)
    except OSError as error:
        server.close()
        raise unusable(host, port, error) from error
    return server


def address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def unusable(host: str, port: int, error: OSError) -> StenoError:
    why = os.strerror(error.errno).lower() if error.errno else str(error)
    return StenoError("port_unusable", address=address(host, port), why=why)
