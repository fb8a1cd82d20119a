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
    "hotwords": "warn",
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
    "hotwords": "Segments that are done keep the text made with the old words.",
    "align": "Segments that are done are aligned anew, or keep the times they have.",
    "aligner": "Segments that are aligned keep the times of the old aligner.",
}


def validate(
    current: JobSettings, wanted: JobSettings, named: Iterable[str], *, done: int
) -> Validation:
    """What a resume with the settings `wanted` says, `done` segments being committed.

    Judged are the settings that were `named` and all that would differ, whatever the cause. Where
    there are none, a change of every setting is judged, though none is asked for.
    """
    differ = differing(current, wanted)
    judged = [*differ, *(name for name in named if name in RULES and name not in differ)]
    if not judged:
        return Validation(allowed=True, verdicts=[judge(name, done=done) for name in RULES])
    verdicts = [judge(name, same=name not in differ, done=done) for name in judged]
    return Validation(allowed=all(v.allowed for v in verdicts), verdicts=verdicts)


def differing(current: JobSettings, wanted: JobSettings) -> list[str]:
    return [name for name in RULES if getattr(current, name) != getattr(wanted, name)]


def judge(name: str, *, same: bool = False, done: int) -> Verdict:
    """`same`: it is to have the value that it has."""
    rule, allowed = RULES[name], True
    if same:
        reason = "This is its value now."
    elif rule == "free":
        reason = "It does not change the text."
    elif not done:
        reason = "Nothing is transcribed yet."
    elif rule == "warn":
        reason = REASONS[name]
    else:
        allowed = False
        segments = "1 segment is" if done == 1 else f"{done} segments are"
        reason = f"{name} cannot change: {segments} already transcribed with it."
    return Verdict(setting=name, ruling=rule, allowed=allowed, reason=reason)


def enforce(current: JobSettings, wanted: JobSettings, *, done: int) -> None:
    """Raises `setting_locked` in the words of `validate`."""
    verdicts = [judge(name, done=done) for name in differing(current, wanted)]
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
