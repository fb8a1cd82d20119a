"""A program in a terminal of its own, which is read as a person would see it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

SIZE = (30, 100)
"""Lines and columns."""
STYLES = re.compile(rb"\x1b\[[0-9;?<>=]*[a-zA-Z$]")


class Terminal:
    """`command` in a pseudo terminal, until the end of the block."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._primary, secondary = pty.openpty()
        fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdin=secondary,
            stdout=secondary,
            stderr=secondary,
            env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(secondary)
        self._seen = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._primary)

    def send(self, keys: str) -> float:
        """Types `keys`; the moment it did."""
        self._seen = b""
        os.write(self._primary, keys.encode())
        return time.monotonic()

    def until(self, wanted: str, timeout: float = 30.0) -> float:
        """The moment when `wanted` was written, since the last keys. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        text = wanted.encode()
        while text not in STYLES.sub(b"", self._seen):
            self.read(deadline - time.monotonic())
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {wanted!r} in {self._seen[-2000:]!r}")
        return time.monotonic()

    def read(self, seconds: float) -> None:
        """Takes what is written within `seconds`, at most once."""
        ready, _, _ = select.select([self._primary], [], [], max(0.0, seconds))
        if ready:
            self._seen = (self._seen + os.read(self._primary, 1 << 20))[-(1 << 20) :]

    def rest(self, seconds: float) -> None:
        """Reads on for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)
