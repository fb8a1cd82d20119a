"""Makes the recordings beside this file, and the sample of the plugin kit, with Debian's `flite`.

    python tests/data/make_recordings.py

The voices slt and rms speak so that pocketsphinx gets nearly every word right. A faint noise lies
under them, as in any real recording: digital silence is a special case and has tests of its own.
"""

import random
import subprocess
import tempfile
import wave
from array import array
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

RATE = 16_000
NOISE = 3
"""Loudness of the noise, as its standard deviation."""
HERE = Path(__file__).resolve().parent
KIT = HERE.parents[1] / "daemon" / "steno" / "plugins" / "sample.wav"

# Voice, sentence, seconds of pause after it.
SAMPLE = (
    ("rms", "People often ask me why I live so far from the city.", 0.5),
    ("slt", "When the weather is good you can see the ocean from there.", 0.9),
    ("rms", "The old man opened his window and said good morning to the cat.", 0.6),
    ("slt", "She did not answer, but she sat down in the sun.", 1.2),
    ("rms", "Tomorrow my brother will come and bring his new camera.", 0.6),
    ("slt", "He wants to make a film about the birds in the mountains.", 0.8),
    ("rms", "It takes three hours to get to the top of the hill.", 0.5),
    ("slt", "In the winter the snow is deep and the children build a castle.", 0.6),
)
RECORDINGS = {
    "sample.flac": ("flac", SAMPLE),
    "door.flac": ("flac", (("slt", "Please close the door when you leave the room.", 0.4),)),
    "meeting.opus": (
        "libopus",
        (("rms", "The president said that the meeting was a great success.", 0.4),),
    ),
}
KIT_SENTENCE = ("slt", "Please close the door when you leave the room.", 0.3)


def spoken(sentences: Iterable[tuple[str, str, float]]) -> memoryview:
    """The sentences one after the other, 16 kHz mono."""
    samples = array("h", bytes(2 * RATE // 4))
    for voice, text, pause in sentences:
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            subprocess.run(["flite", "-voice", voice, "-t", text, "-o", file.name], check=True)
            with wave.open(file.name) as wav:
                if wav.getframerate() != RATE or wav.getnchannels() != 1:
                    raise ValueError(f"flite's {voice} speaks {wav.getparams()}")
                samples.frombytes(wav.readframes(wav.getnframes()))
        samples.extend([0] * round(pause * RATE))
    noise = random.Random(0)
    noisy = (sample + round(noise.gauss(0, NOISE)) for sample in samples)
    return memoryview(array("h", (max(-32768, min(32767, sample)) for sample in noisy)))


def write(path: Path, codec: str, samples: memoryview) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE)
        if not isinstance(stream, AudioStream):
            raise TypeError(codec)
        stream.codec_context.layout = "mono"
        for begin in range(0, len(samples), 1024):
            part = samples[begin : begin + 1024].tobytes()
            frame = AudioFrame("s16", "mono", len(part) // 2)
            frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), begin
            frame.planes[0].update(part + bytes(frame.planes[0].buffer_size - len(part)))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> None:
    for name, (codec, sentences) in RECORDINGS.items():
        write(HERE / name, codec, spoken(sentences))
        text = "\n".join(sentence for _, sentence, _ in sentences)
        (HERE / name).with_suffix(".txt").write_text(text + "\n")
    with wave.open(str(KIT), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(spoken([KIT_SENTENCE]))


if __name__ == "__main__":
    main()
