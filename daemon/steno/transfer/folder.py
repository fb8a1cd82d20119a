"""A folder that gathers files of strangers: no name in it leads outside.

Paths have been looked at by `names.check`. Every step on the way is opened by itself and never
through a symbolic link; what is in the way is removed. Methods raise OSError.
"""

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Collection, Iterator
from types import TracebackType

from steno import disk
from steno.transfer.names import JOURNAL, PARTIAL
from steno.worker.protocol import MANIFEST

DOWN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Folder:
    """`min_free`: bytes of its disk to leave."""

    def __init__(self, path: bytes, min_free: int = 0) -> None:
        self.path = path
        self._min_free = min_free
        self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> "Folder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        os.close(self._root)

    @contextlib.contextmanager
    def _parent(self, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """A descriptor of the folder that `path` is in, and its name there."""
        *folders, name = path.split("/")
        here = os.dup(self._root)
        try:
            for folder in folders:
                below = self._step(here, folder, make=make)
                os.close(here)
                here = below
            yield here, name
        finally:
            os.close(here)

    def _step(self, here: int, folder: str, *, make: bool) -> int:
        if make:
            with contextlib.suppress(FileNotFoundError):
                if not stat.S_ISDIR(os.lstat(folder, dir_fd=here).st_mode):
                    os.unlink(folder, dir_fd=here)
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder, dir_fd=here)
        return os.open(folder, DOWN, dir_fd=here)

    def check_room(self) -> None:
        """Raises OSError where the disk is as full as it may be: what others must write, the reason
        for an end among it, finds room."""
        if disk.free(self._root) < self._min_free:
            raise OSError(errno.ENOSPC, "too little would be left of the disk")

    def open(self, path: str) -> int | None:
        """The regular file at `path`, for reading and writing; None where there is none."""
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            with self._parent(path) as (here, name):
                if not stat.S_ISREG(os.lstat(name, dir_fd=here).st_mode):
                    return None
                return os.open(name, flags, dir_fd=here)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def create(self, path: str) -> int:
        """A new file at `path`, for reading and writing, in the place of what is there."""
        self.remove(path)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with self._parent(path, make=True) as (here, name):
            return os.open(name, flags, 0o644, dir_fd=here)

    def size(self, path: str) -> int:
        """Bytes of the regular file at `path`; 0 where there is none."""
        try:
            with self._parent(path) as (here, name):
                found = os.lstat(name, dir_fd=here)
        except OSError:
            return 0
        return found.st_size if stat.S_ISREG(found.st_mode) else 0

    def there(self, path: str) -> int:
        """Bytes that came of the file `path`, whether it is finished or not."""
        return self.size(path) or self.size(path + PARTIAL)

    def sizes(self) -> dict[str, int]:
        """Bytes that came of each file, finished or not, by its path."""
        found: dict[str, int] = {}
        for root, _, files, here in os.fwalk(b".", dir_fd=self._root):
            at = below(root)
            for name in map(os.fsdecode, files):
                status = os.lstat(name, dir_fd=here)
                path = (at + name).removesuffix(PARTIAL)
                if stat.S_ISREG(status.st_mode) and path not in (JOURNAL, MANIFEST):
                    found[path] = max(found.get(path, 0), status.st_size)
        return found

    def remove(self, path: str) -> None:
        """Removes whatever is at `path`, if anything is."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            with self._parent(path) as (here, name):
                if stat.S_ISDIR(os.lstat(name, dir_fd=here).st_mode):
                    shutil.rmtree(name, dir_fd=here)
                else:
                    os.unlink(name, dir_fd=here)

    def rename(self, source: str, target: str) -> None:
        """Both in the same folder; `target` is replaced."""
        with self._parent(source) as (here, old):
            new = target.rpartition("/")[2]
            with contextlib.suppress(FileNotFoundError):
                if stat.S_ISDIR(os.lstat(new, dir_fd=here).st_mode):
                    shutil.rmtree(new, dir_fd=here)
            os.rename(old, new, src_dir_fd=here, dst_dir_fd=here)

    def link(self, source: bytes, path: str) -> None:
        """Makes the file `source`, which is outside, appear at `path`: by a hard link, or by a
        symbolic one where that cannot be."""
        self.remove(path)
        with self._parent(path, make=True) as (here, name):
            try:
                os.link(source, name, dst_dir_fd=here, follow_symlinks=True)
            except OSError:
                os.symlink(source, os.fsencode(name), dir_fd=here)

    def prune(self, keep: Collection[str]) -> None:
        """Removes everything but the files `keep`."""
        for root, folders, files, here in os.fwalk(b".", topdown=False, dir_fd=self._root):
            at = below(root)
            for name in map(os.fsdecode, files):
                if at + name not in keep:
                    os.unlink(name, dir_fd=here)
            for name in map(os.fsdecode, folders):
                if stat.S_ISLNK(os.lstat(name, dir_fd=here).st_mode):
                    if at + name not in keep:
                        os.unlink(name, dir_fd=here)
                elif not any(one.startswith(f"{at}{name}/") for one in keep):
                    shutil.rmtree(name, dir_fd=here)

    def sync(self) -> None:
        """Makes all names in it last."""
        for _, _, _, here in os.fwalk(b".", dir_fd=self._root):
            os.fsync(here)


def below(root: bytes) -> str:
    """What stands before names in a folder that a walk from `.` came to."""
    path = os.fsdecode(root).removeprefix(".").removeprefix("/")
    return path + "/" if path else ""
