"""Word error rate and speed of the pocketsphinx backend behind our splitter.

    python bench/wer.py [FOLDER…]

Each folder holds recordings (`NAME.wav`, `.flac`, `.ogg`, `.opus`) and what is said in them
(`NAME.txt`). Without an argument: real voices in `../shared/audio`, where that folder is, and the
recordings of the tests. Beside the splitter's pieces, each recording of at most 30 s is also
recognised uncut: what the cuts cost is the difference. Everything runs in this one process.
"""

import os
import re
import sys
import time
from array import array
from pathlib import Path

from rich.console import Console
from rich.table import Table

from steno.media.decode import Decoder
from steno.plugins import MAX_SEGMENT, SAMPLE_RATE, AsrOptions, Context, Fragment, Segment
from steno_pocketsphinx.recognizer import PocketSphinxRecognizer
from steno_pocketsphinx.settings import RecognizerSettings, SplitterSettings
from steno_pocketsphinx.splitter import PocketSphinxSplitter

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (ROOT.parent / "shared" / "audio", ROOT / "tests" / "data")
SUFFIXES = (".wav", ".flac", ".ogg", ".opus")
LONGEST = 12 * 3600.0


def words(text: str) -> list[str]:
    """The words of `text` as they are compared: lower case, no punctuation."""
    return re.findall(r"[a-z0-9']+", text.lower().replace("mister", "mr"))


def errors(said: list[str], heard: list[str]) -> int:
    """Substitutions, insertions and deletions (Levenshtein distance of words)."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            last, row[j] = row[j], min(last + (word != other), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def samples_of(path: Path) -> memoryview:
    samples = array("h")
    for block in Decoder(os.fsencode(path), LONGEST):
        samples.frombytes(block.cast("B"))
    return memoryview(samples)


def recognise(backend: PocketSphinxRecognizer, segments: list[Segment]) -> str:
    found = backend.transcribe(segments, AsrOptions())
    return " ".join(item.text for item in found if isinstance(item, Fragment))


def main(folders: list[Path]) -> None:
    table = Table("recording", "seconds", "words", "pieces", "errors", "WER", "uncut WER", "speed")
    backend = PocketSphinxRecognizer(RecognizerSettings(), Context())
    splitter = PocketSphinxSplitter(SplitterSettings(), Context())
    console = Console()
    count = wrong = 0
    for folder in folders:
        if not folder.is_dir():
            console.print(f"Skipped: there is no folder {folder}.")
            continue
        for path in sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES):
            said = words(path.with_suffix(".txt").read_text())
            samples = samples_of(path)
            begin = time.perf_counter()
            pieces = list(splitter.split([samples]))
            segments = [
                Segment(n, piece.start / SAMPLE_RATE, samples[piece.start : piece.end])
                for n, piece in enumerate(pieces)
            ]
            heard = recognise(backend, segments)
            took = time.perf_counter() - begin
            seconds = len(samples) / SAMPLE_RATE
            missed = errors(said, words(heard))
            uncut = "-"
            if seconds <= MAX_SEGMENT:
                whole = recognise(backend, [Segment(0, 0.0, samples)])
                uncut = f"{errors(said, words(whole)) / len(said):.1%}"
            count, wrong = count + len(said), wrong + missed
            table.add_row(
                path.stem, f"{seconds:.1f}", str(len(said)), str(len(pieces)), str(missed),
                f"{missed / len(said):.1%}", uncut, f"{seconds / took:.1f} x",
            )  # fmt: skip
    if count:
        table.add_row("all", "", str(count), "", str(wrong), f"{wrong / count:.1%}", "", "")
    console.print(table)


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or list(FOLDERS))
