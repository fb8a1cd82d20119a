"""The description of the interface: valid, complete, and nothing in it that is not there."""

import re
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from harness import new_home
from steno.api import interface
from steno.api.openai.errors import STATUSES
from steno.api.openapi import document
from steno.app import application, assemble
from steno.config import Config
from steno.errors import CATALOG

DESCRIPTION = document(interface.GROUPS)


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in DESCRIPTION["paths"].items()
        for method, operation in methods.items()
    ]


def test_it_is_openapi() -> None:
    OpenAPIV31SpecValidator(DESCRIPTION).validate()


async def test_it_has_every_route_and_no_other() -> None:
    with new_home() as home:
        app = application(assemble(Config(), home.paths))
        served = {
            (route.method.lower(), resource.canonical)
            for resource in app.router.resources()
            for route in resource
            if route.method != "HEAD"
        }
    assert served == {(method, path) for method, path, _ in operations()}
    assert len(served) > 20


def test_what_may_be_left_out_is_told() -> None:
    schemas = DESCRIPTION["components"]["schemas"]
    left_out = {
        (name, field): about["description"]
        for name, schema in schemas.items()
        for field, about in schema.get("properties", {}).items()
        if "Left out if" in about.get("description", "")
    }
    assert set(left_out) == {
        *(("Problem", field) for field in ("hint", "retryable", "state", "revision", "facts")),
        *(("Word", field) for field in ("score", "interpolated")),
    }
    assert left_out["Problem", "retryable"].endswith("without a change. Left out if false.")


def test_names_of_operations_differ() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)


def test_every_route_is_explained() -> None:
    for method, path, operation in operations():
        assert operation["summary"].endswith("."), (method, path)
        for one in operation.get("parameters", ()):
            assert one["description"] or one["name"] == "limit", (method, path, one["name"])


def test_every_part_of_a_path_is_a_parameter() -> None:
    for method, path, operation in operations():
        found = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
        assert found == set(re.findall(r"\{(\w+)\}", path)), (method, path)


def test_refusals_are_those_of_the_catalogue() -> None:
    for method, path, operation in operations():
        for status, answer in operation["responses"].items():
            for code in answer.get("x-codes", ()):
                expected = CATALOG[code].status
                if path.startswith("/v1/"):
                    expected = STATUSES.get(expected, expected)
                assert expected == int(status), (method, path, code)
        assert {"400", "401", "403", "500"} <= set(operation["responses"])


def test_what_is_written_below_fields_is_in_it() -> None:
    schemas = DESCRIPTION["components"]["schemas"]
    assert schemas["Job"]["properties"]["uri"].get("description", "") == ""
    assert schemas["Progress"]["properties"]["total"]["description"] == (
        "Seconds of media; null until known."
    )
    assert schemas["SubtitleStyle"]["properties"]["max_lines"]["description"] == "lines a cue"
    listing = DESCRIPTION["paths"]["/api/jobs"]["get"]["parameters"]
    assert listing[0]["description"] == "States wanted; all without it."


def test_there_is_no_null_in_a_query() -> None:
    for _, _, operation in operations():
        for one in operation.get("parameters", ()):
            assert "null" not in str(one["schema"]), one
