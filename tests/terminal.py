"""A real terminal: a window of tmux."""

import shutil
import subprocess
from itertools import count

import psutil
import pytest

from harness import Home, until

NEEDED = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
SOCKETS = count()


class Terminal:
    """A window with a shell that finds the daemon of `home`."""

    def __init__(self, home: Home, columns: int, lines: int = 20, **more: str) -> None:
        self._tmux = ["tmux", "-S", str(home.root / f"t{next(SOCKETS)}"), "-f", "/dev/null"]
        shell = "/bin/sh"
        environment = home.environment | {"LC_ALL": "C.UTF-8", "PS1": "> ", "ENV": ""} | more
        for name in ("COLUMNS", "LINES"):
            environment.pop(name, None)  # of the terminal of the tests
        self._run("new-session", "-d", "-x", str(columns), "-y", str(lines), shell, env=environment)

    def _run(self, *args: str, env: dict[str, str] | None = None) -> str:
        command = [*self._tmux, *args]
        return subprocess.run(
            command, env=env, check=True, capture_output=True, encoding="utf-8"
        ).stdout

    def type(self, line: str) -> None:
        self._run("send-keys", line, "Enter")

    def press(self, *keys: str) -> None:
        """Keys by the names that tmux gives them."""
        self._run("send-keys", *keys)

    def write(self, text: str) -> None:
        """Characters as they are."""
        self._run("send-keys", "-l", text)

    def paste(self, text: str) -> None:
        """As a terminal pastes what was dropped on it: in brackets, where these are asked for."""
        self._run("set-buffer", text)
        self._run("paste-buffer", "-p")

    def send_bytes(self, data: bytes) -> None:
        """A bracketed paste of any bytes."""
        wrapped = b"\x1b[200~" + data + b"\x1b[201~"
        self._run("send-keys", "-H", *(f"{byte:02x}" for byte in wrapped))

    def children(self) -> list[int]:
        """Processes that its shell runs."""
        shell = int(self._run("display-message", "-p", "#{pane_pid}"))
        return [child.pid for child in psutil.Process(shell).children()]

    @property
    def cursor_is_seen(self) -> bool:
        return self._run("display-message", "-p", "#{cursor_flag}").strip() == "1"

    def resize(self, columns: int, lines: int) -> None:
        self._run("resize-window", "-x", str(columns), "-y", str(lines))

    def interrupt(self) -> None:
        self._run("send-keys", "C-c")

    async def clear(self) -> None:
        self._run("send-keys", "clear", "Enter")
        await until(lambda: self.screen.count("\n") == 0, what="an empty screen")

    @property
    def screen(self) -> str:
        return self._run("capture-pane", "-p").rstrip()

    async def shows(self, *parts: str, without: str = "") -> str:
        """The screen, once it has all of `parts`, and not `without`."""

        def there() -> str:
            screen = self.screen
            fits = all(part in screen for part in parts)
            return screen if fits and not (without and without in screen) else ""

        try:
            return await until(there, what=f"{parts} on the screen")
        except AssertionError as error:
            raise AssertionError(self.screen) from error

    def close(self) -> None:
        self._run("kill-server")
