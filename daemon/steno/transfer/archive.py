"""Archives of files, read as streams: tar (also gz, bz2, xz) and zip, told by their content.

An archive is a stranger's: nothing it says of itself is believed unchecked, and it cannot make this
process hold more than some MiB, whatever it holds or claims to hold.
"""

import errno
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from lzma import LZMAError
from typing import IO, NamedTuple

from steno.errors import StenoError
from steno.transfer import names
from steno.transfer.inflating import HEADERS, Bounded, BoundedFile, Reader, Unreadable, inflated
from steno.transfer.manifest import BLOCK, LARGEST
from steno.worker.protocol import MANIFEST

MOST_MEMBERS = 2 * names.MOST_FILES
"""Files and folders."""
ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those that unpack piece by piece."""
ZIP_ENCRYPTED = 0x1
BROKEN = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, LZMAError, struct.error, EOFError, OSError,
    ValueError, RuntimeError, LookupError, ArithmeticError,
)  # fmt: skip
"""What the libraries raise where an archive is damaged, or made to do damage."""


class Member(NamedTuple):
    """A file in an archive."""

    name: str
    size: int
    """Bytes, as it says."""
    open: Callable[[], Reader]


class Listing(NamedTuple):
    """What there is to import."""

    sizes: dict[str, int]
    """Bytes of each file, by path."""
    manifests: dict[str, bytes]
    """Content of those that are a model's manifest by their name, by path."""
    gone: frozenset[str] = frozenset()
    """Links that lead to nothing."""


class Archive:
    """An open archive; `heed` is called while it works, `what` is its name for people.

    Its methods raise `download_unsafe` for what is refused, Unreadable for what is damaged.
    """

    def __init__(self, file: IO[bytes], what: str, heed: Callable[[], None]) -> None:
        self._file = file
        self._what = what
        self._heed = heed

    def listing(self, afford: Callable[[int], None]) -> Listing:
        """All files. Calls `afford` with the bytes of all so far, before any are unpacked."""
        sizes: list[tuple[str, int]] = []
        manifests: dict[str, bytes] = {}
        total = 0
        with broken():
            for member in self._members():
                sizes.append((member.name, member.size))
                if len(sizes) > names.MOST_FILES:
                    break  # `check_all` says so
                total += member.size
                afford(total)
                if member.name.rpartition("/")[2] == MANIFEST and member.size <= LARGEST:
                    manifests[member.name] = b"".join(blocks(member.open()))
        own = [name for name, _ in sizes if name == MANIFEST]
        names.check_all((name for name, _ in sizes if name != MANIFEST), self._what)
        if len(own) > 1:
            raise names.unsafe(self._what, MANIFEST, "is there twice")
        return Listing(dict(sizes), manifests)

    def contents(self, wanted: Collection[str]) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The files at these paths in the archive's order, each to be read before the next."""
        with broken():
            for member in self._members():
                if member.name in wanted:
                    yield member.name, blocks(member.open())

    def _members(self) -> Iterator[Member]:
        self._file.seek(0)
        zipped = self._file.read(4) in (b"PK\3\4", b"PK\5\6")
        for count, member in enumerate(self._zipped() if zipped else self._tarred()):
            if count >= MOST_MEMBERS:
                why = f"it has more than {MOST_MEMBERS} files and folders"
                raise StenoError("download_unsafe", what=self._what, why=why)
            if member is not None:
                yield member

    def _tarred(self) -> Iterator[Member | None]:
        packed = inflated(self._file, self._heed)
        mode, stream = "r|", Bounded(packed or self._file, self._heed, HEADERS)
        if packed is None:
            mode, stream = "r:", BoundedFile(self._file, self._heed, HEADERS)
        with tarfile.open(mode=mode, fileobj=stream, bufsize=2**16, tarinfo=Header) as tar:  # type: ignore[call-overload]
            for info in tar:
                stream.limit = info.offset_data + max(info.size, 0) + HEADERS
                yield self._tar_member(tar, info)
        if packed is not None:  # the checksum stands at the very end
            end = stream.limit = stream.at + HEADERS
            while stream.at <= end - BLOCK and stream.read(BLOCK):
                pass

    def _tar_member(self, tar: tarfile.TarFile, info: tarfile.TarInfo) -> Member | None:
        name = info.name.removeprefix("./")
        if info.isdir():
            if name not in ("", "."):
                names.check(name, self._what)
            return None
        if not info.isreg():
            raise names.unsafe(self._what, name, "is a link, a device or a pipe")
        if info.issparse() or info.size < 0:
            raise Unreadable(f"it has a file with holes, {names.shown(name)}")

        def opened() -> Reader:
            file = tar.extractfile(info)
            assert file is not None  # it is a regular one
            return file

        return Member(name, info.size, opened)

    def _zipped(self) -> Iterator[Member | None]:
        with zipfile.ZipFile(BoundedFile(self._file, self._heed)) as archive:
            for info in archive.infolist():
                yield self._zip_member(archive, info)

    def _zip_member(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member | None:
        name = info.orig_filename.removeprefix("./")  # the other one ends at a NUL
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise names.unsafe(self._what, name, "is a link, a device or a pipe")
        if name.endswith("/") or kind == stat.S_IFDIR:
            if name:
                names.check(name.removesuffix("/"), self._what)
            return None
        if info.flag_bits & ZIP_ENCRYPTED:
            raise Unreadable("it is encrypted")
        if info.compress_type not in ZIP_METHODS:
            raise Unreadable("it is packed in a way that Steno does not know")
        return Member(name, info.file_size, lambda: archive.open(info))


class Header(tarfile.TarInfo):
    """One that is damaged or cut off is an error; tarfile takes it for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes, encoding: str, errors: str) -> "Header":  # type: ignore[override]
        if len(buf) == tarfile.BLOCKSIZE and not any(buf):
            return super().frombuf(buf, encoding, errors)  # raises what tells the end
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from error


def blocks(reader: Reader) -> Iterator[bytes]:
    """What is left of `reader`. Raises Unreadable."""
    with broken():
        while block := reader.read(BLOCK):
            yield block


@contextmanager
def broken() -> Iterator[None]:
    """Raises Unreadable for what the libraries raise."""
    try:
        yield
    except BROKEN as error:
        if isinstance(error, OSError) and error.errno == errno.EIO:
            raise  # that is the disk it lies on
        raise Unreadable("it is damaged or cut off, or neither tar nor zip") from error
