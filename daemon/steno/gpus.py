"""GPUs, as a process of its own asks NVIDIA's driver for them: a driver that hangs or breaks takes
that process down, not the daemon."""

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Sequence

import msgspec

from steno.wire.system import GpuInfo

log = logging.getLogger(__name__)

DEVICES = ("/dev/nvidiactl", "/dev/dxg")
"""One of these is there where a driver is; the second one under Windows."""
ASK = (sys.executable, "-P", "-m", "steno.worker.gpu")
FRESH = 5.0
"""Seconds for which an answer is good."""
TIMEOUT = 20.0
"""Seconds the process may take: a driver that nobody uses wakes the GPUs first."""
FAREWELL = 1.0
"""Seconds that it is waited for once it was killed."""
PATIENCE = 1.0
"""Seconds that a client waits for the first answer."""


class Gpus:
    """What was told last. Used on the loop's thread only."""

    def __init__(self, command: Sequence[str] = ASK, devices: Sequence[str] = DEVICES) -> None:
        self._command = command
        self._devices = devices
        self._known: list[GpuInfo] = []
        self._good_until = 0.0
        self._asking: asyncio.Task[None] | None = None

    @property
    def there(self) -> bool:
        """Whether there is a driver to be asked. Looks at files."""
        return any(os.path.exists(one) for one in self._devices)

    async def look(self) -> list[GpuInfo]:
        """The GPUs, as they were some seconds ago: an answer that is too old is renewed beside.
        Where there is a driver; call `there` first."""
        if self._asking is None and time.monotonic() >= self._good_until:
            self._asking = asyncio.create_task(self._ask(), name="gpus")
            if not self._known:
                await asyncio.wait((self._asking,), timeout=PATIENCE)
        return self._known

    async def _ask(self) -> None:
        try:
            self._known = await asked(self._command)
        except (OSError, TimeoutError, msgspec.DecodeError) as error:
            log.info("the GPUs' driver does not answer: %s", str(error) or "it took too long")
            self._known = []
        finally:
            self._good_until = time.monotonic() + FRESH
            self._asking = None


async def asked(command: Sequence[str]) -> list[GpuInfo]:
    """What `command` prints. Raises OSError, TimeoutError, or DecodeError where it broke."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, start_new_session=True, cwd="/",
    )  # fmt: skip
    try:
        async with asyncio.timeout(TIMEOUT):
            said, _ = await process.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        with contextlib.suppress(TimeoutError):  # in a hanging driver's hands it does not even end
            async with asyncio.timeout(FAREWELL):
                await process.wait()
    return msgspec.json.decode(said, type=list[GpuInfo])
