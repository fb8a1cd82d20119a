"""Names of a model's files: which may be written below its folder, and which are wanted.

Names come from repositories and archives, that is from strangers.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from steno.errors import StenoError
from steno.worker.protocol import MANIFEST

MOST_FILES = 2_000
LONGEST_PART = 255
"""Bytes of UTF-8 between two slashes."""
LONGEST = 1_024
"""Bytes of UTF-8 in all."""
JOURNAL = "steno-fetch.json"
"""What a download notes for the one that goes on with it."""
PARTIAL = ".part"
"""How names of unfinished files end, which nothing else may."""
REFUSED = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories: controls, surrogates, separators of lines and paragraphs."""


def check(path: str, what: str) -> None:
    """Raises `download_unsafe`, which says that `what` (a repository, an archive) is at fault,
    if `path` must not be written below a model's folder."""
    if why := objection(path):
        raise unsafe(what, path, why)


def check_all(paths: Iterable[str], what: str) -> None:
    """`check` for all; raises it also if they are too many or would lie on one another, on this
    disk or on one that does not tell `a` from `A`. Looks at no more names than are allowed."""
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for path in paths:
        if len(files) >= MOST_FILES:
            raise StenoError(
                "download_unsafe", what=what, why=f"it has more than {MOST_FILES} files"
            )
        check(path, what)
        if (other := files.get(key := folded(path))) is not None:
            why = "is there twice" if other == path else f"cannot be told from {other} everywhere"
            raise unsafe(what, path, why)
        files[key] = path
        while key := key.rpartition("/")[0]:
            folders.setdefault(key, path)
    for key in files.keys() & folders.keys():
        raise unsafe(what, files[key], f"is a file, and a folder in {shown(folders[key])}")


def objection(path: str) -> str:
    """Why `path` must not be written; empty if it may."""
    parts = path.split("/")
    reserved = folded(path)
    if not path:
        return "is empty"
    if any(unicodedata.category(c) in REFUSED for c in path):
        return "has characters that no name should have"
    if path.startswith("/"):
        return "is absolute"
    if "\\" in path:
        return "has a backslash"
    if any(part in ("", ".", "..") for part in parts):
        return "leads elsewhere"
    if len(path.encode()) > LONGEST or any(len(part.encode()) > LONGEST_PART for part in parts):
        return "is too long"
    if reserved.split("/")[0] in (MANIFEST, JOURNAL):
        return "is Steno's own"
    if any(part.endswith(PARTIAL) for part in reserved.split("/")):
        return f"ends with {PARTIAL}, as unfinished files do"
    return ""


def folded(path: str) -> str:
    """What is equal for names that some file system takes for the same."""
    once = unicodedata.normalize("NFC", path).casefold()
    return unicodedata.normalize("NFC", once)


def shown(path: str) -> str:
    """`path` for a sentence: encodable and short."""
    text = path.encode(errors="replace").decode()
    return text if len(text) <= 100 else text[:99] + "…"


def unsafe(what: str, path: str, why: str) -> StenoError:
    return StenoError("download_unsafe", what=what, why=f"the name {shown(path)!r} {why}")


def junk(part: str) -> bool:
    """Whether this part of a path is what tools leave beside a model."""
    return part in (".git", ".cache", "__MACOSX", ".DS_Store") or part.startswith("._")


def selected(paths: Sequence[str], select: Sequence[str]) -> list[str]:
    """Those of `paths` that `select` (see `Model.select`) wants, in their order."""
    if not select:
        return list(paths)
    wanted = {path for one in select for path in first(paths, one)}
    return [path for path in paths if path in wanted]


def unmatched(paths: Sequence[str], select: Sequence[str]) -> list[str]:
    """What `select` names and `paths` have not: entries that match nothing, unless there is a glob
    among their alternatives, which may match nothing."""
    return [one for one in select if not any(c in one for c in "*?[") and not first(paths, one)]


def first(paths: Sequence[str], alternatives: str) -> list[str]:
    """What the first of the `alternatives` that matches anything matches."""
    for pattern in alternatives.split("|"):
        if pattern in paths:
            return [pattern]
        if found := [path for path in paths if fnmatchcase(path, pattern)]:
            return found
    return []
