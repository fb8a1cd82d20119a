"""What the names of OpenAI's models mean here."""

import pytest

from steno.api.openai.models import chosen
from steno.config import Config, Transcription
from steno.discovery import Registry
from steno.errors import StenoError
from steno.plugins.described import Backend, Described

PLAIN = Backend(kind="asr", name="plain", title="Plain", rank=20)
ABLE = Backend(kind="asr", name="able", title="Able", rank=5, translates=True)
BETTER = Backend(kind="asr", name="better", title="Better", rank=7, translates=True)
ABSENT = Backend(kind="asr", name="absent", title="Absent", rank=9, translates=True)


def registry(*backends: Backend) -> Registry:
    plugin = Described(
        entry_point="toys", module="toys", distribution="toys", version="1", backends=backends
    )
    return Registry(plugins=(plugin,), missing={("asr", "absent"): ("torch",)})


def configured(backend: str = "") -> Config:
    return Config(transcription=Transcription(backend=backend))


@pytest.mark.parametrize("backend", ["", "plain"])
def test_what_is_configured_or_best_translates_only_if_it_can(backend: str) -> None:
    known = registry(PLAIN, ABLE, BETTER, ABSENT)
    assert chosen("whisper-1", "transcribe", known, configured(backend)) == {}
    assert chosen("whisper-1", "translate", known, configured(backend)) == {"backend": "better"}
    assert chosen("gpt-4o", "translate", known, configured("able")) == {}


def test_who_is_named_is_taken() -> None:
    known = registry(PLAIN, ABLE, BETTER)
    assert chosen("able", "translate", known, configured()) == {"backend": "able"}
    assert chosen("plain", "translate", known, configured()) == {"backend": "plain"}


def test_nobody_translates() -> None:
    with pytest.raises(StenoError, match="No installed recogniser can translate") as caught:
        chosen("whisper-1", "translate", registry(PLAIN, ABSENT), configured())
    assert caught.value.code == "setting_invalid"
