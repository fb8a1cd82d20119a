"""Writes docs/http.md from the description of the interface:
`python -m steno.api.manual > docs/http.md`."""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from steno.api.openapi import CHANGING, EVERYWHERE
from steno.config import Tcp

Listed: TypeAlias = tuple[str, str, dict[str, Any]]
"""Method, path and operation."""

TEMPLATE = Path(__file__).with_suffix(".md")
"""The page without what is generated, which goes where `<!-- its name -->` stands."""
TOLD = {*EVERYWHERE, *CHANGING, "not_found"}
"""Codes that stand in the introduction."""


def page(document: dict[str, Any]) -> str:
    """The whole page, Markdown."""
    schemas = document["components"]["schemas"]
    routes = [
        (method.upper(), path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    bodies = {body(operation) for _, _, operation in routes}
    return filled_in(
        everywhere=names(EVERYWHERE),
        changing=names(CHANGING),
        port=str(Tcp().port),
        places=places(routes),
        routes="\n".join(group(tag, routes, schemas) for tag in document["tags"]),
        types="\n".join(
            described(name, schema) for name, schema in schemas.items() if name not in bodies
        ),
    )


def filled_in(**parts: str) -> str:
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"<!-- {name} -->", part.strip("\n"))
    return text


def group(tag: dict[str, str], routes: Sequence[Listed], schemas: dict[str, Any]) -> str:
    """The routes of one subject."""
    own = [route for route in routes if route[2]["tags"] == [tag["name"]]]
    sections = [section(*route, schemas) for route in own]
    return f"## {tag['name']}\n{paragraph(tag['description'])}" + "".join(sections)


def section(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    """One route."""
    rows = [
        row(one["name"], one["schema"], one["description"], where=one["in"])
        for one in operation.get("parameters", ())
        if one["in"] != "path"
    ]
    if name := body(operation):
        rows += fields(schemas[name], where="body")
    own = [
        code
        for answer in operation["responses"].values()
        for code in answer.get("x-codes", ())
        if code not in TOLD
    ]
    return (
        f"\n### `{method} {path}`\n"
        + paragraph(operation["summary"])
        + paragraph(operation.get("description", ""))
        + ("\n| | in | type | |\n|---|---|---|---|\n" + "".join(rows) if rows else "")
        + f"\nAnswer: {answered(operation)}.\n"
        + (f"Errors: {names(own)}.\n" if own else "")
        + f"\n```sh\n{operation['x-codeSamples'][0]['source']}\n```\n"
    )


def answered(operation: dict[str, Any]) -> str:
    """What comes when all goes well."""
    status, answer = next(iter(operation["responses"].items()))
    headers = f", with {names(answer['headers'])}" if "headers" in answer else ""
    kinds = [given(media, one["schema"]) for media, one in answer.get("content", {}).items()]
    others = "".join(
        f"; {status}: {answer['description']}".rstrip(".")
        for status, answer in list(operation["responses"].items())[1:]
        if status < "400"
    )
    return f"{status}, {', '.join(kinds) or 'nothing'}{headers}{others}"


def given(media: str, schema: dict[str, Any]) -> str:
    """One kind of answer."""
    return kind(schema) if "$ref" in schema else f"`{media}` ({schema['description']})"


def described(name: str, schema: dict[str, Any]) -> str:
    """One type."""
    rows = "".join(fields(schema))
    about = paragraph(schema.get("description", ""))
    return f"### {name}\n{about}\n| | type | |\n|---|---|---|\n{rows}"


def fields(schema: dict[str, Any], where: str = "") -> list[str]:
    return [
        row(name, one, one.get("description", ""), where)
        for name, one in schema["properties"].items()
    ]


def row(name: str, schema: dict[str, Any], about: str, where: str = "") -> str:
    """A line of a table; of what is sent (`where`) it says the default."""
    default = schema.get("default")
    if where and default not in (None, "", [], {}):
        about = f"{about.rstrip('.')}; else `{json.dumps(default)}`".removeprefix("; ")
    cells = [f"`{name}`", *([where] if where else []), kind(schema), " ".join(about.split())]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def kind(schema: dict[str, Any]) -> str:
    """A schema in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "allOf" in schema:
        return kind(schema["allOf"][0])
    if "anyOf" in schema:
        return " or ".join(kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return names(schema["enum"])
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'])}"
    return bounded(schema.get("type", "anything"), schema)


def bounded(name: str, schema: dict[str, Any]) -> str:
    """A plain type with what limits it."""
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None:
        return f"{name} from {low}" + (f" to {high}" if high is not None else "")
    if high := schema.get("maxLength"):
        return f"{name} of at most {high} characters"
    return f"{name} like `{schema['pattern']}`" if "pattern" in schema else name


def body(operation: dict[str, Any]) -> str:
    """Name of the type of a request's body."""
    content = operation.get("requestBody", {}).get("content", {})
    for one in content.values():
        return str(one["schema"].get("$ref", "")).rpartition("/")[2]
    return ""


def places(routes: Iterable[Listed]) -> str:
    """What stands in paths."""
    found = {
        one["name"]: f"| `{{{one['name']}}}` | {one['description']} |"
        for _, _, operation in routes
        for one in operation.get("parameters", ())
        if one["in"] == "path"
    }
    return "\n".join(found.values())


def names(some: Iterable[str]) -> str:
    return ", ".join(f"`{one}`" for one in some)


def paragraph(text: str) -> str:
    return f"\n{text}\n" if text else ""


if __name__ == "__main__":
    from steno.api.interface import GROUPS
    from steno.api.openapi import document

    sys.stdout.write(page(document(GROUPS)))
