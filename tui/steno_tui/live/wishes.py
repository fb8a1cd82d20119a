"""The settings of a job as a form, for new jobs and for those that go on. Pure."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec

from steno import wire
from steno.paths import to_reference
from steno.wire.models import ModelInfo
from steno_tui.live import marks
from steno_tui.live.forms import Choice, Field, Kind, Section, begun, fields_of
from steno_tui.live.media import size
from steno_tui.texts import _

SCHEMA = {field.name: field for field in fields_of(msgspec.json.schema(wire.JobSettings))}
STYLE = fields_of(msgspec.json.schema(wire.SubtitleStyle), "style.")
FIRST = (
    "backend", "model", "language", "task", "align", "aligner", "device", "formats", "output_dir",
    "prompt", "hotwords",
)  # fmt: skip
MORE = ("splitter", "overwrite", "batch_size", "workers")
CONFIGURED = frozenset(
    {"backend", "model", "language", "align", "aligner", "splitter", "device", "formats"}
)
"""Settings of which the daemon's configuration may say what new jobs have."""
LABELS: dict[str, tuple[str, str]] = {
    "backend": (_("Recogniser"), _("The program that hears what is said")),
    "model": (_("Model"), _("What the recogniser knows; large ones are better and slower")),
    "language": (_("Language"), _("Of what is said")),
    "task": (_("Task"), _("Write what is said, or its translation into English")),
    "align": (_("Alignment"), _("Find the exact time of each word")),
    "aligner": (_("Aligner"), _("The program that finds these times")),
    "device": (_("Device"), _("What computes")),
    "formats": (_("Formats"), _("Subtitle files that are written")),
    "output_dir": (_("Folder"), _("Where subtitles are written")),
    "prompt": (_("Prompt"), _("Text in whose manner the recogniser should write")),
    "hotwords": (_("Hot words"), _("Words that are likely to be said: names, terms")),
    "splitter": (_("Splitter"), _("The program that finds speech and cuts it")),
    "overwrite": (_("Overwrite"), _("Replace files that Steno did not write or that were changed")),
    "batch_size": (_("Batch"), _("Segments that are heard at once")),
    "workers": (_("Workers"), _("Processes at once")),
    "style": (_("Style"), _("How cues are made readable")),
    "options": (_("More"), _("Settings of the recogniser, the splitter and the aligner")),
}
NOTHING = {
    "language": _("detected"), "output_dir": _("beside the media file"), "formats": _("none"),
    "prompt": "", "hotwords": "",
}  # fmt: skip
"""What having no value means; of all others: automatic."""
TASKS = {"transcribe": _("write what is said"), "translate": _("translate to English")}


class Known(NamedTuple):
    """What there is to choose from."""

    plugins: wire.Plugins
    models: Mapping[str, ModelInfo]


def sections(
    known: Known,
    typed: Mapping[str, str],
    current: wire.JobSettings | None = None,
    *,
    more: bool,
) -> list[Section]:
    """The form as it is while `typed` stands in it; `current`: settings that the job has. `more`:
    also what few people set."""
    form = Form(known, typed, current)
    names = FIRST + MORE if more else FIRST
    found = [Section("", tuple(form.field(name) for name in names))]
    if more:
        style = tuple(form.started(field) for field in STYLE)
        found += [Section(_("How cues are made readable"), style), *form.options()]
    return found


class Form:
    """The fields of the settings, one by one."""

    def __init__(
        self, known: Known, typed: Mapping[str, str], current: wire.JobSettings | None
    ) -> None:
        self._known, self._typed = known, typed
        self._current: dict[str, Any] | None = (
            None if current is None else msgspec.to_builtins(current)
        )

    def field(self, name: str) -> Field:
        label, description = LABELS[name]
        field = replace(
            SCHEMA[name], label=label, description=description, default=self._default(name)
        )
        choices = tuple(self._choices(name))
        if choices:
            kind: Kind = "many" if name == "formats" else "choice"
            field = replace(field, kind=kind, choices=choices, pattern="")
        return self.started(field)

    def started(self, field: Field) -> Field:
        """With the value that the job has."""
        value: Any = self._current
        for part in field.name.split("."):
            value = (value or {}).get(part)
        return field if value is None else begun(field, value)

    def _default(self, name: str) -> str:
        if name == "model" and self.backend("asr") is None:
            return _("as configured (choose a recogniser)")
        if self._current is None and name in CONFIGURED:
            return _("as configured")
        if name == "task":
            return TASKS["transcribe"]
        return _("off") if name == "overwrite" else NOTHING.get(name, _("automatic"))

    def _choices(self, name: str) -> Iterator[Choice]:
        asr = self.backend("asr")
        match name:
            case "backend":
                yield from (choice_of(one) for one in of_kind(self._known.plugins, "asr"))
            case "splitter" | "aligner":
                yield from (choice_of(one) for one in of_kind(self._known.plugins, name))
            case "model" if asr:
                for model in asr.models:
                    yield Choice(model, model_label(model, self._known.models.get(model)))
            case "language":
                yield from self._languages(asr)
            case "task":
                yield from (Choice(*task) for task in TASKS.items())
            case "device":
                yield Choice("auto", _("automatic"))
                yield from (Choice(one, one) for one in (asr.devices if asr else ("cpu", "cuda")))
            case "formats":
                yield from (Choice(one, one) for one in wire.FORMATS)
            case "align" | "overwrite":
                yield from SCHEMA[name].choices

    def _languages(self, asr: wire.BackendInfo | None) -> Iterator[Choice]:
        model = self._known.models.get(self._value("model"))
        known = model.languages if model else []
        if languages := known or (asr.languages if asr else []):
            yield Choice("auto", _("detect it"))
            yield from (Choice(one, one) for one in languages)

    def _value(self, name: str) -> str:
        given = (self._current or {}).get(name) or ""
        return self._typed.get(name, given)

    def backend(self, kind: str) -> wire.BackendInfo | None:
        """The one that is chosen, or the only one there is."""
        known = of_kind(self._known.plugins, kind)
        if chosen := self._value("backend" if kind == "asr" else kind):
            return next((one for one in known if one.name == chosen), None)
        usable = [one for one in known if one.usable]
        return usable[0] if len(usable) == 1 else None

    def options(self) -> Iterator[Section]:
        """What the backends themselves can be told."""
        for kind in ("asr", "splitter", "aligner"):
            label = LABELS["backend" if kind == "asr" else kind][0]
            backend = self.backend(kind)
            if backend is None:
                yield Section(_("{kind}: choose one to see its settings").format(kind=label), ())
            elif backend.settings_schema:
                fields = fields_of(backend.settings_schema, f"options.{kind}.")
                shown = tuple(self.started(field) for field in fields)
                yield Section(f"{label} {backend.name}", shown)


def of_kind(plugins: wire.Plugins, kind: str) -> list[wire.BackendInfo]:
    """Usable ones first."""
    found = [one for plugin in plugins.plugins for one in plugin.backends if one.kind == kind]
    return sorted(found, key=lambda one: not one.usable)


def choice_of(backend: wire.BackendInfo) -> Choice:
    if backend.usable:
        return Choice(backend.name, backend.name)
    lacks = _("{name} lacks {packages}.").format(
        name=backend.name, packages=", ".join(backend.missing)
    )
    if backend.remedy:
        lacks += " " + _("This installs it: {command}").format(command=backend.remedy)
    return Choice(backend.name, f"⊘ {backend.name} " + _("(not installed)"), lacks)


def model_label(name: str, model: ModelInfo | None) -> str:
    """With what choosing it means."""
    if model is None:
        return name
    if model.status == "ready":
        return f"{name}  {marks.status(model).text}"
    if model.repository is None:
        return f"{name}  ○ " + _("cannot be fetched")
    if not model.size:
        return f"{name}  ⇣ " + _("will be fetched")
    return f"{name}  ⇣ " + _("will be fetched, {size}").format(size=size(model.size))


def sent(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` of a form as the daemon takes them."""
    found = dict(values)
    if folder := found.get("output_dir"):
        found["output_dir"] = to_reference(os.path.expanduser(folder))
    return found
