"""config.example.toml against the code, and what is said of settings that cannot be."""

import os
import re
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from harness import Home, Stenod, new_home
from steno import config
from steno.config import Config, OwnModel
from steno.errors import Exit, StenoError
from steno.paths import Paths

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path, tmp_path, tmp_path, tmp_path)


def load(paths: Paths, text: str, **environ: str) -> Config:
    paths.config_file.write_text(text)
    return config.load(paths, environ)


def refusal(paths: Paths, text: str, **environ: str) -> str:
    with pytest.raises(StenoError) as caught:
        load(paths, text, **environ)
    problem = caught.value.problem
    assert problem.code == "config_invalid"
    assert problem.hint
    return problem.detail


class TestExample:
    def test_is_what_the_code_says(self) -> None:
        assert EXAMPLE.read_text() == config.example()

    def test_loads_as_it_is(self, paths: Paths) -> None:
        assert load(paths, EXAMPLE.read_text()) == Config()

    def test_uncommented_it_is_the_defaults(self, paths: Paths) -> None:
        settings = re.compile(r"^# (\w+ = .*|\[.*\])$", re.MULTILINE)
        text, count = settings.subn(r"\1", EXAMPLE.read_text())
        sections = [getattr(Config(), name) for name in Config.__struct_fields__[:-1]]
        every = sum(len(section.__struct_fields__) for section in sections)
        # All but `own`; one's own model, of a heading and two settings, and a backend's heading.
        assert count == every - 1 + 3 + 1
        loaded = load(paths, text)
        assert loaded.backends == {"asr": {"pocketsphinx": {}}}
        mine = loaded.models.own
        assert mine == {"whisper/mine": OwnModel(repository="me/my-whisper", languages=("en",))}
        models = msgspec.structs.replace(loaded.models, own={})
        assert msgspec.structs.replace(loaded, backends={}, models=models) == Config()

    def test_explains_every_setting(self) -> None:
        lines = EXAMPLE.read_text().splitlines()
        for above, line in pairwise(lines):
            if re.match(r"# \w+ = ", line):
                assert re.match(r"# \S+", above), line


class TestRefusal:
    def test_names_an_unknown_setting(self, paths: Paths) -> None:
        assert "unknown field speach" in refusal(paths, "[workers]\nspeach = 2")

    def test_names_the_own_model_that_is_wrong(self, paths: Paths) -> None:
        text = '[models.own."whisper/good"]\nrepository = "me/it"\n[models.own."whisper/bad"]\n'
        assert 'own."whisper/bad": needs either' in refusal(paths, text)
        assert 'own."whisper/bad".folder: expected text' in refusal(paths, text + "folder = 3")
        assert "models.own" in refusal(paths, "models.own = 3")
        assert 'names like "whisper/mine"' in refusal(paths, '[models.own."Bad"]\nfolder = "f"')

    def test_names_an_unknown_section(self, paths: Paths) -> None:
        assert "unknown field worker" in refusal(paths, "[worker]\nspeech = 2")

    def test_names_a_value_out_of_bounds(self, paths: Paths) -> None:
        assert "workers.speech: expected a whole number" in refusal(paths, "[workers]\nspeech = 65")

    def test_names_a_value_of_another_type(self, paths: Paths) -> None:
        said = refusal(paths, '[transcription]\nalign = "yes"')
        assert "transcription.align: expected true or false" in said

    def test_names_the_line_of_broken_toml(self, paths: Paths) -> None:
        detail = refusal(paths, "[workers]\nspeech = = 2")
        assert str(paths.config_file) in detail
        assert "line 2" in detail

    def test_of_a_file_that_is_not_text(self, paths: Paths) -> None:
        paths.config_file.write_bytes(b"\xff\xfe")
        with pytest.raises(StenoError, match="utf-8"):
            config.load(paths, {})

    @pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
    def test_of_a_file_that_cannot_be_read(self, paths: Paths) -> None:
        paths.config_file.touch(mode=0)
        with pytest.raises(StenoError, match="ermission"):
            config.load(paths, {})

    def test_names_a_variable_out_of_bounds(self, paths: Paths) -> None:
        detail = refusal(paths, "", STENO_WORKERS_SPEECH="-1")
        assert "workers.speech: expected a whole number" in detail
        assert "environment" in detail

    def test_keeps_the_daemon_from_starting(self) -> None:
        with new_home() as home:
            assert tried(home, "[jobs]\nconcurrent = 0") == (Exit.USAGE, True)
            assert tried(home, "[jobs") == (Exit.USAGE, True)


def tried(home: Home, text: str) -> tuple[int, bool]:
    """Exit status of a daemon with this configuration, and whether it named the file."""
    home.configure(text)
    process = Stenod(home).spawn()
    said, _ = process.communicate(timeout=30)
    return process.returncode, str(home.paths.config_file).encode() in said


class TestOrder:
    def test_environment_over_file_over_default(self, paths: Paths) -> None:
        text = "[workers]\nspeech = 2\nidle_timeout = 5.0"
        loaded = load(paths, text, STENO_WORKERS_SPEECH="3")
        assert loaded.workers.speech == 3
        assert loaded.workers.idle_timeout == 5.0
        assert loaded.workers.cancel_grace == Config().workers.cancel_grace

    def test_overrides_over_file(self, paths: Paths) -> None:
        paths.overrides_file.write_text("[workers]\nspeech = 4")
        loaded = load(paths, "[workers]\nspeech = 2\nidle_timeout = 5.0")
        assert (loaded.workers.speech, loaded.workers.idle_timeout) == (4, 5.0)

    def test_a_variable_may_be_plain_text_or_toml(self, paths: Paths) -> None:
        loaded = load(
            paths, "", STENO_TRANSCRIPTION_LANGUAGE="de", STENO_TRANSCRIPTION_FORMATS='["vtt"]'
        )
        assert loaded.transcription.language == "de"
        assert loaded.transcription.formats == ("vtt",)
