"""Which settings a resume may change."""

from typing import Any, Literal

import msgspec

from steno.errors import StenoError
from steno.wire import JobSettings, Validation, Verdict

Rule = Literal["free", "warn", "locked"]

RULES: dict[str, Rule] = {
    "device": "free",
    "batch_size": "free",
    "workers": "free",
    "formats": "free",
    "output_dir": "free",
    "overwrite": "free",
    "prompt": "warn",
    "align": "warn",
    "aligner": "warn",
    "backend": "locked",
    "model": "locked",
    "language": "locked",
    "task": "locked",
    "splitter": "locked",
    "style": "locked",
    "options": "locked",
}
"""`locked` holds once a segment is committed."""

REASONS: dict[str, str] = {
    "prompt": "Segments that are done keep the text made with the old prompt.",
    "align": "Segments that are done are aligned anew, or keep the times they have.",
    "aligner": "Segments that are aligned keep the times of the old aligner.",
}


def apply(current: JobSettings, changes: dict[str, Any]) -> JobSettings:
    """`current` with `changes`. Raises `setting_invalid`."""
    try:
        return msgspec.convert({**msgspec.to_builtins(current), **changes}, JobSettings)
    except msgspec.ValidationError as error:
        raise StenoError("setting_invalid", why=f"{error}.") from error


def validate(current: JobSettings, changes: dict[str, Any], *, done: int) -> Validation:
    """What a resume with `changes` says, `done` segments being committed. Raises
    `setting_invalid` where a change makes no sense at all."""
    wanted = apply(current, changes)
    verdicts = [
        judge(name, same=getattr(current, name) == getattr(wanted, name), done=done)
        for name in changes
    ]
    return Validation(allowed=all(v.allowed for v in verdicts), verdicts=verdicts)


def judge(name: str, *, same: bool, done: int) -> Verdict:
    rule = RULES[name]
    if same:
        return Verdict(setting=name, ruling=rule, allowed=True, reason="This is its value now.")
    if rule == "locked" and done:
        reason = f"{name} cannot change: {done} segments are already transcribed with it."
        return Verdict(setting=name, ruling=rule, allowed=False, reason=reason)
    if rule == "warn" and done:
        return Verdict(setting=name, ruling=rule, allowed=True, reason=REASONS[name])
    return Verdict(setting=name, ruling="free", allowed=True)


def change(current: JobSettings, changes: dict[str, Any], *, done: int) -> JobSettings:
    """`current` with `changes`. Raises `setting_locked` in the words of `validate`."""
    verdicts = validate(current, changes, done=done).verdicts
    refused = [v.reason for v in verdicts if not v.allowed]
    if refused:
        raise StenoError("setting_locked", why=" ".join(refused))
    return apply(current, changes)
