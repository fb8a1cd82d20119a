"""`steno` as a child process."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence


class Command:
    """A running `steno` with what it printed."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.code: int | None = None
        self.raw = b""
        self.err = ""

    @property
    def out(self) -> str:
        return self.raw.decode()

    async def end(self) -> int:
        """Waits for its end, at most a minute."""
        out, err = await asyncio.wait_for(self.process.communicate(), 60)
        self.raw += out
        self.err += err.decode()
        assert self.process.returncode is not None
        self.code = self.process.returncode
        return self.code

    async def until(self, text: str) -> None:
        """Reads stderr until `text` was printed there."""
        assert self.process.stderr is not None
        while text not in self.err:
            line = await asyncio.wait_for(self.process.stderr.readline(), 30)
            assert line, f"{text!r} did not come: {self.err}"
            self.err += line.decode()


async def launch(args: Sequence[str | bytes], environment: Mapping[str, str]) -> Command:
    """Starts `steno` with `args`."""
    return Command(
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "steno_tui", *args,
            env=dict(environment), stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=PIPE,
        )
    )  # fmt: skip
