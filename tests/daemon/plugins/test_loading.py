"""A bad plugin is one sentence, and settings are never guessed at."""

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import msgspec
import pytest

from steno.plugins import AsrBackend, Context, Model, Splitter, hookimpl
from steno.plugins.loading import PluginError, SettingsError, build, convert_settings, find, load


class Settings(msgspec.Struct):
    """Forgets to forbid unknown fields."""

    loudness: int = 1


class Backend:
    def __init__(self, settings: Settings, context: Context) -> None:
        self.settings, self.context = settings, context


GOOD = AsrBackend(
    name="good",
    title="Good",
    factory=f"{__name__}:Backend",
    settings=Settings,
    models=(Model(kind="toy", id="small", title="Small"),),
)


def hook(name: str, answer: Any) -> Callable[..., Any]:
    def call() -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    call.__name__ = name
    return hookimpl(call)


@pytest.fixture
def plugin() -> Iterator[Callable[..., EntryPoint]]:
    made: list[str] = []

    def make(**hooks: Any) -> EntryPoint:
        module = ModuleType(f"steno_made_for_a_test_{len(made)}")
        for name, answer in hooks.items():
            setattr(module, name, hook(name, answer))
        sys.modules[module.__name__] = module
        made.append(module.__name__)
        return EntryPoint("toy", module.__name__, "steno.plugins")

    yield make
    for name in made:
        del sys.modules[name]


def changed(**fields: Any) -> AsrBackend:
    return msgspec.structs.replace(GOOD, **fields)


def test_good_plugin_is_described(plugin: Callable[..., EntryPoint]) -> None:
    loaded = load(plugin(steno_asr_backends=[GOOD]))
    assert loaded.asr_backends == (GOOD,)
    assert loaded.all == (GOOD,)


@pytest.mark.parametrize(
    ("hooks", "sentence"),
    [
        ({}, "implements no hook"),
        ({"steno_asr_backend": [GOOD]}, "steno_asr_backend"),
        ({"steno_asr_backends": ValueError("no luck\nat all")}, "raises ValueError: no luck"),
        ({"steno_asr_backends": SystemExit(3)}, "raises SystemExit"),
        ({"steno_asr_backends": 5}, "returns int"),
        ({"steno_splitters": [GOOD]}, "describes a AsrBackend, not a Splitter"),
        ({"steno_asr_backends": [GOOD, GOOD]}, "twice"),
        ({"steno_asr_backends": [changed(name="Not A Slug")]}, "not a slug"),
        ({"steno_asr_backends": [changed(api=2)]}, "version 2"),
        ({"steno_asr_backends": [changed(title=3)]}, "Expected `str`, got `int`"),
        ({"steno_asr_backends": [changed(factory="nowhere")]}, "not of the form module:Class"),
        ({"steno_asr_backends": [changed(settings=dict)]}, "not a msgspec.Struct type"),
        (
            {"steno_asr_backends": [changed(models=(Model(kind="A b", id="c", title=""),))]},
            "not a slug",
        ),
    ],
)
def test_bad_plugin_is_one_sentence(
    plugin: Callable[..., EntryPoint], hooks: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(PluginError) as caught:
        load(plugin(**hooks))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_module_that_is_not_there() -> None:
    with pytest.raises(PluginError, match="cannot be imported: ModuleNotFoundError"):
        load(EntryPoint("toy", "steno_is_not_there", "steno.plugins"))


def test_entry_point_that_is_not_installed() -> None:
    with pytest.raises(PluginError, match="No entry point 'nobody'"):
        find("nobody")


def test_factory_is_called_with_settings_and_context() -> None:
    context = Context(model="toy/small")
    backend = build(GOOD, {"loudness": 3}, context)
    assert backend.settings == Settings(loudness=3)
    assert backend.context is context


@pytest.mark.parametrize("settings", [{"volume": 3}, {"loudness": "loud"}, {"loudness": 1, "x": 1}])
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        convert_settings(GOOD, settings)


def test_backend_without_settings_takes_none() -> None:
    splitter = Splitter(name="plain", title="", factory="a:B")
    assert convert_settings(splitter, {}) is None
    with pytest.raises(SettingsError, match="it has none"):
        convert_settings(splitter, {"x": 1})


def test_factory_that_is_not_there() -> None:
    with pytest.raises(PluginError, match="cannot be imported"):
        build(changed(factory="json:Nothing"), {}, Context())
