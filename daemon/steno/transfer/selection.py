"""Which files of what is given are the model's, and what they must be. Pure."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from steno.errors import StenoError
from steno.plugins.contract import Model, ModelFile
from steno.transfer import names
from steno.transfer.archive import Listing
from steno.transfer.inflating import Unreadable
from steno.transfer.manifest import decoded
from steno.transfer.plan import catalogued
from steno.worker.protocol import MANIFEST, Manifest

Trust = Literal["catalogue", "repository", "unverified"]


class Selection(NamedTuple):
    """What is to be copied."""

    root: str
    """What stands before every path in the source, with its slash."""
    files: dict[str, ModelFile]
    """By path: its size as found, and the sum that it must have, if one is known."""
    trust: Trust
    """Once all sums fit."""
    stated: Manifest | None
    """The source's own manifest."""

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(file.size or 0 for file in self.files.values())


def selection(model: Model, listing: Listing, source: str) -> Selection:
    """Raises `import_incomplete`, `import_damaged` where sizes do not fit, `download_unsafe`;
    Unreadable where it is not this model at all."""
    present = [
        path
        for path in sorted({*listing.sizes, *listing.gone})
        if not any(names.junk(part) for part in path.split("/"))
    ]
    if not present:
        raise Unreadable("it is empty")
    root = rooted(present, model)
    stated = own_manifest(listing, root, model)
    sizes = {
        path.removeprefix(root): listing.sizes.get(path)
        for path in present
        if path.startswith(root) and path != root + MANIFEST
    }
    known = {file.path: file for file in stated.files} if stated else {}
    catalogue = catalogued(model, (stated.revision if stated else None) or model.revision)
    chosen = sorted({*names.selected([*sizes, *known], model.select), *catalogue})
    missing = [path for path in chosen if sizes.get(path) is None]
    missing += names.unmatched(chosen, model.select)
    if missing:
        raise StenoError("import_incomplete", path=source, files=some(missing), name=model.name)
    if not chosen:
        raise Unreadable(f"it has no file of the model {model.name}")
    names.check_all(chosen, source)
    expected = {path: combined(path, catalogue.get(path), known.get(path)) for path in chosen}
    wrong = [path for path, file in expected.items() if file.size not in (None, sizes[path])]
    if wrong:
        raise damaged(wrong, source)
    files = {
        path: ModelFile(path=path, size=sizes[path], sha256=file.sha256)
        for path, file in expected.items()
    }
    return Selection(root, files, trust(chosen, catalogue, known, stated), stated)


def rooted(paths: list[str], model: Model) -> str:
    """The folder in which the model lies, with its slash: where a manifest is, else the outermost
    that has what the model must have, else the innermost that holds everything."""
    manifests = [path for path in paths if path.rpartition("/")[2] == MANIFEST]
    if manifests:
        outermost, *others = sorted(manifests, key=lambda path: path.count("/"))
        if others and others[0].count("/") == outermost.count("/"):
            raise Unreadable("it holds more than one model; give the folder of one")
        return outermost.removesuffix(MANIFEST)
    roots = [""]
    while len({path.removeprefix(roots[-1]).partition("/")[:2] for path in paths}) == 1:
        folder, slash, _ = paths[0].removeprefix(roots[-1]).partition("/")
        if not slash:
            break
        roots.append(roots[-1] + folder + slash)
    if model.files or model.select:
        for root in roots:
            if fits([path.removeprefix(root) for path in paths], model):
                return root
    return roots[-1]


def fits(paths: list[str], model: Model) -> bool:
    """Whether `paths` have all that the model must have."""
    chosen = {*names.selected(paths, model.select), *(file.path for file in model.files)}
    return bool(chosen) and chosen <= set(paths) and not names.unmatched(paths, model.select)


def own_manifest(listing: Listing, root: str, model: Model) -> Manifest | None:
    text = listing.manifests.get(root + MANIFEST)
    found = decoded(text) if text is not None else None
    if found is None:
        if root + MANIFEST in listing.sizes:
            raise Unreadable(f"its {MANIFEST} cannot be read")
        return None
    if found.name != model.name:
        raise Unreadable(f"it is the model {names.shown(found.name)}, not {model.name}")
    return found


def combined(path: str, first: ModelFile | None, second: ModelFile | None) -> ModelFile:
    """What is known of a file: the catalogue's word counts."""
    both = [file for file in (first, second) if file]
    return ModelFile(
        path=path,
        size=next((file.size for file in both if file.size is not None), None),
        sha256=next((file.sha256.lower() for file in both if file.sha256), None),
    )


def trust(
    chosen: Iterable[str],
    catalogue: Mapping[str, ModelFile],
    known: Mapping[str, ModelFile],
    stated: Manifest | None,
) -> Trust:
    """Whose sums the files are compared with. What another Steno did not verify is unverified."""
    rest = [path for path in chosen if path not in catalogue or not catalogue[path].sha256]
    if not rest:
        return "catalogue"
    sound = stated is not None and stated.verified != "unverified"
    return (
        "repository"
        if sound and all(path in known and known[path].sha256 for path in rest)
        else "unverified"
    )


def damaged(files: list[str], source: str) -> StenoError:
    return StenoError("import_damaged", files=some(files), path=source)


def some(files: list[str]) -> str:
    """Names of files for a sentence, not too many."""
    named = ", ".join(names.shown(file) for file in files[:5])
    return named if len(files) <= 5 else f"{named} and {len(files) - 5} more"
