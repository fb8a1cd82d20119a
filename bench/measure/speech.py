"""Media files of any length, made of a few recordings."""

from array import array
from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle
from pathlib import Path

import av
from av.packet import Packet

import corpus
from steno.media.decode import Decoder

ROOT = Path(__file__).parents[2]
PAUSE = 0.8
"""Seconds between two recordings."""
LONGEST = 600.0
"""Seconds a single recording may have."""


def film(path: Path, seconds: float) -> Path:
    """A Matroska file of `seconds` of speech: the recordings in turn, again and again.

    They are encoded once and their packets are repeated, so that hours are made in seconds.
    """
    once = path.with_suffix(".flac")
    corpus.speech_of_parts(once, parts())
    with av.open(str(once)) as source, av.open(str(path), "w") as target:
        heard = source.streams.audio[0]
        stream = target.add_stream_from_template(heard)
        packets = [(bytes(one), one.duration or 0) for one in source.demux(heard) if one.size]
        clock = 0
        for data, duration in cycle(packets):
            if clock >= seconds * heard.rate:
                break
            packet = Packet(data)
            packet.stream = stream
            packet.time_base = Fraction(1, heard.rate)
            packet.pts = packet.dts = clock
            packet.duration = duration
            target.mux(packet)
            clock += duration
    once.unlink()
    return path


def parts() -> Iterator["array[int]"]:
    for path in recordings():
        samples: array[int] = array("h")
        for block in Decoder(bytes(path), LONGEST):
            samples.frombytes(block.tobytes())
        yield samples
        yield corpus.silence(PAUSE)


def recordings() -> list[Path]:
    """What the repository ships, else the voices beside it. Raises SystemExit without any."""
    for folder, names in ((ROOT / "tests/data", "*.flac"), (ROOT.parent / "shared/audio", "*.wav")):
        if found := sorted(folder.glob(names)):
            return found
    raise SystemExit("There are no recordings in tests/data to make a film of.")
