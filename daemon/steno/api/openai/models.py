"""Names of models, as clients of OpenAI's interface give them, and what they mean here."""

import re
from typing import Any, Literal

from msgspec import Struct

from steno.config import Config
from steno.discovery import Registry
from steno.errors import StenoError
from steno.plugins.described import Backend
from steno.wire import Task

DEFAULT = "whisper-1"
THEIRS = re.compile(r"whisper-1|gpt-[a-z0-9.-]+")
"""Names of OpenAI's own models: whatever is configured, or best."""


class OpenAiModel(Struct, frozen=True, kw_only=True):
    id: str
    object: Literal["model"] = "model"
    created: int
    """Seconds since the epoch: when the daemon started."""
    owned_by: str
    """The distribution that brings it."""


class OpenAiModels(Struct, frozen=True, kw_only=True):
    """Answer of `GET /v1/models`."""

    object: Literal["list"] = "list"
    data: list[OpenAiModel]


def listed(registry: Registry, created: int) -> list[OpenAiModel]:
    """`whisper-1`, then each usable recogniser and each of its models."""
    found = [OpenAiModel(id=DEFAULT, created=created, owned_by="steno")]
    for backend in usable(registry):
        owner = registry.plugin_of("asr", backend.name).distribution
        names = (backend.name, *(f"{backend.name}/{model.id}" for model in backend.models))
        found += [OpenAiModel(id=name, created=created, owned_by=owner) for name in names]
    return found


def chosen(name: str, task: Task, registry: Registry, config: Config) -> dict[str, Any]:
    """The settings that the model `name` stands for. Raises `model_not_found`, or
    `setting_invalid` where nothing can do the task."""
    wanted = meant(name, registry)
    if task == "transcribe" or wanted:
        return wanted
    able = [backend.name for backend in usable(registry) if backend.translates]
    if not able:
        raise StenoError("setting_invalid", why="No installed recogniser can translate.")
    return {} if config.transcription.backend in able else {"backend": able[0]}


def meant(name: str, registry: Registry) -> dict[str, Any]:
    """A backend, `backend/model`, a model `kind/id` or its id alone."""
    backends = usable(registry)
    for backend in backends:
        if name == backend.name:
            return {"backend": backend.name}
    for form in ("{backend}/{id}", "{kind}/{id}", "{id}"):
        for backend in backends:
            for model in backend.models:
                if name == form.format(backend=backend.name, kind=model.kind, id=model.id):
                    return {"backend": backend.name, "model": model.name}
    if THEIRS.fullmatch(name):
        return {}
    known = ", ".join(model.id for model in listed(registry, 0))
    raise StenoError("model_not_found", name=name, known=known)


def usable(registry: Registry) -> list[Backend]:
    """Recognisers that lack nothing, the best first."""
    return [one for one in registry.of_kind("asr") if not registry.lacks(one)]


def takes_temperature(backend: str, registry: Registry) -> bool:
    """Whether the recogniser has such a setting."""
    for one in usable(registry):
        if backend in ("", one.name):
            return "temperature" in (one.settings_schema or {}).get("properties", {})
    return False
