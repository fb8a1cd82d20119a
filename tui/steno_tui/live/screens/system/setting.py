"""Settings: a line of the table, and everything on one. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from steno import wire
from steno_tui.live.screens.system import schema
from steno_tui.live.screens.system.paint import Line, fact, title
from steno_tui.live.widgets.layout import Column, Span
from steno_tui.live.widgets.rows import Row
from steno_tui.texts import _

COLUMNS = (
    Column(_("Section"), 13),
    Column(_("Setting"), 20),
    Column(_("Value"), 8, flexible=True),
    Column(_("From"), 13, rank=1),
    Column(_("A change counts"), 17, rank=2),
)
ORIGINS = {
    "default": ("", _("default"), "dim"),
    "file": ("▪ ", _("config.toml"), "accent"),
    "overrides": ("◆ ", _("changed"), "busy"),
    "environment": ("▲ ", _("environment"), "warn"),
}
"""Sign, word and role of where a value comes from."""
APPLIES = {"now": _("now"), "restart": _("after a restart")}


class Entry(NamedTuple):
    """A setting; or what has names of a person's own, which only files change."""

    section: str
    name: str
    value: str
    setting: wire.Setting | None = None


def entries(state: wire.ConfigState) -> list[Entry]:
    """All of them, in the order of the daemon."""
    found = [
        Entry(one.section, one.name.removeprefix(f"{one.section}."), schema.written(one.value), one)
        for one in state.settings
    ]
    for name, said in state.own_models.items():
        found.append(Entry("models.own", name, schema.written(said)))
    for kind, backends in state.backends.items():
        for name, said in backends.items():
            found.append(Entry(f"backends.{kind}", name, schema.written(said)))
    return found


def line(every: Sequence[Entry], row: int, first: int) -> Row:
    """The section is named where it begins, and on the `first` line that is seen."""
    entry = every[row]
    begins = row == first or every[row - 1].section != entry.section
    section = Span(entry.section, "strong") if begins else ""
    one = entry.setting
    if one is None:
        return Row((section, entry.name, entry.value, origin("file"), ""))
    value = Span(entry.value, "dim" if one.origin == "default" else "strong")
    applies = (
        Span("! " + pending(one), "warn") if one.pending else Span(APPLIES[one.applies], "dim")
    )
    shown = [value, Span(" !", "warn")] if one.pending else value
    return Row((section, entry.name, shown, origin(one.origin), applies))


def origin(name: str) -> Span:
    sign, word, role = ORIGINS[name]
    return Span(sign + word, role)


def pending(one: wire.Setting) -> str:
    return _("not yet in use") if one.applies == "now" else _("needs a restart")


def about(entry: Entry, state: wire.ConfigState) -> Iterator[Line]:
    """Everything on it."""
    one = entry.setting
    yield title(f"{entry.section}.{entry.name}")
    if one is None:
        yield [Span(entry.value)]
        yield []
        yield [Span(_("Changed in {file} only.").format(file=state.file), "dim")]
        return
    yield [Span(one.description)]
    yield []
    yield fact(_("Value"), entry.value, "strong")
    yield [Span(_("From") + ": ", "dim"), origin(one.origin)]
    if (why := fixed(one)) is not None:
        yield [Span(why, "warn")]
    if one.pending:
        used = _("The daemon still uses {value}.").format(value=schema.written(one.used))
        yield [Span(f"! {used} {WAITS[one.applies]}", "warn")]
    yield fact(_("Default"), schema.written(one.default))
    yield fact(_("May be"), schema.bounds(one.json_schema))
    yield fact(_("A change counts"), APPLIES[one.applies])
    yield []
    if one.origin == "overrides":
        yield [Span(_("d takes the change back, to what the file or the default says."), "dim")]
    yield fact(_("Variable"), one.variable)
    yield fact(_("Your file"), state.file)
    yield fact(_("Changes"), state.overrides)


WAITS = {
    "now": _("t takes up what was changed in the file."),
    "restart": _("It takes the other one after a restart."),
}


def fixed(one: wire.Setting) -> str | None:
    """Why it cannot be changed here, if so."""
    if one.origin != "environment":
        return None
    return _("! {variable} in the daemon's environment sets it, and goes before any file.").format(
        variable=one.variable
    )


def became(one: wire.Setting) -> str:
    """What a change came to."""
    said = _("{name} is {value}").format(name=one.name, value=schema.written(one.value))
    return f"{said}, {pending(one)}." if one.pending else f"{said}."
