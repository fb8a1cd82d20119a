"""Which backends and model a job uses. Pure: from descriptions, configuration and wishes."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import msgspec

from steno import discovery
from steno.config import Config, layer
from steno.discovery import Registry
from steno.errors import StenoError, sentence
from steno.plugins.contract import Model
from steno.plugins.described import Backend, Kind
from steno.subtitles.languages import LANGUAGES
from steno.wire import FORMATS, JobSettings, Notice
from steno.worker.protocol import BackendRef

KIND_NAMES: dict[Kind, str] = {
    "asr": "recognition",
    "aligner": "alignment",
    "splitter": "splitter",
    "downloader": "download",
}


JobKind = Literal["asr", "aligner", "splitter"]
"""Kinds of backends that a job uses."""
OfBackends = Mapping[str, Mapping[str, Any]]
"""Settings of backends by name."""


class Chosen(NamedTuple):
    """Settings with every choice made, and what they were made with."""

    settings: JobSettings
    versions: dict[str, str]
    language: str | None
    """Known before anything is heard."""
    notices: list[Notice]
    """What a person should know beforehand."""


def wished(given: Mapping[str, Any], config: Config) -> JobSettings:
    """What a new job is to do: as `given`, and where that is silent as configured.

    Raises `setting_invalid`.
    """
    wanted = {k: v for k, v in msgspec.to_builtins(config.transcription).items() if v != ""}
    if "backend" in given:
        wanted.pop("model", None)  # the configured one belongs to the configured backend
    wanted["style"] = msgspec.to_builtins(config.subtitles)
    return convert(wanted, given)


def convert(below: dict[str, Any], above: Mapping[str, Any]) -> JobSettings:
    """Settings `above` laid over those `below`. Raises `setting_invalid`."""
    layer(below, above)
    try:
        return msgspec.convert(below, JobSettings)
    except msgspec.ValidationError as error:
        raise StenoError("setting_invalid", why=sentence(error, JobSettings)) from error


def choose(
    wanted: JobSettings, registry: Registry, configured: Mapping[Kind, OfBackends]
) -> Chosen:
    """Fills in what `wanted` leaves open; `configured` holds settings of backends.

    Raises what is wrong with it: backend_unknown, backend_none, backend_missing, model_unknown,
    device_unsupported, language_unknown, language_unsupported or setting_invalid.
    """
    asr = pick(registry, "asr", wanted.backend or "")
    model = pick_model(asr, wanted.model or "")
    check_device(asr, wanted.device)
    language = plain_language(wanted.language)
    check_language(language, asr, model)
    if language is None and model is not None and len(model.languages) == 1:
        language = model.languages[0]
    if language is None and model and model.languages and not asr.detects_language:
        known = ", ".join(model.languages)
        why = f"{asr.name} cannot detect the language; name it. It knows: {known}."
        raise StenoError("setting_invalid", why=why)
    if wanted.task == "translate":
        if not asr.translates:
            raise StenoError("setting_invalid", why=f"{asr.name} cannot translate.")
        if model is not None and not model.translates:
            able = ", ".join(one.name for one in asr.models if one.translates)
            why = f"{model.name} cannot translate. Those that can: {able}."
            raise StenoError("setting_invalid", why=why)
        # What is written is not what is said, so that nothing can be aligned.
        wanted = msgspec.structs.replace(wanted, align=False, aligner=None)
    splitter = pick(registry, "splitter", wanted.splitter or "")
    parts: dict[JobKind, str] = {"asr": asr.name, "splitter": splitter.name}
    notices: list[Notice] = []
    if wanted.align:
        aligner = wanted.aligner and pick(registry, "aligner", wanted.aligner).name
        if not aligner and language:
            aligner = aligner_for(registry, language)
            if aligner is None:
                lacking = no_aligner(registry, language).problem.detail
                notices.append(Notice(code="no_aligner", message=lacking))
        if aligner:
            parts["aligner"] = aligner
    settings = msgspec.structs.replace(
        wanted,
        backend=asr.name,
        model=model.name if model else None,
        language=language,
        splitter=parts["splitter"],
        aligner=parts.get("aligner"),
        formats=tuple(f for f in FORMATS if f in wanted.formats),
        options=options(
            parts,
            wanted,
            configured,
            suiting(asr, splitter),
            later=wanted.align and language is None,
        ),
    )
    versions = {f"{kind}/{name}": version_of(registry, kind, name) for kind, name in parts.items()}
    return Chosen(settings, versions, language, notices)


def suiting(asr: Backend, splitter: Backend) -> OfBackends:
    """How `splitter` should cut for `asr`, as far as it can."""
    fields = properties(splitter.settings_schema or {})
    return {"splitter": {k: v for k, v in asr.splitting.items() if k in fields}}


def properties(schema: Mapping[str, Any]) -> Collection[str]:
    """Names of the settings that a JSON Schema of msgspec's describes."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    described: Mapping[str, Any] = schema.get("$defs", {}).get(name, schema)
    return frozenset(described.get("properties", ()))


def options(
    parts: Mapping[JobKind, str],
    wanted: JobSettings,
    configured: Mapping[Kind, OfBackends],
    suiting: OfBackends = MappingProxyType({}),
    *,
    later: bool = False,
) -> dict[JobKind, dict[str, Any]]:
    """The backends' own settings: what is wanted over what is configured, over what suits. `later`:
    which aligner it will be is known once the language is."""
    found: dict[JobKind, dict[str, Any]] = {}
    if "aligner" in wanted.options and "aligner" not in parts:
        if not later:
            raise StenoError("setting_invalid", why="This job has no aligner that could be set.")
        found["aligner"] = wanted.options["aligner"]
    for kind, name in parts.items():
        own = configured.get(kind, {}).get(name, {})
        merged = {**suiting.get(kind, {}), **own, **wanted.options.get(kind, {})}
        if merged:
            found[kind] = merged
    return found


def pick(registry: Registry, kind: Kind, name: str) -> Backend:
    """The backend `name`, or the best usable one."""
    known = registry.of_kind(kind)
    if not name:
        for backend in known:
            if not registry.lacks(backend):
                return backend
        raise StenoError("backend_none", kind=KIND_NAMES[kind])
    for backend in known:
        if backend.name == name:
            if registry.lacks(backend):
                raise registry.refusal(backend)
            return backend
    names = ", ".join(b.name for b in known) or "none"
    raise StenoError("backend_unknown", kind=KIND_NAMES[kind], name=name, known=names)


def pick_model(backend: Backend, name: str) -> Model | None:
    if not name:
        return backend.models[0] if backend.models else None
    for model in backend.models:
        if name in (model.name, model.id):
            return model
    known = ", ".join(m.name for m in backend.models) or "none"
    raise StenoError("model_unknown", backend=backend.name, name=name, known=known)


def check_device(backend: Backend, device: str) -> None:
    kind = device.partition(":")[0]
    if kind != "auto" and kind not in backend.devices:
        known = ", ".join(backend.devices)
        raise StenoError("device_unsupported", backend=backend.name, name=device, known=known)


def plain_language(wanted: str | None) -> str | None:
    """`en-US` and `EN` are `en`; `auto` is None."""
    if wanted is None:
        return None
    plain = re.split("[-_]", wanted.lower(), maxsplit=1)[0]
    return None if plain == "auto" else plain


def check_language(language: str | None, backend: Backend, model: Model | None) -> None:
    if language is None:
        return
    if language not in LANGUAGES:
        raise StenoError("language_unknown", name=language)
    if model and model.languages and language not in model.languages:
        raise StenoError(
            "language_unsupported",
            model=model.name,
            backend=backend.name,
            name=f"{language} ({LANGUAGES[language]})",
            known=", ".join(model.languages),
        )


def aligner_for(registry: Registry, language: str) -> str | None:
    """The best usable aligner that knows `language`."""
    for backend in registry.of_kind("aligner"):
        if not registry.lacks(backend) and language in spoken(backend):
            return backend.name
    return None


def no_aligner(registry: Registry, language: str | None) -> StenoError:
    """Says what would bring one, where that is known."""
    name = LANGUAGES.get(language or "", "an unknown language")
    able = (one for one in registry.of_kind("aligner") if language in spoken(one))
    remedy = next((remedy for one in able if (remedy := registry.remedy(one))), "")
    how = f" (`{remedy}` brings one)" if remedy else ""
    return StenoError("aligner_none", language=name, how=how)


def spoken(aligner: Backend) -> set[str]:
    return {*aligner.languages, *(lang for m in aligner.models for lang in m.languages)}


def aligner_model(aligner: Backend, language: str) -> Model | None:
    """The aligner's model for `language`; None: it has none, or needs none."""
    for model in aligner.models:
        if language in model.languages:
            return model
    return None


def version_of(registry: Registry, kind: Kind, name: str) -> str:
    plugin = registry.plugin_of(kind, name)
    return f"{plugin.distribution} {plugin.version}"


def reference(
    registry: Registry,
    settings: JobSettings,
    kind: JobKind,
    name: str,
    model: str | None = None,
    model_path: Path | None = None,
    threads: int = 1,
) -> BackendRef:
    """How a worker builds the backend `name` for a job, with a model that lies at `model_path` and
    with so many `threads`. Raises `backend_unknown` or `backend_missing` if it is no longer
    there."""
    backend = pick(registry, kind, name)
    return discovery.reference(
        registry,
        kind,
        name,
        settings.options.get(kind, {}),
        model=model,
        model_path=str(model_path) if model_path else None,
        device=settings.device,
        threads=threads,
        most=backend.processes if kind == "asr" else 0,
    )
