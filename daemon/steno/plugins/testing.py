"""For authors: tries a plugin as Steno will use it. PYTEST_DONT_REWRITE

    from steno.plugins.testing import check_plugin
    check_plugin("name-of-the-entry-point")

raises `AssertionError` that names all that is wrong, or returns what was checked. With pytest, each
check is a test of its own:

    pytest_plugins = ["steno.plugins.testing"]
    STENO_PLUGIN = "name-of-the-entry-point"

    def test_conforms(steno_check):
        steno_check()

The plugin must be installed (`pip install -e .` will do). Where a backend's default model is not
part of the plugin, name its folder in `models` (or in `STENO_MODELS` of the test module); without
it, what would need the model is left out. Nothing needs a network: of downloaders and models it is
only tried whether what they say can be true.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct

from steno.plugins import conformance
from steno.plugins.contract import (
    Aligner,
    AsrBackend,
    Context,
    Description,
    Downloader,
    Splitter,
)
from steno.plugins.loading import (
    PluginError,
    SettingsError,
    build,
    convert_settings,
    find,
    import_factory,
    load,
)

KINDS = {
    AsrBackend: "asr", Aligner: "aligner", Splitter: "splitter", Downloader: "downloader"
}  # fmt: skip
UNKNOWN = {"no_such_setting_exists": 1}


class Check(Struct, frozen=True):
    """One promise of one backend, or what is said of a model. Calling it raises `AssertionError`
    where it is broken."""

    name: str
    """`kind:backend:promise`, or `model:kind/id`."""
    run: Callable[[], None]

    def __call__(self) -> None:
        self.run()

    def __str__(self) -> str:
        return self.name


class Running:
    """One backend, built when it is first needed and used for all its checks."""

    def __init__(self, description: Description, model: str | None, path: Path | None) -> None:
        self.cancelled = False
        self._description = description
        self._context = Context(model=model, model_path=path, cancelled=lambda: self.cancelled)
        self._object: Any = None

    def get(self) -> Any:
        if self._object is None:
            self._object = build(self._description, {}, self._context)
        return self._object

    def cancel(self, wanted: bool) -> None:
        self.cancelled = wanted

    def close(self) -> None:
        if self._object is not None:
            self._object.close()
            self._object = None


def check_plugin(name: str, models: Mapping[str, Path] | None = None) -> list[str]:
    """Runs every check on every backend of the plugin whose entry point is `name`.

    Returns the names of the checks. Raises `AssertionError` with a sentence for each that failed.
    """
    done: list[str] = []
    broken: list[str] = []
    for check in checks(name, models):
        try:
            check()
        except Exception as error:  # noqa: BLE001 - plugin code may raise anything
            said = str(error) if isinstance(error, AssertionError) else f"It raises {error!r}."
            broken.append(f"{check}: {said}")
        done.append(check.name)
    if broken:
        raise AssertionError("\n".join(broken))
    return done


def checks(name: str, models: Mapping[str, Path] | None = None) -> Iterator[Check]:
    """The checks of the plugin, backend by backend, then of all models it names; taken one by one,
    only one backend is loaded.

    Raises `AssertionError` if it cannot be loaded or describes nothing.
    """
    try:
        loaded = load(find(name))
    except PluginError as error:
        raise AssertionError(str(error)) from error
    something = bool(loaded.all or loaded.models)
    conformance.require(something, f"The plugin {name} describes no backend and no model.")
    for description in loaded.all:
        prefix = f"{KINDS[type(description)]}:{description.name}"
        model = next(iter(getattr(description, "models", ())), None)
        path = (models or {}).get(model.name) if model else None
        running = Running(description, model.name if model else None, path)
        promises = _described(description)
        if model is None or model.repository is None or path is not None:
            promises |= _kept(description, running)
        for promise, run in promises.items():
            yield Check(f"{prefix}:{promise}", run)
        running.close()
    own = (model for one in loaded.all for model in getattr(one, "models", ()))
    for model in (*own, *loaded.models):
        yield Check(f"model:{model.name}", partial(conformance.describes, model))


def _described(description: Description) -> dict[str, Callable[[], None]]:
    def refuses() -> None:
        convert_settings(description, {})
        try:
            convert_settings(description, UNKNOWN)
        except SettingsError:
            return
        raise AssertionError("It takes a setting that does not exist.")

    return {
        "factory": lambda: _imports(description),
        "settings": refuses,
    }


def _imports(description: Description) -> None:
    try:
        import_factory(description)
    except PluginError as error:
        raise AssertionError(str(error)) from error


def _kept(description: Description, running: Running) -> dict[str, Callable[[], None]]:
    get = running.get
    if isinstance(description, AsrBackend):
        return {
            "transcribes": lambda: conformance.transcribes(get(), description),
            "forgets": lambda: conformance.forgets(get()),
            "global times": lambda: conformance.global_times(get()),
            "survives": lambda: conformance.survives(get()),
            "stops": lambda: conformance.stops(get(), running.cancel),
        }
    if isinstance(description, Aligner):
        return {
            "aligns": lambda: conformance.aligns(get()),
            "aligns anything": lambda: conformance.aligns_anything(get()),
            "forgets": lambda: conformance.aligner_forgets(get()),
        }
    if isinstance(description, Downloader):
        return {"resolves": lambda: conformance.can_resolve(get())}
    return {
        "splits": lambda: conformance.splits(get()),
        "splits alike": lambda: conformance.splits_alike(get()),
        "splits early": lambda: conformance.splits_early(get()),
        "splits nothing": lambda: conformance.splits_nothing(get()),
    }


def pytest_generate_tests(metafunc: Any) -> None:
    """Gives a test that asks for `steno_check` one check at a time."""
    if "steno_check" in metafunc.fixturenames:
        name = getattr(metafunc.module, "STENO_PLUGIN", "")
        conformance.require(bool(name), "STENO_PLUGIN names no entry point in the test module.")
        models = getattr(metafunc.module, "STENO_MODELS", None)
        metafunc.parametrize("steno_check", list(checks(name, models)), ids=str)
