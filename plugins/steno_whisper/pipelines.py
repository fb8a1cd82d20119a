"""Where the weights of torchaudio's pipelines are: the installed torchaudio is asked what it would
load, so that whatever version it is, they are those that it can use."""

import importlib
import sys
from contextlib import ExitStack
from types import ModuleType
from typing import Any, NoReturn
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

from steno.plugins import CannotResolve, Context, RemoteFile, Resolved

LOADER = "load_state_dict_from_url"
"""Name of torch's function that fetches weights."""


class Asked(Exception):
    """Weights were to be fetched from `url`."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class PipelineResolver:
    """Names such as `WAV2VEC2_ASR_BASE_960H`."""

    def __init__(self, _settings: None, _context: Context) -> None:
        pass

    def resolve(self, repository: str, revision: str | None) -> Resolved:
        url = address(repository)
        name = unquote(urlsplit(url).path).rpartition("/")[2]
        if revision not in (None, name):
            why = f"the installed torchaudio uses {name} for {repository}, not {revision}"
            raise CannotResolve("not_found", why)
        # A file's name is all that tells one revision from another.
        return Resolved(revision=name, files=(RemoteFile(path=name, url=url),))

    def newest(self, repository: str) -> str:
        return self.resolve(repository, None).revision

    def close(self) -> None:
        pass


def address(pipeline: str) -> str:
    """Where torchaudio would load the weights of `pipeline` from. Raises `CannotResolve`."""
    try:
        pipelines: Any = importlib.import_module("torchaudio.pipelines")
    except (ImportError, OSError) as error:  # OSError: a library that does not fit
        raise CannotResolve("invalid", f"torchaudio cannot be imported: {error}") from error
    bundle: Any = getattr(pipelines, pipeline, None) if pipeline in pipelines.__all__ else None
    loaders = loading()
    if not loaders or not hasattr(bundle, "_get_state_dict"):
        why = f"the installed torchaudio has no pipeline {pipeline} whose weights can be found"
        raise CannotResolve("not_found", why)
    with ExitStack() as stack:
        for module in loaders:
            stack.enter_context(patch.object(module, LOADER, ask))
        try:
            bundle._get_state_dict(None)
        except Asked as asked:
            return asked.url
    raise CannotResolve("invalid", f"torchaudio does not tell where {pipeline} is")


def ask(url: str, *_: object, **__: object) -> NoReturn:
    raise Asked(url)


def loading() -> list[ModuleType]:
    """Modules of torch and torchaudio that know the function, each by a name of its own."""
    return [
        module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in ("torch", "torchaudio") and LOADER in vars(module)
    ]
