"""What a subtitle file says of itself."""

from msgspec import Struct


class Header(Struct, frozen=True, kw_only=True):
    name: str = ""
    """Of the media file, for display."""
    language: str | None = None
    """ISO 639 code; None: not known."""
    duration: float | None = None
    """Seconds of audio."""
    backend: str | None = None
    model: str | None = None
    """`kind/id`."""
