"""What was asked of the daemon and is not yet seen in what it tells. Pure."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from steno.wire.models import ModelInfo
from steno_tui.live.widgets.layout import Span
from steno_tui.texts import _

Deed = Literal["pull", "update", "look", "verify", "import", "cancel", "remove", "preload"]

MARKS: dict[Deed, tuple[str, str]] = {
    "pull": ("◌", _("waiting")),
    "update": ("◌", _("waiting")),
    "look": ("↻", _("looking")),
    "verify": ("↻", _("checking")),
    "import": ("↻", _("importing")),
    "cancel": ("⊘", _("stopping")),
    "remove": ("✖", _("deleting")),
    "preload": ("↻", _("asking")),
}
"""Sign and word in the place of the status, until the daemon has told its own."""


class Asked(NamedTuple):
    deed: Deed
    model: ModelInfo | None
    """As it was known then."""
    answered: bool = False


Pending = Mapping[str, Asked]
"""By name of the model: one thing at a time."""


def asked(pending: Pending, name: str, deed: Deed, model: ModelInfo | None) -> Pending:
    return {**pending, name: Asked(deed, model)}


def answered(pending: Pending, name: str) -> Pending:
    """The answer came; the mark stays until it is seen."""
    if name not in pending:
        return pending
    return {**pending, name: pending[name]._replace(answered=True)}


def failed(pending: Pending, name: str) -> Pending:
    return {one: deed for one, deed in pending.items() if one != name}


def settled(pending: Pending, models: Mapping[str, ModelInfo]) -> Pending:
    """Without those whose answer is seen in `models`."""
    if not any(one.answered for one in pending.values()):
        return pending
    return {
        name: one
        for name, one in pending.items()
        if not one.answered or models.get(name) is one.model
    }


def mark(deed: Deed) -> Span:
    sign, word = MARKS[deed]
    return Span(f"{sign} {word}", "busy")
