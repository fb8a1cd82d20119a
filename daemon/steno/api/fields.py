"""What is written below the fields of a struct, for the description of the interface."""

import ast
import functools
import inspect
import sys
from collections.abc import Iterable
from typing import Any, get_args

import msgspec
from msgspec import Struct


def explained(kinds: Iterable[Any], components: dict[str, Any]) -> None:
    """Gives the fields in `components` (JSON Schemas by name) their descriptions."""
    structs: set[type[Struct]] = set()
    for kind in kinds:
        collect(kind, structs)
    for struct in structs:
        component = components[struct.__name__]
        if "description" in component:
            component["description"] = in_json(component["description"])
        texts = {
            name: text
            for base in reversed(struct.__mro__)
            if issubclass(base, Struct) and base is not Struct
            for name, text in below(base.__module__).get(base.__name__, {}).items()
        }
        for field in msgspec.structs.fields(struct):
            if field.name in texts:
                component["properties"][field.encode_name].setdefault(
                    "description", texts[field.name]
                )
            if struct.__struct_config__.omit_defaults and not field.required:
                shown = component["properties"][field.encode_name]
                about = f"{shown.get('description', '')} Left out if {in_words(field)}."
                shown["description"] = about.strip()


def in_words(field: msgspec.structs.FieldInfo) -> str:
    """The value of a field that is left out."""
    made = field.default_factory is not msgspec.NODEFAULT
    default = field.default_factory() if made else field.default
    return "empty" if default in ("", {}) else msgspec.json.encode(default).decode()


def collect(annotation: Any, found: set[type[Struct]]) -> None:
    """Adds the structs in `annotation`, and those in their fields."""
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        if annotation not in found:
            found.add(annotation)
            for field in msgspec.structs.fields(annotation):
                collect(field.type, found)
    else:
        for part in get_args(annotation):
            collect(part, found)


@functools.cache
def below(module: str) -> dict[str, dict[str, str]]:
    """String literals that stand below fields, by class and field."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {
        node.name: {
            field.target.id: in_json(text.value.value)
            for field, text in zip(node.body, node.body[1:], strict=False)
            if isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        }
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


def in_json(text: str) -> str:
    """A docstring for readers of JSON."""
    return inspect.cleandoc(text).replace("None", "null")
