"""The server at a listening socket: how large and how slow the head of a request may be, and an
answer to what is no HTTP."""

import asyncio
import logging
import socket
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from steno.api.refusal import refusal
from steno.door import BACKLOG
from steno.errors import StenoError

log = logging.getLogger(__name__)

LINE = 8190
"""Bytes of a request's address."""
FIELD = 4096
"""Bytes of a header field, name and value."""
ACCEPTED = 64
"""Connections taken in one turn of the loop, so that a flood of them does not hold it."""
FIELDS = 64
"""Header fields: a head has at most 264 KiB."""
FAREWELL = 0.5
"""Seconds for a last answer. Meanwhile what its client still sends is taken and thrown away, as it
may not read before it has sent."""


class Site(web.BaseSite):
    """Serves a socket that listens already.

    A connection on which no whole head arrives for `timeout` seconds is closed, be it new or kept
    alive. More than `most` at once are closed as they come.
    """

    def __init__(
        self,
        runner: web.BaseRunner,
        sock: socket.socket,
        *,
        timeout: float,
        most: int | None = None,
    ) -> None:
        super().__init__(runner)
        self.open = 0
        """Connections."""
        self.most = most
        self._socket = sock
        self._timeout = timeout

    @property
    def name(self) -> str:
        return str(self._socket.getsockname())

    async def start(self) -> None:
        await super().start()
        self._server = await asyncio.get_running_loop().create_server(
            self._connection, sock=self._socket, backlog=ACCEPTED
        )
        self._socket.listen(BACKLOG)  # asyncio has one number for both, and made it smaller

    def _connection(self) -> "Connection":
        server = self._runner.server
        assert server is not None
        return Connection(
            server,
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,
            # aiohttp closes a connection that waits for a head at this time, half a head or not.
            keepalive_timeout=self._timeout,
            lingering_time=self._timeout,
            max_line_size=LINE,
            max_field_size=FIELD,
            max_headers=FIELDS,
            auto_decompress=False,
        )


class Connection(web.RequestHandler):
    """A connection of a `Site`."""

    def __init__(self, server: web.Server, site: Site, **options: Any) -> None:
        super().__init__(server, **options)
        self._site = site

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._site.open += 1
        if self._site.most is not None and self._site.open > self._site.most:
            assert isinstance(transport, asyncio.Transport)
            transport.abort()
        else:
            super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._site.open -= 1
        super().connection_lost(exc)

    async def shutdown(self, timeout: float | None = 15.0) -> None:
        if self._task_handler is not None:
            await asyncio.wait((self._task_handler,), timeout=FAREWELL)
        if not self._request_in_progress:
            self.force_close()
        await super().shutdown(timeout)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,  # noqa: ARG002 - aiohttp hands it over
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002
    ) -> web.StreamResponse:
        """What is answered to a request that cannot be parsed, or that broke on its way to a
        handler. The connection is closed."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun already")
        if isinstance(exc, LineTooLong) or (exc and "Too many headers" in str(exc)):
            error = StenoError("head_too_large")
        elif isinstance(exc, HttpProcessingError):
            error = StenoError("bad_request", why="It is not HTTP as it should be.")
        else:
            log.error("%s %s broke", request.method, request.path, exc_info=exc)
            error = StenoError("internal", why=f"{type(exc).__name__}.")
        response = refusal(request, error.problem)
        response.force_close()
        return response
