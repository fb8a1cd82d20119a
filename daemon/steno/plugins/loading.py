"""Loads one plugin, reads its descriptions and builds its running objects.

Runs in a worker or a describe process, never in the daemon. Each entry point gets a plugin manager
of its own: in a shared one, one hook that raises loses the results of all, and a misspelt hook is
silent.
"""

import importlib
import re
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

import msgspec
import pluggy
from msgspec import Struct

from steno.plugins import hookspecs
from steno.plugins.contract import (
    API_VERSION,
    NO_KINDS,
    Aligner,
    AsrBackend,
    Context,
    Description,
    Downloader,
    Model,
    Splitter,
)
from steno.plugins.described import Kind

SLUG = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
"""Names of backends, models and kinds of models."""
FACTORY = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")

D = TypeVar("D", bound=Description | Model)


class PluginError(Exception):
    """What is wrong with a plugin, in one sentence."""


class SettingsError(PluginError):
    """The settings given to a backend are not valid; the backend itself may be sound."""


class Loaded(Struct, frozen=True, kw_only=True):
    """What one plugin describes."""

    asr_backends: tuple[AsrBackend, ...] = ()
    aligners: tuple[Aligner, ...] = ()
    splitters: tuple[Splitter, ...] = ()
    downloaders: tuple[Downloader, ...] = ()
    models: tuple[Model, ...] = ()

    @property
    def by_kind(self) -> dict[Kind, tuple[Description, ...]]:
        return {
            "asr": self.asr_backends,
            "aligner": self.aligners,
            "splitter": self.splitters,
            "downloader": self.downloaders,
        }

    @property
    def all(self) -> tuple[Description, ...]:
        return tuple(one for some in self.by_kind.values() for one in some)


def find(name: str) -> EntryPoint:
    """The installed entry point `name` of the plugin group.

    Raises `PluginError` if there is none, or more than one.
    """
    found = tuple(entry_points(group=hookspecs.GROUP, name=name))
    if len(found) != 1:
        how_many = "No" if not found else "More than one"
        raise PluginError(
            f"{how_many} entry point {name!r} of the group {hookspecs.GROUP} is installed."
        )
    return found[0]


def load(entry_point: EntryPoint) -> Loaded:
    """Imports the plugin that `entry_point` names and calls its hooks.

    Raises `PluginError` if it cannot be imported, implements no hook, misspells one, has one that
    raises, or describes something the contract does not allow.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    plugin = _import(entry_point)
    try:
        manager.register(plugin, name=entry_point.name)
        manager.check_pending()
    except (pluggy.PluginValidationError, ValueError) as error:
        raise PluginError(
            f"It has a hook that Steno does not know: {_first_line(error)}."
        ) from error
    if not manager.get_hookcallers(plugin):
        raise PluginError("It implements no hook; each function needs @steno.plugins.hookimpl.")
    return Loaded(
        asr_backends=_collect(manager.hook.steno_asr_backends, AsrBackend),
        aligners=_collect(manager.hook.steno_aligners, Aligner),
        splitters=_collect(manager.hook.steno_splitters, Splitter),
        downloaders=_collect(manager.hook.steno_downloaders, Downloader),
        models=_collect(manager.hook.steno_models, Model),
    )


def build(description: Description, settings: dict[str, Any], context: Context) -> Any:
    """The running object of `description`: its factory called with its settings and `context`.

    Raises `PluginError` if the factory cannot be imported, `SettingsError` if the settings are not
    valid, and whatever the factory raises.
    """
    chosen = convert_settings(description, settings)
    return import_factory(description)(chosen, context)


def import_factory(description: Description) -> Any:
    """The class that `description.factory` names. Raises `PluginError` if there is none."""
    module, _, name = description.factory.partition(":")
    try:
        factory = getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:  # plugin code may raise anything
        raise PluginError(f"{description.factory} cannot be imported: {cause(error)}") from error
    if not callable(factory):
        raise PluginError(f"{description.factory} is not a class.")
    return factory


def convert_settings(description: Description, settings: dict[str, Any]) -> Struct | None:
    """`settings` as the struct that `description` declares, None where it declares none.

    Raises `SettingsError` for unknown fields, also where the struct forgot to forbid them, and for
    values that do not fit.
    """
    declared = description.settings
    fields = msgspec.structs.fields(declared) if declared else ()
    known = [field.encode_name for field in fields]
    if unknown := [name for name in settings if name not in known]:
        possible = f"known: {', '.join(known)}" if known else "it has none"
        raise SettingsError(
            f"{description.name} has no setting {', '.join(map(repr, unknown))} ({possible})."
        )
    if declared is None:
        return None
    try:
        return msgspec.convert(settings, declared)
    except msgspec.ValidationError as error:
        raise SettingsError(f"A setting of {description.name} is not valid: {error}.") from error


def _import(entry_point: EntryPoint) -> Any:
    try:
        return entry_point.load()
    except (Exception, SystemExit) as error:  # plugin code may raise anything
        raise PluginError(f"{entry_point.value} cannot be imported: {cause(error)}") from error


def _collect(hook: pluggy.HookCaller, kind: type[D]) -> tuple[D, ...]:
    """What the plugin's implementation of `hook` returns, checked."""
    try:
        results = hook()
    except (Exception, SystemExit) as error:  # plugin code may raise anything
        raise PluginError(f"Its hook {hook.name} raises {cause(error)}") from error
    found: dict[str, D] = {}
    for result in results:
        if not isinstance(result, list | tuple):
            raise PluginError(
                f"Its hook {hook.name} returns {type(result).__name__}, not a list of "
                f"{kind.__name__}."
            )
        for description in result:
            if not isinstance(description, kind):
                raise PluginError(
                    f"Its hook {hook.name} describes a {type(description).__name__}, not a "
                    f"{kind.__name__}."
                )
            if isinstance(description, Model):
                _check_model(description)
            else:
                _check(description)
            if description.name in found:
                raise PluginError(f"Its hook {hook.name} describes {description.name!r} twice.")
            found[description.name] = description
    return tuple(found.values())


def _check(description: Description) -> None:
    """Raises `PluginError` if the contract does not allow `description`."""
    name = description.name
    if description.api != API_VERSION:
        raise PluginError(
            f"{name!r} is made for version {description.api} of the plugin contract; this Steno "
            f"has version {API_VERSION}."
        )
    _check_types(description)
    if not SLUG.fullmatch(name):
        raise PluginError(f"The name {name!r} is not a slug (lower case letters, digits, -_.).")
    if not FACTORY.fullmatch(description.factory):
        raise PluginError(f"The factory {description.factory!r} is not of the form module:Class.")
    models: Iterable[Model] = getattr(description, "models", ())
    for model in models:
        _check_model(model)


def _check_model(model: Model) -> None:
    """Raises `PluginError` if the contract does not allow `model`."""
    _check_types(model)
    for part in (model.kind, model.id):
        if not SLUG.fullmatch(part):
            raise PluginError(
                f"There is a model with {part!r} in its name, which is not a slug (lower case "
                "letters, digits, -_.)."
            )
    if model.kind in NO_KINDS:
        raise PluginError(f"The kind {model.kind!r} of the model {model.name} is a word of ours.")


def _check_types(description: Description | Model) -> None:
    """Structs do not look at what they are built with, so that is done here."""
    settings = getattr(description, "settings", None)
    if settings is not None and not (isinstance(settings, type) and issubclass(settings, Struct)):
        raise PluginError(f"The settings of {description.name!r} are not a msgspec.Struct type.")
    try:
        if settings is not None:
            msgspec.json.schema(settings)
        for field in msgspec.structs.fields(description):
            if field.name != "settings":
                value = msgspec.to_builtins(getattr(description, field.name))
                msgspec.convert(value, field.type, strict=True)
    except (msgspec.ValidationError, TypeError) as error:
        raise PluginError(
            f"The description of {description.name!r} is not valid: {error}."
        ) from error


def cause(error: BaseException) -> str:
    """What `error` says, as the end of a sentence."""
    if isinstance(error, PluginError):
        return str(error)
    return f"{type(error).__name__}: {_first_line(error)}".rstrip(": ") + "."


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "").rstrip(".")
