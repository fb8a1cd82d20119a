"""What a person may set. Light: descriptions name these types."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class AlignerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the model is run."""

    batch_seconds: Annotated[
        float,
        Meta(ge=0, le=3600, description="seconds of audio heard at once; 0: what suits the device"),
    ] = 0
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        Meta(description='"auto": bfloat16 on a CPU that computes in it, else float32'),
    ] = "auto"
