"""What a JSON Schema allows, for people, and what they wrote as the value that is meant. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from steno_tui.texts import _

Schema = Mapping[str, Any]
Kind = Literal["switch", "choice", "choices", "list", "integer", "number", "text"]

WORDS = re.compile(r"\^\((\w+(?:\|\w+)+)\)\$")
"""A pattern that allows some words and nothing else."""


def settled(schema: Schema, root: Schema | None = None) -> Schema:
    """`schema` itself, or what it refers to in `root`."""
    root = schema if root is None else root
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    return root.get("$defs", {}).get(name, {}) if name else schema


def kind(schema: Schema) -> Kind:
    """The field that a person fills in."""
    if choices(schema):
        return "choice"
    match schema.get("type"):
        case "boolean":
            return "switch"
        case "integer":
            return "integer"
        case "number":
            return "number"
        case "array":
            return "choices" if choices(schema.get("items", {})) else "list"
        case _:
            return "text"


def choices(schema: Schema) -> Sequence[str]:
    """All values that there are, where there are only some."""
    if "enum" in schema:
        return [str(one) for one in schema["enum"]]
    found = WORDS.fullmatch(schema.get("pattern", ""))
    return found[1].split("|") if found else []


def bounds(schema: Schema) -> str:
    """Which values are good."""
    if several := schema.get("anyOf"):
        return _(" or ").join(bounds(one) for one in several)
    match kind(schema):
        case "switch":
            return _("on or off")
        case "choice":
            return _("one of {words}").format(words=", ".join(choices(schema)))
        case "choices":
            return _("any of {words}").format(words=", ".join(choices(schema["items"])))
        case "list":
            return _("a list")
        case "integer":
            return _("a whole number{range}").format(range=span(schema))
        case "number":
            return _("a number{range}").format(range=span(schema))
        case _:
            return _("nothing") if schema.get("type") == "null" else _("a text")


def span(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above = schema.get("exclusiveMinimum")
    if above is not None and high is not None:
        return _(", above {low:g}, at most {high:g}").format(low=above, high=high)
    if low is not None and high is not None:
        return _(", {low:g} to {high:g}").format(low=low, high=high)
    if low is not None:
        return _(", {low:g} or more").format(low=low)
    return _(", {high:g} at most").format(high=high) if high is not None else ""


def written(value: Any) -> str:
    """`value` as a person reads it."""
    match value:
        case bool():
            return _("on") if value else _("off")
        case "":
            return '""'
        case float():
            return f"{value:.10g}"
        case list() | tuple():
            return ", ".join(written(one) for one in value) or _("none")
        case dict():
            return ", ".join(f"{name} = {written(one)}" for name, one in value.items())
        case None:
            return _("nothing")
        case _:
            return str(value)


def meant(schema: Schema, text: str) -> Any:
    """The value that `text` stands for. Raises `ValueError` where it is none."""
    match kind(schema):
        case "integer":
            return int(text)
        case "number":
            number = float(text)
            if number != number or number in (float("inf"), float("-inf")):
                raise ValueError(text)
            return number
        case "list":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case _:
            return text
