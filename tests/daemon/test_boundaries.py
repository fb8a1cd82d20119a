"""Who may import whom: by import-linter's contracts, and by what is imported at run time."""

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import steno
from harness import FAKES, ended, fake, new_home, running
from steno.plugins import SAMPLE_RATE

ROOT = Path(__file__).parents[2]
PACKAGE = Path(steno.__file__).parent
HEAVY = {"av", "numpy", "pocketsphinx", "rich", "textual", "torch"}
PLUGINS = {"steno_fake", "steno_pocketsphinx"}

BARE = [sys.executable, "-P", "-c", "import sys; print(*sys.modules)"]
"""Says what a Python imports before it does anything; editable installs add to that."""
SPY = """
import atexit, os, sys
@atexit.register
def tell():
    with open(f"{os.environ['SPY']}/{os.getpid()}", "w") as file:
        file.write("\\n".join(sys.modules))
"""
"""As `sitecustomize` it makes every Python note, when it ends, what it had imported."""


def contracts() -> dict[str, dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {one["id"]: one for one in settings["tool"]["importlinter"]["contracts"]}


def modules() -> set[str]:
    """Modules and packages directly in `steno`."""
    names = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.parent.name for path in PACKAGE.glob("*/__init__.py")
    }
    return {f"steno.{name}" for name in names - {"__init__"}}


def imported(module: str, *arguments: str) -> set[str]:
    """All that is imported when `module` is run as a command."""
    code = (
        "import atexit, runpy, sys;"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
        "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
    )
    command = [sys.executable, "-P", "-c", code, module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def tops(names: set[str]) -> set[str]:
    """Top-level packages that are not of the standard library."""
    always = set(subprocess.check_output(BARE, text=True).split())
    return {name.partition(".")[0] for name in names - always} - sys.stdlib_module_names


def test_contracts_are_kept() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as main; main()",
    ]
    done = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(contracts())} kept, 0 broken" in done.stdout


def test_contracts_leave_no_module_out() -> None:
    """A new module of `steno` is the daemon's unless it is named here."""
    rules = contracts()
    in_child = {"steno.worker", "steno.media", "steno.plugins", "steno.transfer"}
    assert set(rules["daemon"]["source_modules"]) == modules() - in_child
    may = in_child | {"steno.disk", "steno.errors", "steno.failpoints"}
    assert {m for m in rules["worker"]["forbidden_modules"] if "." in m} == modules() - may


async def test_running_daemon_stays_light(tmp_path: Path) -> None:
    """A whole job, done by a plugin and PyAV, leaves no trace of them in the daemon."""
    (tmp_path / "sitecustomize.py").write_text(SPY)
    with new_home() as home:
        home.extra |= {"PYTHONPATH": f"{FAKES}{os.pathsep}{tmp_path}", "SPY": str(tmp_path)}
        media = home.media / "noise.wav"
        write_noise(media)
        async with running(home) as (daemon, client):
            job = await ended(client, (await client.add_job(str(media), fake())).id)
            assert job.state == "completed"
            assert job.segments.aligned == job.segments.planned > 1
            pid = daemon.process.pid if daemon.process else 0
            assert daemon.terminate() == 0
    found = set((tmp_path / str(pid)).read_text().split())
    assert {"aiohttp", "steno.app", "steno.jobs.run", "sqlite3"} <= found
    assert not tops(found) & (HEAVY | PLUGINS | {"steno_tui"})
    assert not {name for name in found if name.startswith("steno.media")}


def test_worker_core_stands_on_little() -> None:
    found = imported("steno.worker.runtime") | imported("steno.plugins.testing")
    assert {"steno.plugins.loading", "steno.worker.tasks"} <= found
    # msgspec looks for typing_extensions, and does without.
    assert tops(found) - {"typing_extensions"} == {"steno", "msgspec", "pluggy"}
    inner = {
        name.partition(".")[2].partition(".")[0] for name in found if name.startswith("steno.")
    }
    assert inner == {"disk", "errors", "failpoints", "plugins", "worker"}


def test_worker_core_names_nothing_else() -> None:
    """Nor does it import more later, inside functions."""
    allowed = sys.stdlib_module_names | {"steno", "msgspec", "pluggy"}
    for path in [*PACKAGE.glob("plugins/**/*.py"), *PACKAGE.glob("worker/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert {name.partition(".")[0] for name in names} <= allowed, path


def test_help_imports_next_to_nothing() -> None:
    found = imported("steno_tui", "transcribe", "--help")
    assert "steno_tui.parser" in found
    assert tops(found) == {"steno", "steno_tui"}
    assert "asyncio" not in found


def test_no_package_has_a_generic_name() -> None:
    """The folders that hold the packages are no packages themselves."""
    for folder in ("daemon", "tui", "plugins"):
        assert not (ROOT / folder / "__init__.py").exists()


def write_noise(path: Path) -> None:
    import wave

    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(os.urandom(2 * SAMPLE_RATE * 7))
