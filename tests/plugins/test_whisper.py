"""The catalogue of Whisper's plugin, and how it asks torchaudio for addresses."""

import importlib
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from steno.plugins import CannotResolve, Context, Model
from steno_whisper import steno_models
from steno_whisper.languages import MULTILINGUAL, THIRD
from steno_whisper.pipelines import PipelineResolver

MODELS = {model.name: model for model in steno_models()}
WEIGHTS = "https://weights.example/models/wav2vec2%20en.pth?version=2"
TORCH_HUB = """
def load_state_dict_from_url(url, **kwargs):
    raise AssertionError("it goes to the network")
"""
PIPELINES = f"""
from torch.hub import load_state_dict_from_url

__all__ = ["ENGLISH", "LOCAL", "LABELS"]

class Bundle:
    def __init__(self, path):
        self._path = path

    def _get_state_dict(self, kwargs):
        if self._path:
            return load_state_dict_from_url(self._path, **(kwargs or {{}}))

ENGLISH = HIDDEN = Bundle({WEIGHTS!r})
LOCAL = Bundle(None)
LABELS = ("-",)
"""


@pytest.fixture
def torchaudio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A stand-in that knows names and addresses as the real one does."""
    put(tmp_path / "torch", {"__init__": "", "hub": TORCH_HUB})
    put(tmp_path / "torchaudio", {"__init__": "", "pipelines": PIPELINES})
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / "torchaudio"
    for name in list(sys.modules):
        if name.partition(".")[0] in ("torch", "torchaudio"):
            del sys.modules[name]


def put(package: Path, modules: dict[str, str]) -> None:
    package.mkdir()
    for name, code in modules.items():
        (package / f"{name}.py").write_text(textwrap.dedent(code))


def refused(name: str, revision: str | None = None) -> CannotResolve:
    with pytest.raises(CannotResolve) as caught:
        PipelineResolver(None, Context()).resolve(name, revision)
    return caught.value


# torchaudio --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("torchaudio")
def test_torchaudio_tells_the_address_and_fetches_nothing() -> None:
    resolver = PipelineResolver(None, Context())
    found = resolver.resolve("ENGLISH", None)
    (file,) = found.files
    assert (found.revision, file.path, file.url) == ("wav2vec2 en.pth", "wav2vec2 en.pth", WEIGHTS)
    assert (file.size, file.sha256, file.headers) == (None, None, {})
    assert resolver.newest("ENGLISH") == "wav2vec2 en.pth"
    assert resolver.resolve("ENGLISH", "wav2vec2 en.pth") == found


@pytest.mark.usefixtures("torchaudio")
def test_torchaudio_works_as_before_afterwards() -> None:
    PipelineResolver(None, Context()).newest("ENGLISH")
    with pytest.raises(AssertionError, match="network"):
        importlib.import_module("torchaudio.pipelines").ENGLISH._get_state_dict(None)


@pytest.mark.usefixtures("torchaudio")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("LATIN", "not_found"),
        ("HIDDEN", "not_found"),
        ("LABELS", "not_found"),
        ("__all__", "not_found"),
        ("LOCAL", "invalid"),
    ],
)
def test_what_is_no_pipeline(name: str, reason: str) -> None:
    assert refused(name).reason == reason


@pytest.mark.usefixtures("torchaudio")
def test_another_version_of_torchaudio_has_other_weights() -> None:
    error = refused("ENGLISH", "wav2vec2_old.pth")
    assert (error.reason, "wav2vec2 en.pth" in str(error)) == ("not_found", True)


def test_a_torchaudio_that_asks_in_another_way_is_not_run(torchaudio: Path) -> None:
    """Rather no address than a download behind our back."""
    other = PIPELINES.replace("load_state_dict_from_url", "fetch").replace("torch.hub", "torch.net")
    (torchaudio / "pipelines.py").write_text(other)
    put(torchaudio.parent / "torch" / "net", {"__init__": "def fetch(url): raise SystemExit(1)"})
    assert refused("ENGLISH").reason == "not_found"


def test_a_torchaudio_that_cannot_be_imported(torchaudio: Path) -> None:
    (torchaudio / "pipelines.py").write_text("raise OSError('libtorch.so: wrong version')")
    error = refused("ENGLISH")
    assert (error.reason, "libtorch.so" in str(error)) == ("invalid", True)


# The catalogue -----------------------------------------------------------------------------------


def of_kind(kind: str) -> dict[str, Model]:
    return {model.id: model for model in MODELS.values() if model.kind == kind}


def test_whisper_in_all_its_sizes() -> None:
    found = of_kind("whisper")
    sizes = {"tiny", "base", "small", "medium"}
    assert sizes | {"large-v2", "large-v3", "large-v3-turbo"} <= found.keys()
    assert {f"{size}.en" for size in sizes} <= found.keys()
    for key, model in found.items():
        several = THIRD if key in ("large-v3", "large-v3-turbo") else MULTILINGUAL
        assert model.languages == (("en",) if "English" in model.title else several), key
        assert (".en" in key or "distil" in key) == ("English" in model.title), key
        assert model.revision is not None
        assert len(model.revision) == 40
        known = {file.path for file in model.files}
        assert {"config.json", "model.bin", "tokenizer.json"} < known
        assert all(file.sha256 for file in model.files) or key.startswith("distil"), key


def test_an_aligner_for_each_language_that_is_promised() -> None:
    found = of_kind("align")
    promised = set("en fr de es it ja zh nl uk pt ar ru ko".split())
    assert promised <= found.keys()
    assert all(model.languages == (key,) for key, model in found.items())
    by_name = {key for key, model in found.items() if model.downloader == "torchaudio"}
    assert by_name == {"en", "fr", "de", "es", "it"}
