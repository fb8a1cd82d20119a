"""Opens a media file as media only, and picks its audio."""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import av
import av.stream
from av.audio.stream import AudioStream
from av.container import InputContainer

from steno.errors import StenoError, printable

# Demuxers that read one file and nothing else. A playlist (concat, hls, dash, sdp, imf …) leads
# to other files; limiting protocols alone does not stop it, a list of formats does.
FORMATS = (
    "aac,ac3,aea,aiff,amr,amrnb,amrwb,ape,asf,ast,au,avi,bfi,caf,dsf,dts,dtshd,dv,eac3,flac,flv,"
    "gsm,iff,iss,loas,m4a,matroska,mmf,mov,mp3,mp4,mpc,mpc8,mpeg,mpegts,mxf,nsv,nut,ogg,oma,qcp,"
    "rm,shn,sox,tak,truehd,tta,voc,w64,wav,webm,wsaud,wsd,wtv,wv,xa,xwma"
)
OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
SNIFFED = 4096
"""Bytes looked at to tell a playlist from junk."""
PLAYLISTS = (b"ffconcat", b"#extm3u", b"[playlist]", b"<asx", b"<smil", b"v=0\no=", b"v=0\r\no=")
RIFF = struct.Struct("<4sI")
UNTOLD = (0, 0xFFFFFFFF)
"""Sizes in a WAV that was written to a pipe."""
INTERNAL_SECOND = 1_000_000
"""A container's own clock ticks in microseconds."""


@contextmanager
def open_audio(path: bytes) -> Iterator[tuple[InputContainer, AudioStream]]:
    """The container at `path` (absolute) and its best audio stream, decoded on one thread.

    Raises `file_not_found`, `file_is_folder`, `file_unreadable`, `media_empty`, `media_playlist`,
    `media_unknown`, `media_no_audio` or `media_failed`.
    """
    head = _head(path)
    with _open(path, head) as container:
        stream = container.streams.best("audio")
        if not isinstance(stream, AudioStream):
            raise StenoError("media_no_audio", name=name(path))
        if stream.codec_context is None:
            raise StenoError("media_failed", name=name(path), why="its audio codec is not known")
        _discard_others(container, stream)
        # One process is one core's work; the decoder's own threads would crowd the others.
        stream.codec_context.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        yield container, stream


def origin(container: InputContainer) -> float:
    """Seconds on the streams' clocks where the media's time line begins, as players count."""
    return (container.start_time or 0) / INTERNAL_SECOND


def announced(container: InputContainer, stream: AudioStream) -> float | None:
    """Seconds from the start of the media to the end of its audio, as the container tells.

    It may lie. None where it does not tell.
    """
    if stream.duration is not None and stream.time_base is not None:
        begin = float((stream.start_time or 0) * stream.time_base)
        length = float(stream.duration * stream.time_base) * _cut_off(container)
        return max(0.0, begin - origin(container) + length)
    if (tagged := _clock(stream.metadata.get("DURATION", ""))) is not None:
        return tagged
    return None if container.duration is None else container.duration / INTERNAL_SECOND


def _cut_off(container: InputContainer) -> float:
    """How many times longer a WAV says it is than it is: FFmpeg only tells what is there."""
    if container.format.name != "wav":
        return 1.0
    with open(os.fsencode(container.name), "rb") as file:
        head = file.read(RIFF.size)
        size = os.fstat(file.fileno()).st_size
    magic: bytes
    told: int
    magic, told = RIFF.unpack(head)
    if magic != b"RIFF" or told in UNTOLD:
        return 1.0
    return max(1.0, float(told + RIFF.size) / size)


def name(path: bytes) -> str:
    """`path` for a message."""
    return printable(os.fsdecode(path))


def reason(error: BaseException) -> str:
    """Why `error` happened, as part of a sentence."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return printable(text)


def _head(path: bytes) -> bytes:
    """The first bytes of the file, which is not empty and not a playlist."""
    try:
        with open(path, "rb") as file:
            head = file.read(SNIFFED)
    except FileNotFoundError as error:
        raise StenoError("file_not_found", name=name(path)) from error
    except IsADirectoryError as error:
        raise StenoError("file_is_folder", name=name(path)) from error
    except OSError as error:
        raise StenoError("file_unreadable", name=name(path), why=reason(error)) from error
    if not head:
        raise StenoError("media_empty", name=name(path))
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(PLAYLISTS) or (text.startswith((b"<?xml", b"<mpd")) and b"<mpd" in text):
        raise StenoError("media_playlist", name=name(path))
    return head


def _open(path: bytes, head: bytes) -> InputContainer:
    try:
        return av.open(
            os.fsdecode(os.path.abspath(path)),
            options=OPTIONS,
            metadata_errors="replace",
        )
    except av.error.InvalidDataError as error:
        if head[4:8] == b"ftyp":
            why = "its index is missing, as in an unfinished download"
            raise StenoError("media_failed", name=name(path), why=why) from error
        raise StenoError("media_unknown", name=name(path)) from error
    except (av.error.ArgumentError, av.error.DemuxerNotFoundError, ValueError) as error:
        # FFmpeg's answer to a format that is not in the list.
        raise StenoError("media_unknown", name=name(path)) from error
    except (av.error.FFmpegError, OSError) as error:
        raise StenoError("media_failed", name=name(path), why=reason(error)) from error


def _discard_others(container: InputContainer, stream: AudioStream) -> None:
    """Lets the demuxer pass over the bytes of a film's pictures, where PyAV can tell it."""
    if levels := getattr(av.stream, "Discard", None):
        for other in container.streams:
            if other.index != stream.index:
                other.discard = levels.all


def _clock(text: str) -> float | None:
    """Seconds of `HH:MM:SS.fraction`, as Matroska tags hold them; None for anything else."""
    try:
        hours, minutes, seconds = islice(map(float, text.split(":", 3)), 3)
    except ValueError:
        return None
    return hours * 3600 + minutes * 60 + seconds
