"""Where a job stands, and what may change. Pure."""

from collections.abc import Iterable, Mapping

from msgspec import structs
from rich.text import Text

from steno import wire
from steno_tui.live import marks
from steno_tui.live.forms import Field, Section
from steno_tui.live.screens.jobs.about import reason
from steno_tui.live.widgets.layout import Span
from steno_tui.live.widgets.line import Note
from steno_tui.output import clock, flat
from steno_tui.problems import told
from steno_tui.texts import _, some

GAPS = 4
"""Gaps that are named one by one."""


def standing(job: wire.Job, checkpoint: wire.Checkpoint) -> Text:
    """What is done and what remains."""
    text = Text(no_wrap=False)
    text.append(flat(job.name), "bold")
    text.append(f"  {marks.state(job).text}")
    if why := reason(job):
        text.append(f", {why}")
    text.append("\n")
    if job.error is not None:
        error = told(job.error)
        text.append(f"✖ {flat(error.detail)} {flat(error.hint)}".rstrip() + "\n")
    text.append(f"{counts(checkpoint)}\n")
    for gap in checkpoint.gaps[:GAPS]:
        text.append(f"! {clock(gap.start)}–{clock(gap.end)}: {flat(gap.reason)}\n", "dim")
    if (more := len(checkpoint.gaps) - GAPS) > 0:
        text.append(some("! and {n} gap more", "! and {n} gaps more", more) + "\n", "dim")
    if checkpoint.versions:
        made = _("Begun with {versions}").format(versions=versions(checkpoint.versions))
        text.append(made, "dim")
    text.rstrip()
    return text


def versions(made: Mapping[str, str]) -> str:
    """Backends by what brought them: `asr/a, splitter/b (steno 0.1.0)`."""
    by_version: dict[str, list[str]] = {}
    for name, version in made.items():
        by_version.setdefault(version, []).append(name)
    return "; ".join(f"{', '.join(names)} ({of})" for of, names in by_version.items())


def counts(checkpoint: wire.Checkpoint) -> str:
    done, total = checkpoint.segments.done, checkpoint.segments.planned
    if not total:
        return _("Nothing is transcribed yet.")
    parts = [
        some("{n} segment is done", "{n} segments are done", done),
        some("{n} remains", "{n} remain", checkpoint.remaining),
    ]
    if checkpoint.gaps:
        parts.append(some("{n} was given up", "{n} were given up", len(checkpoint.gaps)))
    text = ", ".join(parts)
    return text if checkpoint.plan_complete else text + _("; the rest of the file is to be heard")


def mark(verdict: wire.Verdict) -> Span:
    """What the daemon says of a change, as a sign and a word."""
    if not verdict.allowed:
        return Span("⊘ " + _("locked"), "dim")
    if verdict.ruling == "warn":
        return Span("! " + _("warns"), "warn")
    return Span("✔ " + _("free"), "ok")


def notes(
    fields: Iterable[Field],
    verdicts: Mapping[str, wire.Verdict],
    changed: Mapping[str, wire.Verdict] | None = None,
) -> dict[str, Note]:
    """A note for every field: the rule of its setting, and the reason where that matters."""
    found: dict[str, Note] = {}
    told: set[str] = set()
    for field in fields:
        setting = field.name.partition(".")[0]
        rule = verdicts.get(setting)
        if rule is None:
            continue
        now = (changed or {}).get(setting, rule)
        matters = not now.allowed or now.ruling == "warn" or now is not rule
        said = now.reason if matters and setting not in told else ""
        told.add(setting)  # of the fields of one setting the first one tells why
        found[field.name] = Note(mark(now), said, locked=not rule.allowed)
    return found


def by_setting(validation: wire.Validation) -> dict[str, wire.Verdict]:
    return {verdict.setting: verdict for verdict in validation.verdicts}


def outlined(sections: Iterable[Section], verdicts: Mapping[str, wire.Verdict]) -> list[Section]:
    """Settings that can change first, then those that cannot; without sections of locked ones."""

    def open_(field: Field) -> bool:
        verdict = verdicts.get(field.name.partition(".")[0])
        return verdict is None or verdict.allowed

    kept, locked = [], []
    for section in sections:
        fields = tuple(field for field in section.fields if open_(field))
        if fields:
            kept.append(Section(section.title, fields))
        locked += [field for field in section.fields if not open_(field) and field.start]
    if locked:
        kept.append(Section(_("As they are"), tuple(locked)))
    return kept


def at_stake(validation: wire.Validation, checkpoint: wire.Checkpoint | None) -> wire.Validation:
    """`validation` without warnings where nothing is done yet that they could be of."""
    if checkpoint is None or checkpoint.segments.done:
        return validation
    verdicts = [
        structs.replace(one, ruling="free") if one.ruling == "warn" else one
        for one in validation.verdicts
    ]
    return structs.replace(validation, verdicts=verdicts)


def outcome(validation: wire.Validation, changed: int, *, silent: bool = False) -> Text:
    """What a resume with what is typed would be. `silent`: it would write no file."""
    if not changed:
        return Text(_("It goes on with the settings that it has."), "dim")
    if not validation.allowed:
        reasons = [verdict.reason for verdict in validation.verdicts if not verdict.allowed]
        return Text("⊘ " + " ".join(reasons))
    text = some("✔ {n} setting changes.", "✔ {n} settings change.", changed)
    warned = [verdict.reason for verdict in validation.verdicts if verdict.ruling == "warn"]
    if silent:
        warned.append(_("No subtitle file will be written."))
    return Text("\n".join([text, *(f"! {reason}" for reason in warned)]))
