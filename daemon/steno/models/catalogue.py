"""What models there are. Pure: from what plugins describe and what is configured."""

import difflib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from steno.config import OwnModel
from steno.discovery import Registry
from steno.errors import StenoError
from steno.plugins.contract import Model
from steno.subtitles.languages import LANGUAGES

ALIGNERS = "align"
"""The kind of models that find the times of words, one for each language."""


class Entry(NamedTuple):
    """A model of the catalogue."""

    model: Model
    origin: Literal["repository", "plugin", "folder"]
    """`plugin`: it comes with its plugin. `folder`: it is a person's own folder."""
    folder: Path | None = None
    """A person's own."""
    used_by: tuple[str, ...] = ()
    """Names of backends."""


Catalogue = Mapping[str, Entry]
"""By name, `kind/id`, in the order in which they are shown."""


def catalogue(
    registry: Registry, folders: Mapping[str, Path], installed: Collection[str] = ()
) -> Catalogue:
    """All models of `registry`, each once.

    `folders`: where a person's own models lie, by name. `installed`: names of models that are
    here, whether or not a plugin still tells of them.
    """
    found: dict[str, Entry] = {}
    for model in described(registry):
        if model.name not in found:
            found[model.name] = entry(model, registry, folders.get(model.name))
    for name in sorted(set(installed) - set(found)):
        kind, _, ident = name.partition("/")
        found[name] = Entry(Model(kind=kind, id=ident, title="no plugin tells of it"), "repository")
    kinds = list(dict.fromkeys(one.model.kind for one in found.values()))
    return dict(sorted(found.items(), key=lambda item: kinds.index(item[1].model.kind)))


def described(registry: Registry) -> Iterable[Model]:
    """Models as plugins tell of them: of what recognises first, then of what aligns. A person's
    own take the place of those of the same name."""
    own = {model.name: model for model in registry.own}
    for kind in ("asr", "aligner"):
        for backend in registry.of_kind(kind):
            yield from backend.models
    for plugin in registry.plugins:
        yield from (own.get(model.name, model) for model in plugin.models)
    yield from own.values()


def entry(model: Model, registry: Registry, folder: Path | None) -> Entry:
    users = dict.fromkeys(
        backend.name
        for kind in ("asr", "aligner")
        for backend in registry.of_kind(kind)
        if any(one.name == model.name for one in backend.models)
    )
    if folder is not None:
        return Entry(model, "folder", folder, tuple(users))
    return Entry(model, "repository" if model.repository else "plugin", None, tuple(users))


def find(known: Catalogue, name: str) -> Entry:
    """The model `kind/id`, or the only one of the id `name`. Raises `model_not_found`."""
    if name in known:
        return known[name]
    same = [one for one in known.values() if one.model.id == name]
    if len(same) == 1:
        return same[0]
    names = [one.model.name for one in same] or difflib.get_close_matches(name, known, 5, 0.5)
    raise StenoError("model_not_found", name=name, known=", ".join(names or list(known)[:20]))


def companion(known: Catalogue, model: Model, language: str) -> Model | None:
    """The aligner's model that goes with `model` where `language` is spoken: none where it finds
    the times itself, or nobody has one. Raises `language_unknown`, `language_unsupported`."""
    if language not in LANGUAGES:
        raise StenoError("language_unknown", name=language)
    if model.languages and language not in model.languages:
        raise StenoError(
            "language_unsupported",
            model=model.name,
            backend=model.kind,
            name=f"{language} ({LANGUAGES[language]})",
            known=", ".join(model.languages),
        )
    if model.kind == ALIGNERS:
        return None
    for one in known.values():
        if one.model.kind == ALIGNERS and language in one.model.languages:
            return one.model
    return None


def own_models(own: Mapping[str, OwnModel]) -> list[Model]:
    """A person's own models, as their configuration names them."""
    found = []
    for name, said in own.items():
        kind, _, ident = name.partition("/")
        model = Model(
            kind=kind,
            id=ident,
            title=said.title or f"your own {ident}",
            languages=said.languages,
            repository=None if said.folder else said.repository,
            revision=said.revision,
            downloader=said.downloader,
        )
        found.append(model)
    return found
