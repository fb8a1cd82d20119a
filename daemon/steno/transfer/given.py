"""A folder that a person names as the place of a model."""

import os
from collections.abc import Callable, Collection, Iterator

from steno.transfer.archive import Listing
from steno.transfer.inflating import Unreadable
from steno.transfer.manifest import BLOCK, LARGEST, opened
from steno.transfer.names import MOST_FILES, junk
from steno.worker.protocol import MANIFEST

MOST_FOLDERS = MOST_FILES


class Given:
    """Its regular files, also those that links lead to, as a person may lay links. What is
    neither is not looked at."""

    def __init__(self, path: bytes, heed: Callable[[], None]) -> None:
        self._path = path
        self._heed = heed

    def listing(self) -> Listing:
        """Raises OSError, and Unreadable where it is no folder of a model."""
        sizes: dict[str, int] = {}
        gone: set[str] = set()
        for entry in self._entries():
            name = os.fsdecode(os.path.relpath(entry.path, self._path))
            if entry.is_file():
                sizes[name] = entry.stat().st_size
            elif entry.is_symlink() and not os.path.exists(entry.path):
                gone.add(name)
            if len(sizes) + len(gone) > MOST_FILES:
                raise Unreadable(f"it holds more than {MOST_FILES} files, as no model does")
        own = [
            name
            for name, size in sizes.items()
            if name.rpartition("/")[2] == MANIFEST and size <= LARGEST
        ]
        return Listing(sizes, {name: self._small(name) for name in own}, frozenset(gone))

    def contents(self, wanted: Collection[str]) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The files at these paths, each to be read before the next."""
        for name in wanted:
            yield name, self._blocks(name)

    def _entries(self) -> Iterator[os.DirEntry[bytes]]:
        """All that is no folder, breadth first; links to folders are followed."""
        folders = [self._path]
        for folder in folders:
            if len(folders) > MOST_FOLDERS:  # perhaps a link leads to a folder above
                raise Unreadable(f"it holds more than {MOST_FOLDERS} folders, as no model does")
            with os.scandir(folder) as found:
                for entry in found:
                    self._heed()
                    if junk(os.fsdecode(entry.name)):
                        continue
                    if entry.is_dir():
                        folders.append(entry.path)
                    else:
                        yield entry

    def _small(self, name: str) -> bytes:
        with opened(os.path.join(self._path, os.fsencode(name))) as file:
            return file.read(LARGEST)

    def _blocks(self, name: str) -> Iterator[bytes]:
        with opened(os.path.join(self._path, os.fsencode(name))) as file:
            while block := file.read(BLOCK):
                yield block
