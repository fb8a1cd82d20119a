"""The cache that Hugging Face's own programs share: files are taken from it, never put there."""

import os
import re
from pathlib import Path

from huggingface_hub import CacheNotFound, constants, scan_cache_dir, try_to_load_from_cache

from steno.plugins import RemoteFile, Resolved

SHA256 = re.compile("[0-9a-f]{64}")
GIT_SHA1 = re.compile("[0-9a-f]{40}")


class Cache:
    """`folder`: `auto` for the library's own, or empty for none."""

    def __init__(self, folder: str) -> None:
        chosen = constants.HF_HUB_CACHE if folder == "auto" else folder
        self._folder = Path(chosen).expanduser().resolve() if chosen else None

    def file(self, repository: str, commit: str, path: str) -> Path | None:
        """Where the file is, if it is there."""
        if self._folder is None:
            return None
        try:
            found = try_to_load_from_cache(repository, path, self._folder, commit)
        except ValueError:  # a name that no file can have
            return None
        return self._inside(Path(found)) if isinstance(found, str) else None

    def resolve(self, repository: str, revision: str | None) -> Resolved | None:
        """What is there of `revision`: a commit, or a name that was one when it was fetched."""
        if self._folder is None:
            return None
        try:
            scanned = scan_cache_dir(self._folder)
        except (CacheNotFound, ValueError):  # not there, or a file
            return None
        wanted = revision or constants.DEFAULT_REVISION
        for repo in scanned.repos:
            if (repo.repo_type, repo.repo_id) != ("model", repository):
                continue
            for one in repo.revisions:
                if wanted == one.commit_hash or wanted in one.refs:
                    files = (self._found(file.file_path, one.snapshot_path) for file in one.files)
                    known = sorted((file for file in files if file), key=lambda file: file.path)
                    return Resolved(revision=one.commit_hash, files=tuple(known)) if known else None
        return None

    def _found(self, file: Path, snapshot: Path) -> RemoteFile | None:
        local = self._inside(file)
        if local is None:
            return None
        # A file is a link to one named by its sum where that is known. Only the first link tells:
        # that may be a link too, to a file named by another kind of sum.
        blob = Path(os.readlink(file)).name if file.is_symlink() else ""
        return RemoteFile(
            path=file.relative_to(snapshot).as_posix(),
            size=local.stat().st_size,
            sha256=blob if SHA256.fullmatch(blob) else None,
            git_sha1=blob if GIT_SHA1.fullmatch(blob) else None,
            local=local,
        )

    def _inside(self, path: Path) -> Path | None:
        """The file itself, behind all links; None if it lies elsewhere or is gone."""
        real = path.resolve()
        inside = self._folder is not None and real.is_relative_to(self._folder)
        return real if inside and real.is_file() else None
