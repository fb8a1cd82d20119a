"""Which settings a resume may change."""

import msgspec
import pytest

from steno.errors import StenoError
from steno.jobs.locks import RULES, apply, change, validate
from steno.wire import JobSettings

JOB = JobSettings(backend="a", model="a/one", language="en", splitter="s", formats=("srt",))


def test_every_setting_has_a_rule() -> None:
    assert set(RULES) == {field.name for field in msgspec.structs.fields(JobSettings)}


def test_before_the_first_segment_all_is_free() -> None:
    found = validate(JOB, {"backend": "b", "prompt": "x", "formats": ["vtt"]}, done=0)
    assert found.allowed
    assert {verdict.ruling for verdict in found.verdicts} == {"free"}


def test_afterwards_what_shaped_the_text_is_locked() -> None:
    for name, value in {"backend": "b", "model": "m", "language": "de", "splitter": "t"}.items():
        found = validate(JOB, {name: value}, done=3)
        assert not found.allowed
        assert found.verdicts[0].ruling == "locked"
        assert "3 segments" in found.verdicts[0].reason


def test_a_warning_says_why() -> None:
    found = validate(JOB, {"prompt": "names", "align": False}, done=1)
    assert found.allowed
    assert [verdict.ruling for verdict in found.verdicts] == ["warn", "warn"]
    assert all(verdict.reason for verdict in found.verdicts)


def test_the_same_value_is_no_change() -> None:
    assert validate(JOB, {"backend": "a"}, done=9).allowed


def test_a_refused_resume_says_what_validation_says() -> None:
    words = validate(JOB, {"model": "a/two"}, done=2).verdicts[0].reason
    with pytest.raises(StenoError) as caught:
        change(JOB, {"model": "a/two"}, done=2)
    assert caught.value.code == "setting_locked"
    assert words in caught.value.problem.detail


def test_changes_are_checked() -> None:
    assert apply(JOB, {"formats": ["vtt", "txt"]}).formats == ("vtt", "txt")
    for nonsense in ({"formats": ["exe"]}, {"colour": "red"}, {"workers": -1}):
        with pytest.raises(StenoError) as caught:
            validate(JOB, nonsense, done=0)
        assert caught.value.code == "setting_invalid"
