"""What a person may set. Light: descriptions name these types."""

from typing import Annotated

from msgspec import Meta, Struct

from steno.plugins.cutting import CutSettings


class RecognizerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the recogniser searches."""

    language_weight: Annotated[
        float,
        Meta(ge=1, le=20, description="how much the language model counts against the sound"),
    ] = 6.5
    max_hmms: Annotated[
        int,
        Meta(ge=500, le=100_000, description="paths kept at once: fewer are faster and worse"),
    ] = 30_000
    draft_interval: Annotated[
        float, Meta(ge=0.1, le=2, description="seconds of speech between two looks at the draft")
    ] = 0.3


class SplitterSettings(CutSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How speech is found and cut."""

    strictness: Annotated[
        int, Meta(ge=0, le=3, description="how sure it must be that somebody speaks")
    ] = 2
