"""Looks at a media file before anything is promised."""

import av
import msgspec

from steno.errors import StenoError
from steno.media.container import announced, name, open_audio, reason

PATIENCE = 500
"""Packets of audio without a sound before it is given up."""


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What a media file says of its audio; the first of it was decoded."""

    duration: float | None
    """Seconds, as announced."""
    container: str
    """FFmpeg's name of the format."""
    codec: str
    """FFmpeg's name of the audio codec."""


def probe(path: bytes, max_duration: float) -> Probe:
    """Opens the file at `path` (absolute) and decodes the first audio of it.

    Raises `media_empty`, `media_unknown`, `media_playlist`, `media_no_audio`, `media_no_samples`,
    `media_too_long` (more than `max_duration` seconds are announced), `media_failed`, or the
    errors of a file that cannot be read.
    """
    try:
        with open_audio(path) as (container, stream):
            duration = announced(container, stream)
            if duration is not None and duration > max_duration:
                raise StenoError("media_too_long", name=name(path), limit=f"{max_duration:g}")
            found = Probe(
                duration=duration,
                container=container.format.name,
                codec=stream.codec_context.name,
            )
            for count, packet in enumerate(container.demux(stream)):
                try:
                    if any(frame.samples for frame in packet.decode()):
                        return found
                except av.error.FFmpegError:
                    pass  # a damaged packet; the next may be sound
                if count >= PATIENCE:
                    break
    except (av.error.FFmpegError, OSError) as error:
        raise StenoError("media_failed", name=name(path), why=reason(error)) from error
    raise StenoError("media_no_samples", name=name(path))
