"""What is built from the repository, as a person's pip would build it."""

import subprocess
import sys
from configparser import ConfigParser
from email.parser import Parser
from importlib.metadata import Distribution, distribution
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from steno import __version__

ROOT = Path(__file__).parents[2]
PLUGINS = {
    "huggingface": "steno_huggingface",
    "pocketsphinx": "steno_pocketsphinx",
    "whisper": "steno_whisper",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = "-m pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir"
    subprocess.run([sys.executable, *build.split(), str(folder), str(ROOT)], check=True)
    (found,) = folder.glob("*.whl")
    return ZipFile(found)


def read(wheel: ZipFile, name: str) -> str:
    return wheel.read(f"steno-{__version__}.dist-info/{name}").decode()


def test_takes_no_generic_name(wheel: ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    info = f"steno-{__version__}.dist-info"
    assert tops == {"steno", "steno_tui", *PLUGINS.values(), info}


def test_holds_what_is_not_python(wheel: ZipFile) -> None:
    packages = [ROOT / "daemon", ROOT / "tui", ROOT / "plugins"]
    files = {
        path.relative_to(root).as_posix()
        for root in packages
        for path in root.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert "steno/store/migrations/0001_first.sql" in files
    assert files <= set(wheel.namelist())


def test_has_its_commands_and_its_plugins(wheel: ZipFile) -> None:
    points = ConfigParser()
    points.read_string(read(wheel, "entry_points.txt"))
    assert set(points["console_scripts"]) == {"steno", "stenod"}
    assert dict(points["steno.plugins"]) == PLUGINS


def test_stands_on_little(wheel: ZipFile) -> None:
    metadata = Parser().parsestr(read(wheel, "METADATA"))
    needs = " ".join(metadata.get_all("Requires-Dist", []))
    for heavy in ("torch", "numpy", "onnx", "transformers"):
        assert heavy not in needs
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == "<3.14,>=3.11"


def test_base_install_is_small() -> None:
    """What `pip install` of Steno brings, as it lies on the disk of this environment."""
    found: dict[str, Distribution] = {}
    waiting = ["steno"]
    while waiting:
        name = waiting.pop()
        found[name] = distribution(name)
        for line in found[name].requires or []:
            need = Requirement(line)
            wanted = need.marker is None or need.marker.evaluate({"extra": ""})
            if wanted and need.name not in found:
                waiting.append(need.name)
    files = [Path(str(f.locate())) for one in found.values() for f in one.files or []]
    size = sum(path.stat().st_blocks * 512 for path in files if path.is_file())
    assert {"aiohttp", "av", "pocketsphinx"} <= set(found)
    assert not {"torch", "numpy"} & set(found)
    assert 50 * 2**20 < size < 280 * 2**20, f"{size >> 20} MiB"  # pip itself comes on top
