"""How many may stand at a door at once."""

import asyncio
import socket
import subprocess
import sys

from aiohttp import web

from harness import until
from steno.api.server import Site

RAISED = """
import resource
from steno.door import allow_many_files, most_strangers
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
allow_many_files()
soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
print(soft, soft == hard or soft == 65536, most_strangers() * 2 == soft - soft % 2)
"""


async def test_more_connections_than_allowed_are_closed_as_they_come() -> None:
    runner = web.AppRunner(web.Application())
    await runner.setup()
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    site = Site(runner, server, timeout=60, most=2)
    await site.start()
    first = await asyncio.open_connection("127.0.0.1", port)
    second = await asyncio.open_connection("127.0.0.1", port)
    await until(lambda: site.open == 2, what="two are in")

    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await ended(reader)
    writer.close()

    second[1].close()
    await until(lambda: site.open == 1, what="one has left")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 404")
    writer.close()
    first[1].close()
    await runner.cleanup()
    assert site.open == 0


async def ended(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


def test_as_many_files_may_be_open_as_the_system_allows() -> None:
    said = subprocess.check_output([sys.executable, "-c", RAISED], text=True)
    files, raised, half = said.split()
    assert int(files) > 64
    assert (raised, half) == ("True", "True")
