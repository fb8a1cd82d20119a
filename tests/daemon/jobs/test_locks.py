"""Which settings a resume may change."""

import msgspec
import pytest

from steno.errors import StenoError
from steno.jobs.choice import convert
from steno.jobs.locks import RULES, enforce, validate
from steno.wire import JobSettings

JOB = JobSettings(backend="a", model="a/one", language="en", splitter="s", formats=("srt",))


def test_every_setting_has_a_rule() -> None:
    assert set(RULES) == {field.name for field in msgspec.structs.fields(JobSettings)}


def changed(**changes: object) -> JobSettings:
    return convert(msgspec.to_builtins(JOB), changes)


def test_before_the_first_segment_all_may_change() -> None:
    found = validate(JOB, changed(backend="b", prompt="x", formats=["vtt"]), (), done=0)
    assert found.allowed
    assert {v.setting: (v.ruling, v.allowed, v.reason) for v in found.verdicts} == {
        "backend": ("locked", True, "Nothing is transcribed yet."),
        "prompt": ("warn", True, "Nothing is transcribed yet."),
        "formats": ("free", True, "It does not change the text."),
    }


@pytest.mark.parametrize("done", [0, 1, 3])
def test_with_nothing_named_every_setting_is_told_of(done: int) -> None:
    found = validate(JOB, JOB, (), done=done)
    assert found.allowed, "a resume without changes is"
    assert {v.setting: v.ruling for v in found.verdicts} == RULES
    assert all(v.reason for v in found.verdicts)
    refused = {v.setting for v in found.verdicts if not v.allowed}
    assert refused == (
        {name for name, rule in RULES.items() if rule == "locked"} if done else set()
    )
    enforce(JOB, JOB, done=done)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("backend", "b"),
        ("model", "m"),
        ("language", "de"),
        ("splitter", "t"),
        ("style", {"max_lines": 1}),
        ("options", {"splitter": {"every": 2}}),
    ],
)
def test_afterwards_what_shaped_the_text_is_locked(name: str, value: object) -> None:
    found = validate(JOB, changed(**{name: value}), [name], done=3)
    assert not found.allowed
    assert found.verdicts[0].ruling == "locked"
    assert not found.verdicts[0].allowed
    assert "3 segments" in found.verdicts[0].reason


def test_a_difference_that_nobody_named_is_judged_too() -> None:
    found = validate(JOB, changed(workers=2, language="de"), ["workers"], done=1)
    assert not found.allowed
    assert {verdict.setting for verdict in found.verdicts} == {"workers", "language"}


def test_a_warning_says_why() -> None:
    found = validate(JOB, changed(prompt="names", align=False), (), done=1)
    assert found.allowed
    assert [verdict.ruling for verdict in found.verdicts] == ["warn", "warn"]
    assert all(verdict.reason for verdict in found.verdicts)


def test_the_same_value_is_no_change() -> None:
    found = validate(JOB, JOB, ["backend"], done=9)
    assert found.allowed
    (verdict,) = found.verdicts
    assert (verdict.setting, verdict.ruling, verdict.allowed) == ("backend", "locked", True)
    assert verdict.reason == "This is its value now."


def test_a_refused_resume_says_what_validation_says() -> None:
    words = validate(JOB, changed(model="a/two"), (), done=2).verdicts[0].reason
    with pytest.raises(StenoError) as caught:
        enforce(JOB, changed(model="a/two"), done=2)
    assert caught.value.code == "setting_locked"
    assert words == caught.value.problem.detail


def test_changes_are_checked() -> None:
    assert changed(formats=["vtt", "txt"]).formats == ("vtt", "txt")
    for nonsense in ({"formats": ["exe"]}, {"colour": "red"}, {"workers": -1}):
        with pytest.raises(StenoError) as caught:
            changed(**nonsense)
        assert caught.value.code == "setting_invalid"


def test_part_of_a_style_leaves_the_rest() -> None:
    style = convert({"style": {"max_lines": 3, "min_gap": 0.5}}, {"style": {"max_lines": 1}}).style
    assert (style.max_lines, style.min_gap) == (1, 0.5)
