"""What the documents say is tried exactly as they say it."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from e2e.asking import noise
from harness import FAKES, Home, ended, running
from steno import reference, wire
from steno.api import manual
from steno.api.interface import GROUPS
from steno.api.openapi import document
from steno.client import Client
from steno.client.stream import PAYLOADS
from steno.jobs.locks import RULES
from steno.plugins import CannotResolve, Context, RemoteFile
from steno_tui.parser import build

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
METADATA = "Metadata-Version: 2.1\nName: steno-hum\nVersion: 1.0\n"
ENTRY_POINT = "[steno.plugins]\nhum = steno_hum\n"


def blocks(page: str, language: str) -> list[str]:
    """Fenced blocks of a page."""
    return re.findall(
        rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL
    )


def with_plugins(home: Home, folder: Path) -> None:
    home.extra["PYTHONPATH"] = f"{FAKES}{os.pathsep}{folder}"


async def text_of(home: Home, client: Client, **settings: object) -> str:
    """What a backend makes of seven seconds of noise, in pieces of three."""
    media = noise(home.media / "talk.wav", 7.0)
    wanted = {"splitter": "fake", "align": False, "formats": ["txt"], **settings}
    job = await ended(client, (await client.add_job(media, wanted)).id)
    assert job.state == "completed", job
    return (home.media / "talk.txt").read_text()


def test_commands_of_all_pages_exist() -> None:
    """Every line of an indented block that begins with `steno` is a command of the parser."""
    lines = [
        line.partition("#")[0].strip()
        for page in PAGES
        for line in page.read_text().splitlines()
        if line.startswith("    ")
    ]
    commands = [c.split() for line in lines for c in line.split(";")]
    ours = [command[1:] for command in commands if command[:1] == ["steno"]]
    assert len(ours) > 5
    for command in ours:
        build().parse_args(shlex.split(" ".join(command)))


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_page_of_errors_is_fresh() -> None:
    assert (ROOT / "docs" / "errors.md").read_text() == reference.reference()


def test_page_of_http_is_fresh() -> None:
    assert (ROOT / "docs" / "http.md").read_text() == manual.page(document(GROUPS))


def test_every_setting_of_a_job_has_its_rule() -> None:
    page = (ROOT / "docs" / "http.md").read_text()
    resume = page.partition("### `POST /api/jobs/{job}/resume`\n")[2].partition("\nAnswer: ")[0]
    free, warn = resume.partition("`warn`")[::2]
    assert set(RULES) == set(wire.JobSettings.__struct_fields__)
    for name, rule in RULES.items():
        named = (bool(re.search(rf"\b{name}\b", free)), bool(re.search(rf"\b{name}\b", warn)))
        assert named == (rule == "free", rule == "warn"), name


def test_fields_of_events_are_described() -> None:
    page = (ROOT / "docs" / "events.md").read_text()
    rows: dict[str, str] = {}
    for name, told in re.findall(r"^\| `(\w+)` \| (.*?) \|", page, re.MULTILINE):
        rows[name] = rows.get(name, "") + told
    assert set(rows) == {*PAYLOADS, "ping"}
    for name, kind in PAYLOADS.items():
        for field in kind.__struct_fields__:
            assert re.search(rf"\b{field}\b", rows[name]), f"{name}: {field}"


async def test_plugin_of_the_readme(home: Home, tmp_path: Path) -> None:
    (code,) = blocks("README.md", "python")
    (tmp_path / "steno_hum.py").write_text(code)
    info = tmp_path / "steno_hum-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text(ENTRY_POINT)
    with_plugins(home, tmp_path)
    async with running(home) as (_, client):
        text = await text_of(home, client, backend="hum")
    assert text.count("Humming for 3 seconds.") == 2


async def test_plugin_of_the_guide(home: Home, tmp_path: Path) -> None:
    """Built and installed by pip, with no change to Steno, and set as the guide says."""
    project, *config = blocks("docs/plugins.md", "toml")
    describing, running_code, trying, models, _ = blocks("docs/plugins.md", "python")
    source = tmp_path / "source"
    (source / "steno_loudness").mkdir(parents=True)
    (source / "pyproject.toml").write_text(project)
    (source / "steno_loudness" / "__init__.py").write_text(describing + models)
    (source / "steno_loudness" / "recognizer.py").write_text(running_code)
    pip = "-m pip install --quiet --no-index --no-deps --no-build-isolation --target"
    subprocess.run(
        [sys.executable, *pip.split(), str(tmp_path / "installed"), str(source)], check=True
    )
    with_plugins(home, tmp_path / "installed")
    (tmp_path / "test_loudness.py").write_text(trying)
    tried = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "test_loudness.py"],
        cwd=tmp_path,
        env=home.environment,
        capture_output=True,
        text=True,
    )
    assert "1 passed" in tried.stdout, tried.stdout
    home.configure("".join(config))
    async with running(home) as (_, client):
        text = await text_of(home, client, backend="loudness")
    assert re.search(r"^It is -\d+ decibels loud\.", text)


def test_downloader_of_the_guide(tmp_path: Path) -> None:
    shelf: dict[str, Any] = {}
    exec(blocks("docs/plugins.md", "python")[-1], shelf)
    shelf["SHELF"] = tmp_path.as_uri()
    file: dict[str, Any] = {
        "path": "a.bin",
        "url": "https://models.example.com/a.bin",
        "size": 3,
        "sha256": None,
    }
    (tmp_path / "speech").mkdir()
    listed = {"revision": "7", "files": [file]}
    (tmp_path / "speech" / "newest.json").write_text(json.dumps(listed))
    resolver = shelf["ShelfResolver"](None, Context())
    assert resolver.newest("speech") == "7"
    assert resolver.resolve("speech", None).files == (RemoteFile(**file),)
    with pytest.raises(CannotResolve, match="cannot be reached"):
        resolver.resolve("speech", "6")
