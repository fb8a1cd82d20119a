"""Where things live (XDG folders), and names that need not be UTF-8."""

import os
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

import platformdirs

from steno.errors import StenoError, printable

SOCKET_LIMIT = 107
"""Bytes a Unix socket's path may have."""


class Paths(NamedTuple):
    """The four folders. Each can be moved with `STENO_CONFIG_DIR`, `STENO_DATA_DIR`,
    `STENO_STATE_DIR` and `STENO_RUNTIME_DIR`."""

    config: Path
    data: Path
    state: Path
    runtime: Path

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def overrides_file(self) -> Path:
        return self.config / "overrides.toml"

    @property
    def database(self) -> Path:
        return self.data / "steno.db"

    @property
    def jobs(self) -> Path:
        """Working folders of jobs."""
        return self.data / "jobs"

    @property
    def uploads(self) -> Path:
        return self.data / "uploads"

    @property
    def models(self) -> Path:
        return self.data / "models"

    @property
    def descriptions(self) -> Path:
        """What plugins said of themselves."""
        return self.state / "plugins.json"

    @property
    def lock(self) -> Path:
        return self.state / "stenod.lock"

    @property
    def token(self) -> Path:
        """What clients of the TCP door must know."""
        return self.state / "token"

    @property
    def log(self) -> Path:
        return self.state / "steno.log"

    @property
    def socket(self) -> Path:
        return self.runtime / "steno.sock"


def default() -> Paths:
    """The folders of this user, as the environment moves them."""
    dirs = platformdirs.PlatformDirs("steno", appauthor=False)
    folders = {
        "config": dirs.user_config_path,
        "data": dirs.user_data_path,
        "state": dirs.user_state_path,
        "runtime": runtime_folder(dirs),
    }
    for name in folders:
        if moved := os.environ.get(f"STENO_{name.upper()}_DIR"):
            folders[name] = Path(moved).absolute()
    return Paths(**folders)


def runtime_folder(dirs: platformdirs.PlatformDirsABC) -> Path:
    """`$XDG_RUNTIME_DIR/steno`, or the state folder where the session has none."""
    return dirs.user_runtime_path if os.environ.get("XDG_RUNTIME_DIR") else dirs.user_state_path


def answering(paths: Paths) -> Path:
    """The socket of the daemon that holds the lock, wherever its environment put it; without one
    the place where a daemon of ours would listen."""
    try:
        pid, socket, *_ = paths.lock.read_text(encoding="utf-8", errors="replace").splitlines()
        os.kill(int(pid), 0)
    except (OSError, ValueError):  # no lock, or one of a daemon that is gone
        return paths.socket
    return Path(socket) if Path(socket).is_socket() else paths.socket


def check_socket(path: Path) -> None:
    """Raises `socket_path` if `path` is too long for a Unix socket."""
    size = len(os.fsencode(path))
    if size > SOCKET_LIMIT:
        raise StenoError(
            "socket_path",
            path=path,
            why=f"it has {size} bytes, at most {SOCKET_LIMIT} are possible",
        )


def display(path: bytes) -> str:
    """`path` for people: always printable, not always exact."""
    return printable(os.fsdecode(path))


def to_uri(path: bytes) -> str:
    """`path` as an exact, percent-encoded `file:` URI."""
    return "file://" + quote_from_bytes(path)


def file_name(name: str) -> bytes:
    """A file name made of any text: no folder, not hidden, with room for an ending."""
    text = "".join(c if c.isprintable() and c != "/" else "_" for c in name).lstrip(".")
    return text.encode()[:200].decode(errors="ignore").encode() or b"_"


def titled(path: bytes, name: str) -> bytes:
    """`path` with a last part made of `name`."""
    return os.path.join(os.path.dirname(path), file_name(name))


def from_reference(reference: str) -> bytes:
    """The absolute path that `reference` (a path or a `file:` URI) names.

    Raises `setting_invalid` if it is relative, on another host or holds a NUL.
    """
    if reference.startswith("file:"):
        rest = reference.removeprefix("file:")
        if rest.startswith("//"):
            host, slash, tail = rest[2:].partition("/")
            if host not in ("", "localhost"):
                raise StenoError("setting_invalid", why=f"{reference} is not on this machine.")
            rest = slash + tail
        path = unquote_to_bytes(rest)
    else:
        path = reference.encode()
    if not path.startswith(b"/"):
        raise StenoError("setting_invalid", why=f"{reference} is not an absolute path.")
    if b"\0" in path:
        raise StenoError("setting_invalid", why="A path cannot hold a NUL character.")
    return path


def to_reference(path: str) -> str:
    """How a client names the local file `path` to the daemon: as it is, or as a URI if it is not
    UTF-8."""
    absolute = os.path.abspath(path)
    try:
        absolute.encode()
    except UnicodeEncodeError:
        return to_uri(os.fsencode(absolute))
    return absolute
