"""Taking a model from a folder or an archive that a person brought."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from steno.disk import FULL
from steno.errors import StenoError, printable
from steno.plugins.contract import ModelFile
from steno.transfer import manifest, room
from steno.transfer.archive import Archive, Listing
from steno.transfer.folder import Folder
from steno.transfer.given import Given
from steno.transfer.inflating import Unreadable
from steno.transfer.progress import Progress
from steno.transfer.selection import Selection, damaged, selection
from steno.worker import protocol as p
from steno.worker.channel import Channel

FLUSH = 16 * 2**20
"""Bytes written between two flushes, so that none takes long and what is told done is done."""


def take(request: p.Import, channel: Channel) -> p.Fetched:
    """Copies, checks and makes last; whatever goes wrong, the folder is empty again then.

    Raises `import_unreadable`, `import_incomplete`, `import_damaged`, `download_unsafe`,
    `download_no_room`, `folder_unusable`, and what the channel raises.
    """
    name = printable(os.fsdecode(request.source))
    with writing(request, 0):
        folder = Folder(request.folder, request.min_free)
    with folder:
        try:
            found = taken(request, folder, name, channel)
        except BaseException as error:
            with suppress(OSError):
                folder.prune(())
            if isinstance(error, Unreadable):
                raise StenoError("import_unreadable", path=name, why=error) from error
            raise
    return p.Fetched(id=request.id, manifest=found)


def taken(request: p.Import, folder: Folder, name: str, channel: Channel) -> p.Manifest:
    with source(request, name, channel.heed) as (given, listing):
        plan = selection(request.model, listing, name)
        room.require(request.folder, plan.size, request.min_free)
        files = list(copied(request, folder, plan, given, channel))
        found = described(request, plan, files, name)
    with writing(request, 0):
        folder.sync()
        manifest.write(folder, found)
    return found


@contextmanager
def source(
    request: p.Import, name: str, heed: Callable[[], None]
) -> Iterator[tuple[Given | Archive, Listing]]:
    """What is given, and what it holds. Raises Unreadable."""
    with reading():
        if stat.S_ISDIR(os.stat(request.source).st_mode):
            folder = Given(request.source, heed)
            yield folder, folder.listing()
            return
        with manifest.opened(request.source) as file:
            archive = Archive(file, name, heed)
            listing = archive.listing(
                lambda need: room.require(request.folder, need, request.min_free)
            )
            yield archive, listing


@contextmanager
def reading() -> Iterator[None]:
    """Raises Unreadable for the system's errors."""
    try:
        yield
    except OSError as error:
        raise Unreadable((error.strerror or str(error)).lower()) from error


@contextmanager
def writing(request: p.Import, need: int) -> Iterator[None]:
    """Raises `download_no_room` or `folder_unusable` for the system's errors."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise room.too_little(request.folder, need, request.min_free) from error
        folder, why = printable(os.fsdecode(request.folder)), error.strerror or str(error)
        raise StenoError("folder_unusable", folder=folder, why=why.lower()) from error


def copied(
    request: p.Import, folder: Folder, plan: Selection, given: Given | Archive, channel: Channel
) -> Iterator[ModelFile]:
    """Copies all that is wanted; gives each file as it was found to be, flushed."""
    progress = Progress(channel, request.id, plan.size)
    left = set(plan.files)
    for path, blocks in given.contents([plan.root + path for path in plan.files]):
        name = path.removeprefix(plan.root)
        left.discard(name)
        yield copy(request, folder, plan, name, blocks, channel, progress)
    if left:
        raise Unreadable("it changed while it was read")
    progress.tell()


def copy(
    request: p.Import,
    folder: Folder,
    plan: Selection,
    name: str,
    blocks: Iterator[bytes],
    channel: Channel,
    progress: Progress,
) -> ModelFile:
    """One file, which may have no more bytes than were announced."""
    announced = plan.files[name].size or 0
    sha256 = hashlib.sha256()
    size = flushed = 0
    with writing(request, plan.size - progress.done):
        file = os.fdopen(folder.create(name), "wb", buffering=0)
    with file:
        for block in blocks:
            channel.heed()
            size += len(block)
            if size > announced:
                raise Unreadable("it changed while it was read")
            sha256.update(block)
            with writing(request, plan.size - progress.done):
                written(file.fileno(), block)
                if size - flushed >= FLUSH:
                    os.fdatasync(file.fileno())
                    flushed = size
                folder.check_room()
            progress.add(len(block))
        with writing(request, 0):
            os.fsync(file.fileno())
    if size != announced:
        raise Unreadable("it changed while it was read")
    return ModelFile(path=name, size=size, sha256=sha256.hexdigest())


def written(number: int, block: bytes) -> None:
    """All of `block`; a disk that is nearly full takes less at once."""
    rest = memoryview(block)
    while rest:
        rest = rest[os.write(number, rest) :]


def described(request: p.Import, plan: Selection, files: list[ModelFile], name: str) -> p.Manifest:
    """What was copied. Raises `import_damaged` if any of it is not what it must be."""
    sums = {path: file.sha256 for path, file in plan.files.items()}
    if wrong := [file.path for file in files if sums[file.path] not in (None, file.sha256)]:
        raise damaged(wrong, name)
    stated = plan.stated
    return p.Manifest(
        name=request.model.name,
        repository=request.model.repository or (stated.repository if stated else None),
        revision=stated.revision if stated else None,
        files=sorted(files, key=lambda file: file.path),
        verified=plan.trust,
    )
