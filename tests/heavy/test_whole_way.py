"""WhisperX and its aligner, from the hub to subtitles."""

from collections.abc import Iterator

import pytest

from steno.client import Client
from steno.wire import Cue
from whole_way import PAUSE, Place, check_subtitles, pulled, served, transcribed

pytest.importorskip("torch")

import toys


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with served() as place:
        yield place


@pytest.mark.timeout(400)
async def test_from_the_hub_to_aligned_words(place: Place) -> None:
    await pulled(place, "whisper/toy", "align/en")
    for backend in ("whisperx", "faster-whisper"):
        result = check_subtitles(place, "en", await transcribed(place, "en", backend))
        assert result["warnings"] == []
        async with Client(place.home.paths.socket) as client:
            job = await client.job(result["job_id"])
            assert (job.settings.backend, job.language) == (backend, "en")
            assert job.segments.aligned == job.segments.done == len(toys.sentences("en"))
            found = await client.transcript(result["job_id"], words=True)
        assert found.source == "aligned"
        check_words(found.cues)


def check_words(cues: list[Cue]) -> None:
    """Each is within its sentence, and as long as a word is."""
    at = 0.0
    for cue, sentence in zip(cues, toys.sentences("en"), strict=True):
        end = at + len(toys.samples(sentence)) / 16_000
        assert [word.text for word in cue.words] == sentence.text.split()
        for word in cue.words:
            assert at - 0.05 <= word.start < word.end <= end + 0.05
            assert word.end - word.start < 1.0
            assert not word.interpolated
        at = end + PAUSE


@pytest.mark.timeout(400)
async def test_german_without_an_aligner_is_complete_all_the_same(place: Place) -> None:
    """Its model is torchaudio's, and there is no network to fetch it from."""
    result = check_subtitles(place, "de", await transcribed(place, "de", "whisperx"))
    (warning,) = result["warnings"]
    assert warning["code"] == "not_aligned"
    assert warning["message"].startswith("Some words have the recogniser's times only: ")
