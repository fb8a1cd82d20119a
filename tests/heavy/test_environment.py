"""The environment that these tests run in holds what it should."""

from importlib.metadata import entry_points, version
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("torch")

ROOT = Path(__file__).parents[2]


def test_steno_is_that_of_this_clone() -> None:
    for name, folder in (("steno", "daemon"), ("steno_tui", "tui"), ("steno_whisper", "plugins")):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        assert Path(spec.origin) == ROOT / folder / name / "__init__.py"
    found = {one.name for one in entry_points(group="steno.plugins")}
    assert {"huggingface", "pocketsphinx", "whisper"} <= found


def test_whisperx_brings_what_it_pins() -> None:
    assert version("whisperx").startswith("3.8.")
    assert version("huggingface_hub").startswith("0.")
    for name in ("faster_whisper", "torchaudio", "transformers"):
        assert find_spec(name) is not None
