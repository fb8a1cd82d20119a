"""What is particular to the pocketsphinx backend: real decoder, real speech."""

import os
import re
from array import array
from pathlib import Path

import pytest
from pocketsphinx import Decoder as Sphinx

from steno.media.decode import Decoder
from steno.plugins import (
    SAMPLE_RATE,
    AsrOptions,
    Context,
    Draft,
    Fragment,
    Segment,
    Word,
)
from steno.plugins.sound import TEXT, joined, sample, silence
from steno_pocketsphinx.aligner import PocketSphinxAligner
from steno_pocketsphinx.pronouncing import guess
from steno_pocketsphinx.recognizer import PocketSphinxRecognizer, said, written
from steno_pocketsphinx.settings import RecognizerSettings
from steno_pocketsphinx.spelling import tokens

DATA = Path(__file__).resolve().parents[1] / "data"
VOICES = Path(__file__).resolve().parents[3] / "shared" / "audio"


def samples_of(path: Path) -> memoryview:
    samples = array("h")
    for block in Decoder(os.fsencode(path), 3600.0):
        samples.frombytes(block.cast("B"))
    return memoryview(samples)


def plain(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


@pytest.fixture(scope="module")
def recognizer() -> PocketSphinxRecognizer:
    return PocketSphinxRecognizer(RecognizerSettings(), Context())


@pytest.fixture(scope="module")
def aligner() -> PocketSphinxAligner:
    return PocketSphinxAligner(None, Context())


def at_once(samples: memoryview) -> list[Word]:
    """What a fresh decoder hears in the whole utterance at once."""
    decoder = Sphinx(loglevel="FATAL")
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    decoder.end_utt()
    return list(said(decoder, Segment(0, 0.0, samples)))


def fragment_of(recognizer: PocketSphinxRecognizer, samples: memoryview) -> Fragment:
    *_, last = recognizer.transcribe([Segment(0, 0.0, samples)], AsrOptions())
    assert isinstance(last, Fragment)
    return last


@pytest.mark.parametrize("name", ["door.flac", "meeting.opus"])
def test_shipped_recordings_are_heard_right(recognizer: PocketSphinxRecognizer, name: str) -> None:
    path = DATA / name
    heard = fragment_of(recognizer, samples_of(path))
    assert plain(heard.text) == plain(path.with_suffix(".txt").read_text())


def test_text_is_that_of_a_fresh_decoder_hearing_all_at_once(
    recognizer: PocketSphinxRecognizer,
) -> None:
    whole = samples_of(DATA / "sample.flac")
    with_digital_silence = joined(silence(0.4), whole[: 4 * SAMPLE_RATE], silence(0.6))
    for samples in (with_digital_silence, whole[10 * SAMPLE_RATE : 13 * SAMPLE_RATE]):
        heard = fragment_of(recognizer, samples)
        expected = at_once(samples)
        assert heard.text == " ".join(word.text for word in expected)
        assert [w.start for w in heard.words] == pytest.approx(
            [w.start for w in expected], abs=0.02
        )
        # Confidences tell of a wrong cepstral mean long before the words do.
        assert [w.score for w in heard.words] == pytest.approx(
            [w.score for w in expected], abs=0.01
        )


def test_drafts_grow_while_the_segment_is_heard(recognizer: PocketSphinxRecognizer) -> None:
    items = list(recognizer.transcribe([Segment(4, 10.0, sample())], AsrOptions()))
    drafts = [item for item in items if isinstance(item, Draft)]
    assert len(drafts) >= 3
    assert all(draft.index == 4 and draft.start == 10.0 for draft in drafts)
    ends = [draft.end for draft in drafts]
    assert ends == sorted(ends)
    assert ends[0] < 10.0 + len(sample()) / SAMPLE_RATE / 2
    assert plain(drafts[-1].text)[:3] == plain(TEXT)[:3]


def test_cancelled_between_drafts_gives_no_fragment() -> None:
    looks = 0

    def cancelled() -> bool:
        nonlocal looks
        looks += 1
        return looks > 4

    recognizer = PocketSphinxRecognizer(RecognizerSettings(), Context(cancelled=cancelled))
    items = list(recognizer.transcribe([Segment(0, 0.0, sample())], AsrOptions()))
    assert not any(isinstance(item, Fragment) for item in items)


def test_dictionary_words_become_written_words() -> None:
    assert [written(word) for word in ("the(2)", "i", "i'm(3)", "it")] == ["the", "I", "I'm", "it"]


def test_alignment_finds_the_words_where_they_are_said(
    recognizer: PocketSphinxRecognizer, aligner: PocketSphinxAligner
) -> None:
    heard = fragment_of(recognizer, sample())
    segment = Segment(0, 0.0, sample())
    (alignment,) = aligner.align([(segment, Fragment(index=0, text=TEXT))])
    assert plain(heard.text) == plain(TEXT)
    assert not any(word.interpolated for word in alignment.words)
    for aligned, recognised in zip(alignment.words, heard.words, strict=True):
        assert aligned.start == pytest.approx(recognised.start, abs=0.15)


def test_unknown_word_is_aligned_by_a_guess(aligner: PocketSphinxAligner) -> None:
    text = TEXT.replace("door", "doore")
    (alignment,) = aligner.align([(Segment(0, 0.0, sample()), Fragment(index=0, text=text))])
    word = alignment.words[3]
    assert (word.text, word.interpolated) == ("doore", False)
    assert 0.6 < word.start < word.end < 1.6


def test_word_that_cannot_be_said_lies_between_its_neighbours(
    aligner: PocketSphinxAligner,
) -> None:
    text = TEXT.replace("door", "— door")
    (alignment,) = aligner.align([(Segment(0, 0.0, sample()), Fragment(index=0, text=text))])
    before, dash, after = alignment.words[2:5]
    assert dash.text == "—"
    assert dash.interpolated
    assert before.end <= dash.start <= dash.end <= after.start


def test_alignment_that_fails_keeps_the_recognisers_times(aligner: PocketSphinxAligner) -> None:
    told = (Word("日本", 0.5, 0.9, 0.7), Word("語", 0.9, 99.0, 0.6))
    fragment = Fragment(index=0, text="日本 語", words=told)
    segment = Segment(0, 0.0, sample())
    (alignment,) = aligner.align([(segment, fragment)])
    assert [(word.start, word.interpolated) for word in alignment.words] == [
        (0.5, True),
        (0.9, True),
    ]
    assert alignment.words[1].end == segment.end
    assert alignment.words[0].score == 0.7


@pytest.mark.parametrize(
    ("word", "spoken"),
    [
        ("Hello,", "hello"),
        ("don’t", "don't"),
        ("naïve", "naive"),
        ("co-operate", "co operate"),
        ("21st", "twenty first"),
        ("20th", "twentieth"),
        ("1999", "nineteen ninety nine"),
        ("1905", "nineteen oh five"),
        ("2,500.75", "two thousand five hundred point seven five"),
        ("$5", "five dollars"),
        ("50%", "fifty percent"),
        ("007", "zero zero seven"),
        ("日本", ""),
        ("—", ""),
    ],
)
def test_written_words_are_spelled_as_they_are_said(word: str, spoken: str) -> None:
    assert tokens(word) == spoken.split()


def test_pronunciations_are_guessed() -> None:
    assert guess("dashwood") == "D AE SH W UW D"
    assert guess("name") == "N EY M"
    assert guess("bbc") == "B IY B IY S IY"
    assert guess("'") == ""


@pytest.mark.skipif(not VOICES.is_dir(), reason=f"there are no real voices at {VOICES}")
def test_real_voices_are_heard_as_well_as_measured(recognizer: PocketSphinxRecognizer) -> None:
    wrong = count = 0
    for path in sorted(VOICES.glob("*.wav")):
        expected = plain(path.with_suffix(".txt").read_text().replace("mister", "mr"))
        heard = plain(fragment_of(recognizer, samples_of(path)).text)
        wrong += len(expected) - sum(word in heard for word in expected)
        count += len(expected)
    assert wrong / count < 0.3
