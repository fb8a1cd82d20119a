"""Messages and their translations."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from steno.errors import CATALOG
from steno_tui import texts

PACKAGE = Path(texts.__file__).parent
LANGUAGES = sorted(path.parts[-3] for path in texts.LOCALE.glob("*/LC_MESSAGES/steno.po"))
PLACES = re.compile(r"\{\w*(?:[:!][^}]*)?\}|%\(\w+\)[sr]|%[sr]")
COMMANDS = re.compile(r"`[^`]*`")


@pytest.mark.parametrize(
    ("environ", "languages"),
    [
        ({}, []),
        ({"LANG": "zh_CN.UTF-8"}, ["zh_CN"]),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, ["C"]),
        ({"LANG": "zh_CN.UTF-8", "STENO_LANGUAGE": "en"}, ["C"]),
        ({"LANG": "C", "STENO_LANGUAGE": "zh"}, ["zh_CN"]),
        ({"LANGUAGE": "en_US:zh_CN", "LANG": "en_US.UTF-8"}, ["C", "zh_CN"]),
        ({"LANG": "zh-Hans"}, ["zh_CN"]),
        ({"LANG": "de_DE.UTF-8"}, ["de_DE"]),
    ],
)
def test_the_environment_names_the_language(environ: dict[str, str], languages: list[str]) -> None:
    assert texts.wanted(environ) == languages


def test_a_language_is_spoken_until_another_one() -> None:
    try:
        texts.speak("zh_CN")
        assert texts._("Start") == "开始"
        assert texts.some("{n} job", "{n} jobs", 3) == "3 个任务"
        texts.speak("tlh")
        assert texts._("Start") == "Start"
        assert texts.some("{n} job", "{n} jobs", 1) == "1 job"
    finally:
        texts.speak()


def messages(language: str) -> list[Message]:
    path = texts.LOCALE / language / "LC_MESSAGES" / "steno.po"
    with open(path, "rb") as file:
        return [message for message in read_po(file, locale=language) if message.id]


def forms(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(one) for one in value]  # type: ignore[attr-defined]  # a list or a tuple


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_places_and_the_commands_of_its_message(language: str) -> None:
    for message in messages(language):
        asked = forms(message.id)[-1]
        for said in filter(None, forms(message.string)):
            assert sorted(PLACES.findall(said)) == sorted(PLACES.findall(asked)), said
            assert set(COMMANDS.findall(said)) == set(COMMANDS.findall(asked.replace("\n", " ")))
            assert said.endswith("\n") == asked.endswith("\n"), said


@pytest.mark.parametrize("language", LANGUAGES)
def test_errors_are_translated(language: str) -> None:
    known = {message.id for message in messages(language) if message.string}
    for entry in CATALOG.values():
        assert {entry.title, entry.detail, entry.hint} <= known | {""}


def test_no_message_hides_from_the_collector() -> None:
    """Not in an f-string, where Pythons before 3.12 see no calls, and none is one itself."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            for call in messages_in(node) if isinstance(node, ast.JoinedStr) else ():
                hidden = isinstance(call.args[0], ast.Constant)
                assert not hidden, f"{path.name}, line {call.lineno}"
            for call in messages_in(node) if isinstance(node, ast.Call) else ():
                formed = isinstance(call.args[0], ast.JoinedStr)
                assert not formed, f"{path.name}, line {call.lineno}"


def messages_in(node: ast.AST) -> Iterator[ast.Call]:
    """The calls in it that translate."""
    for one in ast.walk(node):
        match one:
            case ast.Call(func=ast.Name(id="_" | "some" | "later")):
                yield one
