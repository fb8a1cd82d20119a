"""Which settings a resume may change."""

from collections.abc import Iterable
from typing import Literal

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


def validate(
    current: JobSettings, wanted: JobSettings, named: Iterable[str], *, done: int
) -> Validation:
    """What a resume with the settings `wanted` says, `done` segments being committed.

    Judged are the settings that were `named` and all that would differ, whatever the cause.
    """
    differ = [name for name in RULES if getattr(current, name) != getattr(wanted, name)]
    judged = [*differ, *(name for name in named if name in RULES and name not in differ)]
    verdicts = [judge(name, same=name not in differ, done=done) for name in judged]
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


def enforce(current: JobSettings, wanted: JobSettings, *, done: int) -> None:
    """Raises `setting_locked` in the words of `validate`."""
    verdicts = validate(current, wanted, (), done=done).verdicts
    refused = [v.reason for v in verdicts if not v.allowed]
    if refused:
        raise StenoError("setting_locked", why=" ".join(refused))


def same_text(one: JobSettings, other: JobSettings) -> bool:
    """Whether both settings lead to the same transcript."""
    names = [name for name, rule in RULES.items() if rule != "free"]
    return all(getattr(one, name) == getattr(other, name) for name in names)


def replans(before: JobSettings, after: JobSettings) -> bool:
    """Whether the plan of segments no longer holds."""
    old, new = before.options.get("splitter"), after.options.get("splitter")
    return (before.splitter, old) != (after.splitter, new)
