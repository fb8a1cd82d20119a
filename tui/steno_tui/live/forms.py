"""Fields of a form, from JSON Schemas such as backends have of their settings. Pure.

What is typed is text for every kind of field: the key of a choice, keys separated by commas, or
what stands in the line.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from steno_tui.texts import _

Kind = Literal["switch", "integer", "number", "text", "choice", "many", "json"]
KINDS: dict[str, Kind] = {
    "boolean": "switch", "integer": "integer", "number": "number", "string": "text",
}  # fmt: skip
ON, OFF = "true", "false"


class Choice(NamedTuple):
    key: str
    label: str
    wrong: str = ""
    """Why it cannot be chosen, and what would help."""


class Wrong(NamedTuple):
    """What was typed is no value of the field."""

    why: str


@dataclass(frozen=True)
class Field:
    """One setting. Its `name` may have dots: `options.asr.beam_size`."""

    name: str
    kind: Kind
    label: str
    default: str = ""
    """What holds where nothing is typed, for people."""
    choices: tuple[Choice, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    pattern: str = ""
    longest: int | None = None
    optional: bool = False
    """It may have no value."""
    description: str = ""
    start: str = ""
    """What is typed at the beginning: the value that it has."""


class Section(NamedTuple):
    title: str
    fields: tuple[Field, ...]


def fields_of(schema: Mapping[str, Any], prefix: str = "") -> list[Field]:
    """The settings that a JSON Schema of an object describes."""
    definitions = schema.get("$defs", {})
    whole = resolved(schema, definitions)
    required = whole.get("required", ())
    return [
        field_of(prefix + name, resolved(one, definitions), optional=name not in required)
        for name, one in whole.get("properties", {}).items()
    ]


def resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Without references, and of several types the one that is not null."""
    found = dict(schema)
    if "$ref" in found:
        found = definitions[found.pop("$ref").rpartition("/")[2]] | found
    some = found.get("anyOf", ())
    if kinds := [one for one in some if one.get("type") != "null"]:
        del found["anyOf"]
        found = resolved(kinds[0], definitions) | found if len(kinds) == 1 else found
        found["nullable"] = len(kinds) < len(some)
    return found


def field_of(name: str, schema: Mapping[str, Any], *, optional: bool = True) -> Field:
    kind = KINDS.get(str(schema.get("type")), "json")
    choices: tuple[Choice, ...] = ()
    if "enum" in schema:
        kind, choices = "choice", choices_of(schema["enum"])
    elif schema.get("type") == "array" and "enum" in schema.get("items", {}):
        kind, choices = "many", choices_of(schema["items"]["enum"])
    elif kind == "switch":
        choices = (Choice(ON, _("on")), Choice(OFF, _("off")))
    default = written(schema.get("default"))
    shown = next((choice.label for choice in choices if choice.key == default), default)
    return Field(
        name,
        kind,
        name.rpartition(".")[2].replace("_", " "),
        default=shown,
        choices=choices,
        low=schema.get("minimum", schema.get("exclusiveMinimum", -math.inf)),
        high=schema.get("maximum", schema.get("exclusiveMaximum", math.inf)),
        pattern=schema.get("pattern", ""),
        longest=schema.get("maxLength"),
        optional=schema.get("nullable", False) or (optional and "default" not in schema),
        description=schema.get("description", ""),
    )


def choices_of(values: Iterable[Any]) -> tuple[Choice, ...]:
    return tuple(Choice(written(value), written(value)) for value in values)


def written(value: object) -> str:
    """A value as it would be typed."""
    match value:
        case None:
            return ""
        case str():
            return value
        case float() if value.is_integer():
            return str(int(value))
        case list() | tuple() if all(isinstance(one, str) for one in value):
            return ",".join(value)
    return json.dumps(value, ensure_ascii=False)


def begun(field: Field, value: object) -> Field:
    """The field with `value` typed already."""
    text = written(value)
    known = {choice.key for choice in field.choices}
    choices = field.choices
    if field.kind == "choice" and text and text not in known:
        choices = (Choice(text, text), *choices)
    return replace(field, start=text, choices=choices)


def parse(field: Field, typed: str) -> Any:
    """The value that was typed, or `Wrong`."""
    if field.kind == "text" and (typed or not field.optional):
        return checked(field, typed)
    if not (typed := typed.strip()):
        return [] if field.kind == "many" else None
    match field.kind:
        case "switch":
            return typed == ON
        case "many":
            return [key for key in typed.split(",") if key]
        case "choice":
            found = next((choice for choice in field.choices if choice.key == typed), None)
            if found is None or found.wrong:
                return Wrong(found.wrong if found else _("It cannot be chosen here."))
            return typed if not field.name.startswith("options.") else plain(typed)
        case "integer" | "number":
            return number(field, typed)
    try:
        return json.loads(typed)
    except ValueError:
        return Wrong(_("It is not JSON: [1, 2] or {example} would be.").format(example='["a"]'))


def plain(key: str) -> Any:
    """The value of an enumeration: a number, or the text itself."""
    return json.loads(key) if re.fullmatch(r"-?\d+(\.\d+)?", key) else key


def checked(field: Field, typed: str) -> str | Wrong:
    if field.longest is not None and len(typed) > field.longest:
        return Wrong(_("It may have {n} characters at most.").format(n=field.longest))
    if field.pattern and not re.search(field.pattern, typed):
        return Wrong(_("It is not of the form that is wanted."))
    return typed


def number(field: Field, typed: str) -> float | int | Wrong:
    """Also with a decimal comma."""
    try:
        whole = field.kind == "integer"
        value: float | int = int(typed) if whole else float(typed.replace(",", "."))
    except ValueError:
        word = _("a whole number") if whole else _("a number")
        return Wrong(_("It must be {word}{bounds}.").format(word=word, bounds=bounds(field)))
    if not field.low <= value <= field.high:
        return Wrong(_("It must be{bounds}.").format(bounds=bounds(field)))
    return value


def bounds(field: Field) -> str:
    """` from 1 to 20`."""
    low = "" if field.low == -math.inf else " " + _("from {n}").format(n=written(field.low))
    return low + ("" if field.high == math.inf else " " + _("to {n}").format(n=written(field.high)))


def about(field: Field) -> str:
    """What a person should know of it: what it does, its bounds, and what holds otherwise."""
    limits = bounds(field).strip()
    parts = [field.description, limits]
    if field.default and not field.start:
        parts.append(_("else {default}").format(default=field.default))
    return "; ".join(filter(None, parts))


class Filled(NamedTuple):
    """What was made of a form."""

    values: dict[str, Any]
    """Settings that are not as they were at the beginning, nested by the dots of their names."""
    wrong: dict[str, str]
    """Why a field has no value, by its name."""


def filled(fields: Iterable[Field], typed: Mapping[str, str]) -> Filled:
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        text = typed.get(field.name, field.start)
        if text == field.start:
            continue
        value = parse(field, text)
        if isinstance(value, Wrong):
            wrong[field.name] = value.why
        elif value is None and not field.optional:
            wrong[field.name] = _("It cannot be empty.")
        else:
            put(values, field.name, value)
    return Filled(values, wrong)


def put(values: dict[str, Any], name: str, value: object) -> None:
    *folders, last = name.split(".")
    for folder in folders:
        values = values.setdefault(folder, {})
    values[last] = value
