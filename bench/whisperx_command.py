"""Whole files by Steno and by the `whisperx` command, with alignment; and what the daemon adds.

    PYTHON_WITH_WHISPERX bench/whisperx_command.py

The tests' sentences are joined to minutes. Both sides have the tests' small models, the same
threads, and a sentence in each window (`--chunk_size` there, the splitter's settings here), as the
model understands no more. Threads that wait sleep on both sides (`OMP_WAIT_POLICY=PASSIVE`, which
Steno sets itself): without it the command takes up to 50 times as long beside other work. The
command runs as it is (its default on a CPU is float32) and in int8, which is Steno's default. In
turns, the ratio is the median of the rounds' ratios:

cold     one file, from starting the command until the subtitles are written; Steno's too starts its
         daemon, finds its plugins and loads its models. Its first text is counted from the same
         moment; the command's first text is the first line it prints, long before its files.
warm     five files that together have the same length: one command for all, against a daemon that
         has its models loaded.
daemon   the same long file, warm, against a bare loop of the same parts with the same batches.
"""

import asyncio
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from measure.daemon import Home, new_home, running
from measure.jobs import whole
from measure.ratios import arguments, judge, pairwise, spread
from steno.workers.process import SHARING

FILES = 5


class Took(NamedTuple):
    """Seconds from the start of a command: until it ended, and until its first text."""

    whole: float
    first: float


def main() -> None:
    asked = arguments(__doc__, rounds=3, minutes=10.0)
    if not importlib.util.find_spec("torch"):  # which comes with it
        print("whisperx is not installed here: there is nothing to compare with.")
        return
    asyncio.run(measure(asked.rounds, 60 * asked.minutes))


async def measure(rounds: int, seconds: float) -> None:
    from beside_whisperx import add_punkt
    from measure import whisper
    from measure.bare import Bare

    with new_home() as place:
        long = place.media / "long.wav"
        length = whisper.speech(long, seconds)
        parts = [place.media / f"part-{n}.wav" for n in range(FILES)]
        for part in parts:
            whisper.speech(part, seconds / FILES)
        add_punkt(place.root / "nltk")
        print(f"{length / 60:.1f} minutes, {whisper.THREADS} threads", flush=True)
        told = Told(length)
        with new_home() as home:
            home.configure(whisper.CONFIG)
            bare = Bare(1, home.media, whisper.PARTS)
            async with running(home) as (_, client):
                settings = whisper.settings("faster-whisper")
                await whole(client, parts[0], settings)
                bare.whole(parts[0])
                for _ in range(rounds):
                    for name, precision in (("command", None), ("command in int8", "int8")):
                        told.add(f"cold {name}", command(place, [long], precision))
                    told.add("cold steno", cold(long, "faster-whisper"))
                    told.add("cold steno whisperx", cold(long, "whisperx"))
                    told.add("warm command", command(place, parts, None))
                    told.add("warm command in int8", command(place, parts, "int8"))
                    begun = time.monotonic()
                    async with asyncio.TaskGroup() as group:
                        for part in parts:
                            group.create_task(whole(client, part, settings))
                    took = time.monotonic() - begun
                    told.add("warm steno", Took(took, took))
                    took = await whole(client, long, settings)
                    told.add("daemon", Took(took, took))
                    took = await asyncio.to_thread(bare.whole, long)
                    told.add("bare", Took(took, took))
            bare.end()
        told.report()


def command(place: Home, files: Sequence[Path], precision: str | None) -> Took:
    """Runs `whisperx` with alignment."""
    import toys
    from measure import whisper

    args = [
        "-m", "whisperx", *map(str, files), "--model", toys.toy_whisper(), "--device",
        "cpu", "--language", "en", "--align_model", toys.toy_wav2vec2(), "--output_dir",
        place.root / "out", "--output_format", "srt", "--chunk_size", "3", "--threads",
        whisper.THREADS, "--model_cache_only", "True",
    ]  # fmt: skip
    args += ["--compute_type", precision] if precision else []
    environment = os.environ | {
        "NLTK_DATA": str(place.root / "nltk"), "HF_HUB_OFFLINE": "1",
        "PYANNOTE_METRICS_ENABLED": "0", "PYTHONUNBUFFERED": "1", **SHARING,
    }  # fmt: skip
    return run(args, environment, lambda line: line.startswith(b"Transcript:"))


def cold(source: Path, backend: str) -> Took:
    """Runs `steno transcribe` where no daemon runs."""
    from measure import whisper

    with new_home() as home:
        home.untouched()
        home.configure(whisper.CONFIG)
        cut = [f"splitter.{name}={value}" for name, value in whisper.CUT.items()]
        args = [
            "-m", "steno_tui", "transcribe", source, "--json", "--overwrite", "--language", "en",
            "--backend", backend, "--model", "toy", "-o", home.root, "--set", cut[0], "--set",
            cut[1],
        ]  # fmt: skip
        try:
            return run(args, home.environment, lambda line: json.loads(line)["event"] == "fragment")
        finally:
            run(["-m", "steno_tui", "stop", "--now"], home.environment, lambda line: False)


def run(args: Sequence[object], environment: dict[str, str], text: Callable[[bytes], bool]) -> Took:
    """Runs a Python command; `text` tells the line with its first text."""
    import subprocess

    begun, first = time.monotonic(), 0.0
    with subprocess.Popen(
        [sys.executable, *map(str, args)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        os.set_blocking(process.stderr.fileno(), False)
        for line in process.stdout:
            if not first and text(line):
                first = time.monotonic() - begun
            process.stderr.read()  # lest it fills
        if process.wait() != 0:
            raise RuntimeError(f"{args} ended with {process.returncode}")
    return Took(time.monotonic() - begun, first)


class Told:
    """What was measured."""

    def __init__(self, length: float) -> None:
        self._length = length
        self._runs: dict[str, list[Took]] = {}

    def add(self, name: str, took: Took) -> None:
        self._runs.setdefault(name, []).append(took)
        print(f"{name}: {took.whole:.1f} s, first text after {took.first:.1f} s", flush=True)

    def _ratio(self, ours: str, beside: str) -> float:
        both = zip(self._runs[ours], self._runs[beside], strict=True)
        return pairwise((one.whole, other.whole) for one, other in both)

    def report(self) -> None:
        for name, runs in self._runs.items():
            walls = [one.whole for one in runs]
            speed = self._length / median(walls)
            print(f"{name}: {spread(walls)} s, {speed:.1f} times real time")
        for beside in ("command", "command in int8"):
            wall = self._ratio("cold steno", f"cold {beside}")
            judge(f"one cold file, to the {beside}", wall, most=0.8)
            other = self._ratio("cold steno whisperx", f"cold {beside}")
            print(f"   with the backend whisperx: {other:.3f}")
            wall = self._ratio("warm steno", f"warm {beside}")
            judge(f"five files on a warm daemon, to the {beside}", wall, most=0.4)
            pairs = list(zip(self._runs[f"cold {beside}"], self._runs["cold steno"], strict=True))
            files = pairwise((its.whole, ours.first) for its, ours in pairs)
            judge(f"first text sooner than the files of the {beside}", files, least=10)
            lines = pairwise((its.first, ours.first) for its, ours in pairs)
            print(f"   than its first printed line: {lines:.2f}")
        judge("a long file by the daemon, to a bare loop", self._ratio("daemon", "bare"), most=1.03)


if __name__ == "__main__":
    main()
