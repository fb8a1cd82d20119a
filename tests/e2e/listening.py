"""Raw event streams: everything that came on them, byte for byte."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec

from e2e.asking import Connector
from harness import Home
from steno.client.sse import Parser


class Event:
    def __init__(self, type_: str, data: bytes | str, ident: str | None) -> None:
        self.type = type_
        self.data: dict[str, Any] = msgspec.json.decode(data)
        self.id = ident
        self.number = int(ident.rpartition("-")[2]) if ident else None


class Listener:
    """A raw event stream: everything that came on it."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.raw = b""
        self._parser = Parser()
        self.events: list[Event] = []

    async def until(self, type_: str, **data: Any) -> Event:
        """Reads up to the first event of this type with this data."""
        seen = 0
        async with asyncio.timeout(20):
            while True:
                for event in self.events[seen:]:
                    if event.type == type_ and data.items() <= event.data.items():
                        return event
                seen = len(self.events)
                chunk = await self.response.content.readany()
                assert chunk, f"the stream ended before {type_} {data}"
                self._take(chunk)

    async def to_the_end(self) -> None:
        async with asyncio.timeout(20):
            while chunk := await self.response.content.readany():
                self._take(chunk)

    def _take(self, chunk: bytes) -> None:
        self.raw += chunk
        self.events += [Event(m.type, m.data, m.id) for m in self._parser.feed(chunk)]

    def numbers(self) -> list[int]:
        return [event.number for event in self.events if event.number is not None]


@asynccontextmanager
async def listening(home: Home, path: str, **headers: str) -> AsyncIterator[Listener]:
    connector = Connector(home)
    try:
        async with (
            aiohttp.ClientSession("http://steno", connector=connector) as session,
            session.get(path, headers=headers) as response,
        ):
            assert response.status == 200
            assert response.content_type == "text/event-stream"
            yield Listener(response)
    finally:
        await connector.end()
