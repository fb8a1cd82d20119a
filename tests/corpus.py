"""Media files made for the tests, good and bad, with the sound known.

The sound of `tone` is a sine of 440 Hz; each maker returns the path it wrote.
"""

import os
import wave
from array import array
from collections.abc import Iterable
from fractions import Fraction
from math import pi, sin
from pathlib import Path
from typing import TypeAlias

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

Samples: TypeAlias = "array[int]"
RATE = 16_000
NOT_UTF8 = b"bad\xff.wav"
PLAYLISTS = {
    "concat.mp4": "ffconcat version 1.0\nfile 'other.wav'\n",
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nother.wav\n#EXT-X-ENDLIST\n",
    "film.mkv": "\ufeff#EXTM3U\nother.wav\n",
    "list.mpd": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>\n',
    "call.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=audio 5004 RTP/AVP 0\n",
}
AUDIO = {
    "tone.wav": "pcm_s16le",
    "tone.flac": "flac",
    "tone.mp3": "libmp3lame",
    "tone.m4a": "aac",
    "tone.mka": "flac",
    "tone.ogg": "libopus",
    "tone.opus": "libopus",
    "tone.webm": "libopus",
}
"""File name and codec of each kind of plain audio."""


def tone(seconds: float, rate: int = RATE, loudness: float = 0.3) -> Samples:
    """`seconds` of a sine of 440 Hz, 16 bit."""
    step, top = 2 * pi * 440 / rate, 32767 * loudness
    return array("h", (int(top * sin(step * n)) for n in range(round(seconds * rate))))


def silence(seconds: float, rate: int = RATE) -> Samples:
    return array("h", bytes(2 * round(seconds * rate)))


def audio(
    path: Path | bytes,
    samples: Samples,
    *,
    codec: str = "pcm_s16le",
    rate: int = RATE,
    channels: int = 1,
) -> Path | bytes:
    """A file of `samples`, the same in every channel."""
    with av.open(os.fsdecode(path), "w") as container:
        stream = _audio_stream(container, codec, rate, channels)
        _mux(container, stream, _frames(samples, rate, channels))
    return path


def film(
    path: Path,
    samples: "Samples | None",
    *,
    seconds: float = 2.0,
    late: float = 0.0,
    holes: Iterable[tuple[float, float]] = (),
) -> Path:
    """A film of `seconds` of grey pictures; the sound (None: no audio track) begins `late` seconds
    after them, and at each of `holes` (where in the sound, how long) the clock jumps on."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = None
        if samples is not None:
            sound = _audio_stream(container, "flac" if path.suffix == ".mkv" else "aac", RATE, 1)
        picture = VideoFrame(64, 48, "yuv420p")
        for plane in picture.planes:
            plane.update(bytes([128]) * plane.buffer_size)
        for n in range(round(seconds * 25)):
            picture.pts, picture.time_base = n, Fraction(1, 25)
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        if sound is not None and samples is not None:
            _mux(container, sound, _frames(samples, RATE, 1, late, tuple(holes)))
    return path


def speech_of_parts(path: Path, parts: Iterable[Samples]) -> Path:
    """A FLAC of `parts` one after the other, written as they come."""
    with av.open(str(path), "w") as container:
        stream = _audio_stream(container, "flac", RATE, 1)
        done = 0
        for part in parts:
            for frame in _frames(part, RATE, 1):
                frame.pts, done = done, done + frame.samples
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def no_samples(path: Path) -> Path:
    """A WAV that is sound in every way and holds nothing."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
    return path


def truncated(path: Path, source: Path, part: float = 0.4) -> Path:
    """The first `part` of `source`'s bytes."""
    data = source.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    return path


def damaged(path: Path, source: Path, at: float = 0.5, size: int = 2000) -> Path:
    """`source` with `size` bytes overwritten in the middle."""
    data = bytearray(source.read_bytes())
    begin = int(len(data) * at)
    data[begin : begin + size] = bytes((n * 37) % 251 for n in range(size))
    path.write_bytes(data)
    return path


def bomb(path: Path, seconds: float) -> Path:
    """Long silence in a small FLAC."""
    return speech_of_parts(path, (silence(10.0) for _ in range(round(seconds / 10))))


def _audio_stream(container: OutputContainer, codec: str, rate: int, channels: int) -> AudioStream:
    if codec == "libopus" and rate not in (8000, 12000, 16000, 24000, 48000):
        raise ValueError(rate)
    stream = container.add_stream(codec, rate=rate)
    assert isinstance(stream, AudioStream)
    stream.codec_context.layout = "mono" if channels == 1 else "stereo"
    return stream


def _frames(
    samples: Samples,
    rate: int,
    channels: int,
    late: float = 0.0,
    holes: tuple[tuple[float, float], ...] = (),
) -> Iterable[AudioFrame]:
    size = 1024
    for begin in range(0, len(samples), size):
        part = samples[begin : begin + size]
        frame = AudioFrame("s16", "mono" if channels == 1 else "stereo", len(part))
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        jumps = sum(length for where, length in holes if begin >= where * rate)
        frame.pts = begin + round((late + jumps) * rate)
        data = array("h", (s for s in part for _ in range(channels))).tobytes()
        plane = frame.planes[0]
        plane.update(data + bytes(plane.buffer_size - len(data)))
        yield frame


def _mux(container: OutputContainer, stream: AudioStream, frames: Iterable[AudioFrame]) -> None:
    for frame in frames:
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
