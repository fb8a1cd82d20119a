"""The description of the HTTP interface, OpenAPI 3.1, made of the routes and of the very types that
validate requests."""

import json
import re
from collections.abc import Iterable, Sequence
from string import Template
from typing import Any

import msgspec
from msgspec import Struct

from steno import __version__
from steno.api import curl
from steno.api.fields import explained
from steno.api.route import Route, Routes
from steno.errors import CATALOG, Problem
from steno.wire import CUE_ID, FORMATS

REF = "#/components/schemas/{name}"
ABOUT = "Speech to subtitles on your own machine. A token is needed over TCP only."
PLACES: dict[str, tuple[str, dict[str, Any]]] = {
    "job": ("Id of a job, or an unambiguous beginning of it.", {"pattern": "^[0-9a-f]{1,8}$"}),
    "kind": ("Kind of models, for example whisper or align.", {"maxLength": 100}),
    "ident": ("Id of a model among those of its kind.", {"maxLength": 100}),
    "cue": ("Id of a cue.", {"pattern": f"^{CUE_ID}$"}),
    "upload": ("Id of an upload.", {"pattern": "^[0-9a-f]{1,64}$"}),
    "name": (
        "Name of the file; where it is not to be sent also id of its upload.",
        {"minLength": 1, "maxLength": 255},
    ),
    "model": ("Name of a model.", {}),
    "backend": ("Name of a recogniser.", {}),
    "variant": ("Id of one of its models.", {}),
    "format": ("Kind of subtitle file.", {"enum": list(FORMATS)}),
}
"""What a part of a path is."""
EXAMPLES = {
    "FILM": "/home/me/talk.mp4",
    "JOB": "9c1e0f32",
    "UPLOAD": "5b0d9e1f7a2c",
    "CUE": "0.1",
    "STICK": "/media/stick/small.tar",
}
"""What stands in examples for variables of the shell."""

EVERYWHERE = (
    "bad_request", "unauthorized", "forbidden_host", "forbidden_origin", "forbidden_peer",
    "head_too_large", "encoding_unsupported", "storage_failed", "internal",
)  # fmt: skip
"""Codes that every route may answer with."""
CHANGING = ("too_large", "disk_full", "stopping")
"""Codes of all that is not GET."""
MATCHING = ("match_required",)
PLACED = ("not_found",)
"""Codes of routes with something in the path."""


def document(groups: Sequence[Routes]) -> dict[str, Any]:
    """The whole description."""
    paths: dict[str, Any] = {}
    for group in groups:
        for route in group.routes:
            operations = paths.setdefault(re.sub(r":[^{}]*", "", route.path), {})
            operations[route.method.lower()] = operation(route, group)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Steno", "version": __version__, "description": ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": group.subject, "description": group.about} for group in groups],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas(groups),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Over TCP; the file `token` in Steno's state folder holds it.",
                }
            },
        },
    }


def schemas(groups: Iterable[Routes]) -> dict[str, Any]:
    """All types of bodies, answers and errors, by name."""
    kinds = [
        kind
        for group in groups
        for kind in (group.failure, *(k for r in group.routes for k in (r.body, r.form, r.gives)))
        if kind is not None
    ]
    return components(kinds)


def components(kinds: Sequence[Any]) -> dict[str, Any]:
    """Schemas of `kinds` and all they hold, by name."""
    _, made = msgspec.json.schema_components(kinds, ref_template=REF)
    # As JSON, as defaults may be tuples.
    found = msgspec.json.decode(msgspec.json.encode(made), type=dict[str, Any])
    explained(kinds, found)
    return found


def operation(route: Route, group: Routes) -> dict[str, Any]:
    module = route.handler.__module__.rpartition(".")[2]
    found: dict[str, Any] = {
        "operationId": f"{module}_{route.handler.__name__}",
        "tags": [group.subject],
        "summary": route.summary,
        "description": route.details,
        "parameters": parameters(route),
        "requestBody": request_body(route),
        "responses": results(route) | refusals(route, group),
        "x-stream": route.endless,
        "x-codeSamples": [{"lang": "Shell", "label": "curl", "source": curl.line(route)}],
    }
    return {key: value for key, value in found.items() if value}


def parameters(route: Route) -> list[dict[str, Any]]:
    found = [place(name) for name in route.parameters]
    if route.query is not None:
        found += wanted(route.query)
    if route.matches:
        about = "Revision of what is edited, in quotes, or `*` for any."
        schema = {"type": "string", "pattern": r'^(\*|"[0-9]{1,15}")$'}
        found.append(parameter("header", "If-Match", about, schema, needed=True))
    found += [
        parameter("header", name, about, {"type": "string"}) for name, about in route.reads.items()
    ]
    if route.endless:
        about = "The last event seen; what came after it is sent."
        found.append(parameter("header", "Last-Event-ID", about, {"type": "string"}))
    return found


def place(name: str) -> dict[str, Any]:
    about, more = PLACES.get(name, ("", {}))
    return parameter("path", name, about, {"type": "string"} | more, needed=True)


def parameter(
    where: str, name: str, about: str, schema: dict[str, Any], *, needed: bool = False
) -> dict[str, Any]:
    return {"name": name, "in": where, "required": needed, "description": about, "schema": schema}


def wanted(query: type[Struct]) -> list[dict[str, Any]]:
    """Parameters of a query. Lists may also be separated by commas."""
    described = components([query])[query.__name__]
    found = []
    for name, schema in described["properties"].items():
        about = schema.pop("description", "")
        inner = [one for one in schema.get("anyOf", []) if one != {"type": "null"}]
        if len(inner) == 1:  # what is not wanted is left out: there is no null in a query
            del schema["anyOf"]
            schema.pop("default")
            schema |= inner[0]
            about = about or schema.pop("description", "")
        needed = name in described["required"]
        found.append(parameter("query", name, about, schema, needed=needed))
    return found


def request_body(route: Route) -> dict[str, Any] | None:
    if route.takes is not None:
        schema: dict[str, Any] = {"type": "string", "format": "binary"}
        if route.form is not None:
            schema = {"$ref": REF.format(name=route.form.__name__)}
        return {"required": True, "content": {route.takes: {"schema": schema}}}
    if route.body is None:
        return None
    content: dict[str, Any] = {"schema": {"$ref": REF.format(name=route.body.__name__)}}
    if route.example is not None:
        text = Template(json.dumps(route.example)).safe_substitute(EXAMPLES)
        content["example"] = json.loads(text)
    return {"required": route.body_needed, "content": {"application/json": content}}


def results(route: Route) -> dict[str, Any]:
    """What a route answers when all went well, by status."""
    found = {str(route.status): result(route)}
    for status, about in route.also.items():
        found[str(status)] = result(route) | {"description": about}
    if "If-None-Match" in route.reads:
        unchanged = {"description": "It is as it was."}
        headers = {k: v for k, v in found[str(route.status)].items() if k == "headers"}
        found["304"] = unchanged | headers
    return found


def result(route: Route) -> dict[str, Any]:
    if route.gives is not None:
        schema = {"$ref": REF.format(name=route.gives.__name__)}
        found = {"description": route.gives.__name__}
        content: dict[str, Any] = {"application/json": {"schema": schema}}
    else:
        found = {"description": ", ".join(dict.fromkeys(route.media.values())) or "Nothing"}
        content = {kind: {"schema": medium(kind, about)} for kind, about in route.media.items()}
    headers = {
        name: {"description": about, "schema": {"type": "string"}}
        for name, about in route.headers.items()
    }
    return found | {k: v for k, v in {"content": content, "headers": headers}.items() if v}


def medium(kind: str, about: str) -> dict[str, Any]:
    """An answer that is no struct."""
    return {"description": about} | ({} if kind.endswith("json") else {"type": "string"})


def refusals(route: Route, group: Routes) -> dict[str, Any]:
    """What a route answers when it does not do what is asked, by status."""
    by_status: dict[int, list[str]] = {}
    failure = group.failure
    for code in codes(route):
        status = CATALOG[code].status
        by_status.setdefault(group.statuses.get(status, status), []).append(code)
    found = {}
    for status, some in sorted(by_status.items()):
        schema: dict[str, Any] = {"$ref": REF.format(name=failure.__name__)}
        if failure is Problem:
            schema["properties"] = {"code": {"enum": sorted(some)}}
        kind = "application/problem+json" if failure is Problem else "application/json"
        found[str(status)] = {
            "description": ", ".join(f"`{code}`" for code in some),
            "content": {kind: {"schema": schema}},
            "x-codes": some,
        }
    return found


def codes(route: Route) -> list[str]:
    """Codes of all errors a route may answer with, its own first."""
    common = [*EVERYWHERE]
    common += CHANGING if route.method != "GET" else ()
    common += MATCHING if route.matches else ()
    common += PLACED if route.parameters else ()
    return list(dict.fromkeys([*route.refuses, *common]))
