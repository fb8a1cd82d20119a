"""Recognises English speech with pocketsphinx, showing drafts while it decodes.

Two things in a pocketsphinx decoder outlive an utterance and would make a segment's text depend on
what came before: the cepstral mean and the noise estimate of the front end. `reinit_feat` forgets
both. And a mean that is only guessed while the speech streams in makes worse text than the mean of
the whole, so the segment's own is taken first, from the front end alone (under a grammar of one
word, whose search costs next to nothing), and held while the segment is fed bit by bit. The text is
then that of `process_raw(…, full_utt=True)` on a fresh decoder, but for frames without any energy,
which only the latter normalises: a segment with digital silence is decoded at once, without drafts.
"""

import re
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from pocketsphinx import Decoder

from steno.plugins import SAMPLE_RATE, AsrOptions, Context, Draft, Fragment, Segment, Word
from steno_pocketsphinx.settings import RecognizerSettings

FRAMES = 100
"""Frames a second of the acoustic model."""
MEAN = "mean"
GRAMMAR = "#JSGF V1.0; grammar mean; public <mean> = a;"
SILENCE = bytes(2 * 256)
"""Digital silence long enough to leave a frame (410 samples, weighted) without energy."""
FILLER = re.compile(r"[<\[+].*")
ALTERNATIVE = re.compile(r"\(\d+\)$")
"""`the(2)` is another way to say `the`."""


class PocketSphinxRecognizer:
    def __init__(self, settings: RecognizerSettings, context: Context) -> None:
        self._settings = settings
        self._cancelled = context.cancelled
        self._chunk = round(settings.draft_interval * SAMPLE_RATE)
        self._decoder: Any = self._load()

    def transcribe(
        self,
        segments: Sequence[Segment],
        options: AsrOptions,  # noqa: ARG002 - one language, one task
    ) -> Iterator[Draft | Fragment]:
        for segment in segments:
            if self._cancelled():
                return
            yield from self._one(segment)

    def close(self) -> None:
        self._decoder = None

    def _load(self) -> Any:
        decoder = Decoder(
            loglevel="FATAL",
            lw=self._settings.language_weight,
            maxhmmpf=self._settings.max_hmms,
        )
        self._speech = decoder.current_search()
        decoder.add_jsgf_string(MEAN, GRAMMAR)
        return decoder

    def _one(self, segment: Segment) -> Iterator[Draft | Fragment]:
        data = segment.samples.cast("B").tobytes()
        words: tuple[Word, ...] = ()
        whole = False
        try:
            if mean := self._mean(data):
                self._decoder.reinit_feat()
                self._decoder.start_utt()
                if SILENCE in data:
                    self._decoder.process_raw(data, full_utt=True)
                else:
                    yield from self._drafts(segment, data, mean)
                if self._cancelled():
                    return
                self._decoder.end_utt()
                words = tuple(said(self._decoder, segment))
            whole = True
        finally:
            if not whole:
                # Loading a decoder anew is quicker than its last passes over unwanted speech.
                self._decoder = None
        text = " ".join(word.text for word in words)
        yield Fragment(index=segment.index, text=text, language="en", words=words)

    def _drafts(self, segment: Segment, data: bytes, mean: str) -> Iterator[Draft]:
        """Feeds `data` bit by bit."""
        draft = ""
        for begin in range(0, len(data), 2 * self._chunk):
            # Set anew each time, or the decoder lets it drift after eight seconds.
            self._decoder.set_cmn(mean)
            self._decoder.process_raw(data[begin : begin + 2 * self._chunk])
            if self._cancelled():
                return
            if (text := hypothesis(self._decoder)) != draft:
                draft = text
                end = min(segment.end, segment.start + self._decoder.n_frames() / FRAMES)
                yield Draft(segment.index, text, segment.start, end)

    def _mean(self, data: bytes) -> str | None:
        """The cepstral mean of the whole segment; None where it has no sound at all."""
        if not data:
            return None
        self._decoder = decoder = self._decoder or self._load()
        decoder.reinit_feat()
        decoder.activate_search(MEAN)
        decoder.start_utt()
        decoder.process_raw(data, no_search=True, full_utt=True)
        mean: str = decoder.get_cmn()
        decoder.end_utt()
        decoder.activate_search(self._speech)
        return mean if all(isfinite(float(part)) for part in mean.split(",")) else None


def hypothesis(decoder: Any) -> str:
    """What `decoder` believes so far."""
    found = decoder.hyp()
    words = found.hypstr.split() if found else []
    return " ".join(written(word) for word in words if not FILLER.fullmatch(word))


def said(decoder: Any, segment: Segment) -> Iterator[Word]:
    """The words of a decoded segment, with their global times."""
    for part in decoder.seg() or ():
        if not FILLER.fullmatch(part.word):
            start = min(segment.end, segment.start + part.start_frame / FRAMES)
            end = min(segment.end, segment.start + (part.end_frame + 1) / FRAMES)
            yield Word(written(part.word), start, end, min(1.0, max(0.0, part.prob)))


def written(word: str) -> str:
    """`word` of the dictionary as people write it."""
    word = ALTERNATIVE.sub("", word)
    return "I" + word[1:] if word == "i" or word.startswith("i'") else word
