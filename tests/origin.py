"""A server of files that does, request by request, what a test tells it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field


@dataclass
class Asked:
    target: str
    headers: dict[str, str]
    """Names in small letters."""

    @property
    def offset(self) -> int:
        return int(self.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))


Act = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Origin:
    """Serves `files` by their names. `acts` are done first, one a request; `always` for ever."""

    files: dict[str, bytes] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)
    always: Act | None = None
    asked: list[Asked] = field(default_factory=list)
    tag: str = '"1"'
    port: int = 0

    @property
    def offsets(self) -> list[int]:
        return [one.offset for one in self.asked]

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/{path}"

    def answer(self, asked: Asked) -> bytes:
        """A right answer, with its head."""
        data = self.files[asked.target.rpartition("/")[2]]
        offset = asked.offset
        if "if-range" in asked.headers and asked.headers["if-range"] != self.tag:
            offset = 0
        if offset >= len(data) and offset:
            return head(416, {"Content-Range": f"bytes */{len(data)}"})
        headers = {"ETag": self.tag} if self.tag else {}
        if offset:
            headers["Content-Range"] = f"bytes {offset}-{len(data) - 1}/{len(data)}"
        return head(206 if offset else 200, headers, len(data) - offset) + data[offset:]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with (
            contextlib.closing(writer),
            contextlib.suppress(ConnectionError, asyncio.IncompleteReadError),
        ):
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                pairs = (line.partition(":") for line in lines[1:] if line)
                headers = {name.lower(): value.strip() for name, _, value in pairs}
                asked = Asked(lines[0].split()[1], headers)
                self.asked.append(asked)
                act = self.acts.pop(0) if self.acts else self.always
                if act is not None:
                    await act(asked, writer)
                else:
                    writer.write(self.answer(asked))
                    await writer.drain()
                if writer.is_closing():
                    break

    # Acts

    def cut(self, after: int, *, reset: bool = False) -> Act:
        """Ends the connection after `after` bytes of the body."""

        async def act(asked: Asked, writer: asyncio.StreamWriter) -> None:
            top, _, body = self.answer(asked).partition(b"\r\n\r\n")
            writer.write(top + b"\r\n\r\n" + body[:after])
            await writer.drain()
            if reset:
                await asyncio.sleep(0.05)  # a reset takes away what was not read yet
                writer.transport.abort()
            writer.close()

        return act

    def stall(self, after: int) -> Act:
        async def act(asked: Asked, writer: asyncio.StreamWriter) -> None:
            top, _, body = self.answer(asked).partition(b"\r\n\r\n")
            writer.write(top + b"\r\n\r\n" + body[:after])
            await asyncio.sleep(60)

        return act

    def drip(self) -> Act:
        async def act(asked: Asked, writer: asyncio.StreamWriter) -> None:
            top, _, body = self.answer(asked).partition(b"\r\n\r\n")
            writer.write(top + b"\r\n\r\n")
            for byte in body:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.02)

        return act


def head(status: int, headers: dict[str, str] | None = None, length: int | None = 0) -> bytes:
    """The head of an answer; `length` None: it ends with the connection."""
    lines = [f"HTTP/1.1 {status} so", *(f"{k}: {v}" for k, v in (headers or {}).items())]
    lines.append("Connection: close" if length is None else f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


def says(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Act:
    """Answers so."""

    async def act(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head(status, headers, len(body)) + body)

    return act


async def silent(asked: Asked, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


@contextlib.asynccontextmanager
async def serving(files: dict[str, bytes]) -> AsyncIterator[Origin]:
    """On all of 127/8."""
    origin, tasks = Origin(files), set[asyncio.Task[None]]()

    def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(origin.handle(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(met, "0.0.0.0", 0)
    origin.port = server.sockets[0].getsockname()[1]
    try:
        yield origin
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
