"""What only a job knows of its subtitles: how long the audio is."""

import json

import corpus
from harness import ended, fake, new_home, running


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
