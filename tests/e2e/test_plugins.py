"""The door that third parties use: a plugin of somebody else, good or bad, beside a real daemon."""

import os
import sys
import textwrap
import time
from asyncio.subprocess import DEVNULL, PIPE, create_subprocess_exec
from pathlib import Path

import pytest

from e2e.asking import noise, refused, steno, well_told
from harness import FAKES, Home, ended, fake, running
from steno.client import Client
from steno.errors import Exit
from steno.wire import BackendInfo, PluginInfo

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "parrot-for-steno"
version = "2.1"

[project.entry-points."steno.plugins"]
parrot = "parrot"

[tool.hatch.build.targets.wheel]
packages = ["parrot"]
"""

PARROT = """
from steno.plugins import AsrBackend, hookimpl

@hookimpl
def steno_asr_backends():
    return [AsrBackend(
        name="parrot", title="Parrot", factory="parrot.beak:Beak", detects_language=True
    )]
"""

BEAK = """
from steno.plugins import Fragment

class Beak:
    def __init__(self, settings, context):
        pass

    def transcribe(self, segments, options):
        for segment in segments:
            yield Fragment(index=segment.index, text="pieces of eight", language="en")

    def close(self):
        pass
"""


@pytest.fixture
def site(home: Home) -> Path:
    """A folder for packages on the daemon's path, empty."""
    folder = home.root / "site"
    folder.mkdir()
    home.extra["PYTHONPATH"] = f"{FAKES}{os.pathsep}{folder}"
    return folder


async def pip_install(source: Path, target: Path) -> None:
    process = await create_subprocess_exec(
        sys.executable, "-m", "pip", "install", "--no-index", "--no-build-isolation", "--no-deps",
        "--disable-pip-version-check", "--target", str(target), str(source),
        stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()


def plugin(site: Path, name: str, source: str, version: str = "1.0") -> Path:
    """Puts a plugin into `site` as an installer would. Returns its module."""
    module = site / f"{name}.py"
    module.write_text(textwrap.dedent(source))
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[steno.plugins]\n{name} = {name}\n")
    return module


async def listed(client: Client, *, refresh: bool = False) -> dict[str, PluginInfo]:
    return {p.name: p for p in (await client.plugins(refresh=refresh)).plugins}


async def backend(client: Client, name: str, *, refresh: bool = False) -> BackendInfo:
    plugins = (await client.plugins(refresh=refresh)).plugins
    return next(b for p in plugins for b in p.backends if b.name == name and b.kind == "asr")


async def test_a_plugin_installed_by_pip_transcribes_on_a_running_daemon(
    home: Home, site: Path
) -> None:
    source = home.root / "parrot-source"
    (source / "parrot").mkdir(parents=True)
    (source / "pyproject.toml").write_text(PYPROJECT)
    (source / "parrot" / "__init__.py").write_text(PARROT)
    (source / "parrot" / "beak.py").write_text(BEAK)
    media, parrot = noise(home.media / "a.wav", 4.0), {**fake(), "backend": "parrot"}
    async with running(home) as (daemon, client):
        warm = await client.add_job(noise(home.media / "warm.wav", 2.0), fake())
        assert (await ended(client, warm.id)).state == "completed"
        assert (await refused(client.add_job(media, parrot))).code == "backend_unknown"
        await pip_install(source, site)
        info = (await listed(client, refresh=True))["parrot"]
        assert (info.distribution, info.version, info.error) == ("parrot-for-steno", "2.1", None)
        job = await ended(client, (await client.add_job(media, parrot)).id)
        assert (job.state, job.segments.done, job.warnings) == ("completed", 2, [])
        assert (home.media / "a.srt").read_text().count("pieces of eight") == 2
        versions = (await client.checkpoint(job.id)).versions
        assert versions["asr/parrot"] == "parrot-for-steno 2.1"
        assert daemon.process is not None
        assert daemon.process.poll() is None
    async with running(home) as (_, client):
        assert (await backend(client, "parrot")).usable


BAD = {
    "raises": ("raise RuntimeError('no luck today')", "no luck today"),
    "hangs": ("import time\ntime.sleep(3600)", "within 3 s"),
    "aborts": ("import os\nos.abort()", "SIGABRT"),
    "leaves": ("import sys\nsys.exit(0)", "SystemExit"),
    "vanishes": ("import os\nos._exit(0)", "status 0"),
    "misspells": (
        """
        from steno.plugins import hookimpl

        @hookimpl
        def steno_asr_backend():
            return []
        """,
        "steno_asr_backend",
    ),
    "babbles": (
        """
        from steno.plugins import hookimpl

        @hookimpl
        def steno_asr_backends():
            return ["a parrot"]
        """,
        "str",
    ),
}
"""Source of bad plugins, and what their one line must tell."""

NOISY = """
import os
print("{" * 100_000)
os.write(1, bytes(range(256)) * 1000)
os.write(2, bytes(range(256)) * 1000)
from steno.plugins import AsrBackend, Fragment, hookimpl

@hookimpl
def steno_asr_backends():
    return [AsrBackend(
        name="noisy", title="Noisy", factory="noisy:Noisy", detects_language=True
    )]

class Noisy:
    def __init__(self, settings, context):
        print("[" * 100_000, flush=True)

    def transcribe(self, segments, options):
        for segment in segments:
            os.write(1, bytes(range(256)) * 1000)
            yield Fragment(index=segment.index, text="noise")

    def close(self):
        pass
"""

HOLLOW = """
from steno.plugins import AsrBackend, hookimpl

@hookimpl
def steno_asr_backends():
    return [AsrBackend(
        name="hollow", title="Hollow", factory="hollow.nowhere:Nobody", detects_language=True
    )]
"""


async def test_bad_plugins_are_a_line_each_and_nothing_else_suffers(home: Home, site: Path) -> None:
    for name, (source, _) in BAD.items():
        plugin(site, name, source)
    plugin(site, "noisy", NOISY)
    plugin(site, "hollow", HOLLOW)
    home.extra["STENO_PLUGINS_DESCRIBE_TIMEOUT"] = "3"
    began = time.monotonic()
    async with running(home) as (_, client):
        assert time.monotonic() - began < 3, "the start waited for a plugin that hangs"
        plugins = await listed(client)
        for name, (_, words) in BAD.items():
            error = plugins[name].error
            assert error is not None
            assert words in error
            assert error.endswith(".")
            assert "\n" not in error
            assert plugins[name].backends == []
        assert plugins["noisy"].error is None
        assert plugins["fake"].error is None

        command = await steno(home, "plugins")
        assert command.code == Exit.OK
        rows = [line.split("\t") for line in command.out.splitlines()]
        errors = {row[0]: row for row in rows if row[2] == "error"}
        assert set(errors) == set(BAD)
        for name, (_, words) in BAD.items():
            assert errors[name][1:4] == ["plugin", "error", f"{name} 1.0"]
            assert words in errors[name][4]

        media = noise(home.media / "a.wav", 2.0)
        for good in ("noisy", "fake"):
            chosen = {**fake(overwrite=True), "backend": good}
            job = await ended(client, (await client.add_job(media, chosen)).id)
            assert (job.state, job.segments.failed) == ("completed", 0)
        chosen = {**fake(overwrite=True), "backend": "hollow"}
        job = await ended(client, (await client.add_job(media, chosen)).id)
        assert job.state == "failed"
        assert job.error is not None
        assert job.error.code == "backend_load_failed"
        assert "hollow.nowhere" in job.error.detail
        assert "\n" not in job.error.detail
        assert job.error.detail.endswith(".")


async def test_a_backend_that_lacks_a_package_says_what_to_install(home: Home, site: Path) -> None:
    async with running(home) as (_, client):
        absent = await backend(client, "fake-absent")
        assert (absent.usable, absent.missing) == (False, ["surely_not_installed"])
        media, wanted = noise(home.media / "a.wav", 1.0), {**fake(), "backend": "fake-absent"}
        problem = well_told(await refused(client.add_job(media, wanted)))
        assert (problem.code, problem.status) == ("backend_missing", 422)
        assert "pip install surely_not_installed" in problem.hint
        command = await steno(home, "plugins")
        (row,) = [line for line in command.out.splitlines() if line.startswith("fake-absent\t")]
        assert "\tmissing\t" in row
        assert "pip install surely_not_installed" in row

        (site / "surely_not_installed.py").touch()
        assert (await backend(client, "fake-absent", refresh=True)).usable
        job = await ended(client, (await client.add_job(media, wanted)).id)
        assert job.state == "completed"


async def test_a_plugin_is_asked_again_only_when_it_changed(home: Home, site: Path) -> None:
    asked = home.root / "asked"
    module = plugin(site, "counts", f"open({str(asked)!r}, 'a').write('x')\n{HOLLOW}")

    async def times(*, refresh: bool = False) -> int:
        async with running(home) as (_, client):
            info = (await listed(client, refresh=refresh))["counts"]
            assert [b.name for b in info.backends] == ["hollow"]
            return len(asked.read_text())

    assert await times() == 1
    assert await times() == 1
    os.utime(module, ns=(0, module.stat().st_mtime_ns + 1))
    assert await times() == 2
    assert await times() == 2
    assert await times(refresh=True) == 3
    home.paths.descriptions.write_bytes(b"\xff not JSON")
    assert await times() == 4
