"""The sample that plugins are tried on, and sounds made of it. Samples are 16 kHz mono."""

import wave
from array import array
from functools import cache
from importlib.resources import files

from steno.plugins.contract import SAMPLE_RATE

TEXT = "Please close the door when you leave the room."
"""What is said in the sample, in English."""


@cache
def sample() -> memoryview:
    """Somebody says `TEXT`, about 3 seconds."""
    with files("steno.plugins").joinpath("sample.wav").open("rb") as file, wave.open(file) as wav:
        samples = array("h")
        samples.frombytes(wav.readframes(wav.getnframes()))
    return memoryview(samples).toreadonly()


def silence(seconds: float) -> memoryview:
    return memoryview(array("h", bytes(2 * round(seconds * SAMPLE_RATE)))).toreadonly()


def joined(*sounds: memoryview) -> memoryview:
    """`sounds` one after the other."""
    return memoryview(b"".join(sound.tobytes() for sound in sounds)).cast("h")


def loud(samples: memoryview, frame: int = 480) -> list[int]:
    """First samples of the frames in which somebody surely speaks: a tenth of the loudest."""
    starts = range(0, len(samples) - frame + 1, frame)
    levels = [sum(map(abs, samples[start : start + frame : 4])) for start in starts]
    return [start for start, level in zip(starts, levels, strict=True) if level * 10 > max(levels)]
