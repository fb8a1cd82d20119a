"""What a person may set. Light: descriptions name these types."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from steno.plugins.cutting import CutSettings

Precision = Literal[
    "auto", "float32", "float16", "bfloat16", "int8", "int8_float32", "int8_float16",
    "int8_bfloat16",
]  # fmt: skip


class RecognizerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a text is searched."""

    beam_size: Annotated[
        int, Meta(ge=1, le=20, description="texts followed at once: fewer are faster and worse")
    ] = 5
    redecode: Annotated[
        bool, Meta(description="look again, more daringly, where a text repeats itself or is empty")
    ] = True
    word_times: Annotated[
        bool, Meta(description="find the times of words, as far as a recogniser can")
    ] = True
    precision: Annotated[
        Precision, Meta(description='"auto": int8 on a CPU, float16 on a GPU, where they can do it')
    ] = "auto"
    batch: Annotated[
        int, Meta(ge=0, le=64, description="segments decoded at once; 0: what suits the device")
    ] = 0


class SileroSettings(CutSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How speech is found and cut."""

    threshold: Annotated[
        float,
        Meta(ge=0.05, le=0.95, description="how sure it must be that somebody speaks"),
    ] = 0.5
