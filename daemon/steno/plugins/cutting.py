"""Cuts a stream of speech flags into pieces: what every splitter shares, whatever hears the speech.

A detector says of each frame (10 to 30 ms) whether somebody speaks and how loud it is. Speech
begins and ends by a majority of a short window (hysteresis), is padded on both sides, and short
pauses are kept inside a piece. A piece that has grown to its target ends in the next pause that is
long enough; the longer it grows, the shorter a pause will do. One that reaches its limit without
any is cut at the quietest point of its last seconds.

Everything is decided by frames, so the result does not depend on how the samples arrive, and no
more is remembered than one piece has frames.
"""

from array import array
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from steno.plugins.contract import MAX_SEGMENT, SAMPLE_RATE, Piece

LAST = 5.0
"""Seconds at the end of a piece in which a forced cut is looked for."""


class CutSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How speech is cut. All are seconds."""

    max_segment: Annotated[float, Meta(ge=1, le=MAX_SEGMENT, description="longest piece")] = 30.0
    target: Annotated[
        float, Meta(ge=0.5, le=MAX_SEGMENT, description="length from which a pause is looked for")
    ] = 10.0
    pause: Annotated[
        float, Meta(ge=0.05, le=5, description="a pause this long ends a piece at its target")
    ] = 0.3
    silence: Annotated[
        float, Meta(ge=0.2, le=30, description="a pause this long ends any piece")
    ] = 2.0
    padding: Annotated[float, Meta(ge=0, le=1, description="kept before and after speech")] = 0.25
    min_speech: Annotated[
        float, Meta(ge=0, le=1, description="shorter sounds alone are not speech")
    ] = 0.09
