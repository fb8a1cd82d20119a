"""What only a job knows of its subtitles: how long the audio is."""

import json

import pysubs2

import corpus
from harness import ended, fake, new_home, running
from steno.wire import FORMATS


async def test_a_job_writes_every_format_with_the_same_cues() -> None:
    with new_home() as home:
        media = home.media / "short.wav"
        corpus.audio(media, corpus.tone(4.0))
        settings = fake(options={"splitter": {"every": 2.0}}, formats=list(FORMATS))
        async with running(home) as (_, client):
            job = await ended(client, (await client.add_job(str(media), settings)).id)
            assert job.state == "completed", job.error
            for form in FORMATS:
                written = (home.media / f"short.{form}").read_bytes()
                assert await client.output(job.id, form) == written
        cues = json.loads((home.media / "short.json").read_text())["cues"]
        events = pysubs2.load(str(home.media / "short.ass"))
        assert [event.plaintext for event in events] == [cue["text"] for cue in cues] != []
        assert all("{\\k" in event.text for event in events)
        rows = (home.media / "short.tsv").read_text().splitlines()
        assert len(rows) == 1 + len(cues)
        assert "[length:00:04]" in (home.media / "short.lrc").read_text()


async def test_no_cue_of_a_job_lasts_on_beyond_its_audio() -> None:
    with new_home() as home:
        media = home.media / "short.wav"
        corpus.audio(media, corpus.tone(2.3))
        settings = fake(options={"splitter": {"every": 2.0}}, formats=["json"])
        async with running(home) as (_, client):
            job = await ended(client, (await client.add_job(str(media), settings)).id)
        assert job.state == "completed", job.error
        written = json.loads((home.media / "short.json").read_text())
        cues = written["cues"]
        assert written["duration"] == 2.3
        assert len(cues) == 2
        assert cues[-1]["end"] == 2.3
