"""Models by the names that people write."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from msgspec.structs import replace

from steno.errors import StenoError
from steno.wire.models import ModelInfo

SUGGESTED = 3
"""Most names that are suggested for one that is unknown."""


def find(name: str, models: Collection[ModelInfo]) -> ModelInfo:
    """The model that `name` means: `kind/id`, or `id` where no other kind has it. Raises
    `model_not_found` and `model_ambiguous`."""
    wanted = name.strip().lower()
    found = [model for model in models if wanted in (model.name, model.id)]
    if len(found) == 1:
        return found[0]
    if found:
        names = " or ".join(model.name for model in found)
        raise StenoError("model_ambiguous", name=name, models=names, first=found[0].name)
    close = " or ".join(suggestions(wanted, models))
    hint = f"Did you mean {close}? " if close else ""
    error = StenoError("model_not_found", name=name, hint=f"{hint}`steno models` lists them.")
    error.problem = replace(error.problem, facts=error.problem.facts | {"close": close})
    raise error


def suggestions(wanted: str, models: Iterable[ModelInfo]) -> list[str]:
    """Names that look like `wanted`, the likeliest first."""
    known = {key: model.name for model in models for key in (model.id, model.name)}
    close = get_close_matches(wanted, known, n=2 * SUGGESTED, cutoff=0.6)
    return list(dict.fromkeys(known[key] for key in close))[:SUGGESTED]
