"""Plugins and what they offer: a line of the table, and everything on one. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from steno import wire
from steno_tui.live.screens.system import schema
from steno_tui.live.screens.system.paint import Line, fact, title
from steno_tui.live.widgets.layout import Column, Span
from steno_tui.live.widgets.rows import Row
from steno_tui.texts import _

COLUMNS = (
    Column(_("Kind"), 10),
    Column(_("Name"), 14),
    Column(_("State"), 11),
    Column(_("What it is"), 16, flexible=True, rank=1),
    Column(_("Models"), 6, right=True, rank=2),
    Column(_("Langs"), 5, right=True, rank=2),
)
KINDS = {
    "asr": _("recogniser"),
    "splitter": _("splitter"),
    "aligner": _("aligner"),
    "downloader": _("downloader"),
}


class Offer(NamedTuple):
    """A backend with its plugin; none where the plugin has none to offer."""

    plugin: wire.PluginInfo
    backend: wire.BackendInfo | None = None

    @property
    def remedy(self) -> str:
        """What can be copied: the command that mends it, or what is wrong."""
        if self.backend is not None and not self.backend.usable:
            return self.backend.remedy
        return (self.plugin.error or "") if self.backend is None else ""


def offers(plugins: wire.Plugins) -> list[Offer]:
    """Broken plugins first, then backends by kind."""
    order = list(KINDS)
    found = [Offer(plugin, one) for plugin in plugins.plugins for one in plugin.backends]
    found.sort(key=lambda one: order.index(one.backend.kind) if one.backend else 0)
    bare = [Offer(plugin) for plugin in plugins.plugins if plugin.error or not plugin.backends]
    return [*bare, *found]


def state(offer: Offer) -> Span:
    if offer.backend is None:
        return Span("✖ " + _("broken"), "bad") if offer.plugin.error else Span("○ " + _("empty"))
    if offer.backend.usable:
        return Span("✔ " + _("usable"), "ok")
    return Span("○ " + _("lacks {n}").format(n=len(offer.backend.missing)), "warn")


def line(offer: Offer) -> Row:
    backend = offer.backend
    if backend is None:
        return Row((_("plugin"), offer.plugin.name, state(offer), offer.plugin.error or ""))
    return Row((
        KINDS[backend.kind],
        backend.name,
        state(offer),
        backend.title,
        str(len(backend.models) or ""),
        str(len(backend.languages) or ""),
    ))  # fmt: skip


def about(offer: Offer) -> Iterator[Line]:
    """Everything on it."""
    plugin, backend = offer
    yield title(backend.title or backend.name if backend else plugin.name)
    yield [state(offer)]
    if backend is not None and not backend.usable:
        yield []
        yield fact(_("It lacks"), ", ".join(backend.missing) or _("something it does not name"))
        if backend.remedy:
            yield [Span(_("This installs it, in Steno's environment (y copies):"), "dim")]
            yield [Span(backend.remedy, "accent")]
    if plugin.error:
        yield []
        yield from ([Span(part, "bad")] for part in plugin.error.splitlines())
    yield []
    if backend is not None:
        yield fact(_("Kind"), KINDS[backend.kind])
        yield fact(_("Name"), backend.name)
    yield fact(_("Plugin"), f"{plugin.name}, {plugin.distribution} {plugin.version}")
    if backend is not None:
        if backend.devices:
            yield fact(_("Devices"), ", ".join(backend.devices))
        yield from several(_("Models ({n})"), backend.models)
        yield from several(_("Languages ({n})"), backend.languages)
        yield from settings(backend)


def several(label: str, names: Sequence[str]) -> Iterator[Line]:
    if names:
        yield fact(label.format(n=len(names)), ", ".join(names))


def settings(backend: wire.BackendInfo) -> Iterator[Line]:
    """The backend's own settings, as its schema has them."""
    root = backend.settings_schema or {}
    properties = schema.settled(root).get("properties", {})
    if not properties:
        return
    yield []
    yield title(_("Settings"))
    where = f"[backends.{backend.kind}.{backend.name}]"
    yield [Span(_("In config.toml, below {section}").format(section=where), "dim")]
    for name, found in properties.items():
        one = {**schema.settled(found, root), **found}
        begins = f" = {schema.written(one['default'])}" if "default" in one else ""
        yield [Span(name, "strong"), Span(begins), Span(f"  {schema.bounds(one)}", "dim")]
        if about := one.get("description"):
            yield [Span(f"  {about}")]
