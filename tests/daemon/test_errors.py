"""The catalogue of errors holds every code that is raised, and none that is not."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from steno import errors
from steno.api.interface import GROUPS
from steno.api.transcripts import CuesWanted
from steno.errors import CATALOG, StenoError, WorkFailed, printable, sentence
from steno.wire import CueChange, CueMerge, JobSettings

ROOT = Path(__file__).parents[2]
CATALOGUE = Path(errors.__file__)


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for folder in ("daemon", "tui", "plugins"):
        for path in (ROOT / folder).rglob("*.py"):
            if path != CATALOGUE:
                yield path, ast.parse(path.read_text())


def kinds() -> set[str]:
    """Names of the exceptions that take a code."""
    found, waiting = set(), [StenoError]
    while waiting:
        kind = waiting.pop()
        found.add(kind.__name__)
        waiting += kind.__subclasses__()
    assert WorkFailed.__name__ in found
    return found


def test_every_code_that_is_raised_is_in_the_catalogue() -> None:
    names = kinds()
    raised = {
        node.args[0].value: path
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in names
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert len(raised) > 40
    for code, path in raised.items():
        assert code in CATALOG, (path, code)


def test_every_code_of_the_catalogue_is_used() -> None:
    refused = {code for group in GROUPS for route in group.routes for code in route.refuses}
    written = {
        node.value
        for path, tree in sources()
        if path.parent.name != "api"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
    }
    raised = {
        node.value
        for path, tree in sources()
        if path.parent.name == "api"
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in kinds()
        for node in call.args
        if isinstance(node, ast.Constant)
    }
    assert refused <= set(CATALOG)
    unused = set(CATALOG) - written - raised
    assert not unused


@pytest.mark.parametrize(
    ("asked", "given", "said"),
    [
        (CuesWanted, {"to": "x"}, "to: expected a number or null, got text."),
        (CuesWanted, {"cursor": "x"}, "cursor: expected next of a page."),
        (CueMerge, {"cue": "x"}, "cue: expected the id of a cue."),
        (CueChange, [], "Expected an object, got a list."),
        (CueChange, {"int": 1}, "Object contains unknown field int."),
        (JobSettings, {"prompt": "x" * 4001}, "prompt: expected text of at most 4000 characters."),
        (JobSettings, {"task": "x - at `$.y`"}, "use 'transcribe' or 'translate'."),
        (JobSettings, {"formats": ["srt", "doc"]}, "formats[1]: invalid enum value 'doc'; use 'as"),
        (JobSettings, {"options": {"x": {}}}, "options: invalid enum value 'x'; use 'aligner' or"),
        (JobSettings, {"style": {"max_lines": 0}}, "style.max_lines: expected a whole number >= 1"),
    ],
)
def test_what_is_invalid_is_said_in_words(asked: Any, given: Any, said: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(json.dumps(given), type=asked)
    assert said in sentence(caught.value, asked)
    assert sentence(caught.value), "without the type it says less"


def test_what_is_no_text_can_be_printed() -> None:
    """Names that are not UTF-8, and halves of characters that JSON may hold."""
    shown = printable("a\udcffb\ud800c\udcc3\udca9\x07")
    assert shown == "a\ufffdb\ufffdc\xe9\ufffd"
    assert shown.encode()
