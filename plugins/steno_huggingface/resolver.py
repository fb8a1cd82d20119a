"""From names of the hub to files. huggingface_hub knows names, revisions, tokens and addresses; the
bytes are moved by others. Works with its versions from 0.36 to 2.x."""

import logging
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

# Read by the library when it is imported: nobody would see its bars, and nobody is to be told.
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import huggingface_hub
from huggingface_hub import HfApi, constants, get_hf_file_metadata, get_token, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.hf_api import ModelInfo, RepoSibling
from msgspec.structs import replace

from steno.plugins import CannotResolve, Context, RemoteFile, Resolved
from steno_huggingface.cache import GIT_SHA1, SHA256, Cache
from steno_huggingface.failure import TIMEOUT, Failure
from steno_huggingface.settings import Settings

VERSION = version("steno")
COMMIT = re.compile("[0-9a-f]{40}")
AT_ONCE = 8
"""Requests, where a mirror must be asked for each file."""


class HubResolver:
    """The hub, or a mirror of it."""

    def __init__(self, settings: Settings, _context: Context) -> None:
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
        self._endpoint = (settings.endpoint or constants.ENDPOINT).rstrip("/")
        self._token_file = settings.token_file
        self._cache = Cache(settings.cache)

    def resolve(self, repository: str, revision: str | None) -> Resolved:
        try:
            info = self._ask(repository, revision)
        except CannotResolve as error:
            if error.reason in ("network", "offline", "proxy"):
                error.here = self._cache.resolve(repository, revision)
            raise
        return self._with_files(repository, commit(info, revision), info)

    def newest(self, repository: str) -> str:
        return commit(self._ask(repository, None), None)

    def close(self) -> None:
        pass

    def _ask(self, repository: str, revision: str | None) -> ModelInfo:
        # `list_repo_tree` tells as much, but no timeout can be set for it, and it tries again for
        # minutes.
        token = self._token()
        with self._told(repository, revision, token):
            return HfApi(
                self._endpoint, token or False, library_name="steno", library_version=VERSION
            ).model_info(repository, revision=revision, timeout=TIMEOUT, files_metadata=True)

    def _with_files(self, repository: str, commit: str, info: ModelInfo) -> Resolved:
        token = self._token()
        headers = {"User-Agent": f"steno/{VERSION}; hf_hub/{huggingface_hub.__version__}"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        with self._told(repository, commit, token):
            siblings = info.siblings or []
            files = [self._file(repository, commit, one, headers) for one in siblings]
            if any(file.size is None for file in files):
                files = asked_singly(files, token)
        return Resolved(revision=commit, files=tuple(files))

    def _file(
        self, repository: str, commit: str, one: RepoSibling, headers: dict[str, str]
    ) -> RemoteFile:
        return RemoteFile(
            path=one.rfilename,
            url=hf_hub_url(repository, one.rfilename, revision=commit, endpoint=self._endpoint),
            headers=headers,
            size=one.size,
            sha256=one.lfs.sha256 if one.lfs else None,
            git_sha1=None if one.lfs else one.blob_id,  # else that of a pointer
            local=self._cache.file(repository, commit, one.rfilename),
        )

    def _token(self) -> str | None:
        """Raises `CannotResolve` if the file that should hold it cannot be read."""
        if not self._token_file:
            return None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
        try:
            return Path(self._token_file).expanduser().read_text(encoding="ascii").strip() or None
        except (OSError, ValueError) as error:
            why = f"the token file {self._token_file} cannot be read: {error}"
            raise CannotResolve("invalid", why) from error

    @contextmanager
    def _told(self, repository: str, revision: str | None, token: str | None) -> Iterator[None]:
        """Raises `CannotResolve` for what goes wrong on the way to the hub."""
        host = urlsplit(self._endpoint).netloc.rpartition("@")[2]
        try:
            yield
        except Exception as error:  # whichever HTTP library is below raises its own
            failure = Failure(host, repository, revision, bool(token)).of(error)
            if failure is None:
                raise
            raise failure from error


def commit(info: ModelInfo, revision: str | None) -> str:
    """The exact revision that `info` is about. Raises `CannotResolve` if it does not tell, or if
    that is another than was asked for."""
    told = info.sha if isinstance(info.sha, str) else ""
    if COMMIT.fullmatch(told) is None:
        raise CannotResolve("server", f"it is not told which revision of {info.id} that is")
    if revision and COMMIT.fullmatch(revision) and told != revision:
        raise CannotResolve("server", f"revision {told} of {info.id} came in place of {revision}")
    return told


def asked_singly(files: Sequence[RemoteFile], token: str | None) -> list[RemoteFile]:
    """`files` with sizes and sums from a mirror that tells them with each file only."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda file: asked(file, token), files))


def asked(file: RemoteFile, token: str | None) -> RemoteFile:
    if file.url is None or file.size is not None:
        return file
    try:
        found = get_hf_file_metadata(file.url, token=token or False, timeout=TIMEOUT)
    except HfHubHTTPError:  # it does not answer such questions; what it sends will tell
        return file
    etag, sums = found.etag or "", {}
    if SHA256.fullmatch(etag):
        sums = {"sha256": etag}
    elif GIT_SHA1.fullmatch(etag):
        sums = {"git_sha1": etag}
    return replace(file, size=found.size, **sums)
