"""What the interface says of itself is true: schemathesis asks a real daemon, over its TCP door,
what the description allows and what it forbids."""

import asyncio
import contextlib
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from e2e.asking import ask, noise, pulled
from harness import Home, ended, fake, running
from hub import Hub, add_toys
from steno.client import Client

CONFIGURATION = """
[tcp]
enabled = true
port = 0
[transcription]
backend = "fake"
splitter = "fake"
aligner = "fake"
"""
PLAN = """
hooks = "hooks.py"
continue-on-failure = true
suppress-health-check = ["filter_too_much"]
[generation]
max-examples = 5
deterministic = true
database = "none"
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "304", "403", "404", "409", "410", "412", "422"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422", "428", "431"]
[checks.missing_required_header]
expected-statuses = ["401", "428"]
"""
"""A description cannot say that the client has the answer (304), that a value of the right type
makes no sense (422), that a path is not taken over TCP (403), that a job or an upload is gone since
(404), that a state does not allow it (409), that `"0"` is not the revision of every cue (412), or
that an event's id is another database's (410)."""
HOOKS = r"""
import re
import schemathesis

INTEGERS = set({integers})

def whole(value):
    return isinstance(value, dict) and any(
        whole(one) or name in INTEGERS and isinstance(one, float) for name, one in value.items()
    )

@schemathesis.hook
def filter_case(context, case):
    places = case.path_parameters or {}
    begins = re.fullmatch("[0-9a-f]{1,7}", str(places.get("job", "")))
    name = str(places.get("name", "0" * 16))
    by_name = case.method == "DELETE" and not re.fullmatch("[0-9a-f]{16}", name)
    twice = {"cursor", "offset"} <= set(case.query or ())
    return not (whole(case.body) or begins or by_name or twice)
"""
"""Leaves out what the description cannot say: for a member that is a whole number 1.0 is an integer
to JSON Schema and none to Steno, which answers 400 to it as to 1.5;
the beginning of a job's id, for example 0, may happen to name one; where the newest upload of a
name is removed, an older one of that name is found; a page begins at a cursor or at an offset."""
FORMS = "^/v1/audio/"
LOCAL = (("post", "/api/models/import"), ("patch", "/api/config"))
"""Take what names paths, which the TCP door takes from nobody: models/test_keeping.py,
test_settings.py."""
LEFT_OUT = (
    # They end when the client or the daemon does: test_api.py reads them.
    ["--exclude-by", "/x-stream == true"],
    # Their bodies are files in forms, and their clients real: test_openai.py.
    ["--exclude-path-regex", FORMS],
)


def narrowed(document: dict[str, Any], ids: dict[str, list[str]]) -> dict[str, Any]:
    """`document` with ids that exist, so that more is reached than 404."""
    document["security"] = [{"token": []}]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            # A range must fit the body, which a description cannot say: test_uploads.py.
            operation["parameters"] = [
                one for one in operation.get("parameters", ()) if one["name"] != "Content-Range"
            ]
            for one in operation["parameters"]:
                name = one["name"]
                known = ids.get(f"{method} {path} {name}") or ids.get(name)
                if one["in"] in ("path", "header") and known:
                    one["schema"] = {"type": "string", "enum": known}
    schemas = document["components"]["schemas"]
    schemas["CueMerge"]["properties"]["cue"] = {"type": "string", "enum": ids["following"]}
    schemas["NewJob"]["properties"]["upload"] = {"type": "string", "enum": ids["upload"]}
    adding = document["paths"]["/api/jobs"]["post"]["requestBody"]["content"]["application/json"]
    adding["example"] = {"upload": ids["upload"][0]}
    return document


def integers(document: dict[str, Any]) -> list[str]:
    """Names of members that are whole numbers."""
    found = set()
    for schema in document["components"]["schemas"].values():
        for name, member in schema.get("properties", {}).items():
            kinds = [member, *member.get("anyOf", ())]
            if any(kind.get("type") == "integer" for kind in kinds):
                found.add(name)
    return sorted(found)


async def prepared(client: Client, home: Home) -> dict[str, list[str]]:
    """Ids that exist, by parameter, some of them for one route."""
    film = noise(home.media / "film.wav", 13.0)
    done, merged, thinned, redone = [
        await ended(client, (await client.add_job(film, fake(formats=[]))).id) for _ in range(4)
    ]
    for _ in range(6):
        cue = {"start": 1.0, "end": 2.0, "text": "[music]"}
        await ask(home, "POST", f"/api/jobs/{redone.id}/cues", cue)
    for _ in range(3):
        await ask(home, "POST", f"/api/jobs/{redone.id}/undo")
    spare = [(await client.add_job(film, fake(formats=[]), start=False)).id for _ in range(11)]
    steered = dict(zip(("start", "pause", "resume", "cancel", "retry"), spare, strict=False))
    for action, first in (
        ("pause", "start"), ("pause", "pause"), ("resume", "cancel"), ("cancel", "cancel"),
        ("retry", "cancel"),
    ):  # fmt: skip
        await ask(home, "POST", f"/api/jobs/{steered[action]}/{first}")
    page = (await ask(home, "GET", f"/api/jobs/{done.id}/transcript")).json
    cues = [cue["id"] for cue in page["cues"]]
    sent = Path(film).read_bytes()
    uploads = [
        (await ask(home, "PUT", f"/api/uploads/{name}", sent)).json["id"] for name in "abcdef"
    ]
    return (
        {
            "job": [done.id, *spare[5:7]],
            "delete /api/jobs/{job} job": spare[7:],
            "delete /api/jobs/{job}/cues/{cue} job": [thinned.id],
            "post /api/jobs/{job}/undo job": [redone.id],
            "post /api/jobs/{job}/redo job": [redone.id],
            "post /api/jobs/{job}/cues/{cue}/merge job": [merged.id],
            "post /api/jobs/{job}/cues/{cue}/merge cue": cues[:1],
            "following": cues[1:2],
            "cue": cues,
            "If-Match": ["*", '"0"'],
            "kind": ["toy"],
            "ident": ["small"],
            "delete /api/models/{kind}/{ident} ident": ["known"],
            "model": ["whisper-1", "fake"],
            "backend": ["fake"],
            "variant": ["one"],
            "upload": uploads[:2],  # they go when a job of theirs is complete
            "get /api/uploads/{name} name": uploads[2:3],
            "delete /api/uploads/{name} name": uploads[3:],
        }
        | {f"post /api/jobs/{{job}}/{action} job": [job] for action, job in steered.items()}
    )


@contextlib.asynccontextmanager
async def served(home: Home) -> AsyncIterator[Client]:
    """A daemon and a hub with the models of the plugin for tests, of which one is here."""
    with Hub() as hub:
        add_toys(hub)
        home.extra |= hub.environment
        async with running(home) as (_, client):
            await pulled(client, "toy/small")
            yield client


async def test_the_description_is_true(home: Home, tmp_path: Path) -> None:
    home.configure(CONFIGURATION)
    async with served(home) as client:
        ids = await prepared(client, home)
        document = (await ask(home, "GET", "/api/openapi.json")).json
        (tmp_path / "openapi.json").write_bytes(msgspec.json.encode(narrowed(document, ids)))
        (tmp_path / "plan.toml").write_text(PLAN)
        (tmp_path / "hooks.py").write_text(HOOKS.replace("{integers}", str(integers(document))))
        address = (await ask(home, "GET", "/api/status")).json["tcp"]
        token = home.paths.token.read_text().strip()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli", "--config-file", "plan.toml", "run",
            "openapi.json", "--url", address, "--header", f"Authorization: Bearer {token}",
            "--phases", "examples,coverage,fuzzing,stateful",
            "--checks", "all", *(word for words in LEFT_OUT for word in words),
            "--report-har-path", "asked.har",
            cwd=tmp_path, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await asyncio.wait_for(process.communicate(), 150)
    assert process.returncode == 0, said.decode()
    asked = msgspec.json.decode((tmp_path / "asked.har").read_bytes())["log"]["entries"]
    well = {
        (entry["request"]["method"].lower(), urlsplit(entry["request"]["url"]).path)
        for entry in asked
        if entry["response"]["status"] < 300
    }
    for path, operations in document["paths"].items():
        shape = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        for method, operation in operations.items():
            local = (method, path) in LOCAL
            if not (operation.get("x-stream") or re.match(FORMS, path) or local):
                assert any(method == m and shape.fullmatch(p) for m, p in well), (method, path)
