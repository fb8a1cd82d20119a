"""Which files of a repository are fetched, and what they are compared with."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from steno.errors import StenoError
from steno.plugins.contract import Model, ModelFile, RemoteFile, Resolved
from steno.transfer import names, sums
from steno.transfer.folder import Folder
from steno.transfer.sums import SHA256, Sum


class Wanted(Struct, frozen=True, kw_only=True):
    """A file to get, with the size and sum that count."""

    remote: RemoteFile
    size: int | None
    sum: Sum | None
    listed: bool
    """The sum is the catalogue's."""

    @property
    def path(self) -> str:
        return self.remote.path

    @property
    def file(self) -> ModelFile:
        sha256 = self.sum.hex if self.sum and self.sum.way == SHA256 else None
        return ModelFile(path=self.path, size=self.size, sha256=sha256)


def planned(model: Model, revision: str | None, resolved: Resolved) -> list[Wanted]:
    """What is to be got of `resolved`, which was asked for as `revision`.

    The catalogue's sums are those of its own revision. Raises `download_unsafe`, and
    `download_not_found` where a file is missing.
    """
    repository = model.repository or model.name
    check_types(resolved, repository)
    names.check_all((file.path for file in resolved.files), repository)
    remote = {file.path: file for file in resolved.files}
    listed = catalogued(model, revision, resolved.revision)
    missing = sorted(listed.keys() - remote.keys()) + names.unmatched(list(remote), model.select)
    paths = {*names.selected(list(remote), model.select), *listed}
    if missing or not paths:
        what = missing[0] if missing else "a file that is wanted"
        raise StenoError(
            "download_not_found", what=f"{what} of {repository}",
            why=f"revision {resolved.revision} has none",
        )  # fmt: skip
    return [merged(file, listed.get(file.path)) for file in resolved.files if file.path in paths]


def catalogued(model: Model, *revisions: str | None) -> dict[str, ModelFile]:
    """What the catalogue knows of files, by path, where one of `revisions` is its own."""
    known = model.revision is None or model.revision in revisions
    return {file.path: file for file in model.files} if known else {}


def check_types(resolved: Resolved, repository: str) -> None:
    """Raises `download_unsafe` for what is said of files and cannot be: structs do not look at what
    they are built with, and resolvers pass on what a server says."""
    for file in resolved.files:
        what: object
        if not isinstance(file.path, str):
            what, which = file.path, "the name of a file"
        elif file.size is not None and (type(file.size) is not int or file.size < 0):
            what, which = file.size, f"the size of {file.path}"
        elif not all(isinstance(one, str | None) for one in (file.sha256, file.git_sha1)):
            what, which = file.sha256 or file.git_sha1, f"the sum of {file.path}"
        else:
            continue
        why = f"it states {names.shown(repr(what))} as {which}"
        raise StenoError("download_unsafe", what=repository, why=why)


def suffices(model: Model, revision: str | None, here: Resolved) -> bool:
    """Whether `here`, which may lack files of the repository, surely has all of the model: all that
    the catalogue lists of this revision and `select` names, or something for all of `select`, also
    for what not every repository has. Raises `download_unsafe`."""
    if not model.select:
        return False
    try:
        wanted = planned(model, revision, here)
    except StenoError as error:
        if error.code == "download_not_found":
            return False
        raise
    paths = [file.path for file in wanted]
    listed = any(file.listed for file in wanted)
    return listed or all(names.first(paths, entry) for entry in model.select)


def merged(remote: RemoteFile, known: ModelFile | None) -> Wanted:
    """`remote` with what the catalogue knows of it."""
    size = known.size if known and known.size is not None else remote.size
    listed = sums.sha256(known.sha256) if known and known.sha256 else None
    stated = listed or sums.of_remote(remote, size)
    if stated is not None and not stated.valid:
        why = f"{stated.hex[:80]!r} is no {stated.way.algorithm} sum"
        raise StenoError("download_unsafe", what=remote.path, why=why)
    return Wanted(remote=remote, size=size, sum=stated, listed=listed is not None)


def total(files: Sequence[Wanted]) -> int | None:
    """Bytes; None where not all sizes are stated."""
    sizes = [file.size for file in files if file.size is not None]
    return sum(sizes) if len(sizes) == len(files) else None


def there(files: Sequence[Wanted], folder: Folder) -> dict[str, int]:
    """Bytes of each that came earlier; no more than it should have."""
    found = {file.path: folder.there(file.path) for file in files}
    return {
        file.path: found[file.path] if file.size is None else min(file.size, found[file.path])
        for file in files
    }


def need(files: Sequence[Wanted], there: Mapping[str, int]) -> int:
    """Bytes still to be written, as far as sizes are stated. What lies elsewhere on this machine is
    linked."""
    return sum(
        file.size - there[file.path]
        for file in files
        if file.size is not None and file.remote.local is None
    )


def whose(files: Sequence[Wanted]) -> Literal["catalogue", "repository", "unverified"]:
    """Whose sums all files were compared with."""
    if all(file.listed for file in files):
        return "catalogue"
    return "repository" if all(file.sum for file in files) else "unverified"
